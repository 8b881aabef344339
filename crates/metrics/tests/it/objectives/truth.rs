//! The truth table: every subject and scope on both sides of its limit, and without data.

use gatecrash_metrics::objective::term::Subject;
use gatecrash_metrics::objective::{
    Judgement, Objective, Outcome, Severity, Tier, verdicts, worst,
};
use gatecrash_metrics::{Kind, Measure, Metric, MetricId, Sample, ScenarioRecord, Unit};

use super::scenes::{CHAT, START, Scene, all, check, objective, one, plain};

fn records() -> Vec<ScenarioRecord> {
    vec![plain("burst", &[])]
}

/// 300 requests in 20 s: 200 of 10 … 100 ms, of which 10 failed, and 100 of 400 ms.
#[test]
fn each_subject_holds_on_one_side_of_its_limit() {
    check(
        &records(),
        Outcome::Passed,
        &[
            "p50 < 81ms",
            "p50 > 79ms",
            "p95 of /retrieve <= 100ms",
            "p95 < 401ms",
            "p99.9 >= 0.4s",
            "p100 == 400ms",
            "avg == 170ms",
            "max <= 400ms",
            "min >= 10ms",
            "error_rate < 4%",
            "success_rate > 96%",
            "rps >= 15",
            "rps <= 15/s",
            "rps < 901/m",
            "requests == 300",
            "failures == 10",
            "failures != 11",
            "users >= 8",
            "cache_hit_rate between 80% and 90%",
            "cache_hit_rate between 79% and 80%",
            "cost <= 1.001 USD",
            "tokens_per_second == 100",
            "p95 ttft < 300ms",
            "avg tokens == 20",
            "sum tokens == 2000",
            "rate cache_hit == 80%",
            "answers == 60",
            "target.memory <= 1GB",
            "last target.memory > 999MB",
            "max target.memory < 1.5GiB",
            "grounded > 70%",
            "rate grounded < 80%",
            "p95 \"queue wait\" < 6ms",
        ],
    );
}

#[test]
fn each_subject_breaks_on_the_other() {
    check(
        &records(),
        Outcome::Failed,
        &[
            "p50 < 79ms",
            "p95 of /retrieve < 90ms",
            "p95 < 399ms",
            "p99.9 < 0.4s",
            "p100 < 400ms",
            "avg < 169ms",
            "max < 400ms",
            "min > 10ms",
            "error_rate < 3%",
            "success_rate > 97%",
            "rps > 15",
            "requests > 300",
            "failures == 0",
            "users > 8",
            "cache_hit_rate between 81% and 90%",
            "cache_hit_rate > 0.8",
            "cost < 1 USD",
            "tokens_per_second > 100",
            "p95 ttft < 100ms",
            "avg tokens > 20",
            "sum tokens < 2000",
            "rate cache_hit > 80%",
            "answers > 60",
            "target.memory < 1GB",
            "max target.memory < 500MB",
            "grounded > 80%",
            "p95 \"queue wait\" < 4ms",
        ],
    );
}

#[test]
fn each_scope_has_its_own_requests() {
    check(
        &records(),
        Outcome::Passed,
        &[
            "requests of /retrieve == 200",
            "requests of GET /retrieve == 200",
            "requests of GET * == 200",
            "requests of \"GET /retrieve\" == 200",
            "requests of /* == 300",
            "requests of /*r* == 200",
            "requests of *cha* == 100",
            "requests in burst == 300",
            "error_rate of POST /chat == 0",
            "p95 of /chat < 4.1 * p95 of /retrieve",
            "max of /* == 400ms",
            "p50 of /* < 81ms",
            "avg of /* == 170ms",
            "p95 ttft of /chat < 300ms",
        ],
    );
    check(
        &records(),
        Outcome::Failed,
        &[
            "p95 of /chat < 3.9 * p95 of /retrieve",
            "error_rate of GET /retrieve < 5%",
        ],
    );
}

#[test]
fn goodput_counts_the_requests_that_the_engine_found_good() {
    let mut scene = Scene::new("stream", &[]);
    let name = match objective("goodput(ttft < 2s, tpot < 50ms) > 0").terms()[0].subject {
        Subject::Goodput(ref good) => good.metric_name(),
        _ => unreachable!(),
    };
    let good = MetricId(9);
    let (unit, kind) = (Unit::Share, Kind::Rate);
    let name = name.as_str().into();
    scene.shard.declare(good, Metric { name, unit, kind });
    scene.seconds(10, |scene| {
        for n in 0..10 {
            scene.request(CHAT, 400.0, true);
            let is_good = f64::from(u8::from(n < 7));
            scene.shard.measure(CHAT, Measure::Custom(good), is_good);
        }
    });
    let records = [scene.record()];
    let met = [
        "goodput(ttft < 2s, tpot < 50ms) >= 7/s",
        "goodput(ttft < 2s, tpot < 50ms) of /chat >= 7/s",
        "goodput(ttft < 2s, tpot < 50ms) > 6.9/s within 5s",
    ];
    check(&records, Outcome::Passed, &met);
    let missed = [
        "goodput(ttft < 2s, tpot < 50ms) > 7/s",
        "goodput(ttft < 2s, tpot < 50ms) < 8 for 5s",
    ];
    check(&records, Outcome::Failed, &missed);
    // Other limits than those that were counted.
    check(&records, Outcome::NoData, &["goodput(ttft < 1s) > 0"]);
}

#[test]
fn a_class_of_users_has_requests_of_its_own() {
    let mut scene = Scene::new("classes", &[]);
    let reader = scene.shard.follow_user("reader", START).unwrap();
    scene.seconds(10, |scene| {
        scene.request(CHAT, 400.0, true);
        let sample = Sample {
            endpoint: CHAT,
            at_epoch_s: START,
            response_time_ms: Some(50.0),
            whole_ms: false,
            response_length: 0,
        };
        scene.shard.record_user(reader, &sample, false);
    });
    let records = [scene.record()];
    let met = [
        "p95 of user reader < 60ms",
        "requests of user reader == 10",
        "p95 of user reader < 60ms within 5s",
        "p95 of user reader < 0.2 * p95",
    ];
    check(&records, Outcome::Passed, &met);
    check(
        &records,
        Outcome::Failed,
        &["p95 of user reader < 40ms", "p95 < 60ms"],
    );
    check(&records, Outcome::NoData, &["p95 of user writer < 60ms"]);
}

#[test]
fn what_never_was_has_no_data_and_never_passes() {
    let texts = [
        "p95 of /typo < 1s",
        "failures of /typo == 0",
        "error_rate of POST /retrieve < 1%",
        "p95 of each /typo/* < 1s",
        "p95 of user researcher < 1s",
        "p95 in nowhere < 1s",
        "p95 ttft of /retrieve < 1s",
        "p95 tpot < 50ms",
        "no.such.metric < 5",
        "p95 no_such < 5",
        "missed == 0",
        "lag < 10ms",
        "goodput(ttft < 2s) > 1/s",
        "p95 of /never < 1s",
        "p95 of /retrieve < 2 * p95 of /typo",
        "growth of no.such.metric < 1% per 10m",
        "p95 of /typo < 1s within 5s",
        "error_rate of /typo > 5% for 5s",
        "rps of /typo < 5 for 5s",
        "target.memory < 20ms",
        "p95 \"queue wait\" < 5MB",
    ];
    check(&records(), Outcome::NoData, &texts);
    for text in texts {
        let verdict = one(text, &records());
        assert_eq!(verdict.judgement(), Judgement::Fail, "{text}");
        assert!(!verdict.why.is_empty());
        assert_eq!(verdict.observed, None);
    }
}

#[test]
fn zero_requests_and_an_unknown_cache_are_no_data() {
    let mut idle = Scene::new("idle", &[]);
    idle.seconds(20, |_| {});
    let idle = [idle.record()];
    check(
        &idle,
        Outcome::NoData,
        &[
            "p95 < 1s",
            "error_rate < 1%",
            "failures == 0",
            "requests >= 0",
            "rps >= 0",
            "users >= 0",
            "error_rate > 5% for 5s",
            "p95 < 1s within 5s",
            "cost < 5 USD",
        ],
    );
    let mut silent = Scene::new("silent", &[]);
    silent.seconds(3, |scene| scene.request(super::scenes::RETRIEVE, 5.0, true));
    let silent = [silent.record()];
    check(&silent, Outcome::NoData, &["cache_hit_rate > 0"]);
    check(&silent, Outcome::Passed, &["p95 < 6ms"]);
}

#[test]
fn warm_ups_are_left_out_unless_they_are_named() {
    let warm_up = ScenarioRecord {
        measured: false,
        ..plain("warm-up", &[])
    };
    let records = [warm_up, plain("burst", &[])];
    assert_eq!(
        one("requests == 300", &records).scenario.as_deref(),
        Some("burst")
    );
    let named = one("requests in warm-up == 300", &records);
    assert_eq!(named.outcome, Outcome::Passed);
    assert_eq!(named.scenario.as_deref(), Some("warm-up"));
    check(&records[..1], Outcome::NoData, &["requests == 300"]);
    check(&[], Outcome::NoData, &["requests == 300"]);
}

#[test]
fn an_objective_of_a_scenario_is_judged_there_alone() {
    let records = [plain("burst", &[]), plain("degraded", &[])];
    let everywhere = all("requests == 300", &records);
    let names: Vec<_> = everywhere.iter().map(|v| v.scenario.as_deref()).collect();
    assert_eq!(names, [Some("burst"), Some("degraded")]);
    let own = Objective {
        scenario: Some("degraded".into()),
        ..objective("requests == 300")
    };
    let verdicts = verdicts(&[own], &records);
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].scenario.as_deref(), Some("degraded"));
}

#[test]
fn each_endpoint_can_have_its_own_verdict() {
    let verdicts = all("p95 of each /* < 101ms", &records());
    let told: Vec<_> = verdicts
        .iter()
        .map(|v| (v.endpoint.as_deref(), v.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Some("GET /retrieve"), Outcome::Passed),
            (Some("POST /chat"), Outcome::Failed)
        ]
    );
    assert_eq!(worst(&verdicts), Judgement::Fail);
}

#[test]
fn a_severity_of_warn_never_fails() {
    for text in ["p95 < 1ms", "p95 of /typo < 1s"] {
        let warned = Objective {
            severity: Severity::Warn,
            ..objective(text)
        };
        let verdicts = verdicts(&[warned], &records());
        assert_eq!(worst(&verdicts), Judgement::Warn, "{text}");
    }
}

#[test]
fn an_optional_one_warns_without_data_and_decides_with_it() {
    for (text, expected) in [
        ("p95 < 1ms", Judgement::Fail),
        ("p95 of /typo < 1s", Judgement::Warn),
        ("p95 of each /typo/* < 1s", Judgement::Warn),
        ("p95 in nowhere < 1s", Judgement::Warn),
        ("p95 < 1h", Judgement::Pass),
    ] {
        let optional = Objective {
            optional: true,
            ..objective(text)
        };
        let verdicts = verdicts(&[optional], &records());
        assert_eq!(worst(&verdicts), expected, "{text}");
    }
}

#[test]
fn tiers_are_met_tolerable_or_broken() {
    let table = [
        ("p95", "450ms", "500ms", Tier::Met, Judgement::Pass),
        ("p95", "400ms", "500ms", Tier::Met, Judgement::Pass),
        (
            "p95",
            "< 400ms",
            "< 500ms",
            Tier::Tolerable,
            Judgement::Warn,
        ),
        ("p95", "300ms", "400ms", Tier::Tolerable, Judgement::Warn),
        ("p95", "200ms", "300ms", Tier::Broken, Judgement::Fail),
        ("cache_hit_rate", "80%", "60%", Tier::Met, Judgement::Pass),
        (
            "cache_hit_rate",
            "90%",
            "70%",
            Tier::Tolerable,
            Judgement::Warn,
        ),
        (
            "cache_hit_rate",
            "95%",
            "90%",
            Tier::Broken,
            Judgement::Fail,
        ),
        ("rps", "15", "10", Tier::Met, Judgement::Pass),
        ("rps", "20/s", "10/s", Tier::Tolerable, Judgement::Warn),
        ("answers", "50", "60", Tier::Tolerable, Judgement::Warn),
    ];
    for (term, target, acceptable, tier, judgement) in table {
        let objective = Objective::tiers(term, target, acceptable).unwrap();
        let verdict = verdicts(std::slice::from_ref(&objective), &records()).remove(0);
        assert_eq!(
            verdict.tier,
            Some(tier),
            "{}: {}",
            objective.text,
            verdict.why
        );
        assert_eq!(verdict.judgement(), judgement, "{}", objective.text);
    }
    let none = Objective::tiers("p95 of /typo", "1s", "2s").unwrap();
    let verdict = verdicts(&[none], &records()).remove(0);
    assert_eq!((verdict.outcome, verdict.tier), (Outcome::NoData, None));
}

#[test]
fn grades_describe_and_decide_only_when_asked() {
    let graded = |term: &str, at_least: Option<&str>| {
        let grades = [
            ("excellent", "100ms"),
            ("good", "200ms"),
            ("acceptable", "300ms"),
        ];
        let objective = Objective::grades(term, &grades, at_least).unwrap();
        verdicts(&[objective], &records()).remove(0)
    };
    let table = [
        ("avg of /retrieve", None, "excellent", Judgement::Pass),
        ("avg", None, "good", Judgement::Pass),
        ("avg of /chat", None, "poor", Judgement::Pass),
        ("avg", Some("good"), "good", Judgement::Pass),
        ("avg", Some("excellent"), "good", Judgement::Fail),
        ("avg of /chat", Some("acceptable"), "poor", Judgement::Fail),
    ];
    for (term, at_least, grade, judgement) in table {
        let verdict = graded(term, at_least);
        assert_eq!(verdict.grade.as_deref(), Some(grade), "{}", verdict.why);
        assert_eq!(verdict.judgement(), judgement, "{}", verdict.why);
    }
    assert_eq!(graded("avg of /typo", None).judgement(), Judgement::Warn);
    assert_eq!(
        graded("avg of /typo", Some("good")).judgement(),
        Judgement::Fail
    );
}

#[test]
fn the_sentence_says_what_was_and_what_must_be() {
    let records = records();
    let table = [
        ("p95 < 300ms", "p95 was 400 ms, must be < 300 ms"),
        (
            "p95 of /chat < 1s",
            "p95 of /chat was 400 ms, must be < 1000 ms",
        ),
        ("error_rate > 5%", "error_rate was 3.33 %, must be > 5 %"),
        (
            "success_rate >= 99.95%",
            "success_rate was 96.7 %, must be >= 99.95 %",
        ),
        (
            "cache_hit_rate between 85% and 90%",
            "cache_hit_rate was 80 %, must be between 85 % and 90 %",
        ),
        (
            "p95 of /chat < 0.5 * max of /chat",
            "p95 of /chat was 400 ms, must be < 200 ms (0.5 * max of /chat)",
        ),
        ("p95 of /typo < 1s", "no endpoint `/typo` was requested"),
        (
            "eror_rate < 1",
            "nothing was recorded under `eror_rate`; did you mean `error_rate`?",
        ),
    ];
    for (text, why) in table {
        assert_eq!(one(text, &records).why, why);
    }
    let tiers = Objective::tiers("p95", "300ms", "500ms").unwrap();
    let verdict = verdicts(&[tiers], &records).remove(0);
    assert_eq!(
        verdict.why,
        "p95 was 400 ms, target <= 300 ms, acceptable <= 500 ms"
    );
}
