//! What an exchange costs in memory. One future is allocated per request, and each
//! user keeps a connection or two.

use std::future::poll_fn;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;

use gatecrash_net::Client;
use gatecrash_net::now;

use crate::support::{fetch, get, plain, run};

#[test]
fn the_future_of_an_exchange_is_small() {
    let client = Client::new();
    let origin = plain(SocketAddr::from(([127, 0, 0, 1], 1)));
    let size = size_of_val(&client.fetch(&get(&origin, "/"), now(), || {}));
    assert!(size <= 1024, "{size} bytes");
}

/// However much there is to read, others get their turn in between.
#[test]
fn a_large_body_gives_way() {
    const BODY_BYTES: usize = 32 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_BYTES}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a head");
        stream.write_all(&vec![b'x'; BODY_BYTES]).expect("a body");
        stream
    });
    let mut turns = 0;
    let (client, origin) = (Client::new(), plain(address));
    let exchange = run(async {
        let mut fetching = pin!(fetch(&client, get(&origin, "/")));
        poll_fn(|cx| {
            turns += 1;
            fetching.as_mut().poll(cx)
        })
        .await
    });
    assert_eq!(exchange.expect("an answer").body.len(), BODY_BYTES);
    assert!(turns >= BODY_BYTES / (512 * 1024), "{turns} turns");
    server.join().expect("a server");
}
