//! Chunked framing (RFC 9112 section 7.1) taken off a body, as a machine that
//! is fed bytes as they come and never does I/O itself.

use super::body::Sink;
use crate::Error;

/// The longest line that may give a chunk's size or a trailer.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// The most bytes that all trailers together may have.
const MAX_TRAILER_BYTES: usize = 256 * 1024;

/// Where in the framing the next byte stands.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    line: Vec<u8>,
    received: u64,
    trailer_bytes: usize,
}

#[derive(Debug, PartialEq)]
enum State {
    Size,
    Data(u64),
    DataEnd,
    Trailer,
    Done,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Chunked {
            state: State::Size,
            line: Vec::new(),
            received: 0,
            trailer_bytes: 0,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Body bytes taken so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The body will have at least that many bytes: those taken and those that the
    /// current chunk declares.
    pub(crate) fn least_length(&self) -> u64 {
        match self.state {
            State::Data(left) => self.received.saturating_add(left),
            _ => self.received,
        }
    }

    /// Takes framing off `input` and hands what is body to `body`. Returns
    /// how many bytes of `input` were used: fewer than all only when the body
    /// is done.
    pub(crate) fn feed(&mut self, input: &[u8], body: &mut impl Sink) -> Result<usize, Error> {
        let mut used = 0;
        while used < input.len() && self.state != State::Done {
            let rest = &input[used..];
            used += match self.state {
                State::Data(left) => self.take_data(left, rest, body),
                State::Size | State::DataEnd | State::Trailer => self.take_line(rest)?,
                State::Done => 0,
            };
        }
        Ok(used)
    }

    fn take_data(&mut self, left: u64, rest: &[u8], body: &mut impl Sink) -> usize {
        let taken = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        body.push(&rest[..taken]);
        self.received += taken as u64;
        let left = left - taken as u64;
        self.state = if left == 0 {
            State::DataEnd
        } else {
            State::Data(left)
        };
        taken
    }

    fn take_line(&mut self, rest: &[u8]) -> Result<usize, Error> {
        let end = rest.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(rest.len(), |end| end + 1);
        self.line.extend_from_slice(&rest[..taken]);
        if self.line.len() > MAX_LINE_BYTES {
            return Err(self.broken());
        }
        if end.is_some() {
            self.line_complete()?;
            self.line.clear();
        }
        Ok(taken)
    }

    fn line_complete(&mut self) -> Result<(), Error> {
        let line = self.line.trim_ascii_end();
        self.state = match self.state {
            State::DataEnd if line.is_empty() => State::Size,
            State::Size => match parse_size(line).ok_or_else(|| self.broken())? {
                0 => State::Trailer,
                size => State::Data(size),
            },
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => {
                self.trailer_bytes += self.line.len();
                if self.trailer_bytes > MAX_TRAILER_BYTES {
                    return Err(self.broken());
                }
                State::Trailer
            }
            _ => return Err(self.broken()),
        };
        Ok(())
    }

    fn broken(&self) -> Error {
        let shown = &self.line[..self.line.len().min(64)];
        Error::BadChunk {
            line: String::from_utf8_lossy(shown).into_owned(),
            received: self.received,
        }
    }
}

/// A size in hexadecimal, extensions after `;` ignored.
fn parse_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `input` in pieces of `step` bytes.
    fn check(input: &[u8], step: usize) -> Result<(Vec<u8>, bool), Error> {
        let mut chunked = Chunked::new();
        let mut body = Vec::new();
        for piece in input.chunks(step) {
            chunked.feed(piece, &mut body)?;
        }
        Ok((body, chunked.is_done()))
    }

    #[test]
    fn any_split_gives_the_same_body() {
        let input = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";
        for step in 1..input.len() {
            let (body, done) = check(input, step).expect("well-formed");
            assert_eq!(
                (body.as_slice(), done),
                (&b"hello world"[..], true),
                "step {step}"
            );
        }
    }

    #[test]
    fn what_is_no_size_is_named() {
        let fault = check(b"5\r\nhello\r\nzz\r\n", 3).expect_err("broken");
        assert!(matches!(fault, Error::BadChunk { line, received: 5 } if line.starts_with("zz")));
    }

    #[test]
    fn trailers_have_a_limit() {
        let flood = b"X-Trailer: 1\r\n".repeat(MAX_TRAILER_BYTES / 14 + 1);
        assert!(check(&[b"0\r\n", &flood[..]].concat(), 4096).is_err());
        assert!(check(&[b"0\r\n", &flood[..14 * 1000]].concat(), 4096).is_ok());
    }

    #[test]
    fn missing_line_end_after_data_is_a_fault() {
        assert!(check(b"5\r\nhelloworld\r\n", 100).is_err());
    }
}
