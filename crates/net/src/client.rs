//! A user's connections and the one way to make an exchange over them.
//!
//! A client belongs to one thread. It keeps connections per origin and hands
//! them out last-in first-out; an exchange that is dropped half-way takes its
//! connection with it.
//!
//! The usual exchange is one write and one read on a kept connection ([`crate::quick`]).
//! Its future is a part of every user, so all else (connecting, sending in pieces, an
//! answer that comes in pieces) is boxed.

mod kept;

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::connect::{Stream, connect};
use crate::error::Broken;
use crate::http1::answer::HeadReader;
use crate::http1::body::{BodyReader, Nowhere};
use crate::patience::{Patience, RarePatience};
use crate::quick::{Heard, Waiting};
use crate::send::{Sent, send};
use crate::trace::Tracer;
use crate::{BodyUse, Error, Exchange, Failure, Head, Origin, Request, Timings, now};

/// After so much of a body others get their turn, even if there is more to read: their
/// times must not show how large it is.
const GIVE_WAY_BYTES: u64 = 256 * 1024;

/// The connections of one user.
#[derive(Debug, Default)]
pub struct Client {
    /// The one that was used last: mostly there is no other. The usual exchange uses it where
    /// it lies.
    last: RefCell<Option<Idle>>,
    /// An exchange uses the last one.
    is_claimed: Cell<bool>,
    /// With a whole exchange.
    pub(crate) whole: Patience,
    /// With a silent server.
    pub(crate) silence: RarePatience,
    /// Those used before, the latest last.
    others: OnceCell<Box<RefCell<Vec<Idle>>>>,
    /// Gives requests ids by which they can be traced, where that is wanted.
    tracer: OnceCell<Box<Tracer>>,
}

/// A connection that nobody uses now.
type Idle = (Arc<Origin>, Stream);

/// What an exchange gave.
#[derive(Debug)]
pub enum Fetched {
    /// The whole answer.
    Whole(Exchange),
    /// The head of an answer; its body is read piece by piece. The exchange's
    /// own body is empty and its `done` is not set.
    Streamed(Exchange, Box<StreamedBody>),
}

/// A body that is handed over as it comes. Dropped, it takes its connection along.
#[derive(Debug)]
pub struct StreamedBody {
    body: Body,
    /// Why nothing comes after what has come.
    failure: Option<Error>,
}

/// A body on its way.
#[derive(Debug)]
struct Body {
    link: Link,
    reader: BodyReader,
    /// What has come of the body and nobody has taken yet.
    here: Vec<u8>,
    read_timeout: Option<Duration>,
}

/// A connection in use.
#[derive(Debug)]
pub(crate) struct Link {
    origin: Arc<Origin>,
    pub(crate) stream: Stream,
    /// It may serve another request after this one.
    pub(crate) keeps_alive: bool,
}

/// The head of an answer, the reader of its body, and what of the body came along.
pub(crate) type Begun = (Head, BodyReader, Vec<u8>);

/// A connection for a request that it has not taken whole yet.
#[derive(Debug)]
struct Start {
    link: Link,
    /// It served another request before.
    reused: bool,
    /// How many bytes of the request it has taken.
    written: usize,
}

impl Start {
    fn kept(link: Link) -> Start {
        Start {
            link,
            reused: true,
            written: 0,
        }
    }

    fn fresh(link: Link) -> Start {
        Start {
            link,
            reused: false,
            written: 0,
        }
    }
}

impl Client {
    /// A client without connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every request has a `traceparent` by which it can be traced, unless it
    /// brings one: an id of the run `run`, drawn from `seed`. Asked again nothing changes.
    pub fn trace(&self, run: u64, seed: u64) {
        self.tracer.get_or_init(|| Box::new(Tracer::new(run, seed)));
    }

    /// Closes all idle connections.
    pub fn close(&self) {
        if !self.is_claimed.get() {
            self.last.take();
        }
        if let Some(others) = self.others.get() {
            others.borrow_mut().clear();
        }
    }

    /// Makes one exchange; its times count from `started`. `on_head_sent` is called when
    /// the head of the request has been handed to the system: from then on the server may
    /// know of it.
    ///
    /// # Errors
    /// The failure together with the instants of the phases until then, and the
    /// answer, if it had begun.
    pub async fn fetch(
        &self,
        request: &Request,
        started: Instant,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Failure> {
        if let Some(tracer) = self.tracer.get() {
            return Box::pin(self.fetch_traced(tracer, request, started, on_head_sent)).await;
        }
        let waiting = match self.begin(request, started) {
            Ok(waiting) => waiting,
            Err(start) => return self.go_on(start, request, started, on_head_sent).await,
        };
        on_head_sent();
        // In two steps: what an answer is would else have its room beside what comes after.
        let heard = match waiting.await {
            Ok(exchange) => return Ok(Fetched::Whole(exchange)),
            Err(heard) => heard,
        };
        Box::pin(self.hear_on(request, heard)).await
    }

    /// As [`Client::fetch`], with a header by which the request can be traced.
    async fn fetch_traced(
        &self,
        tracer: &Tracer,
        request: &Request,
        started: Instant,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Failure> {
        let (stamped, trace) = tracer.stamp(request);
        let request = stamped.as_deref().unwrap_or(request);
        let mut timings = Timings {
            trace,
            ..Timings::starting_at(started)
        };
        let start = match self.take_idle(&request.origin, !request.closes) {
            Some(link) => Start::kept(link),
            None => Start::fresh(self.connect(request, &mut timings).await?),
        };
        self.exchange_from(start, request, timings, on_head_sent)
            .await
    }

    /// Sends a request if that can be done at once; else gives the connection to send it
    /// over, if there is one.
    fn begin<'a>(
        &'a self,
        request: &'a Request,
        started: Instant,
    ) -> Result<Waiting<'a>, Option<Start>> {
        let keeps_alive = !request.closes;
        if !Waiting::suits(request) || !self.claim(&request.origin) {
            let link = self.take_idle(&request.origin, keeps_alive);
            return Err(link.map(Start::kept));
        }
        // A fault shows again, and is told, when the rest is sent.
        let written = self.with_claimed(|stream| stream.write_at_once(&request.wire));
        let written = written.and_then(Result::ok).unwrap_or(0);
        if written == request.wire.len() {
            return Ok(Waiting::new(self, request, started, now()));
        }
        let link = self.take_claimed(keeps_alive);
        Err(link.map(|link| Start {
            written,
            ..Start::kept(link)
        }))
    }

    /// An exchange that did not begin at once, over a new connection where there is none.
    fn go_on<'a>(
        &'a self,
        start: Option<Start>,
        request: &'a Request,
        started: Instant,
        on_head_sent: impl FnOnce() + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, Failure>> + 'a>> {
        let timings = Timings::starting_at(started);
        match start {
            Some(start) => Box::pin(self.exchange_from(start, request, timings, on_head_sent)),
            None => Box::pin(self.exchange_anew(request, started, on_head_sent)),
        }
    }

    /// An exchange from its connecting on; from then on it is the usual one where it can be.
    async fn exchange_anew(
        &self,
        request: &Request,
        started: Instant,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Failure> {
        let mut timings = Timings::starting_at(started);
        let start = Start::fresh(self.connect(request, &mut timings).await?);
        let waiting = match self.begin_over(start, request, timings) {
            Ok(waiting) => waiting,
            Err(start) => {
                let exchange = self.exchange_from(start, request, timings, on_head_sent);
                return Box::pin(exchange).await;
            }
        };
        on_head_sent();
        let heard = match waiting.await {
            Ok(exchange) => return Ok(Fetched::Whole(exchange)),
            Err(heard) => heard,
        };
        Box::pin(self.hear_on(request, heard)).await
    }

    /// As [`Client::begin`], over the new connection that `timings` tell of.
    fn begin_over<'a>(
        &'a self,
        mut start: Start,
        request: &'a Request,
        timings: Timings,
    ) -> Result<Waiting<'a>, Start> {
        if self.is_claimed.get() || !Waiting::suits(request) {
            return Err(start);
        }
        let stream = &mut start.link.stream;
        start.written = stream.write_at_once(&request.wire).unwrap_or(0);
        if start.written < request.wire.len() {
            return Err(start);
        }
        self.put_last((start.link.origin, start.link.stream));
        self.is_claimed.set(true);
        Ok(Waiting::anew(self, request, timings, now()))
    }

    /// A new connection for a request.
    async fn connect(&self, request: &Request, timings: &mut Timings) -> Result<Link, Failure> {
        let connecting = async |timings: &mut Timings| {
            let stream = connect(&request.origin, request.connect_timeout, timings).await?;
            Ok(Link {
                origin: request.origin.clone(),
                stream,
                keeps_alive: !request.closes,
            })
        };
        self.within_limit(request, timings, connecting).await
    }

    async fn exchange_from(
        &self,
        start: Start,
        request: &Request,
        mut timings: Timings,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Failure> {
        let exchange = async |timings: &mut Timings| {
            self.exchange(request, start, timings, on_head_sent).await
        };
        self.within_limit(request, &mut timings, exchange).await
    }

    /// Does what is left of an exchange whose answer did not come whole with the first read.
    async fn hear_on(&self, request: &Request, heard: Box<Heard>) -> Result<Fetched, Failure> {
        let Heard {
            link,
            reader,
            begun,
            mut timings,
            reused,
        } = *heard;
        let rest = async |timings: &mut Timings| {
            let link = link?;
            let received = match begun {
                Some(begun) => (link, begun),
                None => self.read_head(link, request, reader, timings).await?,
            };
            self.receive(received, request, timings, reused).await
        };
        self.within_limit(request, &mut timings, rest).await
    }

    /// What `work` gives within the limit on the whole exchange.
    async fn within_limit<T>(
        &self,
        request: &Request,
        timings: &mut Timings,
        work: impl AsyncFnOnce(&mut Timings) -> Result<T, Broken>,
    ) -> Result<T, Failure> {
        let started = timings.started;
        let done = {
            let mut work = pin!(work(timings));
            match request.total_timeout {
                None => work.await,
                Some(limit) => {
                    let whole = |cx: &mut Context<'_>| work.as_mut().poll(cx);
                    let done = self.whole.until(started, limit, whole).await;
                    done.unwrap_or(Err(Error::TotalTimeout.into()))
                }
            }
        };
        done.map_err(|Broken { error, begun }| {
            timings.done = Some(now());
            Failure {
                error,
                timings: *timings,
                begun,
            }
        })
    }

    /// An exchange over its connection.
    async fn exchange(
        &self,
        request: &Request,
        start: Start,
        timings: &mut Timings,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Broken> {
        let Start {
            mut link,
            reused,
            written,
        } = start;
        let sending = send(&mut link.stream, request, written, timings, on_head_sent);
        let Sent { early, cut_short } = sending.await?;
        link.keeps_alive &= !cut_short;
        let mut reader = HeadReader::default();
        let begun = match &*early {
            [] => None,
            early => take_head(&mut reader, early, request)?,
        };
        let received = match begun {
            Some(begun) => {
                timings.head_done.get_or_insert_with(now);
                (link, begun)
            }
            None => self.read_head(link, request, reader, timings).await?,
        };
        self.receive(received, request, timings, reused).await
    }

    /// Reads the body of an answer.
    async fn receive(
        &self,
        (mut link, (head, reader, here)): (Link, Begun),
        request: &Request,
        timings: &mut Timings,
        reused: bool,
    ) -> Result<Fetched, Broken> {
        link.keeps_alive &= head.keeps_alive;
        let mut body = Body {
            link,
            reader,
            here,
            read_timeout: request.read_timeout,
        };
        if request.streams {
            let exchange = exchange_of(head, Vec::new(), 0, timings, reused);
            let failure = None;
            let streamed = Box::new(StreamedBody { body, failure });
            return Ok(Fetched::Streamed(exchange, streamed));
        }
        let read = body.read_all(request.body, &self.silence).await;
        let body_bytes = body.reader.received();
        let kept = std::mem::take(&mut body.here);
        if let Err(error) = read {
            let begun = exchange_of(head, kept, body_bytes, timings, reused);
            let begun = Some(Box::new(begun));
            return Err(Broken { error, begun });
        }
        self.keep(body.link, &body.reader);
        timings.done = Some(now());
        Ok(Fetched::Whole(exchange_of(
            head, kept, body_bytes, timings, reused,
        )))
    }

    /// Reads until a final head is complete. Returns it with the reader of its body, and
    /// with what of the body came along.
    async fn read_head(
        &self,
        mut link: Link,
        request: &Request,
        mut reader: HeadReader,
        timings: &mut Timings,
    ) -> Result<(Link, Begun), Error> {
        loop {
            let read = within(&self.silence, request.read_timeout, |cx| {
                let read = link.stream.poll_read_with(cx, |piece| match piece {
                    [] => Err(reader.close()),
                    _ => take_head(&mut reader, piece, request),
                });
                read.map_err(Error::Receive)
            });
            let read = read.await?;
            // One look at the clock per read: what a read brought was there when it ended.
            let at = now();
            if !matches!(read, Err(Error::ClosedBeforeAnswer)) {
                timings.first_byte.get_or_insert(at);
            }
            if let Some(begun) = read? {
                timings.head_done = Some(at);
                return Ok((link, begun));
            }
        }
    }

    /// The next piece of a streamed body as soon as there is one; an empty one when it
    /// is over. Each piece may take as long as the read timeout.
    ///
    /// # Errors
    /// When the body cannot be read to its end, after all pieces that came; the
    /// connection is closed.
    pub async fn read_piece(
        &self,
        mut streamed: Box<StreamedBody>,
    ) -> Result<(Vec<u8>, Option<Box<StreamedBody>>), Error> {
        let StreamedBody { body, failure } = &mut *streamed;
        while body.here.is_empty() && !body.reader.is_done() {
            if let Some(error) = failure.take() {
                return Err(error);
            }
            *failure = body.read_on(BodyUse::default(), &self.silence).await.err();
        }
        let piece = std::mem::take(&mut body.here);
        if piece.is_empty() {
            let Body { link, reader, .. } = streamed.body;
            self.keep(link, &reader);
            return Ok((piece, None));
        }
        Ok((piece, Some(streamed)))
    }
}

impl Body {
    /// Reads to the end; what is kept is `here`.
    async fn read_all(&mut self, body_use: BodyUse, silence: &RarePatience) -> Result<(), Error> {
        let mut give_way_at = self.reader.received() + GIVE_WAY_BYTES;
        loop {
            let limit = body_use.limit_bytes();
            if self.reader.least_length() > limit {
                self.here
                    .truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                return Err(Error::BodyTooLarge { limit });
            }
            if self.reader.is_done() {
                return Ok(());
            }
            self.read_on(body_use, silence).await?;
            if self.reader.received() >= give_way_at {
                give_way_at = self.reader.received() + GIVE_WAY_BYTES;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Reads what comes next. Each piece has the whole patience: a slow body is not
    /// a silent one.
    async fn read_on(&mut self, body_use: BodyUse, silence: &RarePatience) -> Result<(), Error> {
        let (reader, stream, here) = (&mut self.reader, &mut self.link.stream, &mut self.here);
        within(silence, self.read_timeout, |cx| match body_use {
            BodyUse::Keep { .. } => reader.poll_read(cx, stream, here),
            BodyUse::Discard { .. } => reader.poll_read(cx, stream, &mut Nowhere),
        })
        .await
    }
}

pub(crate) fn exchange_of(
    head: Head,
    body: Vec<u8>,
    body_bytes: u64,
    timings: &Timings,
    reused: bool,
) -> Exchange {
    Exchange {
        head,
        body: body.into(),
        body_bytes,
        timings: *timings,
        reused,
    }
}

/// Shows `piece` to `reader`; takes the beginning of the body along with the head.
pub(crate) fn take_head(
    reader: &mut HeadReader,
    piece: &[u8],
    request: &Request,
) -> Result<Option<Begun>, Error> {
    let Some((head, rest)) = reader.feed(piece, request.is_head)? else {
        return Ok(None);
    };
    let mut body = BodyReader::new(head.framing);
    let mut here = Vec::new();
    match request.body {
        BodyUse::Discard { .. } if !request.streams => body.feed(rest, &mut Nowhere)?,
        _ => {
            body.feed(rest, &mut here)?;
            // Who keeps an answer may take it to another thread: references to what this one
            // remembers would be counted by both.
            let raw = Bytes::copy_from_slice(&head.raw);
            return Ok(Some((head.with_raw(raw), body, here)));
        }
    }
    Ok(Some((head, body, here)))
}

/// What `poll` gives, if it does so within the read timeout.
async fn within<T>(
    silence: &RarePatience,
    limit: Option<Duration>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
) -> Result<T, Error> {
    match limit {
        None => poll_fn(poll).await,
        Some(limit) => {
            let read = silence.get().until(now(), limit, poll).await;
            read.unwrap_or(Err(Error::ReadTimeout))
        }
    }
}
