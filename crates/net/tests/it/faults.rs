//! Servers that break the rules, and what each of them is called.

use std::time::Duration;

use gatecrash_net::now;
use gatecrash_net::{Client, Error, Fetched, Origin};
use std::sync::Arc;

use crate::support::{Peer, Step, fetch, get, plain, run, say, target, timed_fetch};

async fn failure(origin: &Arc<Origin>, path: &str) -> Error {
    let mut request = get(origin, path);
    request.read_timeout = Some(Duration::from_millis(200));
    let client = Client::new();
    match timed_fetch(&client, request).await {
        Ok(exchange) => panic!("{path} is answered by {}", exchange.head.status),
        Err((fault, times)) => {
            assert!(times.sent.is_some() && times.done.is_some(), "{path}");
            fault
        }
    }
}

#[test]
fn each_fault_of_the_target_has_its_name() {
    let server = target(|_| {});
    run(async {
        let origin = plain(server.address());
        let fault = async |path: &str| failure(&origin, &format!("/fault/{path}")).await;
        assert!(matches!(
            fault("short-body").await,
            Error::ShortBody {
                received: 100,
                missing: 900
            }
        ));
        for path in ["reset", "reset?after=10", "reset?after=200"] {
            let Error::Receive(reset) = fault(path).await else {
                panic!("{path}");
            };
            assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset, "{path}");
        }
        match fault("bad-chunk").await {
            Error::BadChunk { line, received } => {
                assert_eq!((line.as_str(), received), ("ZZ\r\n", 4));
            }
            other => panic!("{other}"),
        }
        let told = fault("header-flood").await.to_string();
        assert_eq!(
            told,
            "the head of the answer is too large: more than 100 headers"
        );
        let told = fault("close-before-answer").await.to_string();
        assert_eq!(told, "the server closed the connection without an answer");
        assert!(matches!(fault("no-answer").await, Error::ReadTimeout));
        assert!(matches!(
            fault("slow-body?ms=60000").await,
            Error::ReadTimeout
        ));
    });
}

/// What came of `raw`, after which the peer closes.
async fn after(raw: &str) -> Error {
    let peer = Peer::start(vec![vec![Step::HearHead, say(raw), Step::Close]]).await;
    failure(&peer.origin(), "/").await
}

#[test]
fn what_is_no_answer_is_shown() {
    run(async {
        for (raw, shown) in [
            ("SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0-OpenSSH_9.6"),
            ("HTTP/2.0 200 OK\r\n\r\n", "HTTP/2.0 200 OK"),
            ("HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 abc"),
            ("HTTP/1.1 042 Odd\r\n\r\n", "status code 42"),
            ("HTTP/1.1 200 OK\r\nContent-Le", "the head ended early"),
            ("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "HTTP/1.1 200 OK"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "two different values of Content-Length",
            ),
        ] {
            match after(raw).await {
                Error::BadHead(line) => assert_eq!(line, shown),
                other => panic!("{raw:?}: {other}"),
            }
        }
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(300_000));
        let told = after(&endless).await.to_string();
        assert!(told.ends_with("more than 256 KiB"), "{told}");
    });
}

#[test]
fn a_body_that_stops_short_is_told() {
    run(async {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (raw, received) in [
            (format!("{chunked}5\r\nhel"), 3),
            (format!("{chunked}5\r\nhello\r\n"), 5),
            (format!("{chunked}5\r\nhello\r\n0\r\n"), 5),
        ] {
            match after(&raw).await {
                Error::BadChunk { line, received: at } => {
                    assert_eq!((line.as_str(), at), ("", received), "{raw:?}");
                }
                other => panic!("{raw:?}: {other}"),
            }
        }
        let huge = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nbeginning";
        let told = after(huge).await.to_string();
        assert_eq!(told, "the body is larger than 536870912 bytes");
    });
}

#[test]
fn a_streamed_body_that_stops_short_is_told() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        let mut request = get(&origin, "/fault/short-body");
        request.streams = true;
        let Ok(Fetched::Streamed(_, body)) = client.fetch(&request, now(), || {}).await else {
            panic!("a stream");
        };
        let (piece, rest) = client.read_piece(body).await.expect("what there is");
        assert_eq!(piece, [b'x'; 100]);
        let failed = client.read_piece(rest.expect("more to come")).await;
        assert!(matches!(failed, Err(Error::ShortBody { missing: 900, .. })));
    });
}

#[test]
fn silence_has_a_timeout_and_slowness_has_none() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        // Longer as a whole than any of its pauses may be.
        let mut request = get(&origin, "/fault/slow-body?bytes=20&ms=20");
        request.read_timeout = Some(Duration::from_millis(300));
        let exchange = fetch(&client, request).await.expect("a slow body");
        assert_eq!(exchange.body.len(), 20);

        let mut slow_head = vec![Step::HearHead];
        for byte in "HTTP/1.1 204 No Content\r\n\r\n".bytes() {
            slow_head.extend([Step::Pause(Duration::from_millis(15)), say([byte])]);
        }
        let peer = Peer::start(vec![slow_head]).await;
        let mut request = get(&peer.origin(), "/");
        request.read_timeout = Some(Duration::from_millis(300));
        let exchange = fetch(&client, request).await.expect("a slow head");
        assert_eq!(exchange.head.status, 204);
    });
}

#[test]
fn an_answer_that_had_begun_is_kept_with_its_failure() {
    let server = target(|_| {});
    run(async {
        let origin = plain(server.address());
        for (path, expected) in [
            ("/fault/short-body", Some((200, 100))),
            ("/fault/reset?after=10", None),
            ("/fault/bad-chunk", None),
        ] {
            let client = Client::new();
            let failure = client.fetch(&get(&origin, path), now(), || {}).await;
            let begun = failure.expect_err(path).begun;
            let begun = begun.map(|begun| (begun.head.status, begun.body.len()));
            assert_eq!(begun, expected, "{path}");
        }
    });
}

#[test]
fn the_whole_has_a_timeout() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        for path in ["/fault/no-answer", "/fault/slow-body?bytes=10000&ms=20"] {
            let mut request = get(&origin, path);
            request.total_timeout = Some(Duration::from_millis(100));
            match timed_fetch(&client, request).await {
                Err((Error::TotalTimeout, times)) => {
                    assert!(times.sent.is_some() && times.done.is_some());
                }
                other => panic!("{path}: {other:?}"),
            }
        }
        let mut request = get(&origin, "/json");
        request.total_timeout = Some(Duration::from_secs(20));
        let exchange = fetch(&client, request).await.expect("JSON");
        assert!(!exchange.reused, "what timed out took its connection along");
    });
}
