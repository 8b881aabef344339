//! The body of an answer, taken from a connection until its framing ends.

use std::task::{Context, Poll};

use super::chunked::Chunked;
use crate::connect::Stream;
use crate::{Error, Framing};

/// Where the bytes of a body go.
pub(crate) trait Sink {
    fn push(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Where bytes go that nobody wants.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn push(&mut self, _bytes: &[u8]) {}
}

/// A machine that knows how much of a body is still to come.
#[derive(Debug)]
pub(crate) struct BodyReader {
    kind: Kind,
    /// A byte beyond the body came: the connection cannot be used again.
    overran: bool,
}

#[derive(Debug)]
enum Kind {
    Length { received: u64, total: u64 },
    Chunked(Chunked),
    UntilClose { received: u64, closed: bool },
}

impl BodyReader {
    pub(crate) fn new(framing: Framing) -> Self {
        let kind = match framing {
            Framing::Empty => Kind::Length {
                received: 0,
                total: 0,
            },
            Framing::Length(total) => Kind::Length { received: 0, total },
            Framing::Chunked => Kind::Chunked(Chunked::new()),
            Framing::UntilClose => Kind::UntilClose {
                received: 0,
                closed: false,
            },
        };
        BodyReader {
            kind,
            overran: false,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        match &self.kind {
            Kind::Length { received, total } => received == total,
            Kind::Chunked(chunked) => chunked.is_done(),
            Kind::UntilClose { closed, .. } => *closed,
        }
    }

    /// The body will have at least that many bytes.
    pub(crate) fn least_length(&self) -> u64 {
        match &self.kind {
            Kind::Length { total, .. } => *total,
            Kind::Chunked(chunked) => chunked.least_length(),
            Kind::UntilClose { received, .. } => *received,
        }
    }

    /// Bytes of the body that have come.
    pub(crate) fn received(&self) -> u64 {
        match &self.kind {
            Kind::Length { received, .. } | Kind::UntilClose { received, .. } => *received,
            Kind::Chunked(chunked) => chunked.received(),
        }
    }

    pub(crate) fn overran(&self) -> bool {
        self.overran
    }

    /// Takes `input` as the next bytes of the connection, hands what is body to `body`.
    pub(crate) fn feed(&mut self, input: &[u8], body: &mut impl Sink) -> Result<(), Error> {
        let used = match &mut self.kind {
            Kind::Length { received, total } => {
                let taken = up_to(*total - *received, input.len());
                body.push(&input[..taken]);
                *received += taken as u64;
                taken
            }
            Kind::Chunked(chunked) => chunked.feed(input, body)?,
            Kind::UntilClose { received, .. } => {
                body.push(input);
                *received += input.len() as u64;
                input.len()
            }
        };
        self.overran |= used < input.len();
        Ok(())
    }

    /// The connection ended: right for a body without a length, else a fault.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        match &mut self.kind {
            Kind::UntilClose { closed, .. } => {
                *closed = true;
                Ok(())
            }
            Kind::Length { received, total } => Err(Error::ShortBody {
                received: *received,
                missing: *total - *received,
            }),
            Kind::Chunked(chunked) => Err(Error::BadChunk {
                line: String::new(),
                received: chunked.received(),
            }),
        }
    }

    /// Reads what comes next and hands it to `body`.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        body: &mut impl Sink,
    ) -> Poll<Result<(), Error>> {
        let read = stream.poll_read_with(cx, |bytes| match bytes {
            [] => self.close(),
            _ => self.feed(bytes, body),
        });
        read.map(|read| read.map_err(Error::Receive)?)
    }
}

/// The smaller of the two.
fn up_to(wanted: u64, there: usize) -> usize {
    usize::try_from(wanted).map_or(there, |wanted| wanted.min(there))
}
