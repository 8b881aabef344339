//! A user's connections and the one way to make an exchange over them.
//!
//! A client belongs to one thread. It keeps connections per origin and hands
//! them out last-in first-out; an exchange that is dropped half-way takes its
//! connection with it.
//!
//! The usual exchange is one write and one read on a kept connection. Its future
//! is allocated once per request, so what is rare (connecting, sending in pieces,
//! a timeout of the whole) is boxed.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use crate::connect::{Stream, connect};
use crate::error::Broken;
use crate::http1::MAX_BODY_BYTES;
use crate::http1::body::BodyReader;
use crate::send::{Sent, send};
use crate::{Error, Exchange, Failure, Framing, Head, Origin, Request, Timings, now};

/// The most idle connections that a client keeps; the oldest one goes first.
const MAX_IDLE: usize = 32;
/// After so much of a body others get their turn, even if there is more to read: their
/// times must not show how large it is.
const GIVE_WAY_BYTES: usize = 256 * 1024;

/// The connections of one user.
#[derive(Debug, Default)]
pub struct Client {
    /// The last one used stands last.
    idle: RefCell<Vec<(Arc<Origin>, Stream)>>,
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

/// A body that is still on its way.
#[derive(Debug)]
pub struct StreamedBody {
    link: Link,
    reader: BodyReader,
    /// The part of the body that came along with the head.
    early: Bytes,
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

    /// Closes all idle connections.
    pub fn close(&self) {
        self.idle.borrow_mut().clear();
    }

    /// Makes one exchange. `on_head_sent` is called when the head of the request has
    /// been handed to the system: from then on the server may know of it.
    ///
    /// # Errors
    /// The failure together with the instants of the phases until then, and the
    /// answer, if it had begun.
    #[allow(
        clippy::manual_async_fn,
        reason = "an async fn would hold its arguments twice"
    )]
    pub fn fetch(
        &self,
        request: Request,
        on_head_sent: impl FnOnce(),
    ) -> impl Future<Output = Result<Fetched, Failure>> {
        async move {
            let mut timings = Timings::starting_at(request.started);
            let exchange = self.exchange(&request, &mut timings, on_head_sent);
            let fetched = match request.total_timeout {
                None => exchange.await,
                Some(limit) => timeout(limit, Box::pin(exchange))
                    .await
                    .unwrap_or(Err(Error::TotalTimeout.into())),
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
        let (head, rest) = read_head(&mut link.stream, request, early, timings).await?;
        link.keeps_alive &= head.keeps_alive && !cut_short;
        let mut body = StreamedBody::begin(link, head.framing, rest, request.read_timeout)?;
        if request.streams {
            let exchange = Exchange::new(head, Bytes::new(), timings, reused);
            return Ok(Fetched::Streamed(exchange, Box::new(body)));
        }
        let collected = match body.collect().await {
            Ok(collected) => collected,
            Err((error, so_far)) => {
                let begun = Exchange::new(head, so_far.into(), timings, reused);
                let begun = Some(Box::new(begun));
                return Err(Broken { error, begun });
            }
        };
        self.keep(body);
        timings.done = Some(now());
        Ok(Fetched::Whole(Exchange::new(
            head, collected, timings, reused,
        )))
    }

    /// The next piece of a streamed body; an empty one when it is over.
    ///
    /// # Errors
    /// When the body cannot be read to its end; the connection is closed.
    pub async fn read_piece(
        &self,
        mut body: Box<StreamedBody>,
    ) -> Result<(Vec<u8>, Option<Box<StreamedBody>>), Error> {
        let mut piece = Vec::from(std::mem::take(&mut body.early));
        while piece.is_empty() && !body.reader.is_done() {
            body.read_on(&mut piece).await?;
        }
        if piece.is_empty() {
            self.keep(*body);
            return Ok((piece, None));
        }
        Ok((piece, Some(body)))
    }

    /// Keeps the connection of a finished body for the next request.
    fn keep(&self, body: StreamedBody) {
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

impl StreamedBody {
    /// A body of which `rest` came along with the head.
    fn begin(
        link: Link,
        framing: Framing,
        rest: Bytes,
        read_timeout: Option<Duration>,
    ) -> Result<Self, Error> {
        let mut reader = BodyReader::new(framing);
        let early = reader.begin(rest)?;
        Ok(StreamedBody {
            link,
            reader,
            early,
            read_timeout,
        })
    }

    /// The whole body; with a failure what came before it.
    async fn collect(&mut self) -> Result<Bytes, (Error, Vec<u8>)> {
        let early = std::mem::take(&mut self.early);
        if self.reader.is_done() {
            return Ok(early);
        }
        let mut collected = Vec::from(early);
        let mut give_way_at = collected.len() + GIVE_WAY_BYTES;
        while !self.reader.is_done() {
            if self.reader.least_length() > MAX_BODY_BYTES {
                let limit = MAX_BODY_BYTES;
                return Err((Error::BodyTooLarge { limit }, collected));
            }
            if let Err(error) = self.read_on(&mut collected).await {
                return Err((error, collected));
            }
            if collected.len() >= give_way_at {
                give_way_at = collected.len() + GIVE_WAY_BYTES;
                tokio::task::yield_now().await;
            }
        }
        Ok(collected.into())
    }

    /// Reads what comes next. Each piece has the whole patience: a slow body is not
    /// a silent one.
    async fn read_on(&mut self, body: &mut Vec<u8>) -> Result<(), Error> {
        let (reader, stream) = (&mut self.reader, &mut self.link.stream);
        within(self.read_timeout, |cx| reader.poll_read(cx, stream, body)).await
    }
}

async fn connect_boxed(request: &Request, timings: &mut Timings) -> Result<Stream, Error> {
    Box::pin(connect(&request.origin, request.connect_timeout, timings)).await
}

/// Reads until a final head is complete; interim answers are passed over. Returns
/// the head and the bytes that came after it.
async fn read_head(
    stream: &mut Stream,
    request: &Request,
    mut bytes: Vec<u8>,
    timings: &mut Timings,
) -> Result<(Head, Bytes), Error> {
    loop {
        if let Some((head, length)) = Head::parse(&bytes, request.is_head)? {
            if head.is_interim() {
                bytes.drain(..length);
                continue;
            }
            timings.head_done.get_or_insert_with(now);
            let mut rest = Bytes::from(bytes);
            let raw = rest.split_to(length);
            return Ok((head.with_raw(raw), rest));
        }
        let read = within(request.read_timeout, |cx| {
            stream.poll_read(cx, &mut bytes).map_err(Error::Receive)
        });
        let read = read.await?;
        // One look at the clock per read: what a read brought was there when it ended.
        let at = now();
        timings.first_byte.get_or_insert(at);
        timings.head_done = Some(at);
        match read {
            0 if bytes.is_empty() => return Err(Error::ClosedBeforeAnswer),
            0 => return Err(Error::BadHead("the head ended early".to_owned())),
            _ => {}
        }
    }
}

/// What `poll` gives, if it does so within the read timeout.
async fn within<T>(
    limit: Option<Duration>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Error>>,
) -> Result<T, Error> {
    let reading = poll_fn(poll);
    match limit {
        None => reading.await,
        Some(limit) => timeout(limit, reading)
            .await
            .unwrap_or(Err(Error::ReadTimeout)),
    }
}
