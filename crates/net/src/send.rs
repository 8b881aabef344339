//! Sending a request: at once where the system takes it whole, else piece by
//! piece, with an ear for a server that answers before it has heard everything.
//!
//! In: a connection and an encoded request. Out: what the server said meanwhile.
//! Never: a judgement on the answer, except that an error ends the sending.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::timeout;

use crate::connect::Stream;
use crate::http1::MAX_HEAD_BYTES;
use crate::{Error, Head, Request, Timings, now};

/// How long to wait for `100 Continue` before the body is sent anyway.
const CONTINUE_PATIENCE: Duration = Duration::from_secs(1);

/// How a request went out.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// What came of an answer before the request was out.
    pub(crate) early: Vec<u8>,
    /// The server did not want, or could not take, the whole request: after its
    /// answer the connection is of no use.
    pub(crate) cut_short: bool,
}

/// Sends what of `request` comes after its first `written` bytes. `on_head_sent` is called
/// when the server can know of it.
pub(crate) async fn send(
    stream: &mut Stream,
    request: &Request,
    mut written: usize,
    timings: &mut Timings,
    on_head_sent: impl FnOnce(),
) -> Result<Sent, Error> {
    let asks_leave = request.expects_continue && request.body_at < request.wire.len();
    if !asks_leave {
        let at_once =
            poll_fn(|cx| Poll::Ready(poll_out(stream, cx, &request.wire, &mut written))).await;
        match at_once {
            Poll::Ready(Ok(())) => {
                timings.head_sent = Some(now());
                timings.sent = timings.head_sent;
                on_head_sent();
                return Ok(Sent::default());
            }
            Poll::Ready(Err(fault)) if !is_closed(&fault) => return Err(Error::Send(fault)),
            _ => {}
        }
    }
    let sending = Sending {
        stream,
        request,
        timings,
        on_head_sent: Some(on_head_sent),
        written,
        early: Vec::new(),
    };
    sending.run(asks_leave).await
}

/// Hands `bytes` from `written` on to the system; ready when it has them all.
fn poll_out(
    stream: &mut Stream,
    cx: &mut Context<'_>,
    bytes: &[u8],
    written: &mut usize,
) -> Poll<io::Result<()>> {
    while *written < bytes.len() {
        match ready!(stream.poll_write(cx, &bytes[*written..]))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            more => *written += more,
        }
    }
    stream.poll_flush(cx)
}

/// The peer takes nothing more. What it said before can still be read.
fn is_closed(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// A request that does not go out at once.
struct Sending<'a, F> {
    stream: &'a mut Stream,
    request: &'a Request,
    timings: &'a mut Timings,
    on_head_sent: Option<F>,
    written: usize,
    early: Vec<u8>,
}

/// What happened while a request was going out.
enum Event {
    /// Some bytes went out.
    Progress,
    /// All of them did.
    Out,
    /// The server said something.
    Heard,
    /// The server takes no more; it may have said why before.
    Closed,
}

/// What the server has said so far.
enum Word {
    /// Nothing whole.
    None,
    /// The body may follow.
    Continue,
    /// The answer itself.
    Final(u16),
}

impl<F: FnOnce()> Sending<'_, F> {
    async fn run(mut self, asks_leave: bool) -> Result<Sent, Error> {
        let (head, whole) = (self.request.body_at, self.request.wire.len());
        let may_follow = !asks_leave || (self.send_to(head).await? && self.hear_leave().await?);
        let is_out = may_follow && self.send_to(whole).await?;
        if is_out {
            self.timings.sent = Some(now());
        }
        Ok(Sent {
            early: self.early,
            cut_short: !is_out,
        })
    }

    /// Sends up to the byte `end`; says whether the server took it all.
    async fn send_to(&mut self, end: usize) -> Result<bool, Error> {
        loop {
            match self.next_event(end).await? {
                Event::Progress => {}
                Event::Out => return Ok(true),
                Event::Closed => return Ok(false),
                Event::Heard if self.is_refused()? => return Ok(false),
                Event::Heard => {}
            }
        }
    }

    async fn next_event(&mut self, end: usize) -> Result<Event, Error> {
        let limit = self.request.read_timeout;
        let event = poll_fn(|cx| self.poll_event(cx, end));
        match limit {
            None => event.await,
            Some(limit) => timeout(limit, event)
                .await
                .unwrap_or_else(|_| Err(Error::Send(io::ErrorKind::TimedOut.into()))),
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>, end: usize) -> Poll<Result<Event, Error>> {
        let before = self.written;
        let wire = &self.request.wire[..end];
        let out = poll_out(self.stream, cx, wire, &mut self.written);
        self.note_head();
        match out {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(Event::Out)),
            Poll::Ready(Err(fault)) if is_closed(&fault) => return Poll::Ready(Ok(Event::Closed)),
            Poll::Ready(Err(fault)) => return Poll::Ready(Err(Error::Send(fault))),
            Poll::Pending => {}
        }
        // A server that answers at length before it has heard all may itself wait
        // for us to read; but what is kept has a limit.
        if self.early.len() < MAX_HEAD_BYTES
            && let Poll::Ready(heard) = self.poll_hear(cx)
        {
            return Poll::Ready(heard);
        }
        match self.written > before {
            true => Poll::Ready(Ok(Event::Progress)),
            false => Poll::Pending,
        }
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Error>> {
        Poll::Ready(match ready!(self.stream.poll_read(cx, &mut self.early)) {
            Ok(0) => Ok(Event::Closed),
            Ok(_) => Ok(Event::Heard),
            Err(fault) if is_closed(&fault) => Ok(Event::Closed),
            Err(fault) => Err(Error::Receive(fault)),
        })
    }

    /// The head is out: from now on the server can count this request.
    fn note_head(&mut self) {
        if self.written >= self.request.body_at
            && let Some(on_head_sent) = self.on_head_sent.take()
        {
            self.timings.head_sent = Some(now());
            on_head_sent();
        }
    }

    /// Waits for `100 Continue`, not for long; says whether the body may follow.
    async fn hear_leave(&mut self) -> Result<bool, Error> {
        let hearing = async {
            loop {
                let Event::Heard = poll_fn(|cx| self.poll_hear(cx)).await? else {
                    return Ok(false);
                };
                match self.next_word()? {
                    Word::None => {}
                    Word::Continue => return Ok(true),
                    Word::Final(_) => return Ok(false),
                }
            }
        };
        // A server that says nothing may not know the question.
        timeout(CONTINUE_PATIENCE, hearing)
            .await
            .unwrap_or(Ok(true))
    }

    /// The answer is there and it is an error: the rest would be sent in vain. Any
    /// other answer may need the rest.
    fn is_refused(&mut self) -> Result<bool, Error> {
        loop {
            match self.next_word()? {
                Word::None => return Ok(false),
                Word::Continue => {}
                Word::Final(status) => return Ok(status >= 400),
            }
        }
    }

    /// Takes interim answers off what was heard, up to the first that says something.
    fn next_word(&mut self) -> Result<Word, Error> {
        while let Some((head, length)) = Head::parse(&self.early, self.request.is_head)? {
            if !head.is_interim() {
                self.timings.first_byte.get_or_insert_with(now);
                return Ok(Word::Final(head.status));
            }
            self.early.drain(..length);
            if head.status == 100 {
                return Ok(Word::Continue);
            }
        }
        Ok(Word::None)
    }
}
