//! What becomes of the body of an answer: kept up to a limit, or counted only.

use gatecrash_net::now;
use gatecrash_net::{BodyUse, Client, Error, Exchange, Failure, Fetched};

use crate::support::{Peer, Step, get, plain, run, say, target};

const MEBIBYTE: u64 = 1 << 20;

/// Counted, however long it is.
const ANY_LENGTH: BodyUse = BodyUse::Discard {
    limit_bytes: u64::MAX,
};

/// What comes of `raw` when its body is used so; the answer comes in pieces of `step` bytes.
async fn check_in_steps(raw: &str, step: usize, body: BodyUse) -> Result<Exchange, Failure> {
    let pieces = raw.as_bytes().chunks(step).map(say);
    let script = [Step::HearHead].into_iter().chain(pieces);
    let peer = Peer::start(vec![script.chain([Step::Close]).collect()]).await;
    let mut request = get(&peer.origin(), "/");
    request.body = body;
    match Client::new().fetch(&request, now(), || {}).await? {
        Fetched::Whole(exchange) => Ok(exchange),
        Fetched::Streamed(..) => panic!("nobody asked for a stream"),
    }
}

const FIVE: [&str; 3] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nhello",
];

#[test]
fn bytes_of_a_body_are_counted_kept_or_not() {
    run(async {
        for raw in FIVE {
            for step in [1, 20, 1000] {
                let kept = check_in_steps(raw, step, BodyUse::default()).await;
                let kept = kept.expect("an answer");
                assert_eq!((&kept.body[..], kept.body_bytes), (&b"hello"[..], 5));
                let discarded = check_in_steps(raw, step, ANY_LENGTH).await;
                let discarded = discarded.expect("an answer");
                assert_eq!((&discarded.body[..], discarded.body_bytes), (&b""[..], 5));
            }
        }
    });
}

#[test]
fn a_body_up_to_the_limit_is_kept_or_counted() {
    run(async {
        for raw in FIVE {
            for step in [1, 20, 1000] {
                let kept = check_in_steps(raw, step, BodyUse::Keep { limit_bytes: 5 }).await;
                assert_eq!(kept.expect("an answer").body, "hello");
                let failed = check_in_steps(raw, step, BodyUse::Keep { limit_bytes: 4 }).await;
                let Failure { error, begun, .. } = failed.expect_err("too large");
                assert!(matches!(error, Error::BodyTooLarge { limit: 4 }), "{error}");
                let begun = begun.expect("an answer that had begun");
                assert!(b"hell".starts_with(&begun.body), "{:?}", begun.body);
                assert!(begun.body_bytes <= 5);
                let counted = |limit_bytes| {
                    let body = BodyUse::Discard { limit_bytes };
                    async move { check_in_steps(raw, step, body).await }
                };
                assert_eq!(counted(5).await.expect("an answer").body_bytes, 5);
                let Failure { error, .. } = counted(4).await.expect_err("too large");
                assert!(matches!(error, Error::BodyTooLarge { limit: 4 }), "{error}");
            }
        }
    });
}

#[test]
fn a_declared_length_beyond_the_limit_is_not_waited_for() {
    run(async {
        for head in [
            "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n",
        ] {
            let script = vec![Step::HearHead, say(head), Step::HearEnd];
            let peer = Peer::start(vec![script]).await;
            let mut request = get(&peer.origin(), "/");
            request.body = BodyUse::Keep {
                limit_bytes: MEBIBYTE,
            };
            let failed = Client::new().fetch(&request, now(), || {}).await;
            let told = failed.expect_err("too large").error.to_string();
            assert_eq!(told, "the body is larger than 1048576 bytes");
            // The connection is given up at once.
            peer.finished(1).await;
        }
    });
}

/// 100 MB against 1 MB, where the server does not say beforehand how much it sends.
#[test]
fn an_undeclared_flood_ends_at_the_limit() {
    run(async {
        let mut script = vec![Step::HearHead, say("HTTP/1.1 200 OK\r\n\r\n")];
        script.extend((0..100).map(|_| say(vec![b'x'; MEBIBYTE as usize])));
        let peer = Peer::start(vec![script]).await;
        let mut request = get(&peer.origin(), "/");
        request.body = BodyUse::Keep {
            limit_bytes: MEBIBYTE,
        };
        let failed = Client::new().fetch(&request, now(), || {}).await;
        let Failure { error, begun, .. } = failed.expect_err("too large");
        assert!(matches!(error, Error::BodyTooLarge { limit: MEBIBYTE }));
        let begun = begun.expect("an answer that had begun");
        assert_eq!(begun.body.len() as u64, MEBIBYTE);
        assert!(begun.body_bytes < MEBIBYTE + 64 * 1024 + 1);
        peer.finished(1).await;
    });
}

#[test]
fn a_discarded_body_leaves_its_connection_in_order() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        for path in ["/json", "/stream/3", "/status/204"] {
            let mut request = get(&origin, path);
            request.body = ANY_LENGTH;
            let Ok(Fetched::Whole(exchange)) = client.fetch(&request, now(), || {}).await else {
                panic!("{path}");
            };
            assert_eq!(exchange.body.len(), 0);
            assert_eq!(exchange.body_bytes > 0, path != "/status/204", "{path}");
        }
        assert_eq!(server.truth().connections, 1);
    });
}
