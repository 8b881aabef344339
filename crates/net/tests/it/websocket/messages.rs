//! What goes back and forth over an open WebSocket.

use std::time::Duration;

use gatecrash_net::{Close, Message, Opening, Scheme, TlsSettings, Trust, WebSocket, now};
use gatecrash_target::TlsOptions;

use super::{AGREED, Wire, all_messages, connect, frame, peer, saying, text};
use crate::support::{origin, run, target};

/// Sends each frame back as it came, unmasked, until the client closes.
async fn echo(wire: &mut Wire) {
    while let Ok((first, payload)) = wire.hear().await {
        wire.say(&frame(first, payload)).await;
    }
}

#[test]
fn messages_of_all_sizes_come_back() {
    run(async {
        let peer = peer(AGREED, echo).await;
        let mut socket = connect(peer.address).await;
        for size in [0, 1, 2, 3, 125, 126, 127, 65_535, 65_536, 3_000_000] {
            let bytes: Vec<u8> = (0..size).map(|at: u32| (at % 251) as u8).collect();
            let message = Message::Binary(bytes);
            socket.send(&message).await.expect("it goes out");
            let back = socket.next().await.expect("it comes back");
            assert!(back == message, "{size} bytes");
        }
        let umlauts = text("\u{fc}ber \u{20ac}\u{1f600}");
        socket.send(&umlauts).await.expect("it goes out");
        assert_eq!(socket.next().await.expect("it comes back"), umlauts);
    });
}

#[test]
fn however_frames_are_cut_the_messages_are_the_same() {
    run(async {
        let stream = [
            frame(0x81, "hello"),
            frame(0x01, "frag"),
            frame(0x89, "ping 1"),
            frame(0x89, "ping 2"),
            frame(0x00, "men"),
            frame(0x8a, "a pong that nobody asked for"),
            frame(0x80, "ted"),
            frame(0x82, [0, 255]),
            frame(0x02, []),
            frame(0x80, []),
            frame(0x81, []),
            // A character cut in two by its fragments.
            frame(0x01, [0xe2, 0x82]),
            frame(0x80, [0xac]),
            frame(0x82, [7; 300]),
            frame(0x88, [0x03, 0xe8]),
        ]
        .concat();
        let close = gatecrash_net::Close {
            code: 1000,
            reason: String::new(),
        };
        let expected = [
            text("hello"),
            text("fragmented"),
            Message::Binary(vec![0, 255]),
            Message::Binary(vec![]),
            text(""),
            text("\u{20ac}"),
            Message::Binary(vec![7; 300]),
            Message::Close(Some(close)),
        ];
        for step in [1, 2, 3, 7, 50, 10_000] {
            let peer = saying(&stream, step).await;
            let mut socket = connect(peer.address).await;
            let (messages, error) = all_messages(&mut socket).await;
            assert!(error.is_none(), "{error:?}");
            assert_eq!(messages, expected, "step {step}");
            drop(socket);
            let heard = peer.task.await.expect("a peer");
            assert_eq!(heard, b"\x8aping 1\x8aping 2\x88\x03\xe8", "step {step}");
        }
    });
}

#[test]
fn frames_that_come_with_the_answer_are_not_lost() {
    run(async {
        let answer = [
            AGREED.as_bytes(),
            &frame(0x81, "early"),
            &frame(0x81, "bird")[..3],
        ]
        .concat();
        let peer = peer(answer, async |wire: &mut Wire| {
            wire.say(&frame(0x81, "bird")[3..]).await;
            wire.hear_all().await;
        })
        .await;
        let mut socket = connect(peer.address).await;
        assert_eq!(socket.next().await.expect("a message"), text("early"));
        assert_eq!(socket.next().await.expect("a message"), text("bird"));
    });
}

/// Whoever has no patience drops the wait and loses nothing.
#[test]
fn waiting_can_be_given_up() {
    run(async {
        let peer = saying(&frame(0x81, "slowly"), 1).await;
        let mut socket = connect(peer.address).await;
        let mut given_up = 0;
        let message = loop {
            tokio::select! {
                biased;
                message = socket.next() => break message,
                () = tokio::task::yield_now() => given_up += 1,
            }
        };
        assert_eq!(message.expect("a message"), text("slowly"));
        assert!(given_up > 1, "{given_up} times");
    });
}

/// A message half of which is out when its sender gives up goes out as a whole later.
#[test]
fn sending_can_be_given_up() {
    run(async {
        let (go, wait) = tokio::sync::oneshot::channel();
        let peer = peer(AGREED, async move |wire: &mut Wire| {
            wait.await.expect("leave to read");
            [wire.hear().await, wire.hear().await].map(|frame| frame.expect("a frame").1.len())
        })
        .await;
        let mut socket = connect(peer.address).await;
        let large = Message::Binary(vec![1; 20_000_000]);
        let patience = Duration::from_millis(20);
        let sent = tokio::time::timeout(patience, socket.send(&large)).await;
        assert!(sent.is_err(), "nobody reads");
        go.send(()).expect("a peer");
        socket.send(&text("next")).await.expect("both go out");
        assert_eq!(peer.task.await.expect("a peer"), [20_000_000, 4]);
    });
}

#[test]
fn a_server_that_takes_nothing_is_not_waited_for() {
    run(async {
        let peer = peer(AGREED, async |_: &mut Wire| {
            std::future::pending::<()>().await
        })
        .await;
        let mut opening = super::opening(peer.address);
        opening.answer_timeout = Some(Duration::from_millis(50));
        let mut socket = super::opened(&opening).await.expect("a WebSocket");
        let failed = socket.send(&Message::Binary(vec![1; 20_000_000])).await;
        assert_eq!(failed.expect_err("nobody reads").key(), "send");
    });
}

#[test]
fn it_works_over_tls_too() {
    let server = target(|options| options.tls = Some(TlsOptions::default()));
    run(async {
        let anybody = TlsSettings {
            trust: Trust::Anybody,
            identity: None,
        };
        let origin = origin(Scheme::Https, server.address(), anybody);
        let opening = Opening::new(origin, "/ws/echo", now());
        let (mut socket, times) = WebSocket::connect(&opening).await.expect("a WebSocket");
        assert!(times.connected < times.secured && times.secured < times.sent);
        for size in [1, 1000, 100_000] {
            let message = Message::Text("x".repeat(size));
            socket.send(&message).await.expect("it goes out");
            assert_eq!(socket.next().await.expect("it comes back"), message);
        }
        let goodbye = Some(Close {
            code: 1000,
            reason: "done".to_owned(),
        });
        let patience = Duration::from_secs(10);
        let answer = socket.close(goodbye, patience).await;
        assert_eq!(
            answer.expect("a goodbye").map(|close| close.code),
            Some(1000)
        );
    });
}

/// Pings by the thousand are answered as far as the server listens.
#[test]
fn a_flood_of_pings_does_not_pile_up() {
    run(async {
        let pings = frame(0x89, [b'p'; 125]).repeat(100_000);
        let peer = peer(AGREED, async move |wire: &mut Wire| {
            wire.say(&pings).await;
            wire.say(&frame(0x81, "done")).await;
            wire.hear_all().await.len()
        })
        .await;
        let mut socket = connect(peer.address).await;
        assert_eq!(socket.next().await.expect("a message"), text("done"));
        drop(socket);
        let heard = peer.task.await.expect("a peer");
        assert!(heard > 126, "{heard} bytes of answers");
    });
}
