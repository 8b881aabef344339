//! A request as bytes.
//!
//! In: method, URL, headers, body. Out: what goes on the wire, or what cannot. Never: a
//! connection, a redirect.

use gatecrash_net::Url;

/// Who asks, unless a header says otherwise.
const USER_AGENT: &str = concat!("gatecrash/", env!("CARGO_PKG_VERSION"));

/// Headers that follow from the rest of the request.
const OURS: [&str; 4] = ["Host", "Content-Length", "Transfer-Encoding", "Connection"];

/// What is encoded.
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) authority: &'a str,
    /// In this order; of the same name the last one counts.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) cookies: Option<&'a [u8]>,
    pub(crate) body: Option<&'a [u8]>,
}

/// The bytes of a request, and where its body begins.
///
/// # Errors
/// A method or a header that cannot be sent.
pub(crate) fn encode(parts: &Parts<'_>) -> Result<(Vec<u8>, usize), String> {
    if !is_token(parts.method) {
        return Err(format!("{:?} is no method", parts.method));
    }
    let mut wire = Vec::with_capacity(256 + parts.body.map_or(0, <[u8]>::len));
    for text in [parts.method, " ", &parts.url.target, " HTTP/1.1\r\n"] {
        wire.extend_from_slice(text.as_bytes());
    }
    push_line(&mut wire, "Host", parts.authority.as_bytes());
    let defaults = [("User-Agent", USER_AGENT)];
    let all: Vec<&(&str, &str)> = defaults.iter().chain(parts.headers).collect();
    for (place, (name, value)) in all.iter().enumerate() {
        let is_name = |other: &&&(&str, &str)| other.0.eq_ignore_ascii_case(name);
        if all[place + 1..].iter().any(|other| is_name(&other)) {
            continue;
        }
        check_header(name, value)?;
        push_line(&mut wire, name, value.as_bytes());
    }
    if let Some(cookies) = parts.cookies {
        push_line(&mut wire, "Cookie", cookies);
    }
    // A method that is expected to have a body says that it has none (RFC 9110 section 8.6).
    if parts.body.is_some() || matches!(parts.method, "POST" | "PUT" | "PATCH") {
        let length = parts.body.map_or(0, <[u8]>::len).to_string();
        push_line(&mut wire, "Content-Length", length.as_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    let body_at = wire.len();
    wire.extend_from_slice(parts.body.unwrap_or_default());
    Ok((wire, body_at))
}

fn push_line(wire: &mut Vec<u8>, name: &str, value: &[u8]) {
    for bytes in [name.as_bytes(), b": ", value, b"\r\n"] {
        wire.extend_from_slice(bytes);
    }
}

/// Whether a header can be sent as it is.
///
/// # Errors
/// Why not.
fn check_header(name: &str, value: &str) -> Result<(), String> {
    if !is_token(name) {
        return Err(format!("{name:?} is no name of a header"));
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err(format!(
            "header {name}: it follows from the request; leave it out"
        ));
    }
    let breaks_line = value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    match breaks_line {
        true => Err(format!(
            "header {name}: its value has a line break or a zero byte"
        )),
        false => Ok(()),
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// Appends `name=value` as forms and queries have it
/// (<https://url.spec.whatwg.org/#urlencoded-serializing>).
pub(crate) fn push_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    push_escaped(out, name);
    out.push('=');
    push_escaped(out, value);
}

fn push_escaped(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(
        method: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<String, String> {
        let url = Url::parse("http://a:8000/x?y=1").expect("a URL");
        let parts = Parts {
            method,
            url: &url,
            authority: "a:8000",
            headers,
            cookies: None,
            body,
        };
        let (wire, body_at) = encode(&parts)?;
        assert_eq!(wire.len() - body_at, body.map_or(0, <[u8]>::len));
        Ok(String::from_utf8(wire).expect("text"))
    }

    #[test]
    fn the_last_header_of_a_name_counts() {
        let wire = encoded("GET", &[("A", "1"), ("user-agent", "me"), ("a", "2")], None);
        let expected = "GET /x?y=1 HTTP/1.1\r\nHost: a:8000\r\nuser-agent: me\r\na: 2\r\n\r\n";
        assert_eq!(wire.as_deref(), Ok(expected));
    }

    #[test]
    fn bodies_have_their_length() {
        let ends = |wire: Result<String, String>, end: &str| {
            let wire = wire.expect("a request");
            assert!(wire.ends_with(end), "{wire:?}");
        };
        ends(
            encoded("PUT", &[], Some(b"abc")),
            "Content-Length: 3\r\n\r\nabc",
        );
        ends(encoded("POST", &[], None), "Content-Length: 0\r\n\r\n");
    }

    #[test]
    fn what_would_break_the_request_is_refused() {
        for (method, name, value) in [
            ("G T", "A", "1"),
            ("GET", "A b", "1"),
            ("GET", "", "1"),
            ("GET", "A", "1\r\nB: 2"),
            ("GET", "content-length", "1"),
        ] {
            assert!(
                encoded(method, &[(name, value)], None).is_err(),
                "{method} {name}"
            );
        }
    }

    #[test]
    fn pairs_are_escaped() {
        let mut out = String::new();
        push_pair(&mut out, "a b", "ä&=");
        push_pair(&mut out, "c", "-");
        assert_eq!(out, "a+b=%C3%A4%26%3D&c=-");
    }
}
