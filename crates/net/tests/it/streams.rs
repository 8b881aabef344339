//! Bodies that are handed over as they come.

use std::time::Duration;

use gatecrash_net::{Client, Error, Fetched, Request, StreamedBody, now};

use crate::support::{Peer, Step, get, run, say};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

async fn begin(client: &Client, mut request: Request) -> Box<StreamedBody> {
    request.streams = true;
    match client.fetch(&request, now(), || {}).await.expect("a head") {
        Fetched::Streamed(_, body) => body,
        Fetched::Whole(_) => panic!("a stream was asked for"),
    }
}

/// The server says the next thing only when the one before it has been handed over.
#[test]
fn a_piece_is_handed_over_before_the_next_one_is_sent() {
    run(async {
        let mut script = vec![Step::HearHead, say(CHUNKED)];
        for at in 0..5 {
            script.extend([say(format!("2\r\n{at};\r\n")), Step::Wait]);
        }
        script.push(say("0\r\n\r\n"));
        let peer = Peer::start(vec![script]).await;
        let client = Client::new();
        let mut body = begin(&client, get(&peer.origin(), "/")).await;
        let mut instants = vec![now()];
        for at in 0..5 {
            let (piece, rest) = client.read_piece(body).await.expect("a piece");
            instants.push(now());
            assert_eq!(piece, format!("{at};").as_bytes());
            body = rest.expect("more to come");
            peer.go_on();
        }
        let (piece, rest) = client.read_piece(body).await.expect("the end");
        assert!(piece.is_empty() && rest.is_none());
        assert!(instants.is_sorted_by(|earlier, later| earlier < later));
    });
}

#[test]
fn each_piece_has_the_whole_patience_and_silence_has_none() {
    run(async {
        let mut script = vec![Step::HearHead, say(CHUNKED)];
        for _ in 0..10 {
            script.extend([Step::Pause(Duration::from_millis(40)), say("1\r\nx\r\n")]);
        }
        script.push(Step::HearEnd);
        let peer = Peer::start(vec![script]).await;
        let client = Client::new();
        let mut request = get(&peer.origin(), "/");
        request.read_timeout = Some(Duration::from_millis(250));
        let mut body = begin(&client, request).await;
        let mut pieces = 0;
        let error = loop {
            match client.read_piece(body).await {
                Ok((_, rest)) => body = rest.expect("no end"),
                Err(error) => break error,
            }
            pieces += 1;
        };
        assert!(matches!(error, Error::ReadTimeout), "{error:?}");
        assert_eq!(pieces, 10);
        peer.finished(1).await;
    });
}

#[test]
fn who_gives_up_takes_the_connection_along() {
    run(async {
        let endless = vec![
            Step::HearHead,
            say(CHUNKED),
            say("1\r\nx\r\n"),
            Step::HearEnd,
        ];
        let peer = Peer::start(vec![endless]).await;
        let client = Client::new();
        // Between two pieces, and in the middle of waiting for one.
        let body = begin(&client, get(&peer.origin(), "/")).await;
        drop(body);
        peer.finished(1).await;
        let body = begin(&client, get(&peer.origin(), "/")).await;
        let (_, rest) = client.read_piece(body).await.expect("a piece");
        let waiting = client.read_piece(rest.expect("no end"));
        let patience = Duration::from_millis(20);
        assert!(tokio::time::timeout(patience, waiting).await.is_err());
        peer.finished(2).await;
        assert_eq!(peer.connections(), 2);
    });
}

/// What comes in one read with a fault behind it is handed over first.
#[test]
fn what_came_before_a_fault_is_not_lost() {
    run(async {
        let script = vec![
            Step::HearHead,
            say(CHUNKED),
            Step::Wait,
            say("5\r\nhello\r\nzz\r\n"),
            Step::HearEnd,
        ];
        let peer = Peer::start(vec![script]).await;
        let client = Client::new();
        let body = begin(&client, get(&peer.origin(), "/")).await;
        peer.go_on();
        let (piece, rest) = client.read_piece(body).await.expect("a piece");
        assert_eq!(piece, b"hello");
        let failed = client.read_piece(rest.expect("more to come")).await;
        assert_eq!(failed.expect_err("no chunk").key(), "bad-chunk");
        peer.finished(1).await;
    });
}
