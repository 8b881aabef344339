//! A WebSocket (RFC 6455) over a connection of ours, plain or TLS.
//!
//! In: whom to connect to, and messages to send. Out: messages as they come, and the instants
//! of the connection's phases. Pings are answered on the way. Never: compression (no extension
//! is offered), a connection made again, a message larger than the limit.
//!
//! Own framing on our own stream: it reads through the buffer that all connections of a
//! thread share, so an idle WebSocket owns little more than its socket. tokio-tungstenite keeps a
//! read buffer for each (128 KiB unless told, and never none), wants a stream of its own
//! kind, and would bring nine further crates for some 300 lines.

mod frame;
mod handshake;
mod message;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::timeout;

pub use message::{Close, Message};

pub(crate) use frame::{Decoder, Incoming, Opcode, encode};

use crate::connect::{Stream, connect};
use crate::error::Broken;
use crate::http1::answer::HeadReader;
use crate::send::send;
use crate::{Error, Exchange, Failure, Head, Origin, Request, Timings, now};

/// The most bytes of a message where nobody says how many.
const MAX_MESSAGE_BYTES: u64 = 16 * 1024 * 1024;
/// How long a server may take to close its side of the connection after both said goodbye.
/// Who closes first keeps the port busy for a minute.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Where to.
    pub origin: Arc<Origin>,
    /// Path and query.
    pub target: String,
    /// Headers beside those of the handshake.
    pub headers: Vec<(String, String)>,
    /// Subprotocols to offer, the best one first.
    pub subprotocols: Vec<String>,
    /// Longest time to resolve, connect and secure.
    pub connect_timeout: Option<Duration>,
    /// Longest time until the server has answered, and longest time to hand a message to
    /// the system.
    pub answer_timeout: Option<Duration>,
    /// The most bytes of one message from the server.
    pub max_message_bytes: u64,
    /// When the caller asked: times are counted from here.
    pub started: Instant,
}

/// An open WebSocket. It belongs to one thread; dropped, it breaks off without a goodbye.
#[derive(Debug)]
pub struct WebSocket {
    stream: Stream,
    decoder: Decoder,
    /// Read, but not looked at yet.
    unread: Vec<u8>,
    /// How much of `unread` has been looked at.
    looked_at: usize,
    /// Encoded, and not with the system as a whole yet.
    unsent: Vec<u8>,
    /// How much of `unsent` the system has.
    written: usize,
    /// The last ping, if it has not been answered: the one before it needs no answer
    /// (section 5.5.3), so a server that pings and does not listen costs no more.
    ping: Option<Vec<u8>>,
    state: State,
    /// Changes with each mask.
    random: u64,
    send_timeout: Option<Duration>,
    subprotocol: Option<Box<str>>,
}

/// Who has said goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// We have; messages may still come.
    Leaving,
    /// The server has, or the connection is of no use.
    Over,
}

impl Opening {
    /// An opening without further wishes: no timeouts, messages of up to 16 MiB.
    pub fn new(origin: Arc<Origin>, target: &str, started: Instant) -> Self {
        Opening {
            origin,
            target: target.to_owned(),
            headers: Vec::new(),
            subprotocols: Vec::new(),
            connect_timeout: None,
            answer_timeout: None,
            max_message_bytes: MAX_MESSAGE_BYTES,
            started,
        }
    }

    /// Whether a header of this name, in lower case, is among those given.
    fn names(&self, name: &str) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(given, _)| given.eq_ignore_ascii_case(name))
    }
}

impl WebSocket {
    /// Connects and shakes hands. The instant when the WebSocket was open is `done`.
    ///
    /// # Errors
    /// The failure with the instants until then, and the answer of a server that would not.
    pub async fn connect(opening: &Opening) -> Result<(WebSocket, Timings), Failure> {
        let mut timings = Timings::starting_at(opening.started);
        let opened = open(opening, &mut timings).await;
        timings.done = Some(now());
        match opened {
            Ok(socket) => Ok((socket, timings)),
            Err(Broken { error, begun }) => Err(Failure {
                error,
                timings,
                begun,
            }),
        }
    }

    /// The subprotocol that the server chose.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Sends a message; back when the system has it. Dropped half-way, the rest goes out with
    /// the next call. [`Message::Close`] says goodbye, nothing can be sent after it.
    ///
    /// # Errors
    /// When the connection does not take it, or is closed.
    pub async fn send(&mut self, message: &Message) -> Result<(), Error> {
        match message {
            Message::Text(text) => self.send_frame(Opcode::Text, text.as_bytes()).await,
            Message::Binary(bytes) => self.send_frame(Opcode::Binary, bytes).await,
            Message::Close(close) => {
                let payload = Close::payload(close.as_ref());
                self.send_frame(Opcode::Close, &payload).await
            }
        }
    }

    /// The next message. Pings that come before it are answered. Dropped while it waits, it
    /// loses nothing: whoever has no patience puts a timeout around it.
    ///
    /// # Errors
    /// When the server breaks the protocol or the connection ends without a goodbye.
    pub async fn next(&mut self) -> Result<Message, Error> {
        let next = poll_fn(|cx| self.poll_next(cx)).await;
        if let Err(error) = &next {
            self.break_off(error);
        }
        next
    }

    /// Says goodbye and waits for the server's own, at most for `patience`; messages that
    /// come meanwhile are dropped. Gives back what the server said.
    ///
    /// # Errors
    /// When the server broke the protocol or ended the connection without a goodbye, or did
    /// not say any in time.
    pub async fn close(
        mut self,
        close: Option<Close>,
        patience: Duration,
    ) -> Result<Option<Close>, Error> {
        let closing = async {
            if self.state == State::Open {
                self.send(&Message::Close(close)).await?;
            }
            loop {
                if let Message::Close(close) = self.next().await? {
                    return Ok(close);
                }
            }
        };
        let heard = timeout(patience, closing).await;
        let heard = heard.unwrap_or(Err(Error::ReadTimeout))?;
        let end = poll_fn(|cx| self.poll_end(cx));
        // In vain is all right: both have said all.
        let _ = timeout(patience.min(CLOSING_PATIENCE), end).await;
        Ok(heard)
    }

    async fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), Error> {
        if self.state != State::Open {
            return Err(Error::WebSocketClosed);
        }
        if opcode == Opcode::Close {
            self.state = State::Leaving;
        }
        self.enqueue(opcode, payload);
        let limit = self.send_timeout;
        let flushed = poll_fn(|cx| self.poll_flush(cx));
        match limit {
            None => flushed.await,
            Some(limit) => timeout(limit, flushed)
                .await
                .unwrap_or_else(|_| Err(Error::Send(io::ErrorKind::TimedOut.into()))),
        }
    }

    fn enqueue(&mut self, opcode: Opcode, payload: &[u8]) {
        // A linear congruential step (Knuth's constants); the upper half is the better one.
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        let key = ((self.random >> 32) as u32).to_ne_bytes();
        encode(opcode, payload, key, &mut self.unsent);
    }

    /// Ready when the system has all that was enqueued, and the answer to a ping.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            while self.written < self.unsent.len() {
                let rest = &self.unsent[self.written..];
                match ready!(self.stream.poll_write(cx, rest)).map_err(Error::Send)? {
                    0 => return Poll::Ready(Err(Error::Send(io::ErrorKind::WriteZero.into()))),
                    more => self.written += more,
                }
            }
            // An idle connection owns no buffer.
            (self.unsent, self.written) = (Vec::new(), 0);
            match self.ping.take().filter(|_| self.state == State::Open) {
                Some(payload) => self.enqueue(Opcode::Pong, &payload),
                None => return self.stream.poll_flush(cx).map_err(Error::Send),
            }
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        if self.state == State::Over {
            return Poll::Ready(Err(Error::WebSocketClosed));
        }
        loop {
            match self.next_unread()? {
                Some(Incoming::Message(Message::Close(close))) => {
                    self.say_goodbye(cx, close.as_ref());
                    return Poll::Ready(Ok(Message::Close(close)));
                }
                Some(Incoming::Message(message)) => return Poll::Ready(Ok(message)),
                Some(Incoming::Ping(payload)) => {
                    self.ping = Some(payload);
                    // What cannot be sent any more is no reason not to hear what came.
                    let _ = self.poll_flush(cx);
                }
                Some(Incoming::Pong) => {}
                None => {
                    let _ = self.poll_flush(cx);
                    ready!(self.poll_fill(cx))?;
                }
            }
        }
    }

    /// The next whole thing among what has been read.
    fn next_unread(&mut self) -> Result<Option<Incoming>, Error> {
        let mut rest = &self.unread[self.looked_at..];
        let incoming = self.decoder.next(&mut rest)?;
        self.looked_at = self.unread.len() - rest.len();
        if rest.is_empty() {
            (self.unread, self.looked_at) = (Vec::new(), 0);
        }
        Ok(incoming)
    }

    /// Reads what comes next; all that was there has been looked at.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match ready!(self.stream.poll_read(cx, &mut self.unread)) {
            Ok(0) => Poll::Ready(Err(Error::WebSocketCutOff)),
            Ok(_) => Poll::Ready(Ok(())),
            Err(fault) => Poll::Ready(Err(Error::Receive(fault))),
        }
    }

    /// Answers the server's goodbye with the same.
    fn say_goodbye(&mut self, cx: &mut Context<'_>, close: Option<&Close>) {
        if self.state == State::Open {
            let code = close.map(|close| Close {
                code: close.code,
                reason: String::new(),
            });
            self.enqueue(Opcode::Close, &Close::payload(code.as_ref()));
            let _ = self.poll_flush(cx);
        }
        self.state = State::Over;
    }

    /// Tells a server that broke the protocol why this is the end, if that goes out at once.
    fn break_off(&mut self, error: &Error) {
        let code = match error {
            Error::BrokenWebSocket(_) => 1002,
            Error::NotUtf8 => 1007,
            Error::MessageTooLarge { .. } => 1009,
            _ => {
                self.state = State::Over;
                return;
            }
        };
        let reason = Close {
            code,
            reason: String::new(),
        };
        let mut cx = Context::from_waker(std::task::Waker::noop());
        self.say_goodbye(&mut cx, Some(&reason));
    }

    /// Ready when the server has closed its side.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = self.poll_flush(cx);
        loop {
            match ready!(self.stream.poll_read_with(cx, <[u8]>::len)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
    }
}

async fn open(opening: &Opening, timings: &mut Timings) -> Result<WebSocket, Broken> {
    let key = handshake::random_key();
    let wire = handshake::request(opening, &key)?;
    let body_at = wire.len();
    let mut stream = connect(&opening.origin, opening.connect_timeout, timings).await?;
    let request = Request::new(opening.origin.clone(), wire.into(), body_at);
    let answering = shake_hands(&mut stream, &request, timings);
    let (head, unread) = match opening.answer_timeout {
        None => answering.await?,
        Some(limit) => timeout(limit, answering)
            .await
            .unwrap_or(Err(Error::ReadTimeout))?,
    };
    let subprotocol = match handshake::check(opening, &key, &head) {
        Ok(chosen) => chosen.map(String::into_boxed_str),
        Err(error) => return Err(refused(error, head, unread, timings)),
    };
    Ok(WebSocket {
        stream,
        decoder: Decoder::new(opening.max_message_bytes),
        unread,
        looked_at: 0,
        unsent: Vec::new(),
        written: 0,
        ping: None,
        state: State::Open,
        random: handshake::random_u64(),
        send_timeout: opening.answer_timeout,
        subprotocol,
    })
}

/// Sends the request and reads the head of the answer; what came behind it are frames.
async fn shake_hands(
    stream: &mut Stream,
    request: &Request,
    timings: &mut Timings,
) -> Result<(Head, Vec<u8>), Error> {
    let sent = send(stream, request, 0, timings, || {}).await?;
    let mut reader = HeadReader::default();
    let mut take = |piece: &[u8]| match piece {
        [] => Err(reader.close()),
        _ => Ok(reader
            .feed(piece, false)?
            .map(|(head, rest)| (head, rest.to_vec()))),
    };
    let mut found = match sent.early.as_slice() {
        [] => None,
        early => take(early)?,
    };
    while found.is_none() {
        let read = poll_fn(|cx| stream.poll_read_with(cx, &mut take)).await;
        let read = read.map_err(Error::Receive)?;
        timings.first_byte.get_or_insert_with(now);
        found = read?;
    }
    timings.head_done = Some(now());
    found.ok_or(Error::ClosedBeforeAnswer)
}

/// The answer of a server that does not agree, with what of its body came along.
fn refused(error: Error, head: Head, body: Vec<u8>, timings: &Timings) -> Broken {
    let exchange = Exchange {
        head,
        body_bytes: body.len() as u64,
        body: body.into(),
        timings: *timings,
        reused: false,
    };
    Broken {
        error,
        begun: Some(Box::new(exchange)),
    }
}
