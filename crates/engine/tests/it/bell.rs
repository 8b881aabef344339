//! The hand-over: every completion arrives once, and no wake-up is lost. Each wait has
//! a watchdog.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use gatecrash_engine::{Counted, Fetch, Lane, Outcome, Recording, Ticket};

use crate::support::{Guest, has_rung, sample, wait_for_bell};

/// As many as the guest of Python takes before its loop gets its turn.
const BATCH: usize = 64;

/// Takes one batch; says whose completions were in it.
fn take_batch(lane: &Lane) -> Vec<u64> {
    wait_for_bell(lane);
    lane.begin_batch();
    let batch = std::iter::from_fn(|| lane.next_completion()).take(BATCH);
    let tickets = batch.map(|completion| {
        assert!(matches!(completion.outcome, Outcome::Echoed));
        completion.ticket.0
    });
    let tickets = tickets.collect();
    lane.end_batch();
    tickets
}

/// Echoes are asked for by one thread, in bursts of odd sizes, and taken by another.
#[test]
fn a_hundred_thousand_echoes_arrive_in_order() {
    const ECHOES: u64 = 100_000;
    let lane = Lane::start().expect("a lane");
    let asker = lane.clone();
    let taken = Arc::new(AtomicU64::new(0));
    let taken_there = taken.clone();
    let asking = std::thread::spawn(move || {
        let mut state = 1_u64;
        let mut asked = 0;
        while asked < ECHOES {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let burst = (state >> 33) % 200;
            for _ in 0..burst.min(ECHOES - asked) {
                asker.echo(Ticket(asked));
                asked += 1;
            }
            // Now and then both sides fall asleep.
            if state >> 60 == 0 {
                while taken_there.load(Ordering::SeqCst) < asked {
                    std::thread::yield_now();
                }
            }
        }
    });
    let mut expected = 0;
    while expected < ECHOES {
        for ticket in take_batch(&lane) {
            assert_eq!(ticket, expected);
            expected += 1;
        }
        taken.store(expected, Ordering::SeqCst);
    }
    asking.join().expect("all asked for");
    assert!(
        !has_rung(&lane, Duration::from_millis(20)),
        "nothing is left"
    );
}

/// Both sides sleep before every single hand-over.
#[test]
fn ping_and_pong() {
    let lane = Lane::start().expect("a lane");
    for number in 0..5_000 {
        lane.echo(Ticket(number));
        let mut taken = Vec::new();
        while taken.is_empty() {
            taken = take_batch(&lane);
        }
        assert_eq!(taken, [number]);
    }
}

/// What is left over when the guest stops taking is announced anew.
#[test]
fn leftovers_ring_again() {
    let lane = Lane::start().expect("a lane");
    for number in 0..200 {
        lane.echo(Ticket(number));
    }
    lane.ask(|_| ());
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 200 {
        sizes.push(take_batch(&lane).len());
    }
    assert_eq!(sizes, [64, 64, 64, 8]);
}

/// A lane that has no rest still tells what is complete.
#[test]
fn a_busy_lane_still_rings() {
    let lane = Lane::start().expect("a lane");
    let names = lane.new_shard();
    let endpoint = names.endpoint(&lane, "GET", "/");
    let over = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(Barrier::new(2));
    let flood = std::thread::spawn({
        let (lane, over, begun, shard) = (lane.clone(), over.clone(), begun.clone(), names.shard());
        move || {
            for _ in 0..20_000 {
                lane.record(shard, sample(endpoint, 1.0), None);
            }
            begun.wait();
            while !over.load(Ordering::SeqCst) {
                lane.record(shard, sample(endpoint, 1.0), None);
            }
        }
    });
    begun.wait();
    lane.echo(Ticket(1));
    assert_eq!(take_batch(&lane), [1]);
    over.store(true, Ordering::SeqCst);
    flood.join().expect("a flood");
}

/// Requests that were put in without a bell go out although the guest's next user
/// computes for long, whatever the lane did when the batch began.
#[test]
fn requests_without_a_bell_are_not_left_lying() {
    let guest = Guest::new();
    let ask_soon = || {
        let ticket = guest.ticket();
        guest.lane.fetch_soon(Box::new(Fetch {
            ticket,
            client: guest.client,
            request: guest.get("/json"),
            started: gatecrash_net::now(),
            recording: Recording::Guest,
            counted: Counted::FromCall,
            class: None,
        }));
    };
    let mut requests = 0;
    for settled in [true, false, true] {
        if settled {
            // The lane has gone to sleep with nothing on its mind.
            std::thread::sleep(Duration::from_millis(20));
        }
        guest.lane.echo(Ticket(77));
        wait_for_bell(&guest.lane);
        guest.lane.begin_batch();
        guest.lane.next_completion().expect("an echo");
        // The second one finds the lane asleep for a short while only.
        for _ in 0..2 {
            ask_soon();
            requests += 1;
            // No word more to the lane until the target has received it.
            guest.truth_when(|truth| truth.total.received == requests);
        }
        guest.lane.end_batch();
        for _ in 0..2 {
            guest.next();
        }
    }
}
