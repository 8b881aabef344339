//! Judging while the run goes says what judging its record says.

use gatecrash_metrics::objective::{Judge, Objective, Outcome, verdicts};
use gatecrash_metrics::{Measure, ScenarioRecord};

use super::scenes::{CHAT, RETRIEVE, START, Scene, check, objective};
use crate::Numbers;

const TEXTS: [&str; 14] = [
    "error_rate > 20% for 3s",
    "error_rate of /retrieve > 20% for 3s",
    "error_rate of each /* > 30% for 2s",
    "p95 < 80ms within 5s",
    "p95 of /chat < 80ms within 4s",
    "max of each /* < 95ms within 3s",
    "p90 ttft < 40ms within 6s",
    "avg ttft of /chat > 25ms for 2s",
    "rps > 3 within 4s",
    "rps of /chat < 2 for 3s",
    "cache_hit_rate between 30% and 70% within 8s",
    "target.memory > 80 for 4s",
    "success_rate >= 60% within 7s",
    "p95 < 1.5 * p50 of /retrieve within 9s",
];

/// Seconds of any kind, some of them empty.
fn random(seed: u64, objectives: &[Objective]) -> Scene {
    let mut numbers = Numbers(seed);
    let mut scene = Scene::new("random", objectives);
    let seconds = 3 + numbers.next() % 60;
    for _ in 0..seconds {
        let bad = numbers.unit();
        for _ in 0..numbers.next() % 12 {
            let id = if numbers.next().is_multiple_of(3) {
                CHAT
            } else {
                RETRIEVE
            };
            scene.request(id, numbers.unit() * 100.0, numbers.unit() > bad);
            if id == CHAT {
                let (ttft, hit) = (numbers.unit() * 50.0, numbers.next() % 2);
                scene.shard.measure(CHAT, Measure::Ttft, ttft);
                scene.shard.measure(CHAT, Measure::CacheHit, hit as f64);
            }
        }
        scene.metric(1, numbers.unit() * 100.0);
        scene.tick();
    }
    scene
}

#[test]
fn what_was_seen_live_is_what_the_record_says() {
    let objectives: Vec<Objective> = TEXTS.into_iter().map(objective).collect();
    let mut outcomes = [0; 3];
    for seed in 0..60 {
        let live = random(seed, &objectives).record();
        assert!(!live.sightings.is_empty());
        let saved = ScenarioRecord {
            sightings: Vec::new(),
            ..live.clone()
        };
        let (live, saved) = (
            verdicts(&objectives, &[live]),
            verdicts(&objectives, &[saved]),
        );
        assert_eq!(live, saved, "seed {seed}");
        for verdict in live {
            outcomes[verdict.outcome as usize] += 1;
        }
    }
    // It says all three often enough to mean something.
    assert!(outcomes.iter().all(|&count| count > 10), "{outcomes:?}");
}

/// As `text`, and it ends its scenario.
fn stopping(text: &str) -> Objective {
    let objective = Objective {
        stop: true,
        ..objective(text)
    };
    assert_eq!(objective.stop_fault(), None, "{text}");
    objective
}

/// Twelve good seconds, eight bad ones, forty good ones.
fn dip(objectives: &[Objective]) -> Scene {
    let mut scene = Scene::new("dip", objectives);
    let good = |scene: &mut Scene| (0..10).for_each(|_| scene.request(RETRIEVE, 50.0, true));
    scene.seconds(12, good);
    scene.seconds(8, |scene| {
        (0..10).for_each(|_| scene.request(RETRIEVE, 500.0, false))
    });
    scene.seconds(40, good);
    scene
}

#[test]
fn an_objective_that_stops_is_told_in_the_second_that_breaks_it() {
    let table = [
        ("error_rate > 5% for 5s", 17),
        ("error_rate <= 10% within 10s", 14),
        ("error_rate < 30%", 18),
        ("p95 < 400ms", 13),
        ("failures < 15", 14),
        ("failures == 0", 13),
        ("max < 400ms", 13),
        ("p95 of each /* < 400ms", 13),
        ("p95 of /* < 400ms", 15),
    ];
    for (text, second) in table {
        let objectives = [stopping(text)];
        let scene = dip(&objectives);
        assert_eq!(scene.stops, [(second, text.to_owned())], "{text}");
        // What came afterwards does not mend it.
        let records = [scene.record()];
        let verdict = verdicts(&objectives, &records).remove(0);
        assert_eq!(verdict.outcome, Outcome::Failed, "{text}");
        let broke = verdict.broke_epoch_s.unwrap() - super::scenes::START;
        assert_eq!(broke, f64::from(second), "{text}");
    }
}

/// Whoever watches hears that an objective over everything so far holds again.
#[test]
fn what_holds_again_is_forgiven_by_who_only_watches() {
    let texts = ["error_rate > 50% for 3s", "error_rate < 30%"];
    let objectives = texts.map(stopping);
    let mut judges = [Judge::new(&objectives), Judge::watching(&objectives)];
    let mut scene = Scene::new("dip", &[]);
    let mut at_the_worst = 0;
    let mut broken = [Vec::new(), Vec::new()];
    for second in 1..=60 {
        let is_well = !(13..=20).contains(&second);
        (0..10).for_each(|_| scene.request(RETRIEVE, 50.0, is_well));
        scene.tick();
        let snapshot = scene.shard.snapshot();
        for (judge, broken) in judges.iter_mut().zip(&mut broken) {
            *broken = judge.second("dip", START + f64::from(second), &snapshot);
        }
        at_the_worst = at_the_worst.max(broken[1].len());
    }
    assert_eq!(at_the_worst, 2);
    assert_eq!(broken[0], texts);
    assert_eq!(broken[1], texts[..1]);
}

#[test]
fn the_first_seconds_of_an_aggregate_do_not_stop() {
    let bad_start = |text: &str| {
        let mut scene = Scene::new("start", &[stopping(text)]);
        scene.seconds(2, |scene| scene.request(RETRIEVE, 500.0, false));
        scene.seconds(20, |scene| {
            (0..100).for_each(|_| scene.request(RETRIEVE, 5.0, true));
        });
        scene.stops
    };
    assert_eq!(bad_start("error_rate < 5%"), []);
    assert_eq!(
        bad_start("failures == 0"),
        [(1, "failures == 0".to_owned())]
    );
    assert_eq!(
        bad_start("error_rate > 5% for 2s"),
        [(2, "error_rate > 5% for 2s".to_owned())]
    );
}

#[test]
fn what_ended_a_scenario_is_said() {
    let objectives = [stopping("error_rate < 30%")];
    let records = [dip(&objectives).record()];
    let verdict = verdicts(&objectives, &records).remove(0);
    assert_eq!(
        verdict.why,
        "error_rate was 33.3 % after 18 s, must be < 30 %; that ended the scenario"
    );
    // Without it the end decides.
    check(&records, Outcome::Passed, &["error_rate < 31%"]);
}

#[test]
fn what_the_end_alone_tells_cannot_stop() {
    for text in [
        "requests > 100",
        "users >= 10",
        "growth of target.memory < 1% per 10m",
        "p95 in a < p95 in b",
        "mean over scenarios of p95 < 1s",
        "failures between 1 and 2",
    ] {
        assert!(objective(text).stop_fault().is_some(), "{text}");
    }
    let grades = Objective::grades("avg", &[("good", "1s")], None).unwrap();
    assert!(grades.stop_fault().is_some());
    for text in [
        "requests > 100 within 10s",
        "p95 < 1s",
        "cost < 5 USD",
        "rps > 5",
    ] {
        assert_eq!(objective(text).stop_fault(), None, "{text}");
    }
}

#[test]
fn how_objectives_stand_is_told_while_it_goes() {
    let texts = [
        "error_rate > 5% for 3s",
        "error_rate < 20% within 4s",
        "failures < 3",
        "p95 < 400ms",
        "p95 of each /* < 400ms",
        "p95 in start < p95 in other",
        "growth of target.memory < 1% per 10m",
        "p95 ttft < 1s",
    ];
    let objectives: Vec<Objective> = texts.into_iter().map(objective).collect();
    let mut scene = Scene::new("start", &objectives);
    let holds = |scene: &Scene| -> Vec<Option<bool>> {
        scene
            .standings()
            .into_iter()
            .map(|(.., holds)| holds)
            .collect()
    };
    let (yes, no, unknown) = (Some(true), Some(false), None);
    scene.seconds(2, |scene| scene.request(RETRIEVE, 50.0, true));
    let seen = [unknown, unknown, yes, yes, yes, unknown, unknown, unknown];
    assert_eq!(holds(&scene)[..5], seen[..5]);
    scene.seconds(2, |scene| scene.request(RETRIEVE, 50.0, true));
    assert_eq!(holds(&scene)[..2], [yes, yes]);
    scene.seconds(3, |scene| scene.request(CHAT, 500.0, false));
    let told = scene.standings();
    let of = |text: &str, endpoint: Option<&str>| {
        let same = |one: &&(String, Option<String>, Option<bool>)| {
            one.0 == text && one.1.as_deref() == endpoint
        };
        told.iter().find(same).map(|(.., holds)| *holds)
    };
    assert_eq!(of(texts[0], None), Some(no));
    assert_eq!(of(texts[1], None), Some(no));
    assert_eq!(of(texts[2], None), Some(no));
    assert_eq!(of(texts[3], None), Some(no));
    assert_eq!(of(texts[4], Some("GET /retrieve")), Some(yes));
    assert_eq!(of(texts[4], Some("POST /chat")), Some(no));
    assert_eq!(of(texts[7], None), Some(unknown));
    // What only the end can tell, or several scenarios together, has no say.
    assert_eq!(of(texts[6], None), Some(unknown));
    assert_eq!(of(texts[5], None), None);
}
