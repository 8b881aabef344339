//! Objectives over several scenarios.

use gatecrash_metrics::ScenarioRecord;
use gatecrash_metrics::objective::Outcome;

use super::scenes::{RETRIEVE, Scene, check, one, plain};

/// Requests of so many milliseconds.
fn steady(name: &'static str, ms: f64) -> ScenarioRecord {
    let mut scene = Scene::new(name, &[]);
    scene.seconds(5, |scene| scene.request(RETRIEVE, ms, true));
    scene.record()
}

#[test]
fn a_scenario_is_held_against_another_one() {
    let records = [steady("burst", 100.0), steady("degraded", 70.0)];
    check(
        &records,
        Outcome::Passed,
        &[
            "p95 of /retrieve in degraded < 0.8 * p95 of /retrieve in burst",
            "p95 in degraded < p95 in burst",
            "avg in burst >= 1.4 * avg in degraded",
        ],
    );
    check(
        &records,
        Outcome::Failed,
        &["p95 in degraded < 0.7 * p95 in burst"],
    );
    let verdict = one("p95 in degraded < 0.8 * p95 in burst", &records);
    assert_eq!(verdict.scenario, None);
    assert_eq!(
        verdict.why,
        "p95 in degraded was 70 ms, must be < 80 ms (0.8 * p95 in burst)"
    );
    check(
        &records[..1],
        Outcome::NoData,
        &["p95 in degraded < 0.8 * p95 in burst"],
    );
    check(
        &records[1..],
        Outcome::NoData,
        &["p95 in degraded < 0.8 * p95 in burst"],
    );
}

#[test]
fn a_mean_is_of_the_measured_scenarios_that_have_data() {
    let warm_up = ScenarioRecord {
        measured: false,
        ..steady("warm-up", 10_000.0)
    };
    let records = [warm_up, steady("one", 100.0), plain("two", &[])];
    let mean = one("mean over scenarios of avg of /retrieve < 78ms", &records);
    assert_eq!(mean.outcome, Outcome::Passed);
    assert_eq!(mean.observed, Some(77.5));
    assert_eq!(mean.scenario, None);
    check(
        &records,
        Outcome::Passed,
        &[
            "mean over scenarios of cache_hit_rate == 80%",
            "mean over scenarios of requests between 152 and 153",
        ],
    );
    check(
        &records,
        Outcome::Failed,
        &["mean over scenarios of cache_hit_rate > 80%"],
    );
    check(
        &records[..2],
        Outcome::NoData,
        &["mean over scenarios of cache_hit_rate > 80%"],
    );
}

#[test]
fn each_scenario_is_held_against_a_named_one() {
    let records = [steady("burst", 100.0), steady("degraded", 170.0)];
    let verdicts = super::scenes::all("p95 < 1.5 * p95 in burst", &records);
    let told: Vec<_> = verdicts
        .iter()
        .map(|v| (v.scenario.as_deref(), v.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Some("burst"), Outcome::Passed),
            (Some("degraded"), Outcome::Failed)
        ]
    );
}
