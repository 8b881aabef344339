//! The number of a plan: what changes it, what does not, what it costs.

use std::collections::HashSet;
use std::time::Duration;

use gatecrash_plan::draw::Pick;
use gatecrash_plan::fingerprint::{Draws, FeedRows, PlanHash, fingerprint};
use gatecrash_plan::model::{Iterations, Load};
use gatecrash_plan::schedule::{RateProfile, Spacing, UserSchedule};

const LIMIT: u64 = 1000;

fn open(rate: &str, seconds: u64, spacing: Spacing) -> Load {
    let rate = rate.parse().expect(rate);
    Load::Rate {
        profile: RateProfile::constant(rate, Some(Duration::from_secs(seconds))).expect("fits"),
        spacing,
        max_in_flight: 100,
    }
}

fn closed(users: u32, iterations: Option<Iterations>) -> Load {
    let lasts = Some(Duration::from_secs(60));
    let spawn = Some("10/s".parse().expect("a rate"));
    Load::Users {
        schedule: UserSchedule::constant(users, spawn, lasts).expect("fits"),
        iterations,
    }
}

fn of(load: &Load, tasks: &[f64], feed: FeedRows, seed: u64) -> PlanHash {
    let draws = Draws {
        load,
        classes: vec![(1.0, tasks.to_vec()), (2.0, vec![1.0])],
        seed,
    };
    fingerprint(&[draws], &[feed], LIMIT)
}

const FEED: FeedRows = FeedRows {
    pick: Pick::Shuffled,
    rows: 50,
};

#[test]
fn it_is_the_same_for_ever() {
    let load = open("10/s", 10, Spacing::Poisson { seed: 3 });
    assert_eq!(
        of(&load, &[1.0, 2.0], FEED, 7).to_string(),
        "3f7e249dd85d4b998772e06a819f20a542a955c4d0c2c028d78b80f15d567c41"
    );
    let load = closed(10, None);
    assert_eq!(
        of(&load, &[1.0, 2.0], FEED, 7).to_string(),
        "9a7771695cd5908eb6de656458cb0f1291a876d834e4132a60ef308210a2b6ca"
    );
}

#[test]
fn whatever_decides_the_run_changes_it() {
    let even = open("10/s", 10, Spacing::Even);
    let tasks = [1.0, 2.0];
    let poisson = |seed| {
        of(
            &open("10/s", 10, Spacing::Poisson { seed }),
            &tasks,
            FEED,
            7,
        )
    };
    let users = |users, iterations| of(&closed(users, iterations), &tasks, FEED, 7);
    let fed = |pick, rows| of(&even, &tasks, FeedRows { pick, rows }, 7);
    let all = [
        of(&even, &tasks, FEED, 7),
        of(&even, &tasks, FEED, 8),
        of(&even, &[1.0, 3.0], FEED, 7),
        of(&open("11/s", 10, Spacing::Even), &tasks, FEED, 7),
        of(&open("10/s", 11, Spacing::Even), &tasks, FEED, 7),
        poisson(1),
        poisson(2),
        users(10, None),
        users(11, None),
        users(10, Some(Iterations::PerUser(4))),
        users(10, Some(Iterations::Total(4))),
        fed(Pick::Random, 50),
        fed(Pick::Shuffled, 51),
    ];
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(all[0], of(&even, &tasks, FEED, 7));
}

#[test]
fn what_lies_beyond_the_limit_counts_by_its_definition() {
    let day = open("100000/s", 86_400, Spacing::Poisson { seed: 1 });
    let longer = open("100000/s", 86_401, Spacing::Even);
    let long = open("100000/s", 86_400, Spacing::Even);
    let numbers = [&day, &longer, &long].map(|load| of(load, &[1.0], FEED, 7));
    assert!(numbers[1] != numbers[2] && numbers[0] != numbers[2]);
}
