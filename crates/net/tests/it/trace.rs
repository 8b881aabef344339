//! `traceparent`: by which requests are found in the traces of their server.

use std::collections::HashSet;

use gatecrash_net::{Client, Exchange, Request, TraceId};
use serde_json::Value;

use crate::support::{fetch, get, plain, request, run, target};

/// The values of the header that the server was sent.
fn received(exchange: &Exchange) -> Vec<String> {
    let told: Value = serde_json::from_slice(&exchange.body).expect("JSON");
    let headers = told["headers"].as_array().expect("headers").iter();
    let named = headers.filter(|one| one[0].as_str().is_some_and(is_it));
    named
        .map(|one| one[1].as_str().expect("text").to_owned())
        .collect()
}

fn is_it(name: &str) -> bool {
    name.eq_ignore_ascii_case("traceparent")
}

fn with_header(line: &str, request: &Request) -> Request {
    let at = request.body_at - 2;
    let (head, rest) = request.wire.split_at(at);
    let wire = [head, line.as_bytes(), b"\r\n", rest].concat();
    Request {
        wire: wire.into(),
        body_at: request.body_at + line.len() + 2,
        ..request.clone()
    }
}

#[test]
fn every_request_has_an_id_of_its_own() {
    let target = target(|_| ());
    run(async {
        let origin = plain(target.address());
        let client = Client::new();
        client.trace(0x0123_4567_89ab_cdef, 5);
        let mut seen = HashSet::new();
        for body in [&b""[..], b"a body"] {
            for _ in 0..50 {
                let request = request(&origin, "POST", "/echo", body);
                let exchange = fetch(&client, request).await.expect("an answer");
                let [value] = &received(&exchange)[..] else {
                    panic!("one header");
                };
                let trace = exchange.timings.trace.expect("an id").to_string();
                let parts: Vec<&str> = value.split('-').collect();
                assert_eq!((parts[0], parts[1], parts[3]), ("00", &*trace, "01"));
                assert!(trace.starts_with("0123456789abcdef"), "{trace}");
                assert_eq!((trace.len(), parts[2].len()), (32, 16), "{value}");
                assert_ne!(parts[2], "0000000000000000");
                assert!(seen.insert(trace), "twice: {value}");
                let told: Value = serde_json::from_slice(&exchange.body).expect("JSON");
                assert_eq!(
                    told["body"].as_str().expect("text").is_empty(),
                    body.is_empty()
                );
            }
        }
    });
}

#[test]
fn what_a_request_brings_itself_stays() {
    let target = target(|_| ());
    run(async {
        let origin = plain(target.address());
        let client = Client::new();
        client.trace(1, 5);
        let own = "0af7651916cd43dd8448eb211c80319c";
        for (value, id) in [
            (format!("00-{own}-b7ad6b7169203331-00"), Some(own)),
            (format!("cc-{own}-b7ad6b7169203331-00-what"), Some(own)),
            ("anything".to_owned(), None),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7-00".to_owned(), None),
        ] {
            let line = format!("TraceParent: {value}");
            let request = with_header(&line, &get(&origin, "/echo"));
            let exchange = fetch(&client, request).await.expect("an answer");
            assert_eq!(received(&exchange), [value]);
            let trace = exchange.timings.trace.as_ref().map(TraceId::to_string);
            assert_eq!(trace.as_deref(), id);
        }
    });
}

#[test]
fn without_it_nothing_is_added() {
    let target = target(|_| ());
    run(async {
        let origin = plain(target.address());
        let exchange = fetch(&Client::new(), get(&origin, "/echo")).await;
        let exchange = exchange.expect("an answer");
        assert_eq!(received(&exchange), [""; 0]);
        assert_eq!(exchange.timings.trace, None);
    });
}
