//! The connections of users, and their numbers.

use gatecrash_engine::Recording;

use crate::support::Guest;

fn connections_after_one_more(guest: &Guest) -> u64 {
    guest.answer(guest.get("/json"), Recording::Guest);
    guest.server.truth().connections
}

#[test]
fn a_client_keeps_its_connections_until_it_is_closed() {
    let guest = Guest::new();
    assert_eq!(connections_after_one_more(&guest), 1);
    assert_eq!(connections_after_one_more(&guest), 1);
    guest.lane.close_client(guest.client);
    assert_eq!(connections_after_one_more(&guest), 2);
    assert_eq!(connections_after_one_more(&guest), 2);
}

#[test]
fn users_share_no_connections() {
    let mut guest = Guest::new();
    assert_eq!(connections_after_one_more(&guest), 1);
    let first = guest.client;
    guest.client = guest.lane.open_client();
    assert_ne!(guest.client, first);
    assert_eq!(connections_after_one_more(&guest), 2);
    guest.client = first;
    assert_eq!(connections_after_one_more(&guest), 2);
}

#[test]
fn a_number_that_is_given_out_again_brings_nothing_along() {
    let mut guest = Guest::new();
    assert_eq!(connections_after_one_more(&guest), 1);
    guest.lane.drop_client(guest.client);
    let again = guest.lane.open_client();
    assert_eq!(again, guest.client, "numbers are used again");
    guest.client = again;
    assert_eq!(connections_after_one_more(&guest), 2);
}

/// A request under way goes on when its user is gone.
#[test]
fn giving_up_a_client_spoils_no_request() {
    let guest = Guest::new();
    let ticket = guest.ask(guest.get("/delay/30"), Recording::Guest);
    guest.truth_when(|truth| truth.total.in_flight == 1);
    guest.lane.drop_client(guest.client);
    assert_eq!(guest.next().ticket, ticket);
    assert_eq!(connections_after_one_more(&guest), 2);
}
