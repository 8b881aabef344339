//! A user's connections and the one way to make an exchange over them.
//!
//! A client belongs to one thread. It keeps connections per origin and hands
//! them out last-in first-out; an exchange that is dropped half-way takes its
//! connection with it.
//!
//! The usual exchange is one write and one read on a kept connection. Its future is a
//! part of every user, so what is rare (connecting, sending in pieces) is boxed.

use std::cell::{OnceCell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::connect::{Stream, connect};
use crate::error::Broken;
use crate::http1::answer::HeadReader;
use crate::http1::body::{BodyReader, Nowhere};
use crate::patience::Patience;
use crate::send::{Sent, send};
use crate::trace::Tracer;
use crate::{BodyUse, Error, Exchange, Failure, Head, Origin, Request, Timings, now};

/// The most idle connections that a client keeps; the oldest one goes first.
const MAX_IDLE: usize = 32;
/// After so much of a body others get their turn, even if there is more to read: their
/// times must not show how large it is.
const GIVE_WAY_BYTES: u64 = 256 * 1024;

/// The connections of one user.
#[derive(Debug, Default)]
pub struct Client {
    /// The last one used stands last.
    idle: RefCell<Vec<(Arc<Origin>, Stream)>>,
    /// With a whole exchange.
    whole: Patience,
    /// With a silent server.
    silence: Patience,
    /// Gives requests ids by which they can be traced, where that is wanted.
    tracer: OnceCell<Box<Tracer>>,
}

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
struct Link {
    origin: Arc<Origin>,
    stream: Stream,
    /// It may serve another request after this one.
    keeps_alive: bool,
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
        self.idle.borrow_mut().clear();
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
        let mut timings = Timings::starting_at(started);
        let stamped = self.tracer.get().and_then(|tracer| {
            let (stamped, trace) = tracer.stamp(request);
            timings.trace = trace;
            stamped
        });
        let request = stamped.as_deref().unwrap_or(request);
        let fetched = {
            let mut exchange = pin!(self.exchange(request, &mut timings, on_head_sent));
            match request.total_timeout {
                None => exchange.await,
                Some(limit) => {
                    let whole = |cx: &mut Context<'_>| exchange.as_mut().poll(cx);
                    let done = self.whole.until(started, limit, whole).await;
                    done.unwrap_or(Err(Error::TotalTimeout.into()))
                }
            }
        };
        fetched.map_err(|Broken { error, begun }| {
            timings.done = Some(now());
            Failure {
                error,
                timings,
                begun,
            }
        })
    }

    async fn exchange(
        &self,
        request: &Request,
        timings: &mut Timings,
        on_head_sent: impl FnOnce(),
    ) -> Result<Fetched, Broken> {
        let (stream, reused) = match self.take_idle(&request.origin) {
            Some(stream) => (stream, true),
            None => (connect_boxed(request, timings).await?, false),
        };
        let mut link = Link {
            origin: request.origin.clone(),
            stream,
            keeps_alive: !request.closes,
        };
        let Sent { early, cut_short } =
            send(&mut link.stream, request, timings, on_head_sent).await?;
        let (head, reader, here) = self
            .read_head(&mut link.stream, request, &early, timings)
            .await?;
        link.keeps_alive &= head.keeps_alive && !cut_short;
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
        self.keep(body);
        timings.done = Some(now());
        Ok(Fetched::Whole(exchange_of(
            head, kept, body_bytes, timings, reused,
        )))
    }

    /// Reads until a final head is complete. Returns it with the reader of its body, and
    /// with what of the body came along.
    async fn read_head(
        &self,
        stream: &mut Stream,
        request: &Request,
        early: &[u8],
        timings: &mut Timings,
    ) -> Result<(Head, BodyReader, Vec<u8>), Error> {
        let mut reader = HeadReader::default();
        if !early.is_empty()
            && let Some(begun) = take_head(&mut reader, early, request)?
        {
            timings.head_done.get_or_insert_with(now);
            return Ok(begun);
        }
        loop {
            let read = within(&self.silence, request.read_timeout, |cx| {
                let read = stream.poll_read_with(cx, |piece| match piece {
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
                return Ok(begun);
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
            self.keep(streamed.body);
            return Ok((piece, None));
        }
        Ok((piece, Some(streamed)))
    }

    /// Keeps the connection of a finished body for the next request.
    fn keep(&self, body: Body) {
        if !body.link.keeps_alive || body.reader.overran() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() == MAX_IDLE {
            idle.remove(0);
        }
        idle.push((body.link.origin, body.link.stream));
    }

    fn take_idle(&self, origin: &Arc<Origin>) -> Option<Stream> {
        let mut idle = self.idle.borrow_mut();
        while let Some(at) = idle
            .iter()
            .rposition(|(known, _)| Arc::ptr_eq(known, origin) || known == origin)
        {
            let (_, mut stream) = idle.remove(at);
            if !stream.is_stale() {
                return Some(stream);
            }
        }
        None
    }
}

impl Body {
    /// Reads to the end; what is kept is `here`.
    async fn read_all(&mut self, body_use: BodyUse, silence: &Patience) -> Result<(), Error> {
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
    async fn read_on(&mut self, body_use: BodyUse, silence: &Patience) -> Result<(), Error> {
        let (reader, stream, here) = (&mut self.reader, &mut self.link.stream, &mut self.here);
        within(silence, self.read_timeout, |cx| match body_use {
            BodyUse::Keep { .. } => reader.poll_read(cx, stream, here),
            BodyUse::Discard { .. } => reader.poll_read(cx, stream, &mut Nowhere),
        })
        .await
    }
}

fn exchange_of(
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

async fn connect_boxed(request: &Request, timings: &mut Timings) -> Result<Stream, Error> {
    Box::pin(connect(&request.origin, request.connect_timeout, timings)).await
}

/// Shows `piece` to `reader`; takes the beginning of the body along with the head.
fn take_head(
    reader: &mut HeadReader,
    piece: &[u8],
    request: &Request,
) -> Result<Option<(Head, BodyReader, Vec<u8>)>, Error> {
    let Some((head, rest)) = reader.feed(piece, request.is_head)? else {
        return Ok(None);
    };
    let mut body = BodyReader::new(head.framing);
    let mut here = Vec::new();
    match request.body {
        BodyUse::Discard { .. } if !request.streams => body.feed(rest, &mut Nowhere)?,
        _ => body.feed(rest, &mut here)?,
    }
    Ok(Some((head, body, here)))
}

/// What `poll` gives, if it does so within the read timeout.
async fn within<T>(
    silence: &Patience,
    limit: Option<Duration>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
) -> Result<T, Error> {
    match limit {
        None => poll_fn(poll).await,
        Some(limit) => {
            let read = silence.until(now(), limit, poll).await;
            read.unwrap_or(Err(Error::ReadTimeout))
        }
    }
}
