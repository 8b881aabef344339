//! A user's connections and the one way to make an exchange over them.
//!
//! A client belongs to one thread. It keeps connections per origin and hands
//! them out last-in first-out; an exchange that is dropped half-way takes its
//! connection with it.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::connect::{Stream, connect};
use crate::http1::body::BodyReader;
use crate::{Error, Exchange, Head, Origin, Request, Timings, now};

/// The most idle connections that a client keeps; the oldest one goes first.
const MAX_IDLE: usize = 32;
/// How long to wait for `100 Continue` before the body is sent anyway.
const CONTINUE_PATIENCE: Duration = Duration::from_secs(1);

/// The connections of one user.
#[derive(Debug, Default)]
pub struct Client {
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
    origin: Arc<Origin>,
    stream: Stream,
    reader: BodyReader,
    /// Body bytes that came along with the head.
    early: Vec<u8>,
    keeps_alive: bool,
    read_timeout: Option<Duration>,
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

    /// Makes one exchange. `on_sent` is called when the last byte of the
    /// request has been handed to the system.
    ///
    /// # Errors
    /// The failure together with the instants of the phases until then.
    pub async fn fetch(
        &self,
        request: Request,
        on_sent: impl FnOnce(),
    ) -> Result<Fetched, (Error, Timings)> {
        let mut timings = Timings::starting_at(request.started);
        let fetching = self.fetch_untimed(&request, &mut timings, on_sent);
        let fetched = match request.total_timeout {
            None => fetching.await,
            Some(limit) => tokio::time::timeout(limit, fetching)
                .await
                .unwrap_or(Err(Error::TotalTimeout)),
        };
        fetched.map_err(|fault| {
            timings.done = Some(now());
            (fault, timings)
        })
    }

    async fn fetch_untimed(
        &self,
        request: &Request,
        timings: &mut Timings,
        on_sent: impl FnOnce(),
    ) -> Result<Fetched, Error> {
        let (mut stream, reused) = self.connection(request, timings).await?;
        let interim = send(&mut stream, request).await?;
        timings.sent = Some(now());
        on_sent();
        let limit = request.read_timeout;
        let (head, rest) = within(limit, read_head(&mut stream, request, interim, timings)).await?;
        let reader = BodyReader::new(head.framing);
        let keeps_alive = head.keeps_alive && !request.closes;
        let mut body = StreamedBody {
            origin: request.origin.clone(),
            stream,
            reader,
            early: Vec::new(),
            keeps_alive,
            read_timeout: limit,
        };
        body.reader.feed(&rest, &mut body.early)?;
        let mut exchange = Exchange {
            head,
            body: Default::default(),
            timings: *timings,
            reused,
        };
        if request.streams {
            return Ok(Fetched::Streamed(exchange, Box::new(body)));
        }
        exchange.body = self.collect(body).await?.into();
        timings.done = Some(now());
        exchange.timings = *timings;
        Ok(Fetched::Whole(exchange))
    }

    /// The next piece of a streamed body; an empty one when it is over.
    ///
    /// # Errors
    /// When the body cannot be read to its end; the connection is closed.
    pub async fn read_piece(
        &self,
        mut body: Box<StreamedBody>,
    ) -> Result<(Vec<u8>, Option<Box<StreamedBody>>), Error> {
        let mut piece = std::mem::take(&mut body.early);
        while piece.is_empty() && !body.reader.is_done() {
            let limit = body.read_timeout;
            within(limit, body.reader.read(&mut body.stream, &mut piece)).await?;
        }
        if piece.is_empty() {
            self.keep(*body);
            return Ok((piece, None));
        }
        Ok((piece, Some(body)))
    }

    async fn collect(&self, mut body: StreamedBody) -> Result<Vec<u8>, Error> {
        let mut collected = std::mem::take(&mut body.early);
        if !body.reader.is_done() {
            let limit = body.read_timeout;
            let StreamedBody { reader, stream, .. } = &mut body;
            // Each piece has the whole patience: a slow body is not a silent one.
            match limit {
                None => reader.read_all(stream, &mut collected).await?,
                Some(_) => {
                    while !reader.is_done() {
                        within(limit, reader.read(stream, &mut collected)).await?;
                    }
                }
            }
        }
        self.keep(body);
        Ok(collected)
    }

    /// Keeps the connection of a finished body for the next request.
    fn keep(&self, body: StreamedBody) {
        if !body.keeps_alive || body.reader.overran() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() == MAX_IDLE {
            idle.remove(0);
        }
        idle.push((body.origin, body.stream));
    }

    async fn connection(
        &self,
        request: &Request,
        timings: &mut Timings,
    ) -> Result<(Stream, bool), Error> {
        if let Some(stream) = self.take_idle(&request.origin) {
            return Ok((stream, true));
        }
        // Boxed: connecting is rare, and every waiting exchange would carry its size.
        let connecting = Box::pin(connect(&request.origin, request.connect_timeout, timings));
        Ok((connecting.await?, false))
    }

    fn take_idle(&self, origin: &Arc<Origin>) -> Option<Stream> {
        let mut idle = self.idle.borrow_mut();
        while let Some(at) = idle
            .iter()
            .rposition(|(known, _)| Arc::ptr_eq(known, origin) || known == origin)
        {
            let (_, mut stream) = idle.swap_remove(at);
            if !stream.is_stale() {
                return Some(stream);
            }
        }
        None
    }
}

/// Sends a request. The bytes of an answer that came instead of `100
/// Continue`, if any, are returned.
async fn send(stream: &mut Stream, request: &Request) -> Result<Vec<u8>, Error> {
    if !request.expects_continue || request.body_at == request.wire.len() {
        stream.write_all(&request.wire).await.map_err(Error::Send)?;
        return Ok(Vec::new());
    }
    let (head, body) = request.wire.split_at(request.body_at);
    stream.write_all(head).await.map_err(Error::Send)?;
    let mut interim = Vec::new();
    let waiting = stream.read(&mut interim);
    let read = tokio::time::timeout(CONTINUE_PATIENCE, waiting).await;
    if let Ok(read) = read
        && read.map_err(Error::Receive)? == 0
    {
        return Err(Error::ClosedBeforeAnswer);
    }
    let refused = matches!(Head::parse(&interim, false)?, Some((head, _)) if head.status >= 200);
    if !refused {
        stream.write_all(body).await.map_err(Error::Send)?;
    }
    Ok(interim)
}

/// Reads until a final head is complete; interim answers (1xx but 101) are
/// passed over. Returns the head and the bytes that came after it.
async fn read_head(
    stream: &mut Stream,
    request: &Request,
    mut bytes: Vec<u8>,
    timings: &mut Timings,
) -> Result<(Head, bytes::Bytes), Error> {
    loop {
        if let Some((mut head, length)) = Head::parse(&bytes, request.is_head)? {
            if (100..200).contains(&head.status) && head.status != 101 {
                bytes.drain(..length);
                continue;
            }
            timings.head_done = Some(now());
            let mut all = bytes::Bytes::from(bytes);
            head.raw = all.split_to(length);
            return Ok((head, all));
        }
        let read = stream.read(&mut bytes).await.map_err(Error::Receive)?;
        timings.first_byte.get_or_insert_with(now);
        match read {
            0 if bytes.is_empty() => return Err(Error::ClosedBeforeAnswer),
            0 => return Err(Error::BadHead("the head ended early".to_owned())),
            _ => {}
        }
    }
}

async fn within<T>(
    limit: Option<Duration>,
    reading: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match limit {
        None => reading.await,
        Some(limit) => tokio::time::timeout(limit, reading)
            .await
            .unwrap_or(Err(Error::ReadTimeout)),
    }
}
