//! Servers that break the protocol, and what each of them is told.

use gatecrash_net::{Error, Message};

use super::{all_messages, connect, frame, opened, opening, saying};
use crate::heap::peak_bytes;
use crate::support::run;

/// What comes of `frames` after which the server closes, in one piece and byte by byte; and
/// the code that the server is told.
async fn check(frames: &[u8], key: &str, told: &str, code: u16) {
    for step in [1, frames.len()] {
        let peer = saying(frames, step).await;
        let mut socket = connect(peer.address).await;
        let (messages, error) = all_messages(&mut socket).await;
        let error = error.unwrap_or_else(|| panic!("{messages:?}"));
        assert_eq!((error.key(), error.to_string().as_str()), (key, told));
        assert!(messages.is_empty(), "{messages:?}");
        // It is over for good.
        assert!(matches!(socket.next().await, Err(Error::WebSocketClosed)));
        let sent = socket.send(&Message::Text(String::new())).await;
        assert!(matches!(sent, Err(Error::WebSocketClosed)));
        drop(socket);
        let heard = peer.task.await.expect("a peer");
        assert_eq!(heard, [&[0x88][..], &code.to_be_bytes()].concat(), "{told}");
    }
}

#[test]
fn the_protocol_is_checked() {
    let length = |second: u8, length: &[u8]| [&[0x82, second][..], length].concat();
    run(async {
        for (frames, what) in [
            (frame(0xc1, "x"), "a frame with reserved bits"),
            (frame(0xa1, "x"), "a frame with reserved bits"),
            (frame(0x91, "x"), "a frame with reserved bits"),
            (frame(0x83, "x"), "a frame of a reserved kind"),
            (frame(0x8b, "x"), "a frame of a reserved kind"),
            (vec![0x81, 0x81, 1, 2, 3, 4, 5], "a masked frame"),
            (frame(0x80, "x"), "a continuation of nothing"),
            (
                [frame(0x01, "x"), frame(0x81, "y")].concat(),
                "a message within the fragments of another",
            ),
            (frame(0x09, "x"), "a control frame in fragments"),
            (
                frame(0x89, [0; 126]),
                "a control frame of more than 125 bytes",
            ),
            (
                length(126, &125_u16.to_be_bytes()),
                "a length that is not written as it must be",
            ),
            (
                length(127, &65_535_u64.to_be_bytes()),
                "a length that is not written as it must be",
            ),
            (
                length(127, &u64::MAX.to_be_bytes()),
                "a length that is not written as it must be",
            ),
            (frame(0x88, [3]), "a close frame of one byte"),
            (
                frame(0x88, 1005_u16.to_be_bytes()),
                "a close frame with a code that no peer may send",
            ),
            (
                frame(0x88, 999_u16.to_be_bytes()),
                "a close frame with a code that no peer may send",
            ),
        ] {
            let told = format!("the server broke the WebSocket protocol: {what}");
            check(&frames, "websocket-protocol", &told, 1002).await;
        }
    });
}

#[test]
fn text_is_utf_8() {
    const TOLD: &str = "the server broke the WebSocket protocol: a text is not UTF-8";
    run(async {
        for frames in [
            frame(0x81, [0xff]),
            [frame(0x01, [0xe2, 0x82]), frame(0x80, [])].concat(),
            frame(0x88, [0x03, 0xe8, 0xff]),
        ] {
            check(&frames, "websocket-not-utf8", TOLD, 1007).await;
        }
    });
}

#[test]
fn messages_have_a_limit() {
    let declared = [&[0x82, 127][..], &(1_u64 << 40).to_be_bytes()].concat();
    run(async {
        let told = "a message of the WebSocket is larger than 16777216 bytes";
        check(&declared, "websocket-message-too-large", told, 1009).await;

        for (frames, fits) in [
            (frame(0x82, [0; 10]), true),
            (frame(0x82, [0; 11]), false),
            ([frame(0x02, [0; 5]), frame(0x80, [0; 5])].concat(), true),
            ([frame(0x02, [0; 5]), frame(0x80, [0; 6])].concat(), false),
            (
                [frame(0x02, [0; 10]), frame(0x89, [0; 100]), frame(0x80, [])].concat(),
                true,
            ),
        ] {
            let peer = saying(&frames, 1000).await;
            let mut opening = opening(peer.address);
            opening.max_message_bytes = 10;
            let mut socket = opened(&opening).await.expect("a WebSocket");
            match socket.next().await {
                Ok(Message::Binary(bytes)) => assert!(fits && bytes.len() == 10),
                Err(Error::MessageTooLarge { limit: 10 }) => assert!(!fits),
                other => panic!("{other:?}"),
            }
        }
    });
}

/// Memory is for what came, not for what a frame declares.
#[test]
fn a_declared_length_costs_nothing() {
    run(async {
        // As large as a message may be.
        let declared = [&[0x82, 127][..], &(16_u64 << 20).to_be_bytes(), b"abc"].concat();
        let peer = super::peer(super::AGREED, async move |wire: &mut super::Wire| {
            wire.say(&declared).await;
        })
        .await;
        let mut socket = connect(peer.address).await;
        let (outcome, peak) = peak_bytes(socket.next()).await;
        assert_eq!(outcome.expect_err("no message").key(), "websocket-cut-off");
        assert!(peak < 4096, "{peak} bytes");
    });
}
