//! A server that says what it is told to say, and remembers what it heard, byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Answers by a script: the n-th request of all gets the n-th answer, later ones the last.
pub(crate) struct Witness {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

/// An answer with a body, which closes nothing.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// A JSON answer.
pub(crate) fn json(body: &str) -> String {
    answer("200 OK", "Content-Type: application/json\r\n", body)
}

impl Witness {
    pub(crate) fn new(answers: &[String]) -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answers, all) = (answers.to_vec(), heard.clone());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (answers, all) = (answers.clone(), all.clone());
                let connection = connection.expect("a connection");
                thread::spawn(move || converse(connection, &answers, &all));
            }
        });
        Witness { address, heard }
    }

    pub(crate) fn ok() -> Witness {
        Witness::new(&[answer("200 OK", "", "")])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests in their order, with the port in the address of this server written as
    /// `PORT`; elsewhere the same digits are what somebody sent.
    pub(crate) fn heard(&self) -> Vec<String> {
        let heard = self.heard.lock().expect("no panic");
        let address = self.address.to_string();
        let masked = format!("{}:PORT", self.address.ip());
        heard
            .iter()
            .map(|one| one.replace(&address, &masked))
            .collect()
    }

    /// The only request.
    pub(crate) fn heard_once(&self) -> String {
        let heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:#?}");
        heard[0].clone()
    }
}

fn converse(mut connection: TcpStream, answers: &[String], all: &Mutex<Vec<String>>) {
    while let Some(request) = read(&mut connection) {
        let place = {
            let mut all = all.lock().expect("no panic");
            all.push(request);
            all.len() - 1
        };
        let answer = &answers[place.min(answers.len() - 1)];
        if connection.write_all(answer.as_bytes()).is_err() || answer.contains("BREAK OFF") {
            return;
        }
    }
}

/// One request; `None` when the client has gone.
fn read(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    bytes.extend_from_slice(&body);
    if head.contains("\r\ntransfer-encoding: chunked\r\n") {
        // The bodies of these tests hold no last chunk themselves.
        while !bytes.ends_with(b"\r\n0\r\n\r\n") {
            connection.read_exact(&mut byte).ok()?;
            bytes.push(byte[0]);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
