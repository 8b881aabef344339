//! Requests with bodies, small and large, wanted and unwanted.

use std::cell::Cell;
use std::time::Duration;

use gatecrash_net::now;
use gatecrash_net::{Client, Error, Failure, Fetched, Request};

use crate::support::{
    Peer, Step, answer, fetch, get, plain, request, run, say, target, timed_fetch,
};

/// More than the sockets of both sides take up.
const LARGE: usize = 32 << 20;

fn asks_leave(mut request: Request) -> Request {
    request.expects_continue = true;
    let wire = String::from_utf8(request.wire.to_vec()).expect("text");
    let wire = wire.replacen("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1);
    request.body_at += wire.len() - request.wire.len();
    request.wire = wire.into();
    request
}

#[test]
fn large_bodies_arrive_whole() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        let body: Vec<u8> = (0..LARGE / 4).map(|at| (at % 251) as u8).collect();
        let exchange = fetch(&client, request(&origin, "POST", "/echo", &body)).await;
        let exchange = exchange.expect("an echo");
        assert_eq!(exchange.head.status, 200);
        // Shown twice in base64: as the body and in the raw request.
        assert!(exchange.body.len() > body.len() * 2 * 4 / 3);
        // The same instant where the other side reads so fast that one write takes all.
        assert!(exchange.timings.head_sent <= exchange.timings.sent);
        assert!(exchange.timings.sent <= exchange.timings.first_byte);
        let again = fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert!(again.reused);
    });
}

/// The server says `raw` after the head, and reads nothing more.
async fn refuse(raw: &str, then: Vec<Step>) -> Result<(gatecrash_net::Exchange, usize), Error> {
    let script = [vec![Step::HearHead, say(raw)], then].concat();
    let peer = Peer::start(vec![script, vec![Step::HearHead, answer("next")]]).await;
    let (client, origin) = (Client::new(), peer.origin());
    let upload = request(&origin, "POST", "/", &vec![b'x'; LARGE]);
    let exchange = fetch(&client, upload).await?;
    fetch(&client, get(&origin, "/")).await.expect("an answer");
    Ok((exchange, peer.connections()))
}

#[test]
fn a_refusal_during_an_upload_is_heard() {
    run(async {
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!";
        let (exchange, connections) = refuse(refusal, vec![Step::HearEnd]).await.expect("413");
        assert_eq!(exchange.head.status, 413);
        assert_eq!(exchange.body, "no!");
        assert_eq!(exchange.timings.sent, None, "the rest stayed here");
        assert!(exchange.timings.head_sent <= exchange.timings.first_byte);
        assert_eq!(
            connections, 2,
            "a connection with half a request is of no use"
        );
    });
}

#[test]
fn an_early_success_lets_the_upload_go_on() {
    run(async {
        let head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        let then = vec![
            Step::Hear(LARGE),
            say("done"),
            Step::HearHead,
            answer("next"),
        ];
        let (exchange, connections) = refuse(head, then).await.expect("an answer");
        assert_eq!(exchange.body, "done");
        // Nothing was read before the answer began, so the head was out long before the rest.
        assert!(exchange.timings.head_sent < exchange.timings.sent);
        assert!(exchange.timings.first_byte < exchange.timings.sent);
        assert_eq!(connections, 1);
    });
}

#[test]
fn a_server_that_hangs_up_during_an_upload_is_told() {
    run(async {
        let script = vec![vec![Step::HearHead, Step::Reset]];
        let peer = Peer::start(script).await;
        let upload = request(&peer.origin(), "POST", "/", &vec![b'x'; LARGE]);
        let (fault, times) = timed_fetch(&Client::new(), upload)
            .await
            .expect_err("nothing");
        assert!(matches!(fault, Error::ClosedBeforeAnswer), "{fault}");
        assert!(times.head_sent.is_some() && times.sent.is_none());
    });
}

#[test]
fn a_server_that_takes_nothing_is_not_waited_for() {
    run(async {
        let peer = Peer::start(vec![vec![Step::HearHead, Step::Wait]]).await;
        let mut upload = request(&peer.origin(), "POST", "/", &vec![b'x'; LARGE]);
        upload.read_timeout = Some(Duration::from_millis(100));
        let heard = Cell::new(0);
        let client = Client::new();
        let failed = client
            .fetch(&upload, now(), || heard.set(heard.get() + 1))
            .await;
        match failed {
            Err(Failure {
                error: Error::Send(fault),
                ..
            }) => {
                assert_eq!(fault.kind(), std::io::ErrorKind::TimedOut);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(heard.get(), 1, "the head was out");
    });
}

#[test]
fn the_body_waits_for_leave() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        let upload = asks_leave(request(&origin, "POST", "/echo", b"the body"));
        let exchange = fetch(&client, upload).await.expect("an echo");
        assert_eq!(exchange.head.status, 200);
        assert!(exchange.timings.sent <= exchange.timings.first_byte);
        let again = fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert!(again.reused);
    });
    run(async {
        // In pieces, and after another word.
        let script = vec![
            Step::HearHead,
            say("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Con"),
            Step::Pause(Duration::from_millis(20)),
            say("tinue\r\n\r\n"),
            Step::Hear(8),
            answer("thanks"),
        ];
        let peer = Peer::start(vec![script]).await;
        let upload = asks_leave(request(&peer.origin(), "POST", "/", b"the body"));
        let exchange = fetch(&Client::new(), upload).await.expect("an answer");
        assert_eq!(exchange.body, "thanks");
        assert!(peer.heard().ends_with(b"\r\n\r\nthe body"));
    });
}

#[test]
fn without_leave_the_body_stays_here() {
    run(async {
        let refused = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
        let script = vec![Step::HearHead, say(refused), Step::HearEnd];
        let peer = Peer::start(vec![script, vec![Step::HearHead, answer("next")]]).await;
        let (client, origin) = (Client::new(), peer.origin());
        let upload = asks_leave(request(&origin, "POST", "/", b"the body"));
        let exchange = fetch(&client, upload).await.expect("an answer");
        assert_eq!(exchange.head.status, 417);
        assert_eq!(exchange.timings.sent, None);
        fetch(&client, get(&origin, "/")).await.expect("an answer");
        assert_eq!(peer.connections(), 2);
        let heard = String::from_utf8(peer.heard()).expect("text");
        assert!(!heard.contains("the body"), "{heard}");
    });
}

#[test]
fn a_server_that_does_not_know_the_question_gets_the_body() {
    run(async {
        let script = vec![Step::HearHead, Step::Hear(8), answer("thanks")];
        let peer = Peer::start(vec![script]).await;
        let upload = asks_leave(request(&peer.origin(), "POST", "/", b"the body"));
        let client = Client::new();
        let heard = Cell::new(None);
        let fetching = client.fetch(&upload, now(), || heard.set(Some(peer.heard().len())));
        let Ok(Fetched::Whole(exchange)) = fetching.await else {
            panic!("an answer");
        };
        assert_eq!(heard.get(), Some(0), "told as soon as the head was out");
        assert_eq!(exchange.body, "thanks");
    });
}

#[test]
fn a_server_that_hangs_up_instead_of_giving_leave_is_told() {
    run(async {
        let peer = Peer::start(vec![vec![Step::HearHead]]).await;
        let upload = asks_leave(request(&peer.origin(), "POST", "/", b"the body"));
        let failed = fetch(&Client::new(), upload).await;
        assert!(
            matches!(failed, Err(Error::ClosedBeforeAnswer)),
            "{failed:?}"
        );
    });
}
