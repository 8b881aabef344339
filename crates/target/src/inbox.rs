//! Reads requests from a connection, within the limits.
//!
//! In: a socket. Out: heads and whole requests, or why there is none.
//! Never: an opinion on what the request asks for.

use std::future::{Future, poll_fn};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::ready;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout_at;

use crate::chunked::Chunked;
use crate::clock::now;
use crate::memory::{Exhausted, Memory, Share};
use crate::options::Limits;
use crate::request::{Framing, Head, Refusal, Request};

/// Most bytes of one read.
const READ_STEP: usize = 16 << 10;

/// What was received on one connection and not yet used.
#[derive(Debug)]
pub(crate) struct Inbox {
    buffer: BytesMut,
    limits: Limits,
    memory: Memory,
}

/// Why no request comes out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The peer left or rested too long; there is nobody to answer.
    Gone {
        /// Whether a part of a request had come.
        midway: bool,
    },
    /// The peer is told why, and the connection ends.
    Refused(Refusal),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Exhausted> for Failure {
    fn from(_: Exhausted) -> Self {
        Self::Refused(Refusal {
            status: 503,
            reason: "too many large bodies at once",
        })
    }
}

impl Inbox {
    pub(crate) fn new(limits: Limits, memory: Memory) -> Self {
        Self {
            buffer: BytesMut::new(),
            limits,
            memory,
        }
    }

    /// The next head, as soon as it is whole.
    pub(crate) async fn head(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
    ) -> Result<Head, Failure> {
        self.await_first_byte(socket).await?;
        let deadline = now() + self.limits.head_time;
        let mut searched = 0;
        loop {
            let end = head_end(&self.buffer, searched);
            if end.unwrap_or(self.buffer.len()) > self.limits.head_bytes {
                return Err(Refusal {
                    status: 431,
                    reason: "the request's head is too long",
                }
                .into());
            }
            if let Some(end) = end {
                return Ok(Head::parse(self.buffer.split_to(end).freeze())?);
            }
            searched = self.buffer.len();
            self.fill(socket, deadline).await?;
        }
    }

    /// Waits for a request to begin; empty lines before it are skipped, as RFC 9112 section 2.2 asks.
    async fn await_first_byte(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
    ) -> Result<(), Failure> {
        let deadline = now() + self.limits.idle_time;
        loop {
            let blank = self
                .buffer
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            let _ = self.buffer.split_to(blank);
            if !self.buffer.is_empty() {
                return Ok(());
            }
            // Gives the memory back while nothing comes.
            self.buffer = BytesMut::new();
            match within(deadline, read_more(&mut self.buffer, socket)).await {
                Some(true) => {}
                Some(false) | None => return Err(Failure::Gone { midway: false }),
            }
        }
    }

    /// What came and is no part of a request: the first bytes of another protocol.
    pub(crate) fn take_rest(&mut self) -> BytesMut {
        std::mem::take(&mut self.buffer)
    }

    /// The body that belongs to `head`.
    pub(crate) async fn body(
        &mut self,
        head: Head,
        socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<Request, Failure> {
        head.check()?;
        let framing = head.framing()?;
        if let Framing::Length(length) = framing {
            self.check_length(length)?;
        }
        self.invite(&head, framing, socket).await?;
        let deadline = now() + self.limits.body_time;
        let mut memory = Share::default();
        let (raw_body, body) = match framing {
            Framing::Length(length) => {
                self.memory.claim(&mut memory, length)?;
                while self.buffer.len() < length {
                    self.fill(socket, deadline).await?;
                }
                let body = self.buffer.split_to(length).freeze();
                (body.clone(), body)
            }
            Framing::Chunked => self.chunks(socket, deadline, &mut memory).await?,
        };
        Ok(Request {
            head,
            raw_body,
            body,
            _memory: memory,
        })
    }

    /// Says `100 Continue` to a client that waits for it.
    async fn invite(
        &self,
        head: &Head,
        framing: Framing,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), Failure> {
        let nothing_follows = framing == Framing::Length(0);
        let waits = head.is_http11 && head.has_token("expect", "100-continue");
        if !waits || nothing_follows || !self.buffer.is_empty() {
            return Ok(());
        }
        let written = socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        match written.and(socket.flush().await) {
            Ok(()) => Ok(()),
            Err(_) => Err(Failure::Gone { midway: true }),
        }
    }

    async fn chunks(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        deadline: Instant,
        memory: &mut Share,
    ) -> Result<(Bytes, Bytes), Failure> {
        let mut chunked = Chunked::default();
        loop {
            self.check_length(self.buffer.len())?;
            let whole = chunked.advance(&self.buffer);
            if whole.map_err(|reason| Refusal {
                status: 400,
                reason,
            })? {
                let raw = self.buffer.split_to(chunked.consumed).freeze();
                return Ok((raw, chunked.body.into()));
            }
            self.memory.claim(memory, self.buffer.len())?;
            self.fill(socket, deadline).await?;
        }
    }

    fn check_length(&self, length: usize) -> Result<(), Failure> {
        if length > self.limits.body_bytes {
            return Err(Refusal {
                status: 413,
                reason: "the request's body is too long",
            }
            .into());
        }
        Ok(())
    }

    async fn fill(
        &mut self,
        socket: &mut (impl AsyncRead + Unpin),
        deadline: Instant,
    ) -> Result<(), Failure> {
        match within(deadline, read_more(&mut self.buffer, socket)).await {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::Gone { midway: true }),
            None => Err(Refusal {
                status: 408,
                reason: "the request took too long to arrive",
            }
            .into()),
        }
    }
}

/// Reads what there is; false at the end of the stream or on its breakdown. Nothing is lost when
/// this is given up, and no memory is held while nothing comes.
pub(crate) async fn read_more(
    buffer: &mut BytesMut,
    socket: &mut (impl AsyncRead + Unpin),
) -> bool {
    poll_fn(|context| {
        let mut space = [MaybeUninit::uninit(); READ_STEP];
        let mut read = ReadBuf::uninit(&mut space);
        let outcome = ready!(Pin::new(&mut *socket).poll_read(context, &mut read));
        buffer.extend_from_slice(read.filled());
        (outcome.is_ok() && !read.filled().is_empty()).into()
    })
    .await
}

async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
    timeout_at(deadline.into(), work).await.ok()
}

/// Reads and drops what comes until the peer ends, `bytes` have come or `time` is over.
pub(crate) async fn drain(socket: &mut (impl AsyncRead + Unpin), bytes: usize, time: Duration) {
    let deadline = now() + time;
    let mut buffer = BytesMut::new();
    let mut left = bytes;
    while left > 0 && within(deadline, read_more(&mut buffer, socket)).await == Some(true) {
        left = left.saturating_sub(buffer.len());
        buffer.clear();
    }
}

/// Where the head ends, just behind its empty line. The first `searched` bytes held no end.
fn head_end(bytes: &[u8], searched: usize) -> Option<usize> {
    // The end may straddle what was searched: "\n\r" there, "\n" here.
    let from = searched.saturating_sub(2);
    let ends = bytes[from..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n');
    for (at, _) in ends {
        match &bytes[from + at + 1..] {
            [b'\n', ..] => return Some(from + at + 2),
            [b'\r', b'\n', ..] => return Some(from + at + 3),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end is found at `end` wherever the bytes are cut, and not before.
    fn check(bytes: &[u8], end: Option<usize>) {
        for cut in 0..=bytes.len() {
            let early = head_end(&bytes[..cut], 0);
            assert_eq!(
                early,
                end.filter(|end| *end <= cut),
                "{bytes:?} cut at {cut}"
            );
            if early.is_none() {
                assert_eq!(head_end(bytes, cut), end, "{bytes:?} after {cut}");
            }
        }
    }

    #[test]
    fn the_end_of_a_head_is_found_in_any_pieces() {
        check(b"GET / HTTP/1.1\r\nA: b\r\n\r\nbody", Some(24));
        check(b"GET / HTTP/1.1\n\nbody\n\n", Some(16));
        check(b"GET / HTTP/1.1\r\nA: b\r\n", None);
    }
}
