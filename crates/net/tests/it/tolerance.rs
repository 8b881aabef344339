//! Odd servers that Python's http.client takes as they are.

use gatecrash_net::{Client, Head};

use crate::support::{Peer, Step, fetch, get, run, say};

/// The head of the answer that `head` and an empty body make.
fn check(head: &str) -> Head {
    run(async {
        let script = vec![Step::HearHead, say(head), Step::Close];
        let peer = Peer::start(vec![script]).await;
        let exchange = fetch(&Client::new(), get(&peer.origin(), "/")).await;
        exchange
            .unwrap_or_else(|fault| panic!("{head:?}: {fault}"))
            .head
    })
}

fn reason(status_line: &str) -> String {
    let head = check(&format!("{status_line}\r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(head.status, 200, "{status_line:?}");
    assert_eq!(head.header("content-length"), Some(&b"0"[..]));
    String::from_utf8_lossy(head.reason()).into_owned()
}

#[test]
fn status_lines() {
    assert_eq!(reason("HTTP/1.1 200 OK"), "OK");
    assert_eq!(reason("HTTP/1.1 200 All is well "), "All is well");
    assert_eq!(reason("HTTP/1.1 200"), "");
    assert_eq!(reason("HTTP/1.1 200 "), "");
    assert_eq!(reason("HTTP/1.1  200   Fine"), "Fine");
    assert_eq!(reason("HTTP/1.0 200 Old"), "Old");
    assert_eq!(reason("\r\nHTTP/1.1 200 Late"), "Late");
    let latin = check("HTTP/1.1 200 Tr\u{e8}s bien\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(latin.reason(), "Tr\u{e8}s bien".as_bytes());
    assert!(latin.is_http_11());
    let old = check("\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert!(!old.is_http_11());
    assert_eq!(&old.raw[..8], b"HTTP/1.0");
}

fn values(head: &Head) -> Vec<(String, String)> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers().into_iter();
    headers
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    expected.iter().map(own).collect()
}

#[test]
fn header_lines() {
    let head = check(
        "HTTP/1.1 200 OK\r\nx-CASE:kept\r\nContent-Length :  0 \r\nEmpty:\r\n\
         Folded: one\r\n\ttwo\r\nX-Bytes: \u{fc}\r\n\r\n",
    );
    let expected = [
        ("x-CASE", "kept"),
        ("Content-Length", "0"),
        ("Empty", ""),
        ("Folded", "one\r\n\ttwo"),
        ("X-Bytes", "\u{fc}"),
    ];
    assert_eq!(values(&head), pairs(&expected));
    assert_eq!(head.header("FOLDED"), Some(&b"one\r\n\ttwo"[..]));
    assert_eq!(head.header("absent"), None);
}

#[test]
fn headers_of_caches_are_noticed() {
    let told = |header: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{header}: 1\r\n\r\n");
        check(&head).tells_of_cache
    };
    for header in [
        "Age",
        "X-Cache",
        "x-cache-status",
        "CF-Cache-Status",
        "Cache-Status",
    ] {
        assert!(told(header), "{header}");
    }
    for header in ["Via", "X-Cachet", "Content-Type", "Cache-Control"] {
        assert!(!told(header), "{header}");
    }
}

#[test]
fn bare_line_feeds() {
    let head = check("HTTP/1.1 200 OK\nContent-Length: 0\nSet-Cookie: a=b\n\n");
    assert_eq!(head.reason(), b"OK");
    assert!(head.has_cookies && head.keeps_alive);
    assert_eq!(head.header("set-cookie"), Some(&b"a=b"[..]));
}

#[test]
fn lines_that_are_no_headers_are_left_out() {
    let head = check(
        "HTTP/1.1 200 OK\r\n folded without a header\r\nno colon here\r\nBad Name: x\r\n\
         X-Good: yes\r\n: no name\r\nX(odd): z\r\nContent-Length: 0\r\nLocation: /next\r\n\r\n",
    );
    let expected = [
        ("X-Good", "yes"),
        ("Content-Length", "0"),
        ("Location", "/next"),
    ];
    assert_eq!(values(&head), pairs(&expected));
    assert!(head.has_location);
}

#[test]
fn what_is_no_length_is_none() {
    for value in ["many", "-1", "", "0x10"] {
        let head = check(&format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\nto the end"
        ));
        assert!(!head.keeps_alive, "{value:?}");
    }
}
