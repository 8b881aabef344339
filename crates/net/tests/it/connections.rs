//! Which connection serves which request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use gatecrash_net::now;
use gatecrash_net::{Client, Error, Fetched, Origin, Request, Scheme, TlsSettings};

use crate::support::{
    Peer, Step, answer, fetch, get, plain, request, run, say, target, timed_fetch, until,
};

#[test]
fn a_connection_is_used_again() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        for _ in 0..5 {
            fetch(&client, get(&origin, "/json")).await.expect("JSON");
        }
        fetch(&client, get(&origin, "/stream/3"))
            .await
            .expect("chunks");
        fetch(&client, get(&origin, "/status/204"))
            .await
            .expect("204");
        fetch(&client, request(&origin, "HEAD", "/json", b""))
            .await
            .expect("a head");
        assert_eq!(server.truth().connections, 1);

        fetch(&client, get(&origin, "/close"))
            .await
            .expect("the last one");
        fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert_eq!(server.truth().connections, 2);

        client.close();
        fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert_eq!(server.truth().connections, 3);
    });
}

#[test]
fn equal_origins_share_connections_and_others_do_not() {
    let server = target(|_| {});
    run(async {
        let client = Client::new();
        for _ in 0..3 {
            let origin = plain(server.address());
            fetch(&client, get(&origin, "/json")).await.expect("JSON");
        }
        assert_eq!(server.truth().connections, 1);
        let tls = TlsSettings::default();
        let named = Arc::new(Origin::new(
            Scheme::Http,
            "localhost",
            server.address().port(),
            tls,
        ));
        let exchange = fetch(&client, get(&named, "/json")).await.expect("JSON");
        assert!(!exchange.reused);
        assert_eq!(server.truth().connections, 2);
    });
}

/// The last connection used goes out first, whatever else was used in between.
#[test]
fn the_last_one_in_is_the_first_one_out() {
    run(async {
        let slow = vec![
            Step::HearHead,
            Step::Wait,
            answer("slow"),
            Step::HearHead,
            answer("slow"),
        ];
        let quick = vec![Step::HearHead, answer("quick"), Step::HearEnd];
        let peer = Peer::start(vec![slow, quick]).await;
        let other = Peer::start(vec![
            [
                Step::HearHead,
                answer("other"),
                Step::HearHead,
                answer("other"),
            ]
            .to_vec(),
        ])
        .await;
        let (client, origin) = (Client::new(), peer.origin());

        fetch(&client, get(&other.origin(), "/"))
            .await
            .expect("an answer");
        let later = async {
            until(|| !peer.heard().is_empty()).await;
            let quick = fetch(&client, get(&origin, "/")).await.expect("an answer");
            assert_eq!(quick.body, "quick");
            peer.go_on();
        };
        let (slow, ()) = tokio::join!(fetch(&client, get(&origin, "/")), later);
        assert_eq!(slow.expect("an answer").body, "slow");
        fetch(&client, get(&other.origin(), "/"))
            .await
            .expect("an answer");

        let last = fetch(&client, get(&origin, "/")).await.expect("an answer");
        assert_eq!(last.body, "slow");
        assert_eq!((peer.connections(), other.connections()), (2, 1));
    });
}

/// The oldest idle connection makes room when there are too many.
#[test]
fn idle_connections_have_a_limit() {
    run(async {
        let mut peers = Vec::new();
        for _ in 0..33 {
            let twice = [Step::HearHead, answer("1"), Step::HearHead, answer("2")];
            let script = [&twice[..], &[Step::HearEnd]].concat();
            peers.push(Peer::start(vec![script]).await);
        }
        let client = Client::new();
        for peer in &peers {
            fetch(&client, get(&peer.origin(), "/"))
                .await
                .expect("an answer");
        }
        peers[0].finished(1).await;
        fetch(&client, get(&peers[0].origin(), "/"))
            .await
            .expect("an answer");
        assert_eq!(peers[0].connections(), 2);
        peers[1].finished(1).await;
        let kept = fetch(&client, get(&peers[2].origin(), "/")).await;
        assert!(kept.expect("an answer").reused);
    });
}

#[test]
fn a_connection_that_the_server_closed_is_left_alone() {
    run(async {
        let once = vec![Step::HearHead, answer("once")];
        let peer = Peer::start(vec![once]).await;
        let (client, origin) = (Client::new(), peer.origin());
        for round in 1..=3 {
            let exchange = fetch(&client, get(&origin, "/")).await.expect("an answer");
            assert!(!exchange.reused);
            peer.finished(round).await;
        }
        assert_eq!(peer.connections(), 3);
    });
}

#[test]
fn a_connection_on_which_the_server_spoke_unasked_is_left_alone() {
    run(async {
        let chatty = vec![
            Step::HearHead,
            answer("asked"),
            Step::Wait,
            say("HTTP/1.1 408 \r\n\r\n"),
            Step::HearEnd,
        ];
        let peer = Peer::start(vec![chatty, vec![Step::HearHead, answer("asked")]]).await;
        let (client, origin) = (Client::new(), peer.origin());
        fetch(&client, get(&origin, "/")).await.expect("an answer");
        peer.go_on();
        // The runtime sees what came by the time that it has polled its sockets once.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let exchange = fetch(&client, get(&origin, "/")).await.expect("an answer");
        assert_eq!(exchange.head.status, 200);
        assert_eq!(peer.connections(), 2);
    });
}

/// Length of the request that asks for `/`.
const REQUEST_BYTES: usize = "GET / HTTP/1.1\r\nHost: test\r\n\r\n".len();

#[test]
fn a_dropped_exchange_takes_its_connection_along() {
    run(async {
        let silent = vec![Step::HearHead, Step::HearEnd];
        let half = vec![
            Step::HearHead,
            say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
            Step::HearEnd,
        ];
        let peer = Peer::start(vec![silent, half]).await;
        let (client, origin) = (Client::new(), peer.origin());
        for round in 1..=2 {
            let dropped = async {
                tokio::select! {
                    _ = fetch(&client, get(&origin, "/")) => panic!("it never ends"),
                    () = until(|| peer.heard().len() == REQUEST_BYTES * round) => {}
                }
            };
            dropped.await;
            peer.finished(round).await;
        }
        assert_eq!(peer.connections(), 2);
    });
}

#[test]
fn a_streamed_body_comes_in_pieces() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        for _ in 0..2 {
            let (exchange, mut body) = stream(&client, get(&origin, "/stream/3?delay_ms=20")).await;
            assert_eq!(exchange.head.status, 200);
            assert!(exchange.timings.done.is_none());
            let mut pieces = Vec::new();
            while let Some(still) = body {
                let (piece, rest) = client.read_piece(still).await.expect("a piece");
                assert_eq!(rest.is_none(), piece.is_empty());
                pieces.push(String::from_utf8(piece).expect("text"));
                body = rest;
            }
            let lines = ["{\"line\":0}\n", "{\"line\":1}\n", "{\"line\":2}\n", ""];
            assert_eq!(pieces, lines);
        }
        assert_eq!(server.truth().connections, 1);

        // Given up half-way, it takes its connection along.
        let (_, body) = stream(&client, get(&origin, "/stream/3?delay_ms=20")).await;
        drop(body);
        fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert_eq!(server.truth().connections, 2);
    });
}

async fn stream(
    client: &Client,
    mut request: Request,
) -> (
    gatecrash_net::Exchange,
    Option<Box<gatecrash_net::StreamedBody>>,
) {
    request.streams = true;
    match client.fetch(&request, now(), || {}).await.expect("a head") {
        Fetched::Streamed(exchange, body) => (exchange, Some(body)),
        Fetched::Whole(_) => panic!("a stream was asked for"),
    }
}

#[test]
fn the_phases_follow_each_other() {
    let server = target(|_| {});
    run(async {
        let (client, origin) = (Client::new(), plain(server.address()));
        let mut sent = 0;
        let request = get(&origin, "/fault/slow-body?bytes=3&ms=5");
        let first = client.fetch(&request, now(), || sent += 1);
        let Ok(Fetched::Whole(first)) = first.await else {
            panic!("a whole answer");
        };
        assert_eq!(sent, 1);
        let times = first.timings;
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
        assert!(times.done > times.head_done);
        assert_eq!(times.secured, None);
        assert!(times.until_head() <= times.total());

        let again = timed_fetch(&client, get(&origin, "/json"))
            .await
            .expect("JSON");
        let times = again.timings;
        assert_eq!((times.resolved, times.connected), (None, None));
        assert!(times.sent.is_some() && times.done.is_some());
    });
}

#[test]
fn the_next_address_is_tried() {
    let server = target(|options| options.host = "127.0.0.1".to_owned());
    run(async {
        // Where the name has an IPv6 address too, nothing listens there.
        let port = server.address().port();
        let tls = TlsSettings::default();
        let origin = Arc::new(Origin::new(Scheme::Http, "localhost", port, tls));
        fetch(&Client::new(), get(&origin, "/json"))
            .await
            .expect("JSON");
    });
}

#[test]
fn addresses_are_taken_with_and_without_brackets() {
    for (host, address) in [
        ("[::1]", Some("::1")),
        ("::1", Some("::1")),
        ("127.0.0.1", Some("127.0.0.1")),
        ("localhost", None),
    ] {
        let origin = Origin::new(Scheme::Http, host, 80, TlsSettings::default());
        let expected = address.map(|text| text.parse::<IpAddr>().expect("an address"));
        assert_eq!(origin.address, expected, "{host}");
        assert!(!origin.host.contains('['), "{host}");
    }
}

#[test]
fn who_cannot_be_reached_is_named() {
    run(async {
        let client = Client::new();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let closed = listener.local_addr().expect("an address");
        drop(listener);
        match timed_fetch(&client, get(&plain(closed), "/")).await {
            Err((Error::Connect(fault), times)) => {
                assert_eq!(fault.kind(), std::io::ErrorKind::ConnectionRefused);
                assert!(times.resolved.is_some() && times.done.is_some());
                assert_eq!((times.connected, times.head_sent), (None, None));
            }
            other => panic!("{other:?}"),
        }
        let tls = TlsSettings::default();
        let nowhere = Arc::new(Origin::new(Scheme::Http, "no-such-host.invalid", 80, tls));
        match fetch(&client, get(&nowhere, "/")).await {
            Err(Error::Resolve { host, message }) => {
                assert_eq!(host, "no-such-host.invalid");
                assert!(!message.is_empty());
            }
            other => panic!("{other:?}"),
        }
    });
}

/// A listener whose queue is full leaves everybody else waiting.
#[test]
fn connecting_has_a_timeout() {
    run(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(any).expect("a port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        loop {
            let connecting = tokio::net::TcpStream::connect(address);
            let patience = std::time::Duration::from_millis(200);
            match tokio::time::timeout(patience, connecting).await {
                Ok(connected) => waiting.push(connected.expect("a connection")),
                Err(_) => break,
            }
            assert!(waiting.len() < 100, "the queue never fills");
        }
        let mut request = get(&plain(address), "/");
        request.connect_timeout = Some(std::time::Duration::from_millis(50));
        let failed = fetch(&Client::new(), request).await;
        assert!(matches!(failed, Err(Error::ConnectTimeout)), "{failed:?}");
    });
}
