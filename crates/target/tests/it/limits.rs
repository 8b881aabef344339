//! What a peer may not do.

use std::io::Write;
use std::time::Duration;

use gatecrash_target::{Limits, Server};

use crate::support::{Answer, connect, plain, read_to_end, settled, talk, target, truth_when};

fn small(change: impl FnOnce(&mut Limits)) -> Server {
    target(|options| change(&mut options.limits))
}

/// The target answers `request` with `status` and closes the connection.
fn check(server: &Server, request: impl AsRef<[u8]>, status: u16) {
    let shown =
        String::from_utf8_lossy(&request.as_ref()[..request.as_ref().len().min(80)]).into_owned();
    let (received, reset) = talk(server, request);
    assert!(!reset, "{shown}");
    let answer = Answer::parse(&received);
    assert_eq!(
        (answer.status, answer.header("connection")),
        (status, Some("close")),
        "{shown}"
    );
}

#[test]
fn what_is_no_request_is_told_so() {
    let server = plain();
    check(&server, "NONSENSE\r\n\r\n", 400);
    check(&server, "GET / HTTP/3.0\r\n\r\n", 505);
    check(&server, "GET / HTTP/1.1\r\nbad header\r\n\r\n", 400);
    let many: String = (0..300)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    check(&server, format!("GET / HTTP/1.1\r\n{many}\r\n"), 431);
    assert_eq!(
        (settled(&server).malformed, settled(&server).total.received),
        (4, 0)
    );
}

#[test]
fn requests_that_break_the_rules_are_received_and_refused() {
    let server = plain();
    check(&server, "GET / HTTP/1.1\r\n\r\n", 400);
    check(&server, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    check(
        &server,
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n",
        417,
    );
    check(
        &server,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        400,
    );
    check(
        &server,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        400,
    );
    check(
        &server,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
    );
    check(
        &server,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        501,
    );
    check(
        &server,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n",
        400,
    );
    let total = settled(&server).total;
    assert_eq!(
        (total.received, total.answered, settled(&server).malformed),
        (8, 8, 0)
    );
}

#[test]
fn sizes_have_limits() {
    let server = small(|limits| {
        limits.head_bytes = 1000;
        limits.body_bytes = 1000;
    });
    check(
        &server,
        format!("GET /{} HTTP/1.1\r\n", "x".repeat(2000)),
        431,
    );
    check(
        &server,
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(2000)),
        431,
    );
    let long = "x".repeat(1001);
    check(
        &server,
        format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n{long}"),
        413,
    );
    check(
        &server,
        format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{long}"
        ),
        413,
    );
    let right = "x".repeat(1000);
    check(
        &server,
        format!("POST /close HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{right}"),
        200,
    );
}

#[test]
fn bodies_share_their_memory() {
    let server = small(|limits| limits.all_bodies_bytes = 10 << 10);
    let mut first = connect(&server);
    first
        .write_all(b"POST /close HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n")
        .expect("the target reads");
    truth_when(&server, |truth| truth.total.in_flight == 1);
    let second = format!(
        "POST /close HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n{}",
        "x".repeat(8192)
    );
    check(&server, &second, 503);
    first.write_all(&[b'x'; 8192]).expect("the target reads");
    let (received, _) = read_to_end(&mut first);
    assert_eq!(Answer::parse(&received).status, 200);
    check(&server, &second, 200);
}

#[test]
fn times_have_limits() {
    let server = small(|limits| {
        limits.head_time = Duration::from_millis(20);
        limits.body_time = Duration::from_millis(20);
        limits.idle_time = Duration::from_millis(20);
    });
    assert_eq!(
        talk(&server, ""),
        (Vec::new(), false),
        "an idle connection is closed"
    );
    check(&server, "GET / HT", 408);
    check(
        &server,
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx",
        408,
    );
    assert_eq!(
        talk(&server, "GET /fault/no-answer HTTP/1.1\r\nHost: a\r\n\r\n"),
        (Vec::new(), false)
    );
}

#[test]
fn connections_have_a_limit() {
    let server = small(|limits| limits.connections = Some(1));
    let request = "GET /close HTTP/1.1\r\nHost: a\r\n\r\n";
    let held = connect(&server);
    truth_when(&server, |truth| truth.connections == 1);
    let mut refused = connect(&server);
    // The write may already find the connection closed.
    let _ = refused.write_all(request.as_bytes());
    assert!(read_to_end(&mut refused).0.is_empty());
    assert_eq!(server.connection_limit(), 1);
    assert_eq!(server.connections_refused(), 1);
    assert_eq!(server.truth().connections_refused, 1);
    drop(held);
    truth_when(&server, |_| {
        let mut next = connect(&server);
        next.write_all(request.as_bytes()).is_ok() && !read_to_end(&mut next).0.is_empty()
    });
}
