//! Bodies that are read piece by piece.

use gatecrash_engine::{Outcome, Recording, Ticket};

use crate::support::Guest;

fn start(guest: &Guest, path: &str) -> Ticket {
    let mut request = guest.get(path);
    request.streams = true;
    let ticket = guest.ask(request, Recording::Guest);
    let completion = guest.next();
    assert_eq!((completion.ticket, completion.recorded), (ticket, false));
    match completion.outcome {
        Outcome::Started(exchange) => {
            assert_eq!(exchange.head.status, 200);
            assert!(exchange.body.is_empty());
        }
        other => panic!("{other:?}"),
    }
    ticket
}

fn piece(guest: &Guest, ticket: Ticket) -> String {
    guest.lane.read_piece(ticket);
    let completion = guest.next();
    assert_eq!(completion.ticket, ticket);
    match completion.outcome {
        Outcome::Piece(piece) => String::from_utf8(piece).expect("text"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pieces_come_one_by_one() {
    let guest = Guest::new();
    for _ in 0..2 {
        let ticket = start(&guest, "/stream/3?delay_ms=10");
        for line in 0..3 {
            assert_eq!(piece(&guest, ticket), format!("{{\"line\":{line}}}\n"));
        }
        assert_eq!(piece(&guest, ticket), "");
        // Over is over.
        assert_eq!(piece(&guest, ticket), "");
    }
    assert_eq!(guest.server.truth().connections, 1);
    assert_eq!(guest.abandoned(), 0);
}

#[test]
fn two_streams_do_not_mix() {
    let guest = Guest::new();
    let (one, two) = (
        start(&guest, "/stream/2?delay_ms=5"),
        start(&guest, "/stream/2?delay_ms=5"),
    );
    for line in 0..2 {
        for ticket in [one, two] {
            assert_eq!(piece(&guest, ticket), format!("{{\"line\":{line}}}\n"));
        }
    }
    assert_eq!(piece(&guest, two) + &piece(&guest, one), "");
    assert_eq!(guest.server.truth().connections, 2);
}

/// The head was handed over, so the guest has counted it: nothing is abandoned.
#[test]
fn a_stream_that_is_given_up_closes_its_connection() {
    let guest = Guest::new();
    let resting = start(&guest, "/stream/1000?delay_ms=10");
    let reading = start(&guest, "/fault/slow-body?bytes=2&ms=60000");
    guest.lane.read_piece(reading);
    for ticket in [resting, reading] {
        guest.lane.cancel(ticket);
        assert_eq!(piece(&guest, ticket), "");
    }
    assert_eq!(guest.abandoned(), 0);
    guest.truth_when(|truth| truth.routes["/stream/{n}"].in_flight == 0);
    guest.answer(guest.get("/json"), Recording::Guest);
    assert_eq!(guest.server.truth().connections, 3);
}

#[test]
fn a_stream_that_breaks_off_is_told() {
    let guest = Guest::new();
    let ticket = start(&guest, "/fault/short-body");
    assert_eq!(piece(&guest, ticket), "x".repeat(100));
    guest.lane.read_piece(ticket);
    assert!(matches!(guest.next().outcome, Outcome::Failed(_)));
    assert_eq!(piece(&guest, ticket), "");
}
