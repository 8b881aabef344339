//! WebSockets by the letter of RFC 6455, with a client that can break every rule.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use gatecrash_target::{Limits, Server, SocketTruth, TlsOptions};

use crate::support::{
    Answer, ask, connect, get, plain, read_answer, read_to_end, target, truth_when,
};
use crate::tls::connect_tls;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Added to an opcode: more of the message follows.
const MORE: u8 = 0x80;

/// The example of RFC 6455, section 1.3.
const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

struct Client<S = TcpStream>(S);

impl Client {
    fn open(server: &Server, path: &str) -> Self {
        Self::open_on(connect(server), path)
    }
}

impl<S: Read + Write> Client<S> {
    fn open_on(mut stream: S, path: &str) -> Self {
        write!(stream, "GET {path} HTTP/1.1\r\nHost: t\r\n{HANDSHAKE}\r\n")
            .expect("the target reads");
        let answer = read_answer(&mut stream);
        let accept = answer.header("sec-websocket-accept");
        assert_eq!(
            (answer.status, accept),
            (101, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        );
        Self(stream)
    }

    fn send(&mut self, opcode: u8, payload: &[u8]) {
        self.0
            .write_all(&frame(opcode, payload))
            .expect("the target reads");
    }

    /// The opcode and the payload of the next frame.
    fn receive(&mut self) -> (u8, Vec<u8>) {
        let mut take = |count: usize| {
            let mut bytes = vec![0; count];
            self.0.read_exact(&mut bytes).expect("a frame");
            bytes
        };
        let head = take(2);
        assert_eq!(head[0] & 0xF0, 0x80, "a whole frame without extensions");
        let length = match head[1] {
            126 => take(2)
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            127 => take(8)
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            length => usize::from(length),
        };
        (head[0] & 0x0F, take(length))
    }
}

/// A masked frame.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![opcode ^ 0x80];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xFFFF => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mask = [0xA1, 0x02, 0xC3, 0x04];
    frame.extend_from_slice(&mask);
    frame.extend(
        payload
            .iter()
            .enumerate()
            .map(|(at, byte)| byte ^ mask[at % 4]),
    );
    frame
}

fn small(change: impl FnOnce(&mut Limits)) -> Server {
    target(|options| change(&mut options.limits))
}

/// The truth about a route's sockets once `settled` holds of it.
fn sockets_when(
    server: &Server,
    path: &str,
    settled: impl Fn(&SocketTruth) -> bool,
) -> SocketTruth {
    let truth = truth_when(server, |truth| {
        truth.sockets.get(path).is_some_and(&settled)
    });
    truth.sockets[path]
}

#[test]
fn an_echo_says_what_was_said() {
    let server = plain();
    let mut client = Client::open(&server, "/ws/echo");
    for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let said = vec![b'x'; length];
        client.send(BINARY, &said);
        assert_eq!(client.receive(), (BINARY, said), "{length} bytes");
    }
    client.send(TEXT, "Grüße".as_bytes());
    assert_eq!(client.receive(), (TEXT, "Grüße".into()));
    client.send(CLOSE, &[0x03, 0xE8, b'b', b'y', b'e']);
    assert_eq!(client.receive(), (CLOSE, vec![0x03, 0xE8]));
    assert_eq!(read_to_end(&mut client.0), (Vec::new(), false));
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.closed == 1);
    assert_eq!((truth.opened, truth.open), (1, 0));
    assert_eq!(
        (
            truth.messages_in,
            truth.messages_out,
            truth.delivery_ms.count
        ),
        (8, 8, 8)
    );
    assert_eq!((truth.slow, truth.refused), (0, 0));
    let total = server.truth().total;
    assert_eq!((total.answered, total.statuses), (1, [(101, 1)].into()));
}

#[test]
fn sockets_and_stalls_work_over_tls() {
    let server = target(|options| options.tls = Some(TlsOptions::default()));
    let ca_pem = server.ca_pem().expect("an authority");
    let stream = || connect_tls(&server, ca_pem, None);
    let path = "/ws/broadcast?room=a";
    let mut room = [
        Client::open_on(stream(), path),
        Client::open_on(stream(), path),
    ];
    for length in [5, 100_000] {
        let said = vec![b'x'; length];
        room[0].send(BINARY, &said);
        for client in &mut room {
            assert_eq!(client.receive(), (BINARY, said.clone()));
        }
    }
    let mut stalling = stream();
    stalling
        .write_all(b"POST /admin/stall?for=600s HTTP/1.1\r\nHost: t\r\n\r\n")
        .expect("the target reads");
    assert_eq!(read_answer(&mut stalling).status, 202);
}

#[test]
fn fragments_are_joined_around_control_frames() {
    let server = plain();
    let mut client = Client::open(&server, "/ws/echo");
    client.send(MORE | TEXT, b"one ");
    client.send(PING, b"there?");
    client.send(MORE, b"two ");
    client.send(PONG, b"unasked");
    client.send(0, b"three");
    assert_eq!(client.receive(), (PONG, b"there?".to_vec()));
    assert_eq!(client.receive(), (TEXT, b"one two three".to_vec()));
    assert_eq!(server.truth().sockets["/ws/echo"].messages_in, 1);
}

#[test]
fn frames_come_in_any_pieces_and_many_at_once() {
    let server = plain();
    let mut client = Client::open(&server, "/ws/echo");
    for byte in frame(TEXT, b"slowly") {
        client.0.write_all(&[byte]).expect("the target reads");
    }
    assert_eq!(client.receive(), (TEXT, b"slowly".to_vec()));
    let many: Vec<u8> = (0..500)
        .flat_map(|n: u32| frame(TEXT, n.to_string().as_bytes()))
        .collect();
    client.0.write_all(&many).expect("the target reads");
    for number in 0..500 {
        assert_eq!(client.receive(), (TEXT, number.to_string().into_bytes()));
    }
}

#[test]
fn what_follows_the_handshake_at_once_is_not_lost() {
    let server = plain();
    let mut stream = connect(&server);
    let mut bytes = format!("GET /ws/echo HTTP/1.1\r\nHost: t\r\n{HANDSHAKE}\r\n").into_bytes();
    bytes.extend(frame(TEXT, b"eager"));
    stream.write_all(&bytes).expect("the target reads");
    assert_eq!(read_answer(&mut stream).status, 101);
    assert_eq!(Client(stream).receive(), (TEXT, b"eager".to_vec()));
}

#[test]
fn an_echo_can_be_held_back() {
    let server = small(|limits| limits.queue_messages = 2);
    let mut client = Client::open(&server, "/ws/echo?delay=5ms");
    for number in 0..6 {
        client.send(BINARY, &[number]);
    }
    for number in 0..6 {
        assert_eq!(client.receive(), (BINARY, vec![number]));
    }
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.messages_out == 6);
    assert!(truth.delivery_ms.min >= 5.0, "{truth:?}");
}

#[test]
fn all_in_a_room_hear_what_one_says() {
    let server = target(|options| options.threads = 2);
    let mut room: Vec<Client> = (0..5)
        .map(|_| Client::open(&server, "/ws/broadcast?room=a"))
        .collect();
    let mut other = Client::open(&server, "/ws/broadcast?room=b");
    room[1].send(TEXT, b"hello");
    for client in &mut room {
        assert_eq!(client.receive(), (TEXT, b"hello".to_vec()));
    }
    drop(room.pop());
    sockets_when(&server, "/ws/broadcast", |truth| truth.open == 5);
    room[2].send(BINARY, b"who left?");
    for client in &mut room {
        assert_eq!(client.receive(), (BINARY, b"who left?".to_vec()));
    }
    other.send(TEXT, b"alone");
    assert_eq!(other.receive(), (TEXT, b"alone".to_vec()));
    let truth = sockets_when(&server, "/ws/broadcast", |truth| truth.messages_out == 10);
    assert_eq!((truth.opened, truth.closed, truth.messages_in), (6, 1, 3));
}

#[test]
fn who_does_not_read_in_a_room_is_dropped() {
    let server = small(|limits| limits.queue_messages = 4);
    let mut reader = Client::open(&server, "/ws/broadcast");
    let sleeper = Client::open(&server, "/ws/broadcast");
    let said = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while server.truth().sockets["/ws/broadcast"].slow == 0 {
        reader.send(BINARY, &said);
        assert_eq!(reader.receive().1.len(), said.len());
        sent += 1;
        assert!(sent < 200, "the sleeper is never dropped");
    }
    let truth = sockets_when(&server, "/ws/broadcast", |truth| truth.closed == 1);
    assert_eq!((truth.open, truth.slow, truth.refused), (1, 1, 0));
    drop(sleeper);
    reader.send(TEXT, b"still here");
    assert_eq!(reader.receive(), (TEXT, b"still here".to_vec()));
}

#[test]
fn who_does_not_read_its_echoes_is_dropped() {
    let server = small(|limits| limits.reader_time = Duration::from_millis(50));
    let mut client = Client::open(&server, "/ws/echo");
    client
        .0
        .set_write_timeout(Some(Duration::from_millis(50)))
        .expect("a timeout can be set");
    let said = frame(BINARY, &vec![b'x'; 1 << 20]);
    while client.0.write_all(&said).is_ok() {}
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.closed == 1);
    assert_eq!((truth.slow, truth.refused), (1, 0));
}

#[test]
fn broken_rules_are_told_with_their_code() {
    let server = small(|limits| limits.message_bytes = 1000);
    let long = vec![b'x'; 1001];
    let cases: [(&[&[u8]], u16); 11] = [
        (&[&[0x81, 0x01, b'x']], 1002),
        (&[&[0xC1, 0x80]], 1002),
        (&[&[0x83, 0x80]], 1002),
        (&[&frame(0, b"x")], 1002),
        (&[&frame(MORE | TEXT, b"x"), &frame(TEXT, b"y")], 1002),
        (&[&frame(MORE | PING, b"x")], 1002),
        (&[&frame(CLOSE, b"x")], 1002),
        (&[&frame(CLOSE, &1005u16.to_be_bytes())], 1002),
        (&[&frame(TEXT, b"\xFF")], 1007),
        (&[&frame(BINARY, &long)], 1009),
        (
            &[&frame(MORE | BINARY, &long[..900]), &frame(0, &long[..101])],
            1009,
        ),
    ];
    for (frames, code) in &cases {
        let mut client = Client::open(&server, "/ws/echo");
        client
            .0
            .write_all(&frames.concat())
            .expect("the target reads");
        let (opcode, payload) = client.receive();
        assert_eq!(
            (opcode, &payload[..2]),
            (CLOSE, &code.to_be_bytes()[..]),
            "{frames:?}"
        );
        assert!(std::str::from_utf8(&payload[2..]).is_ok_and(|reason| !reason.is_empty()));
        assert_eq!(read_to_end(&mut client.0), (Vec::new(), false));
    }
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.open == 0);
    assert_eq!((truth.refused, truth.messages_in), (cases.len() as u64, 0));
}

#[test]
fn a_message_at_the_limit_leaves_room_for_a_ping() {
    let server = small(|limits| limits.message_bytes = 10);
    let mut client = Client::open(&server, "/ws/echo");
    client.send(MORE | BINARY, b"0123456789");
    client.send(PING, b"ping");
    client.send(0, b"");
    assert_eq!(client.receive(), (PONG, b"ping".to_vec()));
    assert_eq!(client.receive(), (BINARY, b"0123456789".to_vec()));
}

#[test]
fn messages_share_the_memory_of_all() {
    let server = small(|limits| limits.all_bodies_bytes = 10 << 10);
    let mut first = Client::open(&server, "/ws/echo");
    first.send(MORE | BINARY, &[0; 8 << 10]);
    first.send(PING, b"");
    assert_eq!(first.receive().0, PONG);
    let mut second = Client::open(&server, "/ws/echo");
    second.send(BINARY, &[0; 8 << 10]);
    assert_eq!(second.receive().1[..2], 1013u16.to_be_bytes());
    first.send(0, b"");
    assert_eq!(first.receive().1.len(), 8 << 10);
    let mut third = Client::open(&server, "/ws/echo");
    third.send(BINARY, &[0; 8 << 10]);
    assert_eq!(third.receive().0, BINARY);
}

#[test]
fn sockets_and_rooms_have_limits_and_idle_ones_end() {
    let server = small(|limits| {
        (limits.sockets, limits.rooms) = (2, 1);
        limits.idle_time = Duration::from_millis(50);
    });
    let handshake = |path: &str| {
        let mut stream = connect(&server);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: t\r\n{HANDSHAKE}\r\n")
            .expect("the target reads");
        read_answer(&mut stream).status
    };
    let mut one = Client::open(&server, "/ws/broadcast?room=a");
    assert_eq!(handshake("/ws/broadcast?room=b"), 503);
    let mut two = Client::open(&server, "/ws/broadcast?room=a");
    assert_eq!(handshake("/ws/echo"), 503);
    for client in [&mut one, &mut two] {
        let (opcode, payload) = client.receive();
        assert_eq!((opcode, &payload[..2]), (CLOSE, &1001u16.to_be_bytes()[..]));
        read_to_end(&mut client.0);
    }
    drop((one, two));
    truth_when(&server, |_| handshake("/ws/broadcast?room=b") == 101);
}

#[test]
fn a_client_that_vanishes_is_closed() {
    let server = plain();
    drop(Client::open(&server, "/ws/echo"));
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.closed == 1);
    assert_eq!((truth.opened, truth.open, truth.refused), (1, 0, 0));
}

#[test]
fn a_reset_keeps_what_is_open() {
    let server = plain();
    let mut client = Client::open(&server, "/ws/echo");
    client.send(TEXT, b"x");
    client.receive();
    sockets_when(&server, "/ws/echo", |truth| truth.messages_out == 1);
    server.reset_truth();
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.messages_out == 0);
    assert_eq!((truth.open, truth.opened, truth.messages_in), (1, 0, 0));
    drop(client);
    let truth = sockets_when(&server, "/ws/echo", |truth| truth.closed == 1);
    assert_eq!(truth.open, 0);
}

#[test]
fn other_handshakes_are_refused() {
    let server = plain();
    assert_eq!(get(&server, "/ws/echo").status, 426);
    let refused = |change: (&str, &str), path: &str| -> Answer {
        ask(
            &server,
            "GET",
            path,
            &HANDSHAKE.replace(change.0, change.1),
            "",
        )
    };
    assert_eq!(refused(("websocket", "h2c"), "/ws/echo").status, 426);
    let version = refused(("13", "8"), "/ws/echo");
    assert_eq!(
        (version.status, version.header("sec-websocket-version")),
        (426, Some("13"))
    );
    assert_eq!(refused(("dGhl", ""), "/ws/echo").status, 400);
    assert_eq!(refused(("", ""), "/ws/echo?delay=5").status, 422);
    let long = format!("/ws/broadcast?room={}", "x".repeat(101));
    assert_eq!(refused(("", ""), &long).status, 422);
    assert!(server.truth().sockets.is_empty());
}

#[test]
fn a_stalled_socket_goes_on_afterwards() {
    let server = plain();
    let mut client = Client::open(&server, "/ws/echo");
    ask(&server, "POST", "/admin/stall?for=600s", "", "");
    client.send(TEXT, b"x");
    client
        .0
        .set_read_timeout(Some(Duration::from_millis(30)))
        .expect("a timeout can be set");
    let error = client.0.read(&mut [0]).expect_err("nothing comes");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}
