//! Windows: `for`, `within`, `growth`.

use gatecrash_metrics::objective::Outcome;

use super::scenes::{RETRIEVE, START, Scene, check, objective, one};

/// Twenty good seconds, so many in which all requests fail after 500 ms, twenty good ones.
fn dip(bad: u32) -> Scene {
    let mut scene = Scene::new("dip", &[]);
    let good = |scene: &mut Scene| (0..10).for_each(|_| scene.request(RETRIEVE, 50.0, true));
    scene.seconds(20, good);
    scene.seconds(bad, |scene| {
        (0..10).for_each(|_| scene.request(RETRIEVE, 500.0, false))
    });
    scene.seconds(20, good);
    scene
}

#[test]
fn for_breaks_when_the_bad_lasts_so_long() {
    let records = [dip(10).record()];
    check(
        &records,
        Outcome::Failed,
        &[
            "error_rate > 5% for 10s",
            "error_rate > 5% for 5s",
            "p95 >= 400ms for 10s",
            "success_rate < 99% for 10s",
            "rps > 9 for 50s",
            "failures > 9 for 10s",
        ],
    );
    check(
        &records,
        Outcome::Passed,
        &[
            "error_rate > 5% for 11s",
            "p95 >= 600ms for 1s",
            "rps < 5 for 2s",
        ],
    );
    check(&records, Outcome::NoData, &["error_rate > 5% for 2m"]);
    let broken = one("error_rate > 5% for 10s", &records);
    assert_eq!(broken.broke_epoch_s, Some(START + 30.0));
    assert_eq!(broken.observed, Some(1.0));
    assert_eq!(
        broken.why,
        "error_rate was > 5 % for 10 s without a break, must be so for less than 10s; at worst it was 100 %"
    );
    assert_eq!(
        one("error_rate > 5% for 11s", &records).why,
        "error_rate was > 5 % for 10 s without a break, must be so for less than 11s; at worst it was 100 %"
    );
    assert_eq!(
        one("p95 >= 600ms for 1s", &records).why,
        "p95 was never >= 600 ms, must be so for less than 1s; at worst it was 500 ms"
    );
}

#[test]
fn one_good_second_ends_the_bad_ones() {
    let mut scene = dip(6);
    scene.seconds(6, |scene| scene.request(RETRIEVE, 500.0, false));
    let records = [scene.record()];
    check(&records, Outcome::Failed, &["error_rate > 5% for 6s"]);
    check(&records, Outcome::Passed, &["error_rate > 5% for 7s"]);
}

#[test]
fn a_second_without_requests_has_no_say() {
    let mut scene = Scene::new("sparse", &[]);
    for second in 0..20 {
        if second % 3 == 0 {
            scene.request(RETRIEVE, 500.0, false);
        }
        scene.tick();
    }
    let records = [scene.record()];
    check(
        &records,
        Outcome::Failed,
        &["error_rate > 5% for 10s", "rps < 1 for 2s"],
    );
    check(&records, Outcome::Passed, &["rps < 1 for 3s"]);
}

#[test]
fn within_takes_the_requests_of_every_span_together() {
    let records = [dip(5).record()];
    check(
        &records,
        Outcome::Failed,
        &[
            "error_rate < 50% within 9s",
            "error_rate < 20% within 20s",
            "p95 < 400ms within 30s",
            "p50 < 400ms within 9s",
            "rps > 10 within 10s",
            "max < 400ms within 40s",
        ],
    );
    check(
        &records,
        Outcome::Passed,
        &[
            "error_rate < 51% within 10s",
            "error_rate < 26% within 20s",
            "p50 < 400ms within 11s",
            "rps > 9.9 within 10s",
            "requests >= 100 within 10s",
            "error_rate between 0% and 50% within 10s",
            "p95 < 20 * p50 within 10s",
        ],
    );
    check(&records, Outcome::NoData, &["p95 < 400ms within 1m"]);
    let broken = one("error_rate < 20% within 20s", &records);
    assert_eq!(broken.broke_epoch_s, Some(START + 24.0));
    assert_eq!(broken.observed, Some(0.25));
    assert_eq!(
        broken.why,
        "error_rate was 25 % in the worst 20s, must be < 20 % in every 20s"
    );
    let short = one("p95 < 400ms within 1m", &records);
    assert_eq!(short.why, "it ran for 45 s, shorter than 1m");
}

#[test]
fn a_window_of_times_is_exact_to_its_buckets() {
    let mut scene = Scene::new("spread", &[]);
    scene.seconds(10, |scene| {
        (1..=100).for_each(|n| scene.request(RETRIEVE, f64::from(n) * 7.0, true));
    });
    let records = [scene.record()];
    for percent in [10, 50, 90, 95, 99] {
        let exact = f64::from(percent) * 7.0;
        let seen = one(&format!("p{percent} < 1h within 10s"), &records);
        let off = (seen.observed.unwrap() - exact).abs();
        assert!(off <= exact / 128.0 + 0.008, "p{percent}: {seen:?}");
    }
}

#[test]
fn each_endpoint_has_windows_of_its_own() {
    let mut scene = Scene::new("two", &[]);
    scene.seconds(5, |scene| scene.request(RETRIEVE, 500.0, false));
    scene.seconds(10, |scene| {
        scene.request(RETRIEVE, 5.0, true);
        scene.request(super::scenes::CHAT, 5.0, true);
    });
    let records = [scene.record()];
    let verdicts = super::scenes::all("error_rate of each /* > 5% for 5s", &records);
    let told: Vec<_> = verdicts
        .iter()
        .map(|v| (v.endpoint.as_deref(), v.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Some("GET /retrieve"), Outcome::Failed),
            (Some("POST /chat"), Outcome::Passed)
        ]
    );
}

/// A gauge that grows from 100 by so much each second for 100 s, but for a few wild values.
fn growing(by: f64) -> Scene {
    let mut scene = Scene::new("growing", &[]);
    for second in 0..100 {
        let wild = second % 11 == 5;
        let value = 100.0 + by * f64::from(second);
        scene.metric(1, if wild { 1e9 } else { value });
        scene.request(RETRIEVE, 10.0, true);
        scene.tick();
    }
    scene
}

#[test]
fn growth_is_the_robust_slope_by_the_value_at_the_start() {
    let records = [growing(0.1).record()];
    // From the tenth second on: 101, and 6 more in a minute.
    let seen = one("growth of target.memory < 5% per 1m", &records);
    assert_eq!(seen.outcome, Outcome::Failed);
    assert!(
        (seen.observed.unwrap() - 6.0 / 101.0).abs() < 1e-3,
        "{seen:?}"
    );
    assert_eq!(
        seen.why,
        "growth of target.memory per 1m was 5.94 %, must be < 5 %"
    );
    check(
        &records,
        Outcome::Passed,
        &[
            "growth of target.memory < 6% per 1m",
            "max target.memory <= 1GB within 30s",
            "p50 target.memory < 110 within 30s",
            "growth of p95 < 0.1% per 1h",
            "growth of target.memory between 0% and 60% per 10m",
        ],
    );
    let flat = [growing(0.0).record()];
    check(
        &flat,
        Outcome::Passed,
        &["growth of target.memory <= 0% per 1h"],
    );
}

#[test]
fn a_growth_needs_values_enough() {
    let mut scene = Scene::new("short", &[]);
    scene.seconds(9, |scene| scene.metric(1, 5.0));
    check(
        &[scene.record()],
        Outcome::NoData,
        &["growth of target.memory < 1% per 10m"],
    );
    let mut zero = Scene::new("zero", &[]);
    zero.seconds(30, |scene| scene.metric(1, 0.0));
    check(
        &[zero.record()],
        Outcome::NoData,
        &["growth of target.memory < 1% per 10m"],
    );
}

#[test]
fn a_window_is_an_objective_like_any_other() {
    assert_eq!(objective("p95 < 1s within 30s").text, "p95 < 1s within 30s");
}
