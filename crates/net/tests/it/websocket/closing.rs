//! How a WebSocket ends.

use std::time::Duration;

use gatecrash_net::{Close, Error, Message};

use super::{AGREED, Wire, connect, frame, peer, saying, text};
use crate::support::run;

const PATIENCE: Duration = Duration::from_secs(10);

fn close(code: u16, reason: &str) -> Option<Close> {
    Some(Close {
        code,
        reason: reason.to_owned(),
    })
}

#[test]
fn the_server_may_say_goodbye() {
    let reason = [&[0x0f, 0xa0][..], "gr\u{fc}n".as_bytes()].concat();
    run(async {
        for (payload, expected, answer) in [
            (vec![], None, &b"\x88"[..]),
            (vec![0x03, 0xe8], close(1000, ""), b"\x88\x03\xe8"),
            (reason.clone(), close(4000, "gr\u{fc}n"), b"\x88\x0f\xa0"),
        ] {
            let peer = saying(&frame(0x88, payload), 100).await;
            let mut socket = connect(peer.address).await;
            let message = socket.next().await.expect("a goodbye");
            assert_eq!(message, Message::Close(expected));
            assert!(matches!(socket.next().await, Err(Error::WebSocketClosed)));
            assert!(matches!(
                socket.send(&text("x")).await,
                Err(Error::WebSocketClosed)
            ));
            drop(socket);
            assert_eq!(peer.task.await.expect("a peer"), answer);
        }
    });
}

#[test]
fn the_client_may_say_goodbye() {
    run(async {
        let peer = peer(AGREED, async |wire: &mut Wire| {
            let goodbye = wire.hear().await.expect("a goodbye");
            // What was under way comes first.
            wire.say(&frame(0x81, "late")).await;
            wire.say(&frame(0x89, "ping")).await;
            wire.say(&frame(0x88, [0x03, 0xe8])).await;
            // Now it is the server that closes the connection.
            goodbye
        })
        .await;
        let socket = connect(peer.address).await;
        let answer = socket.close(close(1000, "that is all"), PATIENCE).await;
        assert_eq!(answer.expect("a goodbye"), close(1000, ""));
        let heard = peer.task.await.expect("a peer");
        assert_eq!(heard, (0x88, b"\x03\xe8that is all".to_vec()));
    });
}

#[test]
fn after_a_goodbye_nothing_can_be_sent_but_messages_still_come() {
    run(async {
        let peer = peer(AGREED, async |wire: &mut Wire| {
            wire.hear().await.expect("a goodbye");
            wire.say(&frame(0x81, "late")).await;
            wire.say(&frame(0x88, [])).await;
            wire.hear_all().await
        })
        .await;
        let mut socket = connect(peer.address).await;
        socket
            .send(&Message::Close(None))
            .await
            .expect("it goes out");
        assert!(matches!(
            socket.send(&text("x")).await,
            Err(Error::WebSocketClosed)
        ));
        assert_eq!(socket.next().await.expect("a message"), text("late"));
        assert_eq!(
            socket.next().await.expect("a goodbye"),
            Message::Close(None)
        );
        drop(socket);
        assert_eq!(
            peer.task.await.expect("a peer"),
            b"",
            "one goodbye is enough"
        );
    });
}

#[test]
fn a_reason_that_is_too_long_is_cut() {
    run(async {
        let peer = peer(AGREED, async |wire: &mut Wire| wire.hear().await).await;
        let mut socket = connect(peer.address).await;
        // The 123rd byte stands within a character.
        let goodbye = Message::Close(close(3000, &"\u{fc}".repeat(100)));
        socket.send(&goodbye).await.expect("it goes out");
        let (_, payload) = peer.task.await.expect("a peer").expect("a goodbye");
        assert_eq!(payload.len(), 2 + 122);
    });
}

#[test]
fn a_server_that_never_says_goodbye_is_not_waited_for() {
    run(async {
        let peer = peer(AGREED, async |_: &mut Wire| {
            std::future::pending::<()>().await
        })
        .await;
        let socket = connect(peer.address).await;
        let closed = socket.close(None, Duration::from_millis(50)).await;
        assert!(matches!(closed, Err(Error::ReadTimeout)), "{closed:?}");
    });
}

#[test]
fn a_connection_that_just_ends_is_told() {
    run(async {
        for cut_off in [vec![], frame(0x81, "half a message")[..5].to_vec()] {
            let peer = peer(AGREED, async move |wire: &mut Wire| {
                wire.say(&cut_off).await
            })
            .await;
            let mut socket = connect(peer.address).await;
            let error = socket.next().await.expect_err("no message");
            assert_eq!(error.key(), "websocket-cut-off");
            assert!(matches!(socket.next().await, Err(Error::WebSocketClosed)));
        }
        let peer = peer(AGREED, async |wire: &mut Wire| {
            wire.stream.set_zero_linger().expect("a socket");
        })
        .await;
        let mut socket = connect(peer.address).await;
        peer.task.await.expect("a peer");
        let error = socket.next().await.expect_err("no message");
        assert_eq!(error.key(), "receive", "{error}");
    });
}

/// What the server said before it went is heard, even when nothing can be sent any more.
#[test]
fn a_server_that_has_gone_is_heard_to_its_end() {
    run(async {
        let peer = peer(AGREED, async |wire: &mut Wire| {
            wire.say(&frame(0x89, "ping")).await;
            wire.say(&frame(0x81, "last words")).await;
            wire.say(&frame(0x88, [])).await;
        })
        .await;
        let mut socket = connect(peer.address).await;
        peer.task.await.expect("a peer");
        assert_eq!(socket.next().await.expect("a message"), text("last words"));
        assert_eq!(
            socket.next().await.expect("a goodbye"),
            Message::Close(None)
        );
    });
}
