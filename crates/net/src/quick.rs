//! The usual exchange: the request went out at once, and the whole answer comes with one read.
//!
//! In: a client whose connection has taken the whole request. Out: the exchange, or what has
//! been heard so far, with which the client goes on. Every user that waits holds one of these,
//! and each request of many users looks at all of it: what is rare is elsewhere. Never: a write.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use crate::client::{Begun, Client, Link, exchange_of, take_head};
use crate::error::Broken;
use crate::http1::answer::HeadReader;
use crate::patience::{Patience, Place};
use crate::{Error, Exchange, Request, Timings, now};

/// An exchange that waits for its answer. Dropped, it takes its connection along.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    client: &'a Client,
    request: &'a Request,
    started: Instant,
    /// What happened before the request was sent, where it was for this request that its
    /// connection was made.
    connected: Option<Box<Timings>>,
    sent: Instant,
    timer: Place,
    /// The connection is its client's again.
    is_over: bool,
}

/// What is there when an answer did not come whole with the first read.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The connection, or why the exchange is over.
    pub(crate) link: Result<Link, Broken>,
    /// What came of the head, if it is not whole yet.
    pub(crate) reader: HeadReader,
    pub(crate) begun: Option<Begun>,
    pub(crate) timings: Timings,
    /// The connection served another request before.
    pub(crate) reused: bool,
}

/// What the first read brought: an answer, the beginning of one, or a fault.
type First = Result<Option<Begun>, Error>;

impl<'a> Waiting<'a> {
    /// Whether a request can be waited for like this: it asks no leave before its body, and
    /// one limit at most runs while it waits.
    pub(crate) fn suits(request: &Request) -> bool {
        !request.expects_continue
            && (request.total_timeout.is_none() || request.read_timeout.is_none())
    }

    /// For a request that the claimed connection of `client`, a kept one, took whole at the
    /// instant `sent`.
    pub(crate) fn new(
        client: &'a Client,
        request: &'a Request,
        started: Instant,
        sent: Instant,
    ) -> Self {
        Waiting {
            client,
            request,
            started,
            connected: None,
            sent,
            timer: Place::None,
            is_over: false,
        }
    }

    /// As [`Waiting::new`], for a connection that was made for this request: `timings` tell
    /// how.
    pub(crate) fn anew(
        client: &'a Client,
        request: &'a Request,
        timings: Timings,
        sent: Instant,
    ) -> Self {
        let mut waiting = Waiting::new(client, request, timings.started, sent);
        waiting.connected = Some(Box::new(timings));
        waiting
    }

    /// Ready with the fault when the limit is reached.
    fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let (total, read) = (self.request.total_timeout, self.request.read_timeout);
        let Some(limit) = total.or(read) else {
            return Poll::Pending;
        };
        let (start, fault) = match total {
            Some(_) => (self.started, Error::TotalTimeout),
            None => (self.sent, Error::ReadTimeout),
        };
        let patience = self.patience();
        ready!(patience.poll(&mut self.timer, cx, start, start + limit));
        Poll::Ready(fault)
    }

    fn patience(&self) -> &'a Patience {
        match self.request.total_timeout {
            Some(_) => &self.client.whole,
            None => self.client.silence.get(),
        }
    }

    /// An answer that came whole.
    fn conclude(&mut self, (head, body, here): Begun, at: Instant) -> Exchange {
        let timings = Timings {
            head_sent: Some(self.sent),
            sent: Some(self.sent),
            first_byte: Some(at),
            head_done: Some(at),
            done: Some(at),
            ..self.before_sent()
        };
        let keeps_alive = head.keeps_alive && !self.request.closes && !body.overran();
        self.is_over = true;
        self.client.unclaim(keeps_alive);
        let reused = self.connected.is_none();
        exchange_of(head, here, body.received(), &timings, reused)
    }

    fn before_sent(&self) -> Timings {
        match &self.connected {
            Some(timings) => **timings,
            None => Timings::starting_at(self.started),
        }
    }

    /// Anything else.
    #[cold]
    fn hand_over(&mut self, first: First, reader: HeadReader, at: Instant) -> Box<Heard> {
        let mut timings = Timings {
            head_sent: Some(self.sent),
            sent: Some(self.sent),
            first_byte: Some(at),
            ..self.before_sent()
        };
        if let Err(
            Error::ClosedBeforeAnswer
            | Error::Receive(_)
            | Error::ReadTimeout
            | Error::TotalTimeout,
        ) = first
        {
            timings.first_byte = None;
        }
        self.is_over = true;
        let link = self.client.take_claimed(!self.request.closes);
        let link = link.ok_or(Error::ClosedBeforeAnswer);
        let (link, begun) = match first {
            Ok(begun) => (link, begun),
            Err(fault) => (Err(fault), None),
        };
        timings.head_done = begun.as_ref().map(|_| at);
        Box::new(Heard {
            link: link.map_err(Broken::from),
            reader,
            begun,
            timings,
            reused: self.connected.is_none(),
        })
    }
}

impl Future for Waiting<'_> {
    type Output = Result<Exchange, Box<Heard>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let request = this.request;
        let mut reader = HeadReader::default();
        let read = this.client.with_claimed(|stream| {
            stream.poll_read_with(cx, |piece| match piece {
                [] => Err(reader.close()),
                _ => take_head(&mut reader, piece, request),
            })
        });
        let first: First = match read {
            Some(Poll::Ready(read)) => read.map_err(Error::Receive).flatten(),
            Some(Poll::Pending) => Err(ready!(this.poll_limit(cx))),
            None => Err(Error::ClosedBeforeAnswer),
        };
        // One look at the clock per read: what a read brought was there when it ended.
        let at = now();
        Poll::Ready(match first {
            Ok(Some(begun)) if is_whole(&begun, request) => Ok(this.conclude(begun, at)),
            first => Err(this.hand_over(first, reader, at)),
        })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.patience().release(&mut self.timer);
        if !self.is_over {
            self.client.unclaim(false);
        }
    }
}

fn is_whole((_, body, _): &Begun, request: &Request) -> bool {
    body.is_done() && body.least_length() <= request.body.limit_bytes() && !request.streams
}
