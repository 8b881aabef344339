//! Takes the chunk framing off a request body (RFC 9112, section 7.1).
//!
//! In: the bytes received so far, framing included. Out: the body, and where the framing ends.
//! Never: I/O; it is called again whenever there are more bytes.

/// Longest line of the framing: a chunk's size with its extensions, or a trailer field.
const LINE_MAX: usize = 4096;
/// Most trailer fields.
const TRAILERS_MAX: usize = 64;

/// A body that is being unwrapped.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    /// How many of the received bytes are understood; at the end, the length of the framed body.
    pub(crate) consumed: usize,
    /// The body without framing.
    pub(crate) body: Vec<u8>,
    part: Part,
}

#[derive(Clone, Copy, Debug, Default)]
enum Part {
    #[default]
    Size,
    Data {
        left: usize,
    },
    DataEnd,
    Trailer {
        seen: usize,
    },
}

/// Why the framing cannot be followed.
pub(crate) type Fault = &'static str;

impl Chunked {
    /// Goes as far as `raw` allows: everything received of this body since its start.
    /// Says whether the body is complete.
    pub(crate) fn advance(&mut self, raw: &[u8]) -> Result<bool, Fault> {
        loop {
            let rest = &raw[self.consumed..];
            self.part = match self.part {
                Part::Data { left } => {
                    let taken = left.min(rest.len());
                    self.body.extend_from_slice(&rest[..taken]);
                    self.consumed += taken;
                    if taken < left {
                        self.part = Part::Data { left: left - taken };
                        return Ok(false);
                    }
                    Part::DataEnd
                }
                part => {
                    let Some(line) = line(rest)? else {
                        return Ok(false);
                    };
                    self.consumed += line.len() + 2;
                    match after_line(part, line)? {
                        Some(next) => next,
                        None => return Ok(true),
                    }
                }
            };
        }
    }
}

/// What follows a line of the framing; `None` is the end of the body.
fn after_line(part: Part, line: &[u8]) -> Result<Option<Part>, Fault> {
    match part {
        Part::Size => Ok(Some(match size(line)? {
            0 => Part::Trailer { seen: 0 },
            left => Part::Data { left },
        })),
        Part::Trailer { .. } if line.is_empty() => Ok(None),
        Part::Trailer { seen } if seen < TRAILERS_MAX => Ok(Some(Part::Trailer { seen: seen + 1 })),
        Part::Trailer { .. } => Err("too many trailer fields"),
        Part::DataEnd | Part::Data { .. } if line.is_empty() => Ok(Some(Part::Size)),
        Part::DataEnd | Part::Data { .. } => Err("a chunk is longer than its size says"),
    }
}

/// The first line of `bytes` without its CRLF, if it is all there.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, Fault> {
    match bytes.iter().take(LINE_MAX).position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && bytes[end - 1] == b'\r' => Ok(Some(&bytes[..end - 1])),
        Some(_) => Err("a line of the chunk framing does not end with CRLF"),
        None if bytes.len() >= LINE_MAX => Err("a line of the chunk framing is too long"),
        None => Ok(None),
    }
}

/// The hexadecimal size at the start of a chunk; extensions are skipped.
fn size(line: &[u8]) -> Result<usize, Fault> {
    let digits = line
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    // Fifteen digits cannot overflow, and from_str_radix would take a sign.
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err("a chunk's size is not a hexadecimal number");
    }
    let text = std::str::from_utf8(digits).map_err(|_| "a chunk's size is not text")?;
    usize::from_str_radix(text, 16).map_err(|_| "a chunk's size is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `raw` byte by byte and all at once; both must give `expected`.
    fn check(raw: &[u8], expected: Result<(&[u8], usize), Fault>) {
        for step in [1, raw.len().max(1)] {
            let mut chunked = Chunked::default();
            let mut outcome = Ok(false);
            let mut end = 0;
            while end < raw.len() && outcome == Ok(false) {
                end = (end + step).min(raw.len());
                outcome = chunked.advance(&raw[..end]);
            }
            let outcome = outcome.map(|whole| {
                assert!(whole, "incomplete: {raw:?}");
                (chunked.body.as_slice(), chunked.consumed)
            });
            assert_eq!(outcome, expected, "step {step}");
        }
    }

    #[test]
    fn framing_is_followed_and_its_faults_are_named() {
        check(b"0\r\n\r\n", Ok((b"", 5)));
        check(b"4\r\nwiki\r\n0\r\n\r\nnext", Ok((b"wiki", 14)));
        check(
            b"3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
            Ok((b"abc0123456789", 38)),
        );
        check(b"ZZ\r\n", Err("a chunk's size is not a hexadecimal number"));
        check(b"+4\r\n", Err("a chunk's size is not a hexadecimal number"));
        check(
            b"4\r\nwikipedia\r\n",
            Err("a chunk is longer than its size says"),
        );
        check(
            b"4\nwiki",
            Err("a line of the chunk framing does not end with CRLF"),
        );
        check(
            &[b'0'; LINE_MAX],
            Err("a line of the chunk framing is too long"),
        );
    }
}
