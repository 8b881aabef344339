//! `/echo` shows a request exactly as it was sent.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::{Answer, connect, get, plain, read_answer, settled, talk};

/// Sends `request` (which closes the connection) to `/echo`; the body that it shows must be `body`.
fn check(request: &[u8], headers: serde_json::Value, body: &[u8]) {
    let server = plain();
    let (received, _) = talk(&server, request);
    let shown = Answer::parse(&received).json();
    let line_end = request
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .expect("a line");
    let line: String = request[..line_end]
        .iter()
        .map(|byte| char::from(*byte))
        .collect();
    assert_eq!(shown["request_line"], json!(line));
    assert_eq!(shown["headers"], headers);
    assert_eq!(shown["body"], json!(STANDARD.encode(body)));
    assert_eq!(shown["raw"], json!(STANDARD.encode(request)));
}

#[test]
fn shows_the_exact_bytes() {
    check(
        b"GET /echo?a=%20+b&a HTTP/1.1\r\nhOsT: target\r\nX-b: 1\r\nx-A:2\r\nX-b:  \xe4 \r\nConnection: close\r\n\r\n",
        json!([["hOsT", "target"], ["X-b", "1"], ["x-A", "2"], ["X-b", "ä"], ["Connection", "close"]]),
        b"",
    );
    check(
        b"PURGE http://target/echo HTTP/1.1\r\nHost: target\r\nContent-Length: 3\r\nConnection: close\r\n\r\na\0b",
        json!([["Host", "target"], ["Content-Length", "3"], ["Connection", "close"]]),
        b"a\0b",
    );
    check(
        b"POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
        json!([["Host", "t"], ["Transfer-Encoding", "chunked"], ["Connection", "close"]]),
        b"abcde",
    );
    check(b"GET /echo HTTP/1.0\r\n\r\n", json!([]), b"");
}

#[test]
fn keeps_the_connection_and_takes_a_request_in_pieces() {
    let server = plain();
    let mut stream = connect(&server);
    for body in ["one", "two", ""] {
        let length = body.len();
        let request =
            format!("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n{body}");
        for piece in request.as_bytes().chunks(7) {
            stream.write_all(piece).expect("the target reads");
        }
        let shown = read_answer(&mut stream).json();
        assert_eq!(shown["raw"], json!(STANDARD.encode(request)));
    }
    assert_eq!(settled(&server).connections, 1);
}

#[test]
fn answers_requests_that_come_together_in_order() {
    let server = plain();
    let mut stream = connect(&server);
    let requests: String = (0..3)
        .map(|n| format!("\r\nGET /echo?{n} HTTP/1.1\r\nHost: t\r\n\r\n"))
        .collect();
    stream
        .write_all(requests.as_bytes())
        .expect("the target reads");
    for n in 0..3 {
        let shown = read_answer(&mut stream).json();
        assert_eq!(
            shown["request_line"],
            json!(format!("GET /echo?{n} HTTP/1.1"))
        );
    }
}

#[test]
fn invites_a_body_that_waits_for_it() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(
            b"POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n",
        )
        .expect("the target reads");
    assert_eq!(read_answer(&mut stream).status, 100);
    stream.write_all(b"ok").expect("the target reads");
    assert_eq!(
        read_answer(&mut stream).json()["body"],
        json!(STANDARD.encode("ok"))
    );
}

#[test]
fn shows_headers_alone() {
    let server = plain();
    let shown = get(&server, "/headers").json();
    let expected = json!([
        ["Host", "target"],
        ["Connection", "close"],
        ["Content-Length", "0"]
    ]);
    assert_eq!(shown, json!({ "headers": expected }));
}
