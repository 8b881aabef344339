//! A running target, and a client so small that it cannot hide anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use gatecrash_target::{Server, Service, TargetOptions, TruthReport, serve};
use serde_json::Value;

/// A test that waits longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A target on a free port, with the general routes alone unless changed.
pub(crate) fn target(change: impl FnOnce(&mut TargetOptions)) -> Server {
    let mut options = TargetOptions {
        service: Service::Plain,
        port: 0,
        ..TargetOptions::default()
    };
    change(&mut options);
    serve(options).expect("the target starts")
}

pub(crate) fn plain() -> Server {
    target(|_| {})
}

pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("the target accepts");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a timeout can be set");
    stream.set_nodelay(true).expect("the delay can be set");
    stream
}

/// Sends bytes on a connection of their own and reads until the target closes it. What came
/// before a reset is kept; the flag says whether there was one.
pub(crate) fn talk(server: &Server, bytes: impl AsRef<[u8]>) -> (Vec<u8>, bool) {
    let mut stream = connect(server);
    stream.write_all(bytes.as_ref()).expect("the target reads");
    read_to_end(&mut stream)
}

pub(crate) fn read_to_end(stream: &mut impl Read) -> (Vec<u8>, bool) {
    let (mut received, mut buffer) = (Vec::new(), [0; 65536]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (received, false),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return (received, true);
            }
            Err(error) => panic!("after {:?}: {error}", String::from_utf8_lossy(&received)),
        }
    }
}

/// Reads one answer that has a `Content-Length` or no body, leaving the connection open.
pub(crate) fn read_answer(stream: &mut impl Read) -> Answer {
    let mut received = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the head comes whole");
        received.push(byte[0]);
        if received.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let mut answer = Answer::parse_head(&received);
    let length = answer
        .header("content-length")
        .map_or(0, |text| text.parse().expect("a number"));
    answer.body.resize(length, 0);
    stream
        .read_exact(&mut answer.body)
        .expect("the body comes whole");
    answer
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body, without chunk framing.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut answer = Self::parse_head(bytes);
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunk(&answer.body);
        }
        answer
    }

    /// The answer to a HEAD request, or one whose body may be broken: the body as it came.
    pub(crate) fn parse_head(bytes: &[u8]) -> Self {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut fields);
        let head = parsed.parse(bytes).expect("an answer").unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let headers: Vec<_> = parsed
            .headers
            .iter()
            .map(|field| (field.name.to_owned(), text(field.value)))
            .collect();
        let body = bytes[head..].to_vec();
        Self {
            status: parsed.code.expect("a status"),
            headers,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .expect("a size");
        let size = std::str::from_utf8(&bytes[..end]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a hexadecimal size");
        bytes = &bytes[end + 2..];
        if size == 0 {
            assert_eq!(bytes, b"\r\n", "the framing ends the answer");
            return body;
        }
        body.extend_from_slice(&bytes[..size]);
        assert_eq!(&bytes[size..size + 2], b"\r\n");
        bytes = &bytes[size + 2..];
    }
}

/// One request with headers (each ending in CRLF) and a body, on a connection of its own.
pub(crate) fn ask(
    server: &Server,
    method: &str,
    target: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: target\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    let (received, reset) = talk(server, request);
    assert!(!reset, "{method} {target} was reset");
    if method == "HEAD" {
        Answer::parse_head(&received)
    } else {
        Answer::parse(&received)
    }
}

pub(crate) fn get(server: &Server, target: &str) -> Answer {
    ask(server, "GET", target, "", "")
}

/// The truth, once nothing is in flight: an answer may be read here before it is counted there.
pub(crate) fn settled(server: &Server) -> TruthReport {
    truth_when(server, |truth| truth.total.in_flight == 0)
}

/// The truth, once `settled` holds of it.
pub(crate) fn truth_when(server: &Server, settled: impl Fn(&TruthReport) -> bool) -> TruthReport {
    for _ in 0..2000 {
        let truth = server.truth();
        if settled(&truth) {
            return truth;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the truth does not settle: {:?}", server.truth());
}
