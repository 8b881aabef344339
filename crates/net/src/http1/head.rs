//! The head of an answer: parsed once for what framing needs, kept raw for
//! whoever looks at the headers.

use std::cell::RefCell;
use std::mem::MaybeUninit;

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
    /// There is a header by which caches tell of themselves: `Age`, `X-Cache`,
    /// `X-Cache-Status`, `CF-Cache-Status` or `Cache-Status`.
    pub tells_of_cache: bool,
}

impl Head {
    /// Parses the head at the start of `bytes`. `Ok(None)`: not complete yet.
    /// The second value is where the body begins.
    pub(crate) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<(Head, usize)>, Error> {
        let mut headers = NO_HEADERS;
        let mut answer = httparse::Response::new(&mut []);
        match tolerant().parse_response_with_uninit_headers(&mut answer, bytes, &mut headers) {
            Ok(httparse::Status::Complete(length)) => {
                let head = Head::understand(&answer, is_head).map_err(Error::BadHead)?;
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

    /// The same head with the bytes it was parsed from.
    pub(crate) fn with_raw(self, raw: Bytes) -> Head {
        Head { raw, ..self }
    }

    /// The head at the start of `bytes` if it is one of those that came last: servers say the
    /// same for a second or longer, and to compare costs a tenth of parsing.
    pub(crate) fn known(bytes: &[u8], is_head: bool) -> Option<Head> {
        KNOWN.with_borrow_mut(|known| known.find(bytes, is_head))
    }

    /// Lets the head be known when it comes again.
    pub(crate) fn remember(&self, is_head: bool) {
        if self.raw.len() <= MAX_KNOWN_BYTES {
            KNOWN.with_borrow_mut(|known| known.push(self, is_head));
        }
    }

    /// Not the answer yet, only a word on the way to it (1xx, but 101 is one).
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// The status phrase, as sent; empty when there is none.
    pub fn reason(&self) -> &[u8] {
        let end = self.raw.iter().position(|&byte| byte == b'\n');
        let line = &self.raw[..end.unwrap_or(self.raw.len())];
        let after_version = line.get("HTTP/1.1".len()..).unwrap_or_default();
        let status = after_version.trim_ascii_start();
        status.get("200".len()..).unwrap_or_default().trim_ascii()
    }

    /// HTTP/1.1 rather than HTTP/1.0.
    pub fn is_http_11(&self) -> bool {
        self.raw.starts_with(b"HTTP/1.1")
    }

    /// The headers in the order and case in which they were sent. The value of a
    /// folded header keeps its line ends; a line that is no header is left out.
    pub fn headers(&self) -> Vec<(&[u8], &[u8])> {
        let mut found = Vec::new();
        self.each_header(|name, value| found.push((name, value)));
        found
    }

    /// The first value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut found = None;
        self.each_header(|known, value| {
            if found.is_none() && known.eq_ignore_ascii_case(name.as_bytes()) {
                found = Some(value);
            }
        });
        found
    }

    /// Shows name and value of each header, as [`Head::headers`] has them, and allocates
    /// nothing.
    pub fn each_header<'a>(&'a self, mut see: impl FnMut(&'a [u8], &'a [u8])) {
        let mut headers = NO_HEADERS;
        let mut answer = httparse::Response::new(&mut []);
        let parsed =
            tolerant().parse_response_with_uninit_headers(&mut answer, &self.raw, &mut headers);
        if parsed.is_ok() {
            let headers = answer.headers.iter();
            headers.for_each(|header| see(header.name.as_bytes(), header.value));
        }
    }

    fn understand(answer: &httparse::Response<'_, '_>, is_head: bool) -> Result<Head, String> {
        let status = answer.code.unwrap_or(0);
        if status < 100 {
            return Err(format!("status code {status}"));
        }
        let mut head = Head {
            raw: Bytes::new(),
            status,
            framing: Framing::UntilClose,
            keeps_alive: answer.version == Some(1),
            has_location: false,
            has_cookies: false,
            is_encoded: false,
            tells_of_cache: false,
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
        if head.framing == Framing::UntilClose || status == 101 {
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
    ) -> Result<(), String> {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        match header.name.len() {
            3 if is("age") => self.tells_of_cache = true,
            7 if is("x-cache") => self.tells_of_cache = true,
            8 if is("location") => self.has_location = true,
            10 if is("connection") => self.note_connection(header.value),
            10 if is("set-cookie") => self.has_cookies = true,
            12 if is("cache-status") => self.tells_of_cache = true,
            14 if is("content-length") => note_length(header.value, length)?,
            14 if is("x-cache-status") => self.tells_of_cache = true,
            15 if is("cf-cache-status") => self.tells_of_cache = true,
            16 if is("content-encoding") => {
                self.is_encoded = !header.value.eq_ignore_ascii_case(b"identity");
            }
            17 if is("transfer-encoding") => *chunked |= has_token(header.value, b"chunked"),
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

/// The longest head that is remembered.
const MAX_KNOWN_BYTES: usize = 1024;

/// Heads that came last on a thread, and whether they answered HEAD.
#[derive(Default)]
struct Known {
    heads: Vec<(Head, bool)>,
    /// The place of the one that goes next.
    oldest: usize,
    /// How many unknown ones came since a known one did.
    missed: u32,
}

impl Known {
    /// As many as a task may meet in turn.
    const HEADS: usize = 4;
    /// Of a server that never says the same only some are remembered.
    const PATIENCE: u32 = 16;

    fn find(&mut self, bytes: &[u8], is_head: bool) -> Option<Head> {
        let mut heads = self.heads.iter();
        let is_same =
            |(head, of_head): &&(Head, bool)| *of_head == is_head && bytes.starts_with(&head.raw);
        let (head, _) = heads.find(is_same)?;
        self.missed = 0;
        Some(head.clone())
    }

    fn push(&mut self, head: &Head, is_head: bool) {
        self.missed = self.missed.wrapping_add(1);
        if self.missed > Known::PATIENCE && !self.missed.is_multiple_of(Known::PATIENCE) {
            return;
        }
        let known = (head.clone(), is_head);
        if self.heads.len() < Known::HEADS {
            return self.heads.push(known);
        }
        self.heads[self.oldest] = known;
        self.oldest = (self.oldest + 1) % Known::HEADS;
    }
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Room for headers on the stack.
const NO_HEADERS: [MaybeUninit<httparse::Header<'_>>; MAX_HEADERS] =
    [const { MaybeUninit::uninit() }; MAX_HEADERS];

/// Servers are taken as they are, nearly as Python's http.client takes them. Other than
/// there, versions beside 1.0 and 1.1 are refused, and so are a carriage return or a NUL
/// inside a line; a name with characters that RFC 9110 allows in none is left out, and
/// a line that is no header does not end the headers.
fn tolerant() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    config
}

/// Notes a `Content-Length`. Repeated values must agree (RFC 9112 section 6.3); what
/// is no length is passed over.
fn note_length(value: &[u8], length: &mut Option<u64>) -> Result<(), String> {
    for part in value.split(|&byte| byte == b',') {
        let digits = std::str::from_utf8(part.trim_ascii()).ok();
        let Some(given) = digits.and_then(as_length) else {
            continue;
        };
        if length.is_some_and(|known| known != given) {
            return Err("two different values of Content-Length".to_owned());
        }
        *length = Some(given);
    }
    Ok(())
}

/// A length that no number here can hold is still one: too large for anybody.
fn as_length(digits: &str) -> Option<u64> {
    use std::num::IntErrorKind::PosOverflow;
    match digits.parse::<u64>() {
        Ok(length) => Some(length),
        Err(fault) if *fault.kind() == PosOverflow => Some(u64::MAX),
        Err(_) => None,
    }
}

fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|&byte| byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token))
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
