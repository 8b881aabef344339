//! WebSockets (RFC 6455): an echo, and rooms in which all hear what one says.
//!
//! In: calls that ask for an upgrade. Out: open sockets. Never: extensions or subprotocols.

mod frame;
mod incoming;
mod rooms;
mod session;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

pub(crate) use rooms::Rooms;
pub(crate) use session::{Farewell, serve};

use self::rooms::Member;
use crate::answer::{Answer, Ending, Reply, Script, Step, push_header, start_head};
use crate::general::usual;
use crate::places::Place;
use crate::routes::{Call, Route};

/// What the handshake's key is hashed with (RFC 6455, section 1.3).
const KEY_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const DELAY_MAX: Duration = Duration::from_secs(60);
const ROOM_NAME_MAX: usize = 100;

/// The routes that become WebSockets.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/ws/echo", echo),
        usual("GET", "/ws/broadcast", broadcast),
    ]
}

/// A handshake that was accepted, and what the socket is for.
#[derive(Debug)]
pub(crate) struct Upgrade {
    purpose: Purpose,
    _place: Place,
}

#[derive(Debug)]
enum Purpose {
    /// Sends back each message, some time after its last byte was read.
    Echo { delay: Duration },
    /// Says each message to all in a room.
    Room(Member),
}

/// `GET /ws/echo?delay=5ms`
fn echo(call: &Call<'_>) -> Result<Reply, Answer> {
    let accept = accept(call)?;
    let delay = call.duration("delay", Some(Duration::ZERO), DELAY_MAX)?;
    upgrade(call, &accept, Purpose::Echo { delay })
}

/// `GET /ws/broadcast?room=x`
fn broadcast(call: &Call<'_>) -> Result<Reply, Answer> {
    let accept = accept(call)?;
    let name = call.head().query_value("room").unwrap_or_default();
    if name.len() > ROOM_NAME_MAX {
        let reason = format!("room must not be longer than {ROOM_NAME_MAX} bytes");
        return Err(Answer::error(422, reason));
    }
    let member = call.worker.shared.rooms.enter(&name);
    let member = member.ok_or_else(|| Answer::error(503, "there are too many rooms"))?;
    upgrade(call, &accept, Purpose::Room(member))
}

/// Checks the handshake; returns what proves that it was understood (RFC 6455, section 4.2).
fn accept(call: &Call<'_>) -> Result<String, Answer> {
    let head = call.head();
    let asks = head.method() == "GET"
        && head.is_http11
        && head.has_token("upgrade", "websocket")
        && head.has_token("connection", "upgrade");
    if !asks {
        let answer = Answer::error(426, "this is for WebSockets: ask with Upgrade: websocket");
        return Err(answer.with("Upgrade", "websocket"));
    }
    if !head.has_token("sec-websocket-version", "13") {
        let answer = Answer::error(426, "Sec-WebSocket-Version must be 13");
        return Err(answer.with("Sec-WebSocket-Version", "13"));
    }
    let key = head.values("sec-websocket-key").next().unwrap_or_default();
    if STANDARD.decode(key).map_or(0, |bytes| bytes.len()) != 16 {
        let reason = "Sec-WebSocket-Key must be 16 bytes in base64";
        return Err(Answer::error(400, reason));
    }
    let hash = Sha1::new().chain_update(key).chain_update(KEY_SUFFIX);
    Ok(STANDARD.encode(hash.finalize()))
}

fn upgrade(call: &Call<'_>, accept: &str, purpose: Purpose) -> Result<Reply, Answer> {
    let place = call.worker.shared.sockets.take();
    let place = place.ok_or_else(|| Answer::error(503, "there are too many WebSockets"))?;
    let mut head = start_head(101);
    push_header(&mut head, "Upgrade", "websocket");
    push_header(&mut head, "Connection", "Upgrade");
    push_header(&mut head, "Sec-WebSocket-Accept", accept);
    head.extend_from_slice(b"\r\n");
    let upgrade = Upgrade {
        purpose,
        _place: place,
    };
    Ok(Reply::Script(Script {
        status: 101,
        steps: vec![Step::Write(head.into())].into(),
        ending: Ending::WebSocket(Box::new(upgrade)),
        whole: true,
        stream: None,
    }))
}
