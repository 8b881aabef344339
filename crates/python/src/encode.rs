//! Request heads, byte for byte as the library would send them that the user
//! believes to be using: `requests`, or `geventhttpclient` (Locust's
//! `FastHttpUser`).
//!
//! Only plain cases are encoded here; whatever could need the judgement of
//! that library (escapes in the URL, odd header values) is refused, and the
//! caller prepares that request in Python.

/// Whose heads are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// `requests` over `http.client`: `Host` first, the body's headers last.
    Requests,
    /// `geventhttpclient`: `Host` after the caller's headers.
    Geventhttpclient,
}

/// What a head is made of, beside the headers.
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) host: &'a str,
    pub(crate) cookie: Option<&'a str>,
    /// Declared unless the headers declare another.
    pub(crate) content_type: Option<&'a str>,
}

impl Manner {
    /// Head and body of a request with the session's headers in `template` and
    /// `extra` laid over them.
    pub(crate) fn encode<'a>(
        self,
        parts: &Parts<'_>,
        template: &Template,
        extra: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Result<Vec<u8>, NotPlain> {
        if !self.is_plain_target(parts.target) {
            return Err(NotPlain);
        }
        let mut wire = Vec::with_capacity(256 + parts.target.len() + body.len());
        for part in [parts.method, " ", parts.target, " HTTP/1.1\r\n"] {
            wire.extend_from_slice(part.as_bytes());
        }
        match self {
            Manner::Requests => parts.finish_as_requests(&mut wire, template, extra, body)?,
            Manner::Geventhttpclient => parts.finish_as_gevent(&mut wire, template, extra, body)?,
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(body);
        Ok(wire)
    }

    /// `geventhttpclient` drops a `;` with nothing behind it.
    fn is_plain_target(self, target: &str) -> bool {
        is_plain_target(target) && (self == Manner::Requests || !target.contains(';'))
    }
}

impl Parts<'_> {
    fn finish_as_requests<'a>(
        &self,
        wire: &mut Vec<u8>,
        template: &Template,
        extra: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Result<(), NotPlain> {
        push_header(wire, b"Host: ", self.host);
        let has_content_type = template.append(wire, extra, NO_CODING)?;
        self.push_cookie(wire);
        if !body.is_empty() || !matches!(self.method, "GET" | "HEAD") {
            push_header(wire, b"Content-Length: ", &body.len().to_string());
        }
        if let (Some(content_type), false) = (self.content_type, has_content_type) {
            push_header(wire, b"Content-Type: ", content_type);
        }
        Ok(())
    }

    fn finish_as_gevent<'a>(
        &self,
        wire: &mut Vec<u8>,
        template: &Template,
        extra: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Result<(), NotPlain> {
        let has_content_type = template.append(wire, extra, b"")?;
        let length = body.len().to_string();
        let mut has_length = false;
        if let Some(content_type) = self.content_type {
            if !has_content_type {
                push_header(wire, b"content-type: ", content_type);
            }
            has_length = has_early_length(content_type, has_content_type);
            if has_length {
                push_header(wire, b"content-length: ", &length);
            }
        }
        self.push_cookie(wire);
        push_header(wire, b"Host: ", self.host);
        let declares = !body.is_empty() || matches!(self.method, "POST" | "PUT" | "PATCH");
        if declares && !has_length {
            push_header(wire, b"Content-Length: ", &length);
        }
        Ok(())
    }

    fn push_cookie(&self, wire: &mut Vec<u8>) {
        if let Some(cookie) = self.cookie {
            push_header(wire, b"Cookie: ", cookie);
        }
    }
}

/// What `http.client` sends for a caller that does not speak of codings.
const NO_CODING: &[u8] = b"Accept-Encoding: identity\r\n";

/// Bodies that `geventhttpclient` itself turns into bytes get their length
/// along with their type: forms always, text unless the caller named a type.
fn has_early_length(content_type: &str, has_content_type: bool) -> bool {
    content_type.starts_with("application/x-www-form-urlencoded")
        || (content_type.starts_with("text/plain") && !has_content_type)
}

fn push_header(wire: &mut Vec<u8>, name_and_colon: &[u8], value: &str) {
    wire.extend_from_slice(name_and_colon);
    wire.extend_from_slice(value.as_bytes());
    wire.extend_from_slice(b"\r\n");
}

/// A session's headers, encoded once and reused for every request.
#[derive(Debug, Default)]
pub(crate) struct Template {
    lines: Vec<Line>,
    joined: Vec<u8>,
    /// The headers name `Accept-Encoding`.
    has_accept_encoding: bool,
}

#[derive(Debug, Clone)]
struct Line {
    lower: String,
    bytes: Vec<u8>,
}

/// Something that the library itself would have to look at.
#[derive(Debug)]
pub(crate) struct NotPlain;

/// Headers that change framing or the way the rest is encoded.
const SPECIAL: [&str; 6] = [
    "host",
    "content-length",
    "transfer-encoding",
    "cookie",
    "connection",
    "expect",
];

impl Line {
    fn new(name: &str, value: &str) -> Result<Line, NotPlain> {
        let lower = name.to_ascii_lowercase();
        let is_odd = value.is_empty() && lower == "content-type";
        if is_odd || !is_plain_name(name) || !is_plain_value(value) {
            return Err(NotPlain);
        }
        Ok(Line {
            lower,
            bytes: [name, ": ", value, "\r\n"].concat().into_bytes(),
        })
    }
}

impl Template {
    /// The headers of a session, in order.
    pub(crate) fn new<'a>(
        headers: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Template, NotPlain> {
        let lines = headers.map(|(name, value)| Line::new(name, value));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let special = |line: &Line| SPECIAL.contains(&line.lower.as_str());
        if lines
            .iter()
            .any(|line| special(line) && line.bytes != b"Connection: keep-alive\r\n")
        {
            return Err(NotPlain);
        }
        let has_user_agent = lines.iter().any(|line| line.lower == "user-agent");
        if !has_user_agent {
            return Err(NotPlain);
        }
        Ok(Template {
            joined: lines
                .iter()
                .flat_map(|line| line.bytes.iter().copied())
                .collect(),
            has_accept_encoding: lines.iter().any(|line| line.lower == "accept-encoding"),
            lines,
        })
    }

    /// Appends the session's headers with `extra` laid over them: a header of
    /// the same name keeps its place and takes the new value. `unless_accepting`
    /// goes before them when there is no `Accept-Encoding`. Says whether a
    /// `Content-Type` was among them.
    pub(crate) fn append<'a>(
        &self,
        wire: &mut Vec<u8>,
        extra: impl Iterator<Item = (&'a str, &'a str)>,
        unless_accepting: &[u8],
    ) -> Result<bool, NotPlain> {
        let mut has_content_type = self.lines.iter().any(|line| line.lower == "content-type");
        let mut merged: Option<Vec<Line>> = None;
        let mut added: Vec<Line> = Vec::new();
        for (name, value) in extra {
            let line = Line::new(name, value)?;
            if SPECIAL.contains(&line.lower.as_str()) {
                return Err(NotPlain);
            }
            has_content_type |= line.lower == "content-type";
            if let Some(at) = self
                .lines
                .iter()
                .position(|known| known.lower == line.lower)
            {
                merged.get_or_insert_with(|| self.lines.clone())[at] = line;
            } else if let Some(same) = added.iter_mut().find(|known| known.lower == line.lower) {
                *same = line;
            } else {
                added.push(line);
            }
        }
        let accepts =
            self.has_accept_encoding || added.iter().any(|line| line.lower == "accept-encoding");
        if !accepts {
            wire.extend_from_slice(unless_accepting);
        }
        match merged {
            None => wire.extend_from_slice(&self.joined),
            Some(lines) => lines
                .iter()
                .for_each(|line| wire.extend_from_slice(&line.bytes)),
        }
        added
            .iter()
            .for_each(|line| wire.extend_from_slice(&line.bytes));
        Ok(has_content_type)
    }
}

/// The characters of a header's name (RFC 9110 section 5.6.2).
fn is_plain_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

/// Visible ASCII and inner blanks.
fn is_plain_value(value: &str) -> bool {
    !value.starts_with([' ', '\t'])
        && value
            .bytes()
            .all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t')
}

/// Whether both libraries would send this path and query exactly as it is.
///
/// Their rules: characters outside RFC 3986 are escaped, escapes of unreserved
/// characters are undone, escapes are written in capitals, dot segments are
/// removed, a fragment and an empty query are dropped.
fn is_plain_target(target: &str) -> bool {
    let bytes = target.as_bytes();
    if bytes.first() != Some(&b'/') || bytes.starts_with(b"//") || bytes.ends_with(b"?") {
        return false;
    }
    let mut in_query = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' if is_settled_escape(&bytes[at..]) => at += 2,
            b'?' => in_query = true,
            b'/' if !in_query && bytes.get(at + 1) == Some(&b'.') => return false,
            byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) => {}
            _ => return false,
        }
        at += 1;
    }
    true
}

/// An escape in capitals of a character that must stay escaped.
fn is_settled_escape(bytes: &[u8]) -> bool {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let &[_, high, low, ..] = bytes else {
        return false;
    };
    let (Some(high), Some(low)) = (digit(high), digit(low)) else {
        return false;
    };
    let byte = high << 4 | low;
    !(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extra: &[(&str, &str)]) -> Option<String> {
        let session = [
            ("User-Agent", "x"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ];
        let template = Template::new(session.into_iter()).expect("plain");
        let mut wire = Vec::new();
        template
            .append(&mut wire, extra.iter().copied(), NO_CODING)
            .ok()?;
        Some(String::from_utf8(wire).expect("ASCII").replace("\r\n", "|"))
    }

    #[test]
    fn session_headers_come_first_and_keep_their_place() {
        let plain = "Accept-Encoding: identity|User-Agent: x|Accept: */*|Connection: keep-alive|";
        assert_eq!(check(&[]).as_deref(), Some(plain));
        assert_eq!(
            check(&[("X-A", "1"), ("x-a", "2")]),
            Some(format!("{plain}x-a: 2|"))
        );
        let replaced = plain.replace("Accept: */*", "accept: text/plain");
        assert_eq!(check(&[("accept", "text/plain")]), Some(replaced));
    }

    #[test]
    fn what_needs_judgement_is_refused() {
        for extra in [
            ("Host", "a"),
            ("X", " a"),
            ("X", "a\r\nb"),
            ("X", "ü"),
            ("content-type", ""),
            ("", "a"),
            ("A B", "c"),
        ] {
            assert_eq!(check(&[extra]), None, "{extra:?}");
        }
    }

    /// A whole request of one session header, `X: 1` laid over it, as
    /// `geventhttpclient` writes it.
    fn check_gevent(method: &str, content_type: Option<&str>, own: &str, body: &str) -> String {
        let template = Template::new([("User-Agent", "x")].into_iter()).expect("plain");
        let parts = Parts {
            method,
            target: "/a",
            host: "h",
            cookie: Some("c=1"),
            content_type,
        };
        let extra = own.split_once('=').into_iter();
        let wire = Manner::Geventhttpclient.encode(&parts, &template, extra, body.as_bytes());
        String::from_utf8(wire.expect("plain"))
            .expect("ASCII")
            .replace("\r\n", "|")
    }

    #[test]
    fn geventhttpclient_writes_host_late_and_lengths_by_kind_of_body() {
        for (method, content_type, own, body, rest) in [
            ("GET", None, "", "", "Cookie: c=1|Host: h||"),
            ("GET", None, "X=1", "", "X: 1|Cookie: c=1|Host: h||"),
            (
                "PUT",
                None,
                "",
                "",
                "Cookie: c=1|Host: h|Content-Length: 0||",
            ),
            (
                "POST",
                Some("application/octet-stream"),
                "",
                "ab",
                "content-type: application/octet-stream|Cookie: c=1|Host: h|Content-Length: 2||ab",
            ),
            (
                "POST",
                Some("text/plain; charset=utf-8"),
                "",
                "ab",
                "content-type: text/plain; charset=utf-8|content-length: 2|Cookie: c=1|Host: h||ab",
            ),
            (
                "POST",
                Some("text/plain; charset=utf-8"),
                "Content-Type=a/b",
                "ab",
                "Content-Type: a/b|Cookie: c=1|Host: h|Content-Length: 2||ab",
            ),
            (
                "POST",
                Some("application/x-www-form-urlencoded; charset=utf-8"),
                "Content-Type=a/b",
                "a=b",
                "Content-Type: a/b|content-length: 3|Cookie: c=1|Host: h||a=b",
            ),
        ] {
            let expected = format!("{method} /a HTTP/1.1|User-Agent: x|{rest}");
            assert_eq!(check_gevent(method, content_type, own, body), expected);
        }
        assert!(!Manner::Geventhttpclient.is_plain_target("/a;b"));
    }

    #[test]
    fn targets() {
        for plain in [
            "/",
            "/a/b?c=d&e=%20",
            "/a:b@c;d=1,2",
            "/x?u=/y/../z",
            "/a.b/c..d",
        ] {
            assert!(is_plain_target(plain), "{plain}");
        }
        for other in [
            "", "a", "//a", "/a?", "/a b", "/ü", "/a/../b", "/.x", "/%7e", "/%41", "/%2f", "/#f",
            "/[1]", "/%",
        ] {
            assert!(!is_plain_target(other), "{other}");
        }
    }
}
