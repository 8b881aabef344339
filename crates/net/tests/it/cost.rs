//! What an exchange costs in memory. One future is allocated per request, and each
//! user keeps a connection or two.

use std::net::SocketAddr;

use gatecrash_net::Client;

use crate::support::{get, plain};

#[test]
fn the_future_of_an_exchange_is_small() {
    let client = Client::new();
    let origin = plain(SocketAddr::from(([127, 0, 0, 1], 1)));
    let size = size_of_val(&client.fetch(get(&origin, "/"), || {}));
    assert!(size <= 1024, "{size} bytes");
}
