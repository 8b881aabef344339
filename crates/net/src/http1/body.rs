//! The body of an answer, taken from a connection until its framing ends.

use super::MAX_BODY_BYTES;
use super::chunked::Chunked;
use crate::connect::Stream;
use crate::{Error, Framing};

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
    UntilClose { closed: bool },
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
            Framing::UntilClose => Kind::UntilClose { closed: false },
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
            Kind::UntilClose { closed } => *closed,
        }
    }

    pub(crate) fn overran(&self) -> bool {
        self.overran
    }

    /// Takes `input` as the next bytes of the connection, appends what is body.
    pub(crate) fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<(), Error> {
        let used = match &mut self.kind {
            Kind::Length { received, total } => {
                let left = usize::try_from(*total - *received).unwrap_or(usize::MAX);
                let taken = input.len().min(left);
                body.extend_from_slice(&input[..taken]);
                *received += taken as u64;
                taken
            }
            Kind::Chunked(chunked) => chunked.feed(input, body)?,
            Kind::UntilClose { .. } => {
                body.extend_from_slice(input);
                input.len()
            }
        };
        self.overran |= used < input.len();
        Ok(())
    }

    /// The connection ended: right for a body without a length, else a fault.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        match &mut self.kind {
            Kind::UntilClose { closed } => {
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

    /// Reads what comes next and appends it to `body`.
    pub(crate) async fn read(
        &mut self,
        stream: &mut Stream,
        body: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut input = Vec::new();
        match stream.read(&mut input).await.map_err(Error::Receive)? {
            0 => self.close(),
            _ => self.feed(&input, body),
        }
    }

    /// Reads all that is left and appends it to `body`.
    pub(crate) async fn read_all(
        &mut self,
        stream: &mut Stream,
        body: &mut Vec<u8>,
    ) -> Result<(), Error> {
        while !self.is_done() {
            self.read(stream, body).await?;
            if body.len() as u64 > MAX_BODY_BYTES {
                return Err(Error::BodyTooLarge {
                    limit: MAX_BODY_BYTES,
                });
            }
        }
        Ok(())
    }
}
