//! How a text stands in a URL, a header, a form or a JSON string.
//!
//! In: any text. Out: bytes that cannot be taken for anything but that text.

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// As it is.
    Text,
    /// Into a URL that its author wrote as one: what may not stand in any URL is encoded,
    /// what divides one (`/ ? &`) stays (RFC 3986 section 2).
    Url,
    /// One name or value of a query: everything but unreserved characters is encoded.
    Query,
    /// One name or value of a form (WHATWG URL, application/x-www-form-urlencoded).
    Form,
    /// Inside of a JSON string, without its quotes (RFC 8259 section 7).
    JsonString,
    /// A quoted parameter of a multipart header (WHATWG HTML, multipart/form-data).
    Quoted,
}

/// Appends `text` to `out`.
pub(super) fn escape(how: Escape, text: &str, out: &mut Vec<u8>) {
    match how {
        Escape::Text => out.extend_from_slice(text.as_bytes()),
        Escape::JsonString => escape_json(text, out),
        Escape::Form => {
            for byte in text.bytes() {
                match byte {
                    b' ' => out.push(b'+'),
                    b'*' | b'-' | b'.' | b'_' => out.push(byte),
                    _ if byte.is_ascii_alphanumeric() => out.push(byte),
                    _ => percent(byte, out),
                }
            }
        }
        Escape::Url => percent_all(text, may_stand_in_url, out),
        Escape::Query => percent_all(text, is_unreserved, out),
        Escape::Quoted => percent_all(text, |byte| !matches!(byte, b'"' | b'\r' | b'\n'), out),
    }
}

fn percent_all(text: &str, may_stand: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match may_stand(byte) {
            true => out.push(byte),
            false => percent(byte, out),
        }
    }
}

fn percent(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS[usize::from(nibble)];
    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xF)]);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Unreserved, reserved, or the sign of an encoded byte; `#` ends what a server is sent.
fn may_stand_in_url(byte: u8) -> bool {
    is_unreserved(byte) || b"%:/?[]@!$&'()*+,;=".contains(&byte)
}

fn escape_json(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let short: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[plain_from..at]);
        plain_from = at + 1;
        match short {
            b"" => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.extend_from_slice(short),
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(how: Escape, text: &str, expected: &str) {
        let mut out = Vec::new();
        escape(how, text, &mut out);
        assert_eq!(String::from_utf8(out).as_deref(), Ok(expected), "{how:?}");
    }

    #[test]
    fn texts_keep_their_meaning_wherever_they_stand() {
        check(Escape::Query, "a b&c=d/ä~", "a%20b%26c%3Dd%2F%C3%A4~");
        check(Escape::Form, "a b&c*ä", "a+b%26c*%C3%A4");
        check(Escape::Url, "/a b?c=d&e=%20#f", "/a%20b?c=d&e=%20%23f");
        check(
            Escape::JsonString,
            "a\"b\\c\n\u{1}ä",
            "a\\\"b\\\\c\\n\\u0001ä",
        );
        check(Escape::Quoted, "a\"b\r\n.txt", "a%22b%0D%0A.txt");
        check(Escape::Text, "a\"b", "a\"b");
    }

    #[test]
    fn a_json_string_is_read_back_as_it_was() {
        let text: String = (0..0x300).filter_map(char::from_u32).collect();
        let mut out = b"\"".to_vec();
        escape(Escape::JsonString, &text, &mut out);
        out.push(b'"');
        let read: String = serde_json::from_slice(&out).unwrap_or_default();
        assert_eq!(read, text);
    }
}
