//! The opening handshake of a WebSocket (RFC 6455 section 4).
//!
//! In: what is asked for. Out: the bytes of the request, and whether an answer agrees to it.
//! Never: I/O.

use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use super::Opening;
use crate::{Error, Head};

/// What a server adds to the key before it hashes it (section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Sixteen random bytes in base64.
pub(super) fn random_key() -> String {
    let halves = [random_u64(), random_u64()].map(u64::to_ne_bytes);
    STANDARD.encode(halves.concat())
}

/// Good enough to be different each time; nobody's secret depends on it.
pub(super) fn random_u64() -> u64 {
    RandomState::new().hash_one(())
}

/// The request, head only.
///
/// # Errors
/// Headers that would end early or that are the handshake's own.
pub(super) fn request(opening: &Opening, key: &str) -> Result<Vec<u8>, Error> {
    let target = &opening.target;
    if !target.starts_with('/') || target.bytes().any(|byte| !byte.is_ascii_graphic()) {
        let what = format!("{target:?} cannot stand in a request line");
        return Err(Error::NoWebSocket(what));
    }
    let host = opening.origin.authority();
    let mut head = format!("GET {target} HTTP/1.1\r\n");
    let mut put = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
    if !opening.names("host") {
        put("Host", &host);
    }
    put("Upgrade", "websocket");
    put("Connection", "Upgrade");
    put("Sec-WebSocket-Version", "13");
    put("Sec-WebSocket-Key", key);
    if !opening.subprotocols.is_empty() {
        let offered = opening.subprotocols.join(", ");
        put(
            "Sec-WebSocket-Protocol",
            checked("Sec-WebSocket-Protocol", &offered)?,
        );
    }
    for (name, value) in &opening.headers {
        put(name, checked(name, value)?);
    }
    head.push_str("\r\n");
    Ok(head.into_bytes())
}

/// The value of a header that is one line and none of the handshake's own.
fn checked<'a>(name: &str, value: &'a str) -> Result<&'a str, Error> {
    const OWN: [&str; 5] = [
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
    ];
    let is_name = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    let is_text = |byte: u8| !byte.is_ascii_control() || byte == b'\t';
    let is_own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
    if is_own || name.is_empty() || !name.bytes().all(is_name) || !value.bytes().all(is_text) {
        let what = format!("the header {name:?} cannot be sent with a WebSocket's request");
        return Err(Error::NoWebSocket(what));
    }
    Ok(value)
}

/// Whether the server agrees. Says which of the subprotocols it chose, if any.
pub(super) fn check(opening: &Opening, key: &str, head: &Head) -> Result<Option<String>, Error> {
    let refused = |what: &str| Err(Error::NoWebSocket(what.to_owned()));
    if head.status != 101 {
        return refused(&format!("the server answers with status {}", head.status));
    }
    if !has_token(head, "upgrade", "websocket") || !has_token(head, "connection", "upgrade") {
        return refused("the answer upgrades to something else");
    }
    if head.header("sec-websocket-accept").map(<[u8]>::trim_ascii) != Some(accept(key).as_bytes()) {
        return refused("the answer is to another key (Sec-WebSocket-Accept)");
    }
    if head
        .header("sec-websocket-extensions")
        .is_some_and(|value| !value.trim_ascii().is_empty())
    {
        return refused("the server wants extensions that nobody offered");
    }
    let Some(chosen) = head.header("sec-websocket-protocol") else {
        return Ok(None);
    };
    let mut offered = opening.subprotocols.iter();
    match offered.find(|offered| offered.as_bytes() == chosen) {
        Some(chosen) => Ok(Some(chosen.clone())),
        None => refused("the server chose a subprotocol that nobody offered"),
    }
}

/// What a server answers to `key`.
fn accept(key: &str) -> String {
    let salted = [key, GUID].concat();
    // Nothing is protected by this hash; the protocol wants it.
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes());
    STANDARD.encode(hash)
}

fn has_token(head: &Head, name: &str, token: &str) -> bool {
    let headers = head.headers();
    headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
        .flat_map(|(_, value)| value.split(|&byte| byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(
            accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn keys_are_sixteen_bytes_and_differ() {
        let keys = [random_key(), random_key()];
        assert_ne!(keys[0], keys[1]);
        for key in keys {
            assert_eq!(STANDARD.decode(key).expect("base64").len(), 16);
        }
    }
}
