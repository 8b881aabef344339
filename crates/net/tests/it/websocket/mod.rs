//! WebSockets, with a peer that shakes hands as it likes and then says what a test wants.

mod closing;
mod handshake;
mod messages;
mod violations;

use std::net::SocketAddr;

use base64::Engine;
use gatecrash_net::{Error, Failure, Message, Opening, WebSocket, now};
use ring::digest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, spawn_local};

use crate::support::plain;

/// What a good server answers; `{accept}` stands for what the key asks for.
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                      Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";

/// One connection as the server sees it.
struct Wire {
    stream: TcpStream,
    /// The head of the request.
    request: String,
}

/// A server for one connection.
struct Peer<T> {
    address: SocketAddr,
    task: JoinHandle<T>,
}

/// A peer that answers the handshake with `answer` and then behaves so.
async fn peer<T: 'static>(
    answer: impl Into<Vec<u8>>,
    behave: impl AsyncFnOnce(&mut Wire) -> T + 'static,
) -> Peer<T> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = answer.into();
    let task = spawn_local(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut wire = Wire {
            stream,
            request: String::new(),
        };
        while !wire.request.ends_with("\r\n\r\n") {
            let byte = wire.stream.read_u8().await.expect("a request");
            wire.request.push(byte.into());
        }
        wire.say(&filled_in(&answer, &wire.accept())).await;
        behave(&mut wire).await
    });
    Peer { address, task }
}

/// A peer that agrees, and then says `frames` in pieces of `step` bytes and listens until
/// the end. It gives what it heard.
async fn saying(frames: &[u8], step: usize) -> Peer<Vec<u8>> {
    let pieces: Vec<Vec<u8>> = frames.chunks(step).map(<[u8]>::to_vec).collect();
    peer(AGREED, async move |wire: &mut Wire| {
        for piece in pieces {
            wire.say(&piece).await;
            tokio::task::yield_now().await;
        }
        wire.hear_all().await
    })
    .await
}

fn filled_in(answer: &[u8], accept: &str) -> Vec<u8> {
    const GAP: &[u8] = b"{accept}";
    match answer.windows(GAP.len()).position(|window| window == GAP) {
        Some(at) => [&answer[..at], accept.as_bytes(), &answer[at + GAP.len()..]].concat(),
        None => answer.to_vec(),
    }
}

impl Wire {
    /// The value of a header of the request.
    fn header(&self, name: &str) -> Option<&str> {
        self.request.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn accept(&self) -> String {
        let key = self.header("Sec-WebSocket-Key").unwrap_or_default();
        let salted = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(hash)
    }

    /// A client that has gone is no fault of the script.
    async fn say(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next frame of the client, unmasked: its first byte and its payload.
    async fn hear(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await?;
        let second = self.stream.read_u8().await?;
        assert_eq!(second & 0x80, 0x80, "clients mask");
        let length = match second & 0x7f {
            126 => self.stream.read_u16().await?.into(),
            127 => self.stream.read_u64().await?,
            short => short.into(),
        };
        let mut key = [0; 4];
        self.stream.read_exact(&mut key).await?;
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        self.stream.read_exact(&mut payload).await?;
        let unmasked = payload.iter().zip(key.iter().cycle());
        Ok((first, unmasked.map(|(byte, key)| byte ^ key).collect()))
    }

    /// All that comes until the client closes.
    async fn hear_all(&mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        while let Ok((first, payload)) = self.hear().await {
            heard.push(first);
            heard.extend(payload);
        }
        heard
    }
}

/// A frame as servers send it.
fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(length as u8),
        length @ ..65_536 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn text(text: &str) -> Message {
    Message::Text(text.to_owned())
}

fn opening(address: SocketAddr) -> Opening {
    Opening::new(plain(address), "/socket?x=1", now())
}

async fn connect(address: SocketAddr) -> WebSocket {
    opened(&opening(address)).await.expect("a WebSocket")
}

async fn opened(opening: &Opening) -> Result<WebSocket, Failure> {
    let (socket, timings) = WebSocket::connect(opening).await?;
    assert!(timings.head_done <= timings.done && timings.done.is_some());
    Ok(socket)
}

/// All messages until the end, and how it ended.
async fn all_messages(socket: &mut WebSocket) -> (Vec<Message>, Option<Error>) {
    let mut messages = Vec::new();
    loop {
        match socket.next().await {
            Ok(message) => {
                let is_last = matches!(message, Message::Close(_));
                messages.push(message);
                if is_last {
                    return (messages, None);
                }
            }
            Err(error) => return (messages, Some(error)),
        }
    }
}
