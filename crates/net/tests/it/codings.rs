//! Content codings, taken off when somebody looks.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use gatecrash_net::{Client, decode_body, decoded_length};

use crate::support::{fetch, get, plain, run, target};

/// `encoded` decodes to `decoded`, and its length is known without decoding.
fn check(codings: &str, encoded: &[u8], decoded: &[u8]) {
    let body = Bytes::copy_from_slice(encoded);
    let found = decode_body(codings, &body).unwrap_or_else(|fault| panic!("{codings}: {fault}"));
    assert_eq!(found, decoded, "{codings}");
    assert_eq!(
        decoded_length(codings, &body),
        decoded.len() as u64,
        "{codings}"
    );
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("in memory");
    encoder.finish().expect("in memory")
}

const TEXT: &[u8] = b"Grace, grace, grace, and grace again: a text that repeats itself.";

#[test]
fn what_servers_send_is_understood() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let path = format!("/{coding}?items=2000");
            let exchange = fetch(&client, get(&origin, &path))
                .await
                .expect("an answer");
            assert!(exchange.head.is_encoded);
            assert_eq!(
                exchange.head.header("content-encoding"),
                Some(coding.as_bytes())
            );
            let decoded = decode_body(coding, &exchange.body).expect("well encoded");
            let start = format!("{{\"encoding\":\"{coding}\",\"items\":[\"item 0\",");
            assert!(decoded.starts_with(start.as_bytes()), "{coding}");
            assert!(decoded.ends_with(b"\"item 1999\"]}"), "{coding}");
            assert!(exchange.body.len() < decoded.len() / 2);
            let length = decoded_length(coding, &exchange.body);
            assert_eq!(length, decoded.len() as u64, "{coding}");
        }
        let plain = fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert!(!plain.head.is_encoded);
    });
}

#[test]
fn both_kinds_of_deflate() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(TEXT).expect("in memory");
    check("deflate", &zlib.finish().expect("in memory"), TEXT);
    for level in [0, 1, 6, 9] {
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::new(level));
        bare.write_all(TEXT).expect("in memory");
        check("deflate", &bare.finish().expect("in memory"), TEXT);
    }
}

#[test]
fn names_are_spelled_in_many_ways() {
    check("x-gzip", &gzip(TEXT), TEXT);
    check(" GZIP ", &gzip(TEXT), TEXT);
    check("gzip, gzip", &gzip(&gzip(TEXT)), TEXT);
    check("identity, gzip", &gzip(TEXT), TEXT);
    check("identity", TEXT, TEXT);
    check("", TEXT, TEXT);
    check("gzip", b"", b"");
    check("br", b"", b"");
    check("rot13", TEXT, TEXT);
}

#[test]
fn gzip_may_have_members_and_what_follows_them_is_passed_over() {
    let both = [gzip(b"one, "), gzip(b"two")].concat();
    let decoded = decode_body("gzip", &both.into()).expect("two members");
    assert_eq!(decoded, "one, two");
    let padded = [gzip(TEXT), vec![0; 20]].concat();
    assert_eq!(decode_body("gzip", &padded.into()).expect("padding"), TEXT);
}

#[test]
fn a_body_that_is_something_else_is_told() {
    let fault = decode_body("gzip", &Bytes::from_static(TEXT)).expect_err("no gzip");
    let told = "cannot decode the body as gzip: invalid gzip header";
    assert_eq!(fault.to_string(), told);
    let truncated = Bytes::from(gzip(TEXT)).slice(..30);
    decode_body("gzip", &truncated).expect_err("cut off");
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let body = Bytes::from_static(TEXT);
        decode_body(coding, &body).expect_err(coding);
        assert_eq!(decoded_length(coding, &body), TEXT.len() as u64);
    }
}
