//! Requests that nobody waits for any more. Those that the server can know of count as
//! abandoned, the others do not: received = answered + abandoned, exactly.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier};

use gatecrash_engine::{Outcome, Recording, Ticket};
use gatecrash_net::Request;

use crate::support::{Guest, by_lane, get, has_rung, origin, sample, wait_for_bell, with_body};

/// Nothing is waiting, and nothing comes.
fn is_quiet(guest: &Guest) -> bool {
    guest.lane.begin_batch();
    let next = guest.lane.next_completion();
    guest.lane.end_batch();
    next.is_none() && !has_rung(&guest.lane, std::time::Duration::from_millis(20))
}

#[test]
fn what_is_in_flight_is_abandoned() {
    let guest = Guest::new();
    let tickets: Vec<Ticket> = (0..20)
        .map(|_| guest.ask(guest.get("/fault/no-answer"), Recording::Guest))
        .collect();
    guest.truth_when(|truth| truth.total.in_flight == 20);
    assert_eq!(guest.abandoned(), 0);
    for ticket in tickets {
        guest.lane.cancel(ticket);
        // Once is enough.
        guest.lane.cancel(ticket);
    }
    assert_eq!(guest.abandoned(), 20);
    let truth = guest.truth_when(|truth| truth.total.in_flight == 0);
    assert_eq!((truth.total.received, truth.total.abandoned), (20, 20));
    assert!(is_quiet(&guest));
}

#[test]
fn what_was_never_sent_is_not() {
    let guest = Guest::new();
    // While the lane answers this question it does nothing else.
    let (busy, free) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (lane, gates) = (guest.lane.clone(), (busy.clone(), free.clone()));
    let asker = std::thread::spawn(move || {
        lane.ask(move |_| {
            gates.0.wait();
            gates.1.wait();
        });
    });
    busy.wait();
    for _ in 0..20 {
        let ticket = guest.ask(guest.get("/json"), Recording::Guest);
        guest.lane.cancel(ticket);
    }
    free.wait();
    asker.join().expect("an answer");
    assert_eq!(guest.abandoned(), 0);
    guest.answer(guest.get("/json"), Recording::Guest);
    assert_eq!(guest.server.truth().total.received, 1);
    assert!(is_quiet(&guest));
}

/// Whenever a request is given up, each that was received is accounted for.
#[test]
fn received_is_answered_plus_abandoned() {
    let guest = Guest::new();
    let mut answered = 0;
    for round in 0..400_u32 {
        let ticket = guest.ask(guest.get("/delay/1"), Recording::Guest);
        // From at once to well after the answer.
        for _ in 0..round % 50 {
            std::thread::sleep(std::time::Duration::from_micros(40));
        }
        guest.lane.cancel(ticket);
        // What it does after this it does for nobody.
        guest.abandoned();
        guest.lane.begin_batch();
        while let Some(completion) = guest.lane.next_completion() {
            assert!(matches!(completion.outcome, Outcome::Answer(_)));
            assert_eq!(completion.ticket, ticket);
            answered += 1;
        }
        guest.lane.end_batch();
    }
    let abandoned = guest.abandoned();
    assert!(answered > 0 && abandoned > 0, "{answered} and {abandoned}");
    let settled = |truth: &gatecrash_target::TruthReport| {
        truth.total.in_flight == 0 && truth.total.received >= answered + abandoned
    };
    let truth = guest.truth_when(settled);
    assert_eq!(truth.total.received, answered + abandoned);
}

/// A server that hears a head and then nothing more.
fn deaf_server(
    request: impl FnOnce(&Guest, std::net::SocketAddr) -> Request,
) -> (Guest, Ticket, TcpStream) {
    let guest = Guest::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let ticket = guest.ask(request(&guest, address), Recording::Guest);
    let (stream, _) = listener.accept().expect("a connection");
    let mut head = BufReader::with_capacity(16, stream.try_clone().expect("a handle"));
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        head.read_line(&mut line).expect("a line");
    }
    (guest, ticket, stream)
}

/// The server knows of a request from its head on, and counts it.
#[test]
fn half_an_upload_is_abandoned() {
    let (guest, ticket, _stream) =
        deaf_server(|_, address| with_body(&origin(address), "POST", "/", &vec![b'x'; 32 << 20]));
    guest.lane.cancel(ticket);
    assert_eq!(guest.abandoned(), 1);
}

#[test]
fn a_question_for_leave_is_abandoned() {
    let (guest, ticket, _stream) = deaf_server(|_, address| {
        let mut request = with_body(&origin(address), "POST", "/", b"body");
        request.expects_continue = true;
        request
    });
    guest.lane.cancel(ticket);
    assert_eq!(guest.abandoned(), 1);
}

/// A ticket that somebody else's request has now is left alone.
#[test]
fn a_late_cancel_hits_nobody_else() {
    let guest = Guest::new();
    let (earlier, later) = (Ticket::new(3, 1), Ticket::new(3, 2));
    guest.ask_as(later, guest.get("/delay/20"), Recording::Guest);
    guest.lane.cancel(earlier);
    guest.lane.read_piece(earlier);
    // Whoever asks for a piece of nothing hears that it is over.
    let over = guest.next();
    assert_eq!(over.ticket, earlier);
    assert!(matches!(over.outcome, Outcome::Piece(piece) if piece.is_empty()));
    let completion = guest.next();
    assert_eq!(completion.ticket, later);
    assert!(matches!(completion.outcome, Outcome::Answer(_)));
    assert_eq!(guest.abandoned(), 0);
}

#[test]
fn connecting_can_be_given_up() {
    let guest = Guest::new();
    let tickets: Vec<Ticket> = (0..10)
        .map(|_| {
            // Resolving takes the lane at least one turn.
            let tls = gatecrash_net::TlsSettings::default();
            let port = guest.server.address().port();
            let scheme = gatecrash_net::Scheme::Http;
            let named = gatecrash_net::Origin::new(scheme, "localhost", port, tls);
            guest.ask(get(&Arc::new(named), "/json"), Recording::Guest)
        })
        .collect();
    for ticket in tickets {
        guest.lane.cancel(ticket);
    }
    let abandoned = guest.abandoned();
    guest.lane.begin_batch();
    let answered = std::iter::from_fn(|| guest.lane.next_completion()).count() as u64;
    guest.lane.end_batch();
    guest.answer(guest.get("/json"), Recording::Guest);
    let truth = guest.truth_when(|truth| truth.total.in_flight == 0);
    assert_eq!(truth.total.received, answered + abandoned + 1);
}

/// Who reports what is given up waits for it: either for its outcome or for the word that
/// there is none. Then nothing is abandoned.
#[test]
fn what_is_given_up_completes() {
    let guest = Guest::new();
    let in_flight = guest.ask(guest.get("/fault/no-answer"), Recording::Guest);
    guest.truth_when(|truth| truth.total.in_flight == 1);
    guest.lane.give_up(in_flight);
    let completion = guest.next();
    assert_eq!(completion.ticket, in_flight);
    assert!(matches!(
        completion.outcome,
        Outcome::GivenUp { sent: true }
    ));
    assert!(completion.is_unreported());

    let answered = guest.ask(guest.get("/json"), Recording::Guest);
    wait_for_bell(&guest.lane);
    guest.lane.give_up(answered);
    let completion = guest.next();
    assert_eq!(completion.ticket, answered);
    assert!(matches!(completion.outcome, Outcome::Answer(_)));
    assert!(is_quiet(&guest));
    assert_eq!(guest.abandoned(), 0);
}

/// Closed books count nothing any more, and tell what is missing from them.
#[test]
fn what_the_closing_of_the_books_finds_is_abandoned() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let (shard, endpoint) = (names.shard(), names.endpoint(&guest.lane, "GET", "name"));
    guest.answer(guest.get("/json"), by_lane(shard, endpoint));
    let untaken = ["/json", "/text"].map(|path| {
        let ticket = guest.ask(guest.get(path), Recording::Guest);
        wait_for_bell(&guest.lane);
        ticket
    });
    let in_flight = guest.ask(guest.get("/fault/no-answer"), Recording::Guest);
    let late = guest.ask(guest.get("/delay/100"), by_lane(shard, endpoint));
    guest.truth_when(|truth| truth.total.received == 5);

    let abandoned = guest.lane.close_books();
    assert_eq!((abandoned.in_flight, abandoned.untaken), (2, 2));
    // Who waits still gets what they wait for, in order; nobody counts it.
    assert_eq!([guest.next().ticket, guest.next().ticket], untaken);
    assert_eq!(guest.next().ticket, late);
    guest.lane.record(shard, sample(endpoint, 1.0), None);
    guest.lane.cancel(in_flight);
    assert_eq!(guest.lane.close_books(), abandoned);
    let counted = guest.lane.ask(move |books| books.shard(shard).snapshot());
    assert_eq!(counted.total.requests, 1);
}
