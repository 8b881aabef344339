//! The head of an answer: parsed once for what framing needs, kept raw for
//! whoever looks at the headers.

use bytes::Bytes;

use super::{MAX_HEAD_BYTES, MAX_HEADERS};
use crate::Error;

/// How the end of a body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none: HEAD, 1xx, 204, 304.
    Empty,
    /// That many bytes.
    Length(u64),
    /// Chunks until the last one.
    Chunked,
    /// Until the server closes.
    UntilClose,
}

/// Status line and headers of an answer.
#[derive(Clone, Debug)]
pub struct Head {
    /// The bytes from the status line to the blank line, both included.
    pub raw: Bytes,
    /// The status code.
    pub status: u16,
    /// How the body ends.
    pub framing: Framing,
    /// The connection may be used again.
    pub keeps_alive: bool,
    /// There is a `Location`.
    pub has_location: bool,
    /// There is a `Set-Cookie`.
    pub has_cookies: bool,
    /// There is a `Content-Encoding` other than `identity`.
    pub is_encoded: bool,
}

impl Head {
    /// Parses the head at the start of `bytes`. `Ok(None)`: not complete yet.
    /// The second value is where the body begins.
    pub(crate) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<(Head, usize)>, Error> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = httparse::ParserConfig::default()
            .allow_multiple_spaces_in_response_status_delimiters(true)
            .allow_spaces_after_header_name_in_responses(true)
            .parse_response(&mut answer, bytes);
        match parsed {
            Ok(httparse::Status::Complete(length)) => {
                let head = Head::understand(&answer, is_head)?;
                Ok(Some((head, length)))
            }
            Ok(httparse::Status::Partial) if bytes.len() > MAX_HEAD_BYTES => {
                Err(Error::HeadTooLarge("more than 256 KiB"))
            }
            Ok(httparse::Status::Partial) => Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                Err(Error::HeadTooLarge("more than 100 headers"))
            }
            Err(_) => Err(Error::BadHead(first_line(bytes))),
        }
    }

    /// The status phrase, as sent; empty when there is none.
    pub fn reason(&self) -> &[u8] {
        let line = self
            .raw
            .split(|&byte| byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.splitn(3, |&byte| byte == b' ')
            .nth(2)
            .unwrap_or_default()
    }

    /// HTTP/1.1 rather than HTTP/1.0.
    pub fn is_http_11(&self) -> bool {
        self.raw.starts_with(b"HTTP/1.1")
    }

    /// The headers in the order and case in which they were sent. Folded
    /// lines and other oddities that framing tolerates come out trimmed.
    pub fn headers(&self) -> Vec<(&[u8], &[u8])> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = httparse::ParserConfig::default()
            .allow_multiple_spaces_in_response_status_delimiters(true)
            .allow_spaces_after_header_name_in_responses(true)
            .parse_response(&mut answer, &self.raw);
        if parsed.is_err() {
            return Vec::new();
        }
        answer
            .headers
            .iter()
            .map(|header| (header.name.as_bytes(), header.value))
            .collect()
    }

    /// The first value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers()
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    fn understand(answer: &httparse::Response<'_, '_>, is_head: bool) -> Result<Head, Error> {
        let status = answer.code.unwrap_or(0);
        let mut head = Head {
            raw: Bytes::new(),
            status,
            framing: Framing::UntilClose,
            keeps_alive: answer.version == Some(1),
            has_location: false,
            has_cookies: false,
            is_encoded: false,
        };
        let mut length = None;
        let mut chunked = false;
        for header in answer.headers.iter() {
            head.note(header, &mut length, &mut chunked)?;
        }
        head.framing = match (length, chunked) {
            _ if is_head || (100..200).contains(&status) || status == 204 || status == 304 => {
                Framing::Empty
            }
            (_, true) => Framing::Chunked,
            (Some(length), false) => Framing::Length(length),
            (None, false) => Framing::UntilClose,
        };
        if head.framing == Framing::UntilClose {
            head.keeps_alive = false;
        }
        Ok(head)
    }

    /// Takes from one header what framing needs. The length of the name tells
    /// most headers apart without comparing them.
    fn note(
        &mut self,
        header: &httparse::Header<'_>,
        length: &mut Option<u64>,
        chunked: &mut bool,
    ) -> Result<(), Error> {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        match header.name.len() {
            8 if is("location") => self.has_location = true,
            10 if is("connection") => self.note_connection(header.value),
            10 if is("set-cookie") => self.has_cookies = true,
            14 if is("content-length") => *length = Some(parse_length(header.value)?),
            16 if is("content-encoding") => {
                self.is_encoded = !header.value.eq_ignore_ascii_case(b"identity");
            }
            17 if is("transfer-encoding") => {
                *chunked = contains_ignoring_case(header.value, b"chunked");
            }
            _ => {}
        }
        Ok(())
    }

    fn note_connection(&mut self, value: &[u8]) {
        if contains_ignoring_case(value, b"close") {
            self.keeps_alive = false;
        } else if contains_ignoring_case(value, b"keep-alive") {
            self.keeps_alive = true;
        }
    }
}

fn parse_length(value: &[u8]) -> Result<u64, Error> {
    std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| {
            Error::BadHead(format!(
                "Content-Length: {}",
                String::from_utf8_lossy(value)
            ))
        })
}

fn contains_ignoring_case(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window.eq_ignore_ascii_case(needle))
}

fn first_line(bytes: &[u8]) -> String {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    String::from_utf8_lossy(&line[..line.len().min(200)])
        .trim_end()
        .to_owned()
}
