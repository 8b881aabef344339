//! Where answers end, and whether their connection serves another request.

use gatecrash_net::Client;

use crate::support::{Peer, Step, answer, fetch, get, request, run, say};

/// What becomes of a connection after the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It serves the next request too.
    Kept,
    /// The client leaves it.
    Left,
    /// The server ends it, and the answer with it.
    Ended,
}
use Fate::{Ended, Kept, Left};

/// The answer `raw` to a request with `method` has this status and body, in one piece or
/// byte by byte.
fn check(method: &str, raw: &str, status: u16, body: &str, fate: Fate) {
    let whole = vec![say(raw)];
    let bytes = raw.bytes().map(|byte| say([byte])).collect();
    for pieces in [whole, bytes] {
        run(async {
            let ending = match fate {
                Kept => vec![Step::HearHead, answer("again")],
                Left => vec![Step::HearEnd],
                Ended => vec![Step::Close],
            };
            let first = [vec![Step::HearHead], pieces, ending].concat();
            let peer = Peer::start(vec![first, vec![Step::HearHead, answer("again")]]).await;
            let (client, origin) = (Client::new(), peer.origin());
            let exchange = fetch(&client, request(&origin, method, "/", b"")).await;
            let exchange = exchange.unwrap_or_else(|fault| panic!("{raw:?}: {fault}"));
            let text = String::from_utf8_lossy(&exchange.body);
            assert_eq!((exchange.head.status, &*text), (status, body), "{raw:?}");
            assert!(!exchange.reused);

            let again = fetch(&client, get(&origin, "/")).await.expect("an answer");
            assert_eq!(again.body, "again");
            assert_eq!(again.reused, fate == Kept, "{raw:?}");
            let connections = if fate == Kept { 1 } else { 2 };
            assert_eq!(peer.connections(), connections, "{raw:?}");
        });
    }
}

#[test]
fn a_length_ends_the_body() {
    let raw = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    check("GET", raw, 200, "hello", Kept);
    let empty = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    check("GET", empty, 404, "", Kept);
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello";
    check("GET", twice, 200, "hello", Kept);
}

#[test]
fn the_last_chunk_ends_the_body() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let plain = format!("{head}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    check("GET", &plain, 200, "hello world", Kept);
    let adorned = format!("{head}5;name=\"value\"\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n");
    check("GET", &adorned, 200, "hello", Kept);
    check("GET", &format!("{head}0\r\n\r\n"), 200, "", Kept);
    let upper = "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n";
    check("GET", upper, 200, "0123456789", Kept);
    let both = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
                2\r\nab\r\n0\r\n\r\n";
    check("GET", both, 200, "ab", Kept);
}

#[test]
fn the_close_ends_a_body_without_a_length() {
    check(
        "GET",
        "HTTP/1.1 200 OK\r\n\r\nto the end",
        200,
        "to the end",
        Ended,
    );
    check("GET", "HTTP/1.0 200 OK\r\n\r\nold", 200, "old", Ended);
}

#[test]
fn some_answers_have_no_body() {
    let lying = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    check("HEAD", lying, 200, "", Kept);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check("HEAD", chunked, 200, "", Kept);
    check("DELETE", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", Kept);
    let unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n";
    check("GET", unchanged, 304, "", Kept);
}

#[test]
fn words_on_the_way_are_passed_over() {
    let raw = "HTTP/1.1 100 Continue\r\n\r\n\
               HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n\
               HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    check("GET", raw, 200, "ok", Kept);
    let switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n";
    check("GET", switched, 101, "", Left);
}

#[test]
fn both_sides_may_ask_to_close() {
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    check("GET", closing, 200, "ok", Left);
    let old = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    check("GET", old, 200, "ok", Left);
    let kept = "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok";
    check("GET", kept, 200, "ok", Kept);
    run(async {
        let script = vec![Step::HearHead, answer("done"), Step::HearEnd];
        let peer = Peer::start(vec![script]).await;
        let (client, origin) = (Client::new(), peer.origin());
        for _ in 0..2 {
            let mut asking = get(&origin, "/");
            asking.closes = true;
            fetch(&client, asking).await.expect("an answer");
        }
        peer.finished(2).await;
    });
}

#[test]
fn bytes_beyond_the_body_spoil_the_connection() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!";
    check("GET", length, 200, "ok", Left);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP";
    check("GET", chunked, 200, "", Left);
    check("HEAD", length, 200, "", Left);
}
