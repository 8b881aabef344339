//! Doors for fuzzing: the parsers behind which bytes of others arrive, driven without a
//! socket.
//!
//! Each function takes any bytes and panics where a promise does not hold; above all, that
//! what comes out does not depend on how the bytes are cut. They are for the targets in
//! `fuzz/` and for the test that replays their corpora; nothing else should call them.

use crate::http1::answer::HeadReader;
use crate::http1::body::BodyReader;
use crate::sse::Parser;
use crate::ws::{Decoder, Incoming, Opcode, encode};
use crate::{Error, Head, Jar, Message, Url, next_hop};

/// The first byte says how the rest is cut: into pieces of so many bytes.
fn cut(input: &[u8]) -> (usize, &[u8]) {
    match input.split_first() {
        Some((&step, rest)) => (usize::from(step).max(1), rest),
        None => (1, input),
    }
}

/// An answer over HTTP/1.1, to its end: the first byte cuts, the second says whether HEAD
/// was asked.
pub fn http1(input: &[u8]) {
    let (step, rest) = cut(input);
    let (is_head, bytes) = match rest.split_first() {
        Some((&flag, bytes)) => (flag & 1 == 1, bytes),
        None => (false, rest),
    };
    let whole = answer(bytes, bytes.len().max(1), is_head);
    assert_eq!(whole, answer(bytes, step, is_head), "cut by {step}");
}

/// Status and body of an answer after which the server closes, and how many bytes belong to
/// it; or the key of what is wrong.
fn answer(bytes: &[u8], step: usize, is_head: bool) -> Result<(u16, Vec<u8>, bool), &'static str> {
    read_answer(bytes, step, is_head).map_err(|error| error.key())
}

fn read_answer(bytes: &[u8], step: usize, is_head: bool) -> Result<(u16, Vec<u8>, bool), Error> {
    let mut heads = HeadReader::default();
    let mut pieces = bytes.chunks(step);
    let mut body = Vec::new();
    let (head, mut reader) = loop {
        let piece = pieces.next().ok_or_else(|| heads.close())?;
        if let Some((head, rest)) = heads.feed(piece, is_head)? {
            let mut reader = BodyReader::new(head.framing);
            reader.feed(rest, &mut body)?;
            break (head, reader);
        }
    };
    look_at(&head);
    for piece in pieces {
        reader.feed(piece, &mut body)?;
    }
    if !reader.is_done() {
        reader.close()?;
    }
    assert_eq!(reader.received(), body.len() as u64);
    assert!(reader.least_length() <= reader.received());
    Ok((head.status, body, reader.overran()))
}

/// All that can be asked of a head.
fn look_at(head: &Head) {
    assert!((100..1000).contains(&head.status) && !head.is_interim());
    assert!(head.reason().len() < head.raw.len());
    let headers = head.headers();
    for (name, _) in &headers {
        let name = str::from_utf8(name).expect("names are ASCII");
        assert!(head.header(name).is_some());
    }
    let has = |name: &str| head.header(name).is_some();
    assert_eq!(head.has_location, has("location"));
    assert_eq!(head.has_cookies, has("set-cookie"));
    let of_caches = [
        "age",
        "x-cache",
        "x-cache-status",
        "cf-cache-status",
        "cache-status",
    ];
    assert_eq!(head.tells_of_cache, of_caches.into_iter().any(has));
    assert_eq!(head.is_http_11(), head.raw.starts_with(b"HTTP/1.1"));
}

/// Server-sent events: the first byte cuts.
pub fn sse(input: &[u8]) {
    const LIMIT: usize = 100;
    let (step, bytes) = cut(input);
    let whole = events(bytes, bytes.len().max(1), usize::MAX);
    assert_eq!(whole, events(bytes, step, usize::MAX), "cut by {step}");
    assert_eq!(whole, (events_by_the_book(bytes), true));
    let limited = events(bytes, step, LIMIT);
    assert_eq!(limited, events(bytes, 1, LIMIT), "cut by {step}, limited");
    let (events, _) = limited;
    assert!(whole.0.starts_with(&events));
    for [_, data, _] in &events {
        // Each byte that is no UTF-8 becomes three.
        assert!(data.len() <= 3 * LIMIT);
    }
}

/// The events of a stream, each with kind, data and id, and whether it went on to the end.
fn events(bytes: &[u8], step: usize, limit: usize) -> (Vec<[String; 3]>, bool) {
    let mut parser = Parser::new(limit);
    let mut events = Vec::new();
    for mut piece in bytes.chunks(step) {
        loop {
            match parser.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(event)) => {
                    events.push([event.kind, event.data, event.id].map(str::to_owned));
                }
                Err(_) => return (events, false),
            }
        }
        assert!(piece.is_empty());
    }
    (events, true)
}

/// The events of a whole stream as the HTML standard words it, step for step.
fn events_by_the_book(bytes: &[u8]) -> Vec<[String; 3]> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut events, [mut kind, mut data, mut id]) = (Vec::new(), [const { String::new() }; 3]);
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                if let Some(data) = data.strip_suffix('\n') {
                    let kind = if kind.is_empty() { "message" } else { &kind };
                    events.push([kind, data, &id].map(str::to_owned));
                }
                (kind, data) = (String::new(), String::new());
            }
            "event" => kind = value.to_owned(),
            "data" => data += &format!("{value}\n"),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}

/// Frames of a WebSocket as a server sends them: the first byte cuts.
pub fn websocket(input: &[u8]) {
    let (step, bytes) = cut(input);
    let whole = frames(bytes, bytes.len().max(1));
    assert_eq!(whole, frames(bytes, step), "cut by {step}");
    round_trip(bytes);
}

/// What frames bring, and the key of what is wrong with them in the end.
fn frames(bytes: &[u8], step: usize) -> (Vec<Incoming>, Option<&'static str>) {
    const LIMIT: u64 = 1000;
    let mut decoder = Decoder::new(LIMIT);
    let mut all = Vec::new();
    for mut piece in bytes.chunks(step) {
        loop {
            match decoder.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(incoming)) => all.push(incoming),
                Err(error) => return (all, Some(error.key())),
            }
        }
        assert!(piece.is_empty());
    }
    for incoming in &all {
        let length = match incoming {
            Incoming::Message(Message::Text(text)) => text.len(),
            Incoming::Message(Message::Binary(bytes)) => bytes.len(),
            Incoming::Ping(payload) => payload.len(),
            Incoming::Message(Message::Close(_)) | Incoming::Pong => 0,
        };
        assert!(length as u64 <= LIMIT);
    }
    (all, None)
}

/// What we send is what was meant, once the mask is off.
fn round_trip(payload: &[u8]) {
    const KEY: [u8; 4] = [1, 2, 3, 4];
    let mut frame = Vec::new();
    encode(Opcode::Binary, payload, KEY, &mut frame);
    let (head, masked) = frame.split_at(frame.len() - payload.len());
    let unmasked = masked.iter().zip(KEY.iter().cycle());
    let mut plain = head[..head.len() - KEY.len()].to_vec();
    plain[1] &= 0x7f;
    plain.extend(unmasked.map(|(byte, key)| byte ^ key));
    let decoded = Decoder::new(u64::MAX).next(&mut &plain[..]);
    let message = Incoming::Message(Message::Binary(payload.to_vec()));
    assert_eq!(decoded.expect("a frame of ours"), Some(message));
}

/// What servers say about other places and about cookies: a URL in the first line, and in
/// each line after it a `Location` and a `Set-Cookie`.
pub fn places(input: &[u8]) {
    let mut lines = input.split(|&byte| byte == b'\n');
    let text = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let Ok(mut url) = Url::parse(&text) else {
        return;
    };
    let mut jar = Jar::new();
    for line in lines {
        stands(&url);
        jar.store(&url, [line], 0.0);
        if let Some(header) = jar.header_for(&url, 0.0) {
            assert!(!header.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
        if let Ok(Some(hop)) = next_hop("POST", &url, 307, line) {
            assert!(hop.keeps_body && (!hop.keeps_credentials || hop.url.host == url.host));
            url = hop.url;
        }
    }
    stands(&url);
}

/// A URL that was read can be written and read again, and goes on the wire.
fn stands(url: &Url) {
    assert_eq!(Url::parse(&url.to_string()).as_ref(), Ok(url));
    assert!(url.target.starts_with('/'));
    assert!(url.target.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(url.host.is_ascii() && !url.host.is_empty());
}
