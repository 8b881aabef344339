//! What scenarios mean.

use std::time::Duration;

use gatecrash_plan::model::{Iterations, Load, Start};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::Spacing;

use super::{plan, scenario, scenarios, seconds, with_scenario};

const SECOND: Duration = Duration::from_secs(1);

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

#[test]
fn a_number_of_users() {
    let one = scenario("{ users: 100, spawn: 10/s, for: 5m }");
    let Load::Users {
        schedule,
        iterations,
    } = &one.load
    else {
        panic!("{one:?}");
    };
    assert_eq!(*iterations, None);
    assert_eq!(schedule.peak(), 100);
    assert_eq!(schedule.users_at(5 * SECOND), 51);
    assert_eq!(one.duration, Some(seconds(300)));
    assert_eq!(one.grace, seconds(30));
    assert!(one.measured);
    assert_eq!(one.who, [(0, 1.0)]);
    let all_at_once = scenario("{ users: 100, for: 5m, measure: false, grace: 0s }");
    let Load::Users { schedule, .. } = &all_at_once.load else {
        panic!("{all_at_once:?}");
    };
    assert_eq!(schedule.users_at(Duration::ZERO), 100);
    assert!(!all_at_once.measured);
    assert_eq!(all_at_once.grace, Duration::ZERO);
}

#[test]
fn stages_of_users() {
    let one = scenario("{ users: [ {to: 50, in: 1m}, {to: 50, in: 5m}, {to: 0, in: 30s} ] }");
    let Load::Users { schedule, .. } = &one.load else {
        panic!("{one:?}");
    };
    let at: Vec<u32> = [0, 60, 300, 390]
        .map(|at| schedule.users_at(seconds(at)))
        .into();
    assert_eq!(at, [1, 50, 50, 0]);
    assert_eq!(one.duration, Some(seconds(390)));
}

#[test]
fn iterations() {
    let of = |text: &str| match scenario(text).load {
        Load::Users { iterations, .. } => iterations,
        Load::Rate { .. } => panic!("a rate"),
    };
    assert_eq!(
        of("{ users: 5, iterations: 4 }"),
        Some(Iterations::PerUser(4))
    );
    assert_eq!(
        of("{ users: 5, total_iterations: 20000000 }"),
        Some(Iterations::Total(20_000_000))
    );
    assert_eq!(scenario("{ users: 5, iterations: 4 }").duration, None);
    assert_eq!(
        scenario("{ users: 5, iterations: 4, for: 9s }").duration,
        Some(seconds(9))
    );
}

#[test]
fn rates() {
    let of = |text: &str| match scenario(text).load {
        Load::Rate {
            profile,
            spacing,
            max_in_flight,
        } => (profile, spacing, max_in_flight),
        Load::Users { .. } => panic!("users"),
    };
    let (profile, spacing, cap) = of("{ rate: 50/s, for: 2m }");
    assert_eq!(
        (profile.peak(), profile.expected()),
        (rate("50/s"), Some(6000.0))
    );
    assert_eq!((spacing, cap), (Spacing::Even, 10_000));
    let (profile, spacing, cap) =
        of("{ rate: 1/s .. 100/s, for: 10m, arrivals: poisson, seed: 7, max_in_flight: 5 }");
    assert_eq!(profile.rate_at(Duration::ZERO), 1.0);
    assert_eq!(profile.expected(), Some(30_300.0));
    assert_eq!((spacing, cap), (Spacing::Poisson { seed: 7 }, 5));
    let (profile, ..) =
        of("{ rate: [{ to: 60/s, in: 1m }, { to: 60/s, in: 1m }, { to: 0/s, in: 0s }] }");
    assert_eq!(profile.expected(), Some(5400.0));
    assert_eq!(profile.duration(), Some(seconds(120)));
}

#[test]
fn a_ladder_is_a_scenario_for_each_rung() {
    let all = scenarios(
        "{ rate: [10/s, 100/s, 1000/s], for: 30s }\n  t: { users: 1, for: 1s }\n  v: { users: 1, for: 1s, after: s }",
    );
    let shown: Vec<(&str, &Start, Option<Duration>)> = all
        .iter()
        .map(|one| (one.name.as_str(), &one.start, one.duration))
        .collect();
    assert_eq!(
        shown,
        [
            ("s 10/s", &Start::InTurn, Some(seconds(30))),
            ("s 100/s", &Start::After(0), Some(seconds(30))),
            ("s 1000/s", &Start::After(1), Some(seconds(30))),
            ("t", &Start::InTurn, Some(seconds(1))),
            ("v", &Start::After(2), Some(seconds(1))),
        ]
    );
    assert_ne!(all[0].seed, all[1].seed);
}

#[test]
fn scenarios_together() {
    let text = with_scenario(
        "{ users: 1, for: 1s }\n  t: { rate: [1/s, 2/s], for: 1s }\n  v: { users: 1, for: 1s, after: t }",
    );
    let starts = |text: &str| -> Vec<Start> {
        plan(text)
            .scenarios
            .into_iter()
            .map(|one| one.start)
            .collect()
    };
    assert_eq!(
        starts(&text),
        [
            Start::InTurn,
            Start::InTurn,
            Start::After(1),
            Start::After(2)
        ]
    );
    let together = format!("parallel: true\n{text}");
    assert_eq!(
        starts(&together),
        [
            Start::AtOnce,
            Start::AtOnce,
            Start::After(1),
            Start::After(2)
        ]
    );
}

#[test]
fn who_takes_part() {
    let who = |text: &str| {
        let text = format!(
            "host: http://h\nusers:\n  a: {{ weight: 3, tasks: [{{ get: / }}] }}\n  b: {{ tasks: [{{ get: / }}] }}\n  c: {{ weight: 0, tasks: [{{ get: / }}] }}\nscenarios: {{ s: {{ users: 1, for: 1s{text} }} }}\n"
        );
        plan(&text).scenarios[0].who.clone()
    };
    assert_eq!(who(""), [(0, 3.0), (1, 1.0)]);
    assert_eq!(who(", who: b"), [(1, 1.0)]);
    assert_eq!(who(", who: [c, a]"), [(2, 1.0), (0, 3.0)]);
    assert_eq!(who(", who: { b: 0.5, a: 2, c: 0 }"), [(1, 0.5), (0, 2.0)]);
}

#[test]
fn seeds() {
    let seed = |text: &str| plan(text).scenarios[0].seed;
    let plain = with_scenario("{ rate: 1/s, for: 1s, arrivals: poisson }");
    assert_eq!(seed(&plain), seed(&plain));
    assert_ne!(seed(&plain), seed(&format!("seed: 2\n{plain}")));
    assert_eq!(seed(&with_scenario("{ rate: 1/s, for: 1s, seed: 9 }")), 9);
    let Load::Rate { spacing, .. } = &plan(&plain).scenarios[0].load else {
        panic!("users");
    };
    assert_eq!(*spacing, Spacing::Poisson { seed: seed(&plain) });
}
