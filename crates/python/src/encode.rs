//! Request heads, byte for byte as `requests` would send them.
//!
//! Only plain cases are encoded here; whatever could need the judgement of
//! `requests` (escapes in the URL, odd header values) is refused, and the
//! caller prepares that request in Python.

/// A session's headers, encoded once and reused for every request.
#[derive(Debug, Default)]
pub(crate) struct Template {
    lines: Vec<Line>,
    joined: Vec<u8>,
    /// The headers name `Accept-Encoding`; without it one is sent that asks
    /// for no coding.
    has_accept_encoding: bool,
}

#[derive(Debug, Clone)]
struct Line {
    lower: String,
    bytes: Vec<u8>,
}

/// A header that `requests` would have to look at.
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
        if !is_plain_name(name) || !is_plain_value(value) {
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
    /// the same name keeps its place and takes the new value. Says whether a
    /// `Content-Type` was among them.
    pub(crate) fn append<'a>(
        &self,
        wire: &mut Vec<u8>,
        extra: impl Iterator<Item = (&'a str, &'a str)>,
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
            wire.extend_from_slice(b"Accept-Encoding: identity\r\n");
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

/// Whether `requests` would send this path and query exactly as it is.
///
/// Its rules: characters outside RFC 3986 are escaped, escapes of unreserved
/// characters are undone, escapes are written in capitals, dot segments are
/// removed, a fragment is dropped.
pub(crate) fn is_plain_target(target: &str) -> bool {
    let bytes = target.as_bytes();
    if bytes.first() != Some(&b'/') || bytes.starts_with(b"//") {
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
        template.append(&mut wire, extra.iter().copied()).ok()?;
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
            ("", "a"),
            ("A B", "c"),
        ] {
            assert_eq!(check(&[extra]), None, "{extra:?}");
        }
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
            "", "a", "//a", "/a b", "/ü", "/a/../b", "/.x", "/%7e", "/%41", "/%2f", "/#f", "/[1]",
            "/%",
        ] {
            assert!(!is_plain_target(other), "{other}");
        }
    }
}
