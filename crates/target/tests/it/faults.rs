//! Each fault breaks exactly what it says, and the truth calls it abandoned.

use std::io::{Read, Write};

use crate::support::{Answer, connect, get, plain, read_answer, settled, talk, truth_when};

/// What arrives before the end of the connection, and whether that end was a reset.
fn fault(name: &str) -> (Vec<u8>, bool) {
    let server = plain();
    let outcome = talk(
        &server,
        format!("GET /fault/{name} HTTP/1.1\r\nHost: t\r\n\r\n"),
    );
    let truth = settled(&server);
    let path = format!("/fault/{}", name.split('?').next().unwrap_or_default());
    let counts = &truth.routes[&path];
    assert_eq!(
        (counts.received, counts.answered, counts.abandoned),
        (1, 0, 1),
        "{name}"
    );
    outcome
}

fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a whole head")
        + 4;
    (
        String::from_utf8(bytes[..end].to_vec()).expect("text"),
        &bytes[end..],
    )
}

#[test]
fn a_short_body_ends_in_order_but_early() {
    let (received, reset) = fault("short-body");
    let (head, body) = split(&received);
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Content-Length: 1000\r\n"),
        "{head}"
    );
    assert_eq!((body.len(), reset), (100, false));
}

#[test]
fn a_reset_comes_at_once_or_later() {
    assert_eq!(fault("reset"), (Vec::new(), true));
    let (received, reset) = fault("reset?after=200");
    assert_eq!((received.len(), reset), (200, true));
    let (head, _) = split(&received);
    assert!(head.contains("Content-Length: 1000\r\n"), "{head}");
}

#[test]
fn a_bad_chunk_follows_a_good_one() {
    let (received, reset) = fault("bad-chunk");
    let (head, body) = split(&received);
    assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
    assert_eq!(body, b"4\r\ngood\r\nZZ\r\nbad\r\n0\r\n\r\n");
    assert!(!reset);
}

#[test]
fn a_connection_closes_before_the_answer() {
    assert_eq!(fault("close-before-answer"), (Vec::new(), false));
}

#[test]
fn an_answer_never_comes() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /fault/no-answer HTTP/1.1\r\nHost: t\r\n\r\n")
        .expect("the target reads");
    truth_when(&server, |truth| {
        truth.routes.contains_key("/fault/no-answer")
    });
    stream
        .set_read_timeout(Some(std::time::Duration::from_millis(50)))
        .expect("a timeout can be set");
    let error = stream.read(&mut [0]).expect_err("nothing comes");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(server.truth().total.in_flight, 1);
    drop(stream);
    let truth = settled(&server);
    assert_eq!((truth.total.answered, truth.total.abandoned), (0, 1));
}

#[test]
fn a_flood_of_headers_is_a_whole_answer() {
    let server = plain();
    let (received, reset) = talk(
        &server,
        "GET /fault/header-flood HTTP/1.1\r\nHost: t\r\n\r\nGET /close HTTP/1.1\r\nHost: t\r\n\r\n",
    );
    let (head, rest) = split(&received);
    assert_eq!(head.matches("\r\nX-Flood-").count(), 10_000);
    assert!(head.len() > 900_000 && !reset);
    assert_eq!(Answer::parse(rest).status, 200);
    assert_eq!(settled(&server).routes["/fault/header-flood"].answered, 1);
}

#[test]
fn a_slow_body_is_a_whole_answer() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /fault/slow-body?bytes=3&ms=2 HTTP/1.1\r\nHost: t\r\n\r\n")
        .expect("the target reads");
    assert_eq!(read_answer(&mut stream).body, b"xxx");
    let truth = settled(&server);
    assert_eq!(truth.total.answered, 1);
    assert!(
        truth.total.latency_ms.min >= 6.0,
        "{:?}",
        truth.total.latency_ms
    );
}

#[test]
fn an_unknown_fault_is_not_found() {
    assert_eq!(get(&plain(), "/fault/gremlins").status, 404);
}
