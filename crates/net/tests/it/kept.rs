//! The usual exchange: a second request on a connection that was kept, however its answer comes.

use std::time::Duration;

use gatecrash_net::{Client, Error, Request};

use crate::support::{Peer, Step, answer, fetch, get, run, say};

/// A first request and its answer, so that the connection is kept.
fn first() -> [Step; 2] {
    [Step::HearHead, answer("first")]
}

async fn kept(script: &[Step], more: &[Vec<Step>]) -> (Peer, Client) {
    let mut scripts = vec![[&first()[..], script].concat()];
    scripts.extend_from_slice(more);
    let peer = Peer::start(scripts).await;
    let client = Client::new();
    let exchange = fetch(&client, get(&peer.origin(), "/1")).await;
    assert_eq!(&exchange.expect("the first").body[..], b"first");
    (peer, client)
}

const SHORT: Duration = Duration::from_millis(50);

/// With a limit on the whole, or on the server's silence.
fn limited(peer: &Peer, whole: bool) -> Request {
    let mut request = get(&peer.origin(), "/2");
    let limit = match whole {
        true => &mut request.total_timeout,
        false => &mut request.read_timeout,
    };
    *limit = Some(SHORT);
    request
}

#[test]
fn an_answer_may_come_in_pieces() {
    run(async {
        let pause = Step::Pause(Duration::from_millis(5));
        let pieces = [
            Step::HearHead,
            say("HTTP/1.1 200 OK\r\nConte"),
            pause.clone(),
            say("nt-Length: 6\r\n\r\nse"),
            pause,
            say("cond"),
            Step::HearHead,
            answer("third"),
            Step::HearEnd,
        ];
        let (peer, client) = kept(&pieces, &[]).await;
        for (path, body) in [("/2", &b"second"[..]), ("/3", b"third")] {
            let exchange = fetch(&client, get(&peer.origin(), path)).await.expect(path);
            assert_eq!(&exchange.body[..], body);
            assert!(exchange.reused, "{path}");
            let timings = exchange.timings;
            assert!(timings.first_byte <= timings.head_done && timings.head_done <= timings.done);
        }
        assert_eq!(peer.connections(), 1);
    });
}

#[test]
fn each_limit_ends_a_silent_answer_and_its_connection() {
    for whole in [true, false] {
        run(async {
            let silent = [Step::HearHead, Step::HearEnd];
            let again = vec![Step::HearHead, answer("again"), Step::HearEnd];
            let (peer, client) = kept(&silent, &[again]).await;
            let fault = fetch(&client, limited(&peer, whole))
                .await
                .expect_err("silence");
            match whole {
                true => assert!(matches!(fault, Error::TotalTimeout), "{fault:?}"),
                false => assert!(matches!(fault, Error::ReadTimeout), "{fault:?}"),
            }
            let exchange = fetch(&client, limited(&peer, whole))
                .await
                .expect("a new connection");
            assert_eq!(&exchange.body[..], b"again");
            assert!(!exchange.reused);
            assert_eq!(peer.connections(), 2);
        });
    }
}

#[test]
fn a_limit_on_the_whole_holds_for_an_answer_that_drips() {
    run(async {
        let mut drips = vec![
            Step::HearHead,
            say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
        ];
        for _ in 0..100 {
            drips.extend([say("."), Step::Pause(Duration::from_millis(10))]);
        }
        let (peer, client) = kept(&drips, &[]).await;
        let fault = fetch(&client, limited(&peer, true))
            .await
            .expect_err("too slow");
        assert!(matches!(fault, Error::TotalTimeout), "{fault:?}");
    });
}

#[test]
fn an_exchange_that_is_dropped_takes_its_connection_along() {
    run(async {
        let silent = [Step::HearHead, Step::HearEnd];
        let again = vec![Step::HearHead, answer("again"), Step::HearEnd];
        let (peer, client) = kept(&silent, &[again]).await;
        let request = get(&peer.origin(), "/2");
        let dropped = tokio::time::timeout(SHORT, fetch(&client, request)).await;
        assert!(dropped.is_err(), "nothing came");
        let exchange = fetch(&client, get(&peer.origin(), "/3"))
            .await
            .expect("a new connection");
        assert_eq!(
            (&exchange.body[..], exchange.reused),
            (&b"again"[..], false)
        );
        assert_eq!(peer.connections(), 2);
    });
}

#[test]
fn a_server_that_hangs_up_is_told_and_left() {
    run(async {
        let hangs_up = [Step::HearHead];
        let again = vec![Step::HearHead, answer("again"), Step::HearEnd];
        let (peer, client) = kept(&hangs_up, &[again]).await;
        let fault = fetch(&client, get(&peer.origin(), "/2"))
            .await
            .expect_err("nothing came");
        assert!(matches!(fault, Error::ClosedBeforeAnswer), "{fault:?}");
        let exchange = fetch(&client, get(&peer.origin(), "/3"))
            .await
            .expect("a new connection");
        assert_eq!(&exchange.body[..], b"again");
    });
}

#[test]
fn two_exchanges_at_once_have_a_connection_each() {
    run(async {
        let slow = [Step::HearHead, Step::Wait, answer("slow"), Step::HearEnd];
        let other = vec![Step::HearHead, answer("other"), Step::HearEnd];
        let (peer, client) = kept(&slow, &[other]).await;
        let both = async {
            let second = fetch(&client, get(&peer.origin(), "/3"))
                .await
                .expect("the other");
            assert_eq!(&second.body[..], b"other");
            peer.go_on();
        };
        let (first, ()) = tokio::join!(fetch(&client, get(&peer.origin(), "/2")), both);
        assert_eq!(&first.expect("the slow one").body[..], b"slow");
        assert_eq!(peer.connections(), 2);
    });
}
