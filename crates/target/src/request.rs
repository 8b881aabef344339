//! A request as it came: the exact bytes, and what they mean.
//!
//! In: the bytes of a head and of a body. Out: method, path, headers, query, cookies.
//! Never: a change to what was received; names keep their case and headers their order.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use crate::memory::Share;

/// Most header fields of a request.
const HEADERS_MAX: usize = 256;

/// Request line and headers.
#[derive(Debug)]
pub(crate) struct Head {
    /// From the request line to the empty line, as received.
    pub(crate) raw: Bytes,
    method: Range<usize>,
    target: Range<usize>,
    headers: Vec<(Range<usize>, Range<usize>)>,
    /// Whether the request is HTTP/1.1 and not HTTP/1.0.
    pub(crate) is_http11: bool,
}

/// How the length of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes follow.
    Length(usize),
    /// Chunks follow.
    Chunked,
}

/// Why a head is refused, and with which status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
}

impl Head {
    /// Reads a whole head: everything up to and including the empty line.
    pub(crate) fn parse(raw: Bytes) -> Result<Self, Refusal> {
        let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut fields);
        let status = parsed.parse(&raw).map_err(refuse)?;
        let (Some(method), Some(target), Some(version), httparse::Status::Complete(_)) =
            (parsed.method, parsed.path, parsed.version, status)
        else {
            return Err(Refusal {
                status: 400,
                reason: "the request's head is incomplete",
            });
        };
        // Ranges instead of slices, so that the head can be kept beside its bytes.
        let start = raw.as_ptr() as usize;
        let range = |part: &[u8]| {
            let from = part.as_ptr() as usize - start;
            from..from + part.len()
        };
        let headers = parsed
            .headers
            .iter()
            .map(|field| {
                let value = if field.value.is_empty() {
                    0..0
                } else {
                    range(field.value)
                };
                (range(field.name.as_bytes()), value)
            })
            .collect();
        let (method, target) = (range(method.as_bytes()), range(target.as_bytes()));
        Ok(Self {
            method,
            target,
            headers,
            is_http11: version == 1,
            raw,
        })
    }

    pub(crate) fn method(&self) -> &str {
        self.text(&self.method)
    }

    /// What stands between the method and the version.
    pub(crate) fn target(&self) -> &str {
        self.text(&self.target)
    }

    /// The path without scheme, authority and query, still percent-encoded.
    pub(crate) fn path(&self) -> &str {
        let target = self.target();
        let path = match target.split_once("://") {
            Some((_, rest)) if !target.starts_with('/') => {
                rest.find('/').map_or("/", |at| &rest[at..])
            }
            _ => target,
        };
        path.split(['?', '#']).next().unwrap_or_default()
    }

    /// The query's pairs in their order, decoded.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let query = self.target().split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect()
    }

    /// The decoded value of the first query parameter of that name.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query()
            .into_iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// Names and values in the order they came.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (self.text(name), &self.raw[value.clone()]))
    }

    /// The values of all headers of that name, whatever its case.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The token of `Authorization: Bearer TOKEN`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let header = self.values("authorization").next()?;
        std::str::from_utf8(header).ok()?.strip_prefix("Bearer ")
    }

    /// Whether a comma-separated header of that name holds `token`, whatever its case.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name).any(|value| {
            value
                .split(|byte| *byte == b',')
                .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
        })
    }

    /// Refuses what a server must not serve: no `Host` (RFC 9112, section 3.2), or an expectation
    /// that is none of HTTP's (RFC 9110, section 10.1.1).
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.is_http11 && self.values("host").count() != 1 {
            return Err(Refusal {
                status: 400,
                reason: "HTTP/1.1 needs exactly one Host header",
            });
        }
        if self
            .values("expect")
            .any(|value| !value.eq_ignore_ascii_case(b"100-continue"))
        {
            return Err(Refusal {
                status: 417,
                reason: "only 100-continue can be expected",
            });
        }
        Ok(())
    }

    /// How the body's end is found (RFC 9112, section 6.3).
    pub(crate) fn framing(&self) -> Result<Framing, Refusal> {
        let refuse = |reason| {
            Err(Refusal {
                status: 400,
                reason,
            })
        };
        let lengths: Vec<&[u8]> = self.values("content-length").collect();
        let codings: Vec<&[u8]> = self.values("transfer-encoding").collect();
        match (lengths.as_slice(), codings.as_slice()) {
            ([], []) => Ok(Framing::Length(0)),
            ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            ([], _) => Err(Refusal {
                status: 501,
                reason: "only the transfer coding chunked is known",
            }),
            (_, [_, ..]) => refuse("both Content-Length and Transfer-Encoding are given"),
            ([first, others @ ..], []) => match content_length(first) {
                Some(length) if others.iter().all(|other| other == first) => {
                    Ok(Framing::Length(length))
                }
                _ => refuse("Content-Length is not one number"),
            },
        }
    }

    /// Whether the client wants the connection to be kept for the next request.
    pub(crate) fn keeps_alive(&self) -> bool {
        if self.is_http11 {
            !self.has_token("connection", "close")
        } else {
            self.has_token("connection", "keep-alive")
        }
    }

    fn text(&self, range: &Range<usize>) -> &str {
        // httparse took these parts as tokens or as UTF-8, so the fallback is never seen.
        std::str::from_utf8(&self.raw[range.clone()]).unwrap_or_default()
    }
}

fn refuse(error: httparse::Error) -> Refusal {
    let (status, reason) = match error {
        httparse::Error::TooManyHeaders => (431, "the request has too many headers"),
        httparse::Error::Version => (505, "only HTTP/1.0 and HTTP/1.1 are spoken here"),
        _ => (400, "the request's head is malformed"),
    };
    Refusal { status, reason }
}

fn content_length(value: &[u8]) -> Option<usize> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if digits {
        std::str::from_utf8(value).ok()?.parse().ok()
    } else {
        None
    }
}

/// A whole request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: Head,
    /// The body as received, chunk framing included.
    pub(crate) raw_body: Bytes,
    /// The body without framing.
    pub(crate) body: Bytes,
    /// This body's part of the memory that all bodies share.
    pub(crate) _memory: Share,
}

/// Bytes as text of one character each (Latin-1), which loses nothing.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Resolves percent-encoding, and `+` as a space where a form says so.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, step) = match bytes[at] {
            b'+' if plus_is_space => (b' ', 1),
            b'%' => hex_pair(&bytes[at + 1..]).map_or((b'%', 1), |byte| (byte, 3)),
            byte => (byte, 1),
        };
        decoded.push(byte);
        at += step;
    }
    match String::from_utf8_lossy(&decoded) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |place: usize| char::from(*bytes.get(place)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
