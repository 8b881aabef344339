//! Servers that lie: each is a failure with a key of its own, whatever becomes of the body
//! and however the bytes are cut; none is waited for, and none costs much memory.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use gatecrash_net::{BodyUse, Client, Error, Fetched, Request, now};

use crate::heap::peak_bytes;
use crate::support::{Peer, Step, fetch, get, plain, run, say};

const MEBIBYTE: usize = 1 << 20;
const LIMIT: BodyUse = BodyUse::Keep {
    limit_bytes: MEBIBYTE as u64,
};

/// Counted, however long it is.
const ANY_LENGTH: BodyUse = BodyUse::Discard {
    limit_bytes: u64::MAX,
};

/// The ways to use a body.
const WAYS: [(BodyUse, bool); 3] = [(LIMIT, false), (ANY_LENGTH, false), (LIMIT, true)];

/// Makes the exchange, and reads a stream to its end.
async fn failure(request: &Request) -> Error {
    let client = Client::new();
    let mut body = match client.fetch(request, now(), || {}).await {
        Err(failure) => return failure.error,
        Ok(Fetched::Whole(exchange)) => panic!("an answer: {:?}", exchange.head.raw),
        Ok(Fetched::Streamed(_, body)) => body,
    };
    loop {
        body = match client.read_piece(body).await {
            Err(error) => return error,
            Ok((_, None)) => panic!("a whole stream"),
            Ok((_, Some(rest))) => rest,
        }
    }
}

/// The keys of what comes of `raw`, after which the server says no more, for each way.
fn keys(raw: &[u8]) -> [&'static str; 3] {
    let steps: &[usize] = match raw.len() {
        ..400 => &[1, 7, 400],
        _ => &[1000, 1_000_000],
    };
    let of = |way: (BodyUse, bool), step| {
        run(async {
            let pieces = raw.chunks(step).map(say);
            let script = [Step::HearHead].into_iter().chain(pieces);
            let peer = Peer::start(vec![script.chain([Step::Close]).collect()]).await;
            let mut request = get(&peer.origin(), "/");
            (request.body, request.streams) = way;
            request.read_timeout = Some(Duration::from_secs(10));
            let error = failure(&request).await;
            // The connection is of no use, and given up.
            peer.finished(1).await;
            error.key()
        })
    };
    WAYS.map(|way| {
        let all: Vec<_> = steps.iter().map(|&step| of(way, step)).collect();
        let text = String::from_utf8_lossy(&raw[..raw.len().min(200)]);
        assert!(all.iter().all(|key| *key == all[0]), "{all:?} {text:?}");
        all[0]
    })
}

#[test]
fn heads() {
    let many = "X: y\r\n".repeat(101);
    for (raw, key) in [
        ("", "closed"),
        ("\r\n\r\n", "closed"),
        ("HTTP/1.1 200 OK\r\nContent-Le", "bad-head"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "closed"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}", "bad-head"),
        ("<html>hello</html>\r\n\r\n", "bad-head"),
        ("HTTP/1.1 042 Odd\r\n\r\n", "bad-head"),
        ("HTTP/1.1 2000 Odd\r\n\r\n", "bad-head"),
        ("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "bad-head"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "bad-head",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
            "bad-head",
        ),
        (&format!("HTTP/1.1 200 OK\r\n{many}\r\n"), "head-too-large"),
    ] {
        assert_eq!(keys(raw.as_bytes()), [key; 3], "{raw:?}");
    }
}

#[test]
fn endless_heads() {
    for endless in [
        format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(300_000)),
        format!("HTTP/1.1 200 OK\r\n{}", "no colon here\r\n".repeat(30_000)),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(20_000),
        "\r\n".repeat(200_000),
    ] {
        assert_eq!(keys(endless.as_bytes()), ["head-too-large"; 3]);
    }
}

#[test]
fn lengths() {
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    assert_eq!(keys(short), ["short-body"; 3]);
    // Who keeps nothing waits for it all, and hears that it does not come.
    for length in [
        "104857600",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabc");
        let expected = ["body-too-large", "short-body", "short-body"];
        assert_eq!(keys(huge.as_bytes()), expected, "{length}");
    }
}

#[test]
fn chunks() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "",
        "5\r\nhel",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "5\r\nhello\r\n0\r\nX: y\r\n",
        "zz\r\n",
        "\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        "1ffffffffffffffff\r\nhello",
        "3\r\nhello\r\n0\r\n\r\n",
        &format!("1;{}", "x".repeat(70_000)),
        &format!("0\r\n{}", "X: y\r\n".repeat(100_000)),
    ] {
        let raw = format!("{head}{body}");
        assert_eq!(keys(raw.as_bytes()), ["bad-chunk"; 3], "{body:.40}");
    }
    let huge = format!("{head}ffffffffffffffff\r\nhello");
    let expected = ["body-too-large", "bad-chunk", "bad-chunk"];
    assert_eq!(keys(huge.as_bytes()), expected);
}

#[test]
fn resets() {
    for (raw, step) in [
        ("", 1),
        ("HTTP/1.1 200 OK\r\n", 1),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 400),
        (
            "HTTP/1.1 200 OK\r\n\r\nto the end, which does not come",
            400,
        ),
    ] {
        for way in WAYS {
            let key = run(async {
                // What a reset overtakes is lost: it waits until the rest has been read.
                let pieces = raw.as_bytes().chunks(step).map(say);
                let pause = Step::Pause(Duration::from_millis(20));
                let script = [Step::HearHead].into_iter().chain(pieces);
                let script = script.chain([pause, Step::Reset]).collect();
                let peer = Peer::start(vec![script]).await;
                let mut request = get(&peer.origin(), "/");
                (request.body, request.streams) = way;
                failure(&request).await.key()
            });
            assert_eq!(key, "receive", "{raw:?}");
        }
    }
}

/// A server that says `head` and then `more` again and again, up to 100 MB, in a thread
/// whose memory is not counted here.
fn flood(head: &'static [u8], more: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        // Closed with something unheard, a connection is reset.
        let heard = stream.read(&mut [0; 4096]).expect("a request");
        assert!(heard > 0);
        let mut said = 0;
        // A client that has had enough goes.
        let mut going = stream.write_all(head);
        while going.is_ok() && said < 100 * MEBIBYTE {
            said += more.len();
            going = stream.write_all(&more);
        }
    });
    address
}

/// What comes of a flood, and the most memory that it took.
fn flooded(head: &'static [u8], more: &[u8], body: BodyUse) -> (Result<u64, Error>, usize) {
    let address = flood(head, more.repeat(MEBIBYTE / more.len()));
    run(peak_bytes(async {
        let mut request = get(&plain(address), "/");
        request.body = body;
        fetch(&Client::new(), request)
            .await
            .map(|exchange| exchange.body_bytes)
    }))
}

#[test]
fn floods_cost_no_more_memory_than_is_allowed() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (head, more, key) in [
        (&b"HTTP/1.1 200 OK\r\n\r\n"[..], &b"x"[..], "body-too-large"),
        (chunked, b"4\r\nabcd\r\n", "body-too-large"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", "head-too-large"),
        (
            b"",
            b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n",
            "head-too-large",
        ),
        (
            b"HTTP/1.1 200 OK\r\n",
            b"not a header\r\n",
            "head-too-large",
        ),
    ] {
        let (outcome, peak) = flooded(head, more, LIMIT);
        assert_eq!(outcome.expect_err("a flood").key(), key);
        // A list that grows is copied: for a moment there are two.
        assert!(peak <= 4 * MEBIBYTE, "{key}: {peak} bytes");
    }
}

#[test]
fn a_discarded_flood_costs_no_memory() {
    let (outcome, peak) = flooded(b"HTTP/1.1 200 OK\r\n\r\n", b"x", ANY_LENGTH);
    assert_eq!(outcome.expect("an answer"), 100 * MEBIBYTE as u64);
    assert!(peak <= 100_000, "{peak} bytes");
}
