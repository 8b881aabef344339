//! The load at which an objective broke.

use gatecrash_metrics::objective::Outcome;
use gatecrash_metrics::{Missed, ScenarioRecord};

use super::scenes::{RETRIEVE, START, Scene, one};

/// A rate that rises from 2/s by 2 each second for `seconds`; from 60/s on requests take
/// 900 ms and fail.
fn ramp(seconds: u32) -> ScenarioRecord {
    let mut scene = Scene::new("ramp", &[]);
    for second in 1..=seconds {
        let rate = 2 * second;
        scene.shard.planned(u64::from(rate));
        for _ in 0..rate {
            scene.shard.arrival_started(0.1);
            let slow = rate >= 60;
            scene.request(RETRIEVE, if slow { 900.0 } else { 20.0 }, !slow);
        }
        scene.tick();
    }
    scene.shard.missed(Missed::Cap, 0);
    scene.record()
}

#[test]
fn a_ramp_tells_the_load_that_held_and_the_one_that_broke_it() {
    let records = [ramp(60)];
    let broken = one("p95 < 100ms", &records);
    assert_eq!(broken.outcome, Outcome::Failed);
    let breaking = broken.breaking.expect("the load at which it broke");
    // Steps of five seconds: 42/s … 50/s, and 52/s … 60/s, in which one second is slow.
    assert_eq!(breaking.held, Some(46.0));
    assert_eq!(breaking.broke, 56.0);
    assert_eq!(breaking.unit.name(), "per second");
    assert_eq!(broken.broke_epoch_s, Some(START + 25.0));
    let windowed = one("error_rate > 50% for 10s", &records).breaking.unwrap();
    assert_eq!((windowed.held, windowed.broke), (Some(46.0), 56.0));
    let within = one("error_rate < 10% within 5s", &records)
        .breaking
        .unwrap();
    assert!(within.held.unwrap() < within.broke, "{within:?}");
}

#[test]
fn what_holds_breaks_at_no_load() {
    let records = [ramp(60)];
    assert_eq!(one("p95 < 2s", &records).breaking, None);
    assert_eq!(one("rps > 1000", &records).breaking, None);
}

#[test]
fn an_even_load_is_no_ramp() {
    let mut scene = Scene::new("even", &[]);
    scene.seconds(40, |scene| {
        scene.shard.planned(10);
        (0..10).for_each(|_| scene.request(RETRIEVE, 900.0, true));
    });
    let broken = one("p95 < 100ms", &[scene.record()]);
    assert_eq!((broken.outcome, broken.breaking), (Outcome::Failed, None));
}

#[test]
fn users_make_a_ramp_too() {
    let mut scene = Scene::new("crowd", &[]);
    for second in 1..=40u32 {
        scene.shard.occupied(u64::from(second), u64::from(second));
        let ms = if second > 20 { 500.0 } else { 20.0 };
        (0..second).for_each(|_| scene.request(RETRIEVE, ms, true));
        scene.tick();
    }
    let breaking = one("p95 < 100ms", &[scene.record()]).breaking.unwrap();
    assert_eq!((breaking.held, breaking.broke), (Some(20.0), 25.0));
    assert_eq!(breaking.unit.name(), "users");
}
