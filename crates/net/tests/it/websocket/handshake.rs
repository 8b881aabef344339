//! How a WebSocket is opened, and by whom it is not.

use std::time::Duration;

use gatecrash_net::{Error, WebSocket};

use super::{AGREED, Wire, connect, opened, opening, peer};
use crate::support::{plain, run, target};

#[test]
fn the_request_says_what_is_asked_for() {
    run(async {
        let agreed = AGREED.replace("\r\n\r\n", "\r\nsec-websocket-protocol: two\r\n\r\n");
        let peer = peer(agreed, async |wire: &mut Wire| wire.request.clone()).await;
        let mut opening = opening(peer.address);
        opening.subprotocols = vec!["one".to_owned(), "two".to_owned()];
        opening.headers = vec![("Authorization".to_owned(), "Bearer x".to_owned())];
        let socket = opened(&opening).await.expect("a WebSocket");
        assert_eq!(socket.subprotocol(), Some("two"));

        let request = peer.task.await.expect("a request");
        let mut lines: Vec<&str> = request.trim_end().split("\r\n").collect();
        let key = lines
            .iter()
            .position(|line| line.starts_with("Sec-WebSocket-Key: "));
        assert_eq!(
            lines.remove(key.expect("a key")).len(),
            "Sec-WebSocket-Key: ".len() + 24
        );
        let host = format!("Host: {}", peer.address);
        assert_eq!(
            lines,
            [
                "GET /socket?x=1 HTTP/1.1",
                &host,
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: one, two",
                "Authorization: Bearer x",
            ]
        );
    });
}

#[test]
fn the_phases_of_a_connection_follow_each_other() {
    run(async {
        let peer = peer(AGREED, async |_: &mut Wire| ()).await;
        let (socket, times) = WebSocket::connect(&opening(peer.address))
            .await
            .expect("a WebSocket");
        assert_eq!(socket.subprotocol(), None);
        let phases = [
            Some(times.started),
            times.resolved,
            times.connected,
            times.head_sent,
            times.sent,
            times.first_byte,
            times.head_done,
            times.done,
        ];
        assert!(phases.iter().all(Option::is_some), "{times:?}");
        assert!(phases.is_sorted(), "{times:?}");
    });
}

#[test]
fn names_of_headers_come_in_any_case() {
    run(async {
        let agreed = "HTTP/1.1 101 X\r\nupgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n\
                      sec-websocket-accept:  {accept} \r\nSec-WebSocket-Extensions:\r\n\r\n";
        let peer = peer(agreed, async |_: &mut Wire| ()).await;
        connect(peer.address).await;
    });
}

/// What is said of a server that answers so and closes.
async fn refusal(answer: &str) -> Error {
    let peer = peer(answer, async |_: &mut Wire| ()).await;
    let mut opening = opening(peer.address);
    opening.subprotocols = vec!["one".to_owned()];
    opening.answer_timeout = Some(Duration::from_millis(200));
    let failure = opened(&opening).await.expect_err("no WebSocket");
    assert!(failure.timings.done.is_some() && failure.timings.sent.is_some());
    failure.error
}

#[test]
fn who_does_not_agree_is_refused() {
    run(async {
        let with = |line: &str| AGREED.replace("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"));
        for (answer, told) in [
            (
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned(),
                "the server answers with status 403",
            ),
            (
                AGREED.replace(" 101 ", " 200 "),
                "the server answers with status 200",
            ),
            (
                AGREED.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                "the answer is to another key (Sec-WebSocket-Accept)",
            ),
            (
                AGREED.replace("Sec-WebSocket-Accept", "X"),
                "the answer is to another key (Sec-WebSocket-Accept)",
            ),
            (
                AGREED.replace("websocket", "h2c"),
                "the answer upgrades to something else",
            ),
            (
                AGREED.replace("Connection: Upgrade", "Connection: close"),
                "the answer upgrades to something else",
            ),
            (
                with("Sec-WebSocket-Extensions: permessage-deflate"),
                "the server wants extensions that nobody offered",
            ),
            (
                with("Sec-WebSocket-Protocol: two"),
                "the server chose a subprotocol that nobody offered",
            ),
        ] {
            let refusal = refusal(&answer).await;
            assert_eq!(refusal.key(), "no-websocket");
            assert_eq!(refusal.to_string(), format!("no WebSocket: {told}"));
        }
    });
}

#[test]
fn what_is_no_answer_has_its_usual_name() {
    run(async {
        for (answer, key) in [
            ("", "closed"),
            ("HTTP/1.1 101 Switch", "bad-head"),
            ("SSH-2.0-OpenSSH\r\n", "bad-head"),
            (
                &format!("HTTP/1.1 101 X\r\nA: {}", "x".repeat(300_000)),
                "head-too-large",
            ),
        ] {
            assert_eq!(refusal(answer).await.key(), key, "{answer:.40}");
        }
        let silent = peer("", async |_: &mut Wire| std::future::pending::<()>().await).await;
        let mut opening = opening(silent.address);
        opening.answer_timeout = Some(Duration::from_millis(50));
        let failure = opened(&opening).await.expect_err("silence");
        assert!(matches!(failure.error, Error::ReadTimeout));
    });
}

#[test]
fn the_answer_of_who_refuses_is_kept() {
    let server = target(|_| {});
    run(async {
        let mut opening = opening(server.address());
        opening.target = "/status/401".to_owned();
        let failure = opened(&opening).await.expect_err("no WebSocket there");
        let begun = failure.begun.expect("an answer");
        assert_eq!(begun.head.status, 401);
        assert_eq!(begun.body.len() as u64, begun.body_bytes);
    });
}

#[test]
fn what_cannot_be_asked_is_told_before_anything_is_sent() {
    run(async {
        let nobody = plain(([127, 0, 0, 1], 1).into());
        let mut bad_target = super::Opening::new(nobody, "/a b", gatecrash_net::now());
        for name in ["Upgrade", "sec-websocket-key", "X\r\nY", "", "a:b"] {
            let mut opening = bad_target.clone();
            opening.target = "/".to_owned();
            opening.headers = vec![(name.to_owned(), "x".to_owned())];
            let failure = opened(&opening).await.expect_err("a bad header");
            assert_eq!(failure.error.key(), "no-websocket", "{name:?}");
            assert!(failure.error.to_string().contains("cannot be sent"));
        }
        for target in ["/a b", "", "x", "/\r\n"] {
            bad_target.target = target.to_owned();
            let failure = opened(&bad_target).await.expect_err("a bad target");
            assert_eq!(failure.error.key(), "no-websocket", "{target:?}");
        }
        bad_target.target = "/".to_owned();
        bad_target.headers = vec![("X".to_owned(), "a\r\nB: c".to_owned())];
        let failure = opened(&bad_target).await.expect_err("a bad value");
        assert_eq!(failure.error.key(), "no-websocket");
    });
}
