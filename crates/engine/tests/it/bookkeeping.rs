//! What the lane writes into its books by itself, and what it leaves to the guest.

use gatecrash_engine::classify::Fine;
use gatecrash_engine::{Cause, Outcome, Recording, Rule};
use gatecrash_metrics::{Measure, Snapshot};

use crate::support::{Guest, by_lane, origin, sample, with_body};

/// Asks for `path` under `rule`; whether the lane recorded the answer is what `recorded` says.
fn check(path: &str, rule: Rule, recorded: bool) {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let (shard, endpoint) = (
        names.shard(),
        names.endpoint(&guest.lane, "GET", "the name"),
    );
    let recording = Recording::Lane {
        shard,
        endpoint,
        rule,
    };
    let (exchange, was) = guest.answer(guest.get(path), recording);
    assert_eq!(was, recorded, "{path}");
    let snapshot = guest.lane.ask(move |books| books.shard(shard).snapshot());
    assert_eq!(snapshot.total.requests, u64::from(recorded), "{path}");
    assert_eq!(snapshot.total.failures, 0);
    let Some(counted) = snapshot.find("GET", "the name") else {
        return assert!(!recorded, "{path}");
    };
    assert_eq!(counted.requests, 1);
    let total_ms = exchange.timings.total().as_nanos() as f64 / 1e6;
    assert_eq!(counted.total_response_time_ms, total_ms);
}

const PLAIN: Rule = Rule {
    fine: Fine::Below400,
    follows_redirects: true,
};
const STAYING: Rule = Rule {
    fine: Fine::Below400,
    follows_redirects: false,
};
const LISTED: Rule = Rule {
    fine: Fine::Listed,
    follows_redirects: false,
};

#[test]
fn plain_successes_are_recorded() {
    check("/json", PLAIN, true);
    check("/status/204", PLAIN, true);
    check("/status/304", PLAIN, true);
    check("/json", LISTED, true);
    check("/status/226", LISTED, true);
}

#[test]
fn everything_else_is_left_to_the_guest() {
    check("/status/404", PLAIN, false);
    check("/status/500", PLAIN, false);
    check("/status/404", LISTED, false);
    check("/status/218", LISTED, false);
}

#[test]
fn a_redirect_counts_only_for_who_stays() {
    for status in [301, 302, 303, 307, 308] {
        let path = format!("/redirect/1?status={status}");
        check(&path, PLAIN, false);
        check(&path, STAYING, true);
        check(&path, LISTED, true);
    }
    // Without a place to go it is the end.
    check("/status/302", PLAIN, true);
}

#[test]
fn lengths_are_those_of_the_decoded_body() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let shard = names.shard();
    let mut lengths = Vec::new();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let endpoint = names.endpoint(&guest.lane, "GET", coding);
        let request = guest.get(&format!("/{coding}?items=500"));
        let (exchange, recorded) = guest.answer(request, by_lane(shard, endpoint));
        assert!(recorded);
        let snapshot = guest.lane.ask(move |books| books.shard(shard).snapshot());
        let length = snapshot
            .find("GET", coding)
            .expect(coding)
            .total_content_length;
        assert!(length > exchange.body.len() as u64, "{coding}");
        // The bodies differ by the name of their coding alone.
        lengths.push(length - coding.len() as u64);
    }
    assert_eq!(lengths, [lengths[0]; 4]);
}

/// Hits and misses as the headers tell them; who tells nothing is neither.
#[test]
fn answers_from_caches_are_known() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let shard = names.shard();
    for path in [
        "/cached/a?work=0",
        "/cached/a?work=0",
        "/cached/a?work=0",
        "/cached/a?work=0&tell=nothing",
        "/status/304",
        "/json",
    ] {
        let endpoint = names.endpoint(&guest.lane, "GET", path);
        let (_, recorded) = guest.answer(guest.get(path), by_lane(shard, endpoint));
        assert!(recorded);
    }
    let snapshot = guest.lane.ask(move |books| books.shard(shard).snapshot());
    let told = |path: &str, measure| {
        let endpoint = snapshot.find("GET", path).expect(path);
        let values = endpoint.measures.get(measure);
        values.map(|values| (values.count(), values.sum))
    };
    assert_eq!(told("/cached/a?work=0", Measure::CacheHit), Some((3, 2.0)));
    let times = [Measure::HitTime, Measure::MissTime];
    let counts = times.map(|time| told("/cached/a?work=0", time).map(|(count, _)| count));
    assert_eq!(counts, [Some(2), Some(1)]);
    assert_eq!(told("/status/304", Measure::CacheHit), Some((1, 1.0)));
    assert_eq!(
        told("/cached/a?work=0&tell=nothing", Measure::CacheHit),
        None
    );
    assert_eq!(told("/json", Measure::CacheHit), None);
}

#[test]
fn who_records_by_himself_is_not_recorded() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let (shard, endpoint) = (names.shard(), names.endpoint(&guest.lane, "GET", "/json"));
    let (_, recorded) = guest.answer(guest.get("/json"), Recording::Guest);
    assert!(!recorded);
    let total = move |guest: &Guest| {
        guest
            .lane
            .ask(move |books| books.shard(shard).total().requests)
    };
    assert_eq!(total(&guest), 0);
    guest.lane.record(shard, sample(endpoint, 12.5), None);
    assert_eq!(total(&guest), 1);
}

/// A question sees everything that was asked before it.
#[test]
fn who_asks_reads_his_own_writes() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let shard = names.shard();
    let mut expected = 0;
    for round in 1..=50 {
        for number in 0..round {
            let name = format!("name {}", number % 7);
            let endpoint = names.endpoint(&guest.lane, "POST", &name);
            let failure = (number % 10 == 0).then(|| Cause::check("a failure"));
            guest.lane.record(shard, sample(endpoint, 1.0), failure);
        }
        expected += round;
        let seen: Snapshot = guest.lane.ask(move |books| books.shard(shard).snapshot());
        assert_eq!(seen.total.requests, expected);
        let by_name: u64 = seen
            .endpoints
            .iter()
            .map(|endpoint| endpoint.requests)
            .sum();
        assert_eq!(by_name, expected);
        let failures: u64 = seen
            .failures
            .iter()
            .map(|failure| failure.occurrences)
            .sum();
        assert_eq!(failures, seen.total.failures);
    }
}

#[test]
fn shards_are_apart() {
    let guest = Guest::new();
    let (one, two) = (guest.lane.new_shard(), guest.lane.new_shard());
    assert_ne!(one.shard(), two.shard());
    let endpoint = two.endpoint(&guest.lane, "GET", "/");
    guest.lane.record(two.shard(), sample(endpoint, 1.0), None);
    let counts = guest.lane.ask({
        let shards = [one.shard(), two.shard()];
        move |books| shards.map(|shard| books.shard(shard).total().requests)
    });
    assert_eq!(counts, [0, 1]);
    let found = guest.lane.names(two.shard()).expect("the names of a shard");
    assert_eq!(found.endpoint(&guest.lane, "GET", "/"), endpoint);
}

#[test]
fn a_failure_is_handed_over() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let (shard, endpoint) = (names.shard(), names.endpoint(&guest.lane, "GET", "/"));
    let ticket = guest.ask(guest.get("/fault/reset"), by_lane(shard, endpoint));
    let completion = guest.next();
    assert_eq!((completion.ticket, completion.recorded), (ticket, false));
    assert!(matches!(completion.outcome, Outcome::Failed(_)));
    assert_eq!(
        guest
            .lane
            .ask(move |books| books.shard(shard).total().requests),
        0
    );
}

#[test]
fn a_question_that_panics_spoils_nothing() {
    let guest = Guest::new();
    let names = guest.lane.new_shard();
    let shard = names.shard();
    let lane = guest.lane.clone();
    let asker = std::thread::spawn(move || {
        lane.ask(move |books| -> u64 {
            books.shard(shard);
            panic!("as the test wants it");
        })
    });
    asker.join().expect_err("the asker hears of it");
    let request = with_body(&origin(guest.server.address()), "POST", "/echo", b"body");
    let endpoint = names.endpoint(&guest.lane, "POST", "/echo");
    let (exchange, recorded) = guest.answer(request, by_lane(shard, endpoint));
    assert_eq!((exchange.head.status, recorded), (200, true));
    assert_eq!(
        guest
            .lane
            .ask(move |books| books.shard(shard).total().requests),
        1
    );
}
