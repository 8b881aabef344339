//! The general routes answer in the shape that was asked for.

use std::io::Read;

use serde_json::json;

use crate::support::{Answer, ask, get, plain, talk};

#[test]
fn statuses_come_as_asked() {
    let server = plain();
    for status in [200, 201, 400, 404, 418, 500, 599] {
        let answer = get(&server, &format!("/status/{status}"));
        assert_eq!(
            (answer.status, answer.json()),
            (status, json!({ "status": status }))
        );
    }
    for status in [204, 304] {
        let answer = get(&server, &format!("/status/{status}"));
        assert_eq!(
            (
                answer.status,
                answer.header("content-length"),
                answer.text()
            ),
            (status, None, "")
        );
    }
    assert!(
        get(&server, "/status/401")
            .header("www-authenticate")
            .is_some()
    );
    let answer = get(&server, "/status/99");
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json(),
        json!({ "error": "the path's number must be a whole number from 200 to 599, not \"99\"" })
    );
}

#[test]
fn redirects_lead_on() {
    let server = plain();
    let check = |target: &str, status: u16, location: Option<&str>| {
        let answer = get(&server, target);
        assert_eq!(
            (answer.status, answer.header("location")),
            (status, location),
            "{target}"
        );
    };
    check("/redirect/2", 302, Some("/redirect/1?status=302"));
    check(
        "/redirect/1?status=307",
        307,
        Some("/redirect/0?status=307"),
    );
    check("/redirect/0", 200, None);
    check(
        "/redirect-to?url=http%3A%2F%2Fa%2Fb%3Fc%3Dd+e&status=303",
        303,
        Some("http://a/b?c=d e"),
    );
    check("/redirect-to?url=%0D%0AX:y", 422, None);
    check("/redirect-to", 422, None);
    check("/redirect/1?status=304", 422, None);
}

#[test]
fn cookies_are_set_and_shown() {
    let server = plain();
    let set = |target: &str| {
        let answer = get(&server, target);
        let cookies = answer
            .headers
            .into_iter()
            .filter(|(name, _)| name == "Set-Cookie");
        (
            answer.status,
            cookies.map(|(_, value)| value).collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        set("/cookies/set?a=1&b=x%20y"),
        (200, vec!["a=1".to_owned(), "b=x y".to_owned()])
    );
    let with_attributes = "a=1; Path=/x; Max-Age=60; HttpOnly".to_owned();
    let target = "/cookies/set?a=1&path=/x&max-age=60&http-only&redirect=/cookies";
    assert_eq!(set(target), (302, vec![with_attributes]));
    assert_eq!(get(&server, target).header("location"), Some("/cookies"));
    assert_eq!(set("/cookies/set?a=%0D%0A").0, 422);
    let shown = ask(
        &server,
        "GET",
        "/cookies",
        "Cookie: a=1; b=\"x y\"; a=2\r\n",
        "",
    )
    .json();
    assert_eq!(
        shown,
        json!({ "cookies": [["a", "1"], ["b", "\"x y\""], ["a", "2"]] })
    );
}

#[test]
fn encodings_decode_to_json() {
    let server = plain();
    type Decode = fn(&[u8]) -> Vec<u8>;
    let gzip: Decode = |bytes| read(flate2::read::GzDecoder::new(bytes));
    let deflate: Decode = |bytes| read(flate2::read::ZlibDecoder::new(bytes));
    let br: Decode = |bytes| read(brotli::Decompressor::new(bytes, 4096));
    let zstd: Decode = |bytes| zstd::decode_all(bytes).expect("zstd");
    for (coding, decode) in [
        ("gzip", gzip),
        ("deflate", deflate),
        ("br", br),
        ("zstd", zstd),
    ] {
        let answer = get(&server, &format!("/{coding}?items=2"));
        assert_eq!(answer.header("content-encoding"), Some(coding));
        let decoded: serde_json::Value =
            serde_json::from_slice(&decode(&answer.body)).expect("JSON");
        assert_eq!(
            decoded,
            json!({ "encoding": coding, "items": ["item 0", "item 1"] })
        );
    }
}

fn read(mut reader: impl Read) -> Vec<u8> {
    let mut decoded = Vec::new();
    reader.read_to_end(&mut decoded).expect("it decodes");
    decoded
}

#[test]
fn bytes_and_lines_come_in_number() {
    let server = plain();
    let answer = get(&server, "/bytes/700");
    assert_eq!(answer.body.len(), 700);
    assert_eq!(
        (answer.body[0], answer.body[255], answer.body[256]),
        (0, 255, 0)
    );
    let answer = get(&server, "/bytes/200000");
    assert_eq!(
        (answer.body.len(), answer.body[65_535], answer.body[65_536]),
        (200_000, 255, 0)
    );
    assert_eq!(get(&server, "/bytes/0").body.len(), 0);
    for target in ["/stream/3", "/stream/3?delay_ms=1"] {
        let answer = get(&server, target);
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        assert_eq!(answer.text(), "{\"line\":0}\n{\"line\":1}\n{\"line\":2}\n");
    }
    assert_eq!(get(&server, "/stream/0").text(), "");
}

#[test]
fn http_1_0_gets_no_chunks_and_closes() {
    let server = plain();
    let (received, _) = talk(&server, "GET /stream/2 HTTP/1.0\r\n\r\n");
    let answer = Answer::parse(&received);
    assert_eq!(
        (
            answer.header("transfer-encoding"),
            answer.header("connection")
        ),
        (None, Some("close"))
    );
    assert_eq!(answer.text(), "{\"line\":0}\n{\"line\":1}\n");
    let (received, _) = talk(
        &server,
        "GET /text HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /close HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    );
    let text = String::from_utf8(received).expect("text");
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2);
    assert_eq!(text.matches("Connection: keep-alive\r\n").count(), 1);
}

#[test]
fn head_is_get_without_the_body() {
    let server = plain();
    let targets = [
        "/",
        "/echo",
        "/bytes/10",
        "/json",
        "/html",
        "/gzip",
        "/etag",
        "/status/500",
        "/stream/3",
    ];
    for target in targets {
        let (got, headed) = (get(&server, target), ask(&server, "HEAD", target, "", ""));
        assert_eq!(
            (headed.status, headed.body.len()),
            (got.status, 0),
            "{target}"
        );
        // The echo of a HEAD request is longer than that of a GET.
        if target != "/echo" {
            assert_eq!(headed.headers, got.headers, "{target}");
        }
    }
}

#[test]
fn other_methods_are_told_which_ones_there_are() {
    let server = plain();
    let answer = ask(&server, "POST", "/json", "", "");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD, OPTIONS"))
    );
    let answer = ask(&server, "OPTIONS", "/json", "", "");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (204, Some("GET, HEAD, OPTIONS"))
    );
    assert_eq!(get(&server, "/json/").status, 404);
}

#[test]
fn a_tag_that_is_known_saves_the_body() {
    let server = plain();
    let answer = get(&server, "/etag");
    let tag = answer.header("etag").expect("a tag");
    let again = ask(
        &server,
        "GET",
        "/etag",
        &format!("If-None-Match: \"x\", {tag}\r\n"),
        "",
    );
    assert_eq!(
        (again.status, again.header("etag"), again.body.len()),
        (304, Some(tag), 0)
    );
    assert_eq!(
        ask(&server, "GET", "/etag", "If-None-Match: \"x\"\r\n", "").status,
        200
    );
}

#[test]
fn basic_auth_wants_the_right_password() {
    let server = plain();
    let check = |header: &str, status: u16| {
        assert_eq!(
            ask(&server, "GET", "/basic-auth/u%20v/p", header, "").status,
            status,
            "{header}"
        );
    };
    check("Authorization: Basic dSB2OnA=\r\n", 200);
    check("Authorization: Basic dSB2OnE=\r\n", 401);
    check("", 401);
    assert_eq!(
        get(&server, "/basic-auth/u/p").header("www-authenticate"),
        Some("Basic realm=\"gatecrash\"")
    );
}

#[test]
fn documents_have_their_types() {
    let server = plain();
    let check = |target: &str, content_type: &str, part: &str| {
        let answer = get(&server, target);
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert!(answer.text().contains(part), "{target}");
    };
    check("/json", "application/json", "Grüße");
    check("/text", "text/plain; charset=utf-8", "€");
    check("/html", "text/html; charset=utf-8", "<h1>");
    check("/delay/1", "application/json", "\"delay_ms\":1");
}
