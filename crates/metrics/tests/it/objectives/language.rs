//! The language: what it says.

use std::time::Duration;

use gatecrash_metrics::objective::language::{ACROSS, About, SCOPES, SUBJECTS, UNITS, WINDOWS};
use gatecrash_metrics::objective::term::{Goodput, Over, Scope, Subject, Term};
use gatecrash_metrics::objective::{Comparison, Home, Limit, Objective, Rule, Severity, Window};
use gatecrash_metrics::{Kind, Measure, Metric, Unit};

use super::scenes::objective;

fn times() -> std::sync::Arc<str> {
    "response_time".into()
}

fn term(subject: Subject) -> Term {
    Term {
        subject,
        scope: Scope::default(),
        over: Over::Itself,
    }
}

#[test]
fn a_line_says_what_it_says() {
    let parsed = objective("  p95 of /retrieve in burst < 900ms within 30s ");
    let mut left = term(Subject::Quantile(0.95, times()));
    left.scope.endpoint = Some("/retrieve".into());
    left.scope.scenario = Some("burst".into());
    let expected = Objective {
        text: "p95 of /retrieve in burst < 900ms within 30s".into(),
        rule: Rule::Compare {
            left,
            comparison: Comparison::Below,
            right: Limit::Number(900.0),
            window: Window::Within(Duration::from_secs(30)),
        },
        severity: Severity::Fail,
        optional: false,
        stop: false,
        scenario: None,
        unit: Some(Unit::Ms),
    };
    assert_eq!(parsed, expected);
}

/// The left term of an objective.
fn left(text: &str) -> Term {
    objective(text).terms()[0].clone()
}

#[test]
fn every_subject_has_its_form() {
    let goodput = Goodput {
        limits: vec![("ttft".into(), 2000.0), ("tpot".into(), 50.0)],
    };
    let table = [
        ("p50 < 1s", Subject::Quantile(0.5, times())),
        ("p99.9 < 1s", Subject::Quantile(0.999, times())),
        ("p99.99 < 1s", Subject::Quantile(0.9999, times())),
        ("p95 response_time < 1s", Subject::Quantile(0.95, times())),
        ("p95 ttft < 1s", Subject::Quantile(0.95, "ttft".into())),
        (
            "p95 target.memory < 1GB",
            Subject::Quantile(0.95, "target.memory".into()),
        ),
        (
            "p95 \"queue wait\" < 1s",
            Subject::Quantile(0.95, "queue wait".into()),
        ),
        ("avg < 1s", Subject::Mean(times())),
        ("max tpot<1s", Subject::Max("tpot".into())),
        ("min tokens >= 1", Subject::Min("tokens".into())),
        ("sum tokens < 5", Subject::Sum("tokens".into())),
        ("last depth < 5", Subject::Last("depth".into())),
        ("rate grounded > 95%", Subject::Share("grounded".into())),
        ("error_rate < 1%", Subject::ErrorRate),
        ("success_rate > 99%", Subject::SuccessRate),
        ("rps > 1", Subject::RequestsPerSecond),
        ("requests > 1", Subject::Requests),
        ("failures < 1", Subject::Failures),
        ("users >= 1", Subject::Users),
        ("missed == 0", Subject::Missed),
        ("lag < 20ms", Subject::Lag),
        ("cache_hit_rate > 80%", Subject::CacheHitRate),
        ("cost < 5 USD", Subject::Cost),
        ("tokens_per_second > 1", Subject::TokensPerSecond),
        (
            "goodput(ttft < 2s, tpot<50ms) > 10/s",
            Subject::Goodput(goodput),
        ),
        ("queue.depth < 100", Subject::Named("queue.depth".into())),
        (
            "\"queue depth\" < 100",
            Subject::Named("queue depth".into()),
        ),
        (
            "state.degraded == 0",
            Subject::Named("state.degraded".into()),
        ),
    ];
    for (text, subject) in table {
        assert_eq!(left(text), term(subject), "{text}");
    }
}

#[test]
fn scopes_name_endpoints_users_and_scenarios() {
    let table: [(&str, Scope); 9] = [
        ("of /a", scope(Some("/a"), false, None, None)),
        ("of GET /a", scope(Some("GET /a"), false, None, None)),
        ("of GET *", scope(Some("GET *"), false, None, None)),
        (
            "of \"GET /a b\"",
            scope(Some("GET /a b"), false, None, None),
        ),
        (
            "of GET '/a \"b'",
            scope(Some("GET /a \"b"), false, None, None),
        ),
        ("of each /x/*", scope(Some("/x/*"), true, None, None)),
        (
            "of user researcher",
            scope(None, false, Some("researcher"), None),
        ),
        (
            "in 'my scenario'",
            scope(None, false, None, Some("my scenario")),
        ),
        (
            "in b of /items?page=1&q=(x),y",
            scope(Some("/items?page=1&q=(x),y"), false, None, Some("b")),
        ),
    ];
    for (text, scope) in table {
        assert_eq!(left(&format!("p95 {text} < 1s")).scope, scope, "{text}");
    }
}

fn scope(endpoint: Option<&str>, each: bool, user: Option<&str>, scenario: Option<&str>) -> Scope {
    Scope {
        endpoint: endpoint.map(str::to_owned),
        each,
        user: user.map(str::to_owned),
        scenario: scenario.map(str::to_owned),
    }
}

#[test]
fn numbers_come_in_the_unit_of_their_subject() {
    let table = [
        ("p95 < 300ms", 300.0),
        ("p95 < 300 ms", 300.0),
        ("p95 < 0.3s", 300.0),
        ("p95 < 1m30s", 90_000.0),
        ("p95 < 250us", 0.25),
        ("p95 < 0", 0.0),
        ("error_rate < 7%", 0.07),
        ("error_rate < 7 %", 0.07),
        ("error_rate < 0.05", 0.05),
        ("error_rate <= 0", 0.0),
        ("rps > 10", 10.0),
        ("rps > 10/s", 10.0),
        ("rps > 600/m", 10.0),
        ("rps > 7200/h", 2.0),
        ("cost < 5", 5.0),
        ("cost < 12.50 EUR", 12.5),
        ("x < -5", -5.0),
        ("x < 3s", 3000.0),
        ("x < 2kB", 2000.0),
        ("x < 2GiB", 2_147_483_648.0),
        ("max retry_after < 30s", 30.0),
    ];
    for (text, number) in table {
        let Rule::Compare { right, .. } = objective(text).rule else {
            panic!("{text}");
        };
        assert_eq!(right, Limit::Number(number), "{text}");
    }
    assert_eq!(
        objective("cost < 5 EUR").unit,
        Some(Unit::Named("EUR".into()))
    );
    assert_eq!(objective("x < 2kB").unit, Some(Unit::Bytes));
    assert_eq!(objective("x < 2").unit, None);
}

#[test]
fn rules_compare_lie_between_and_look_at_each_other() {
    for (symbol, comparison) in [
        ("<", Comparison::Below),
        ("<=", Comparison::AtMost),
        (">", Comparison::Above),
        (">=", Comparison::AtLeast),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
    ] {
        let parsed = objective(&format!("requests{symbol}5"));
        assert!(matches!(parsed.rule, Rule::Compare { comparison: c, .. } if c == comparison));
    }
    let Rule::Between { low, high, .. } = objective("cache_hit_rate between 80% and 90%").rule
    else {
        panic!("no range");
    };
    assert_eq!((low, high), (0.8, 0.9));
    let Rule::Compare { right, .. } = objective("p95 of /a in x < 0.8 * p95 of /a in y").rule
    else {
        panic!("no comparison");
    };
    let mut other = left("p95 of /a in y < 1s");
    other.over = Over::Itself;
    let expected = Limit::Term {
        factor: 0.8,
        term: other,
    };
    assert_eq!(right, expected);
    let growth = left("growth of target.memory < 1% per 10m");
    assert_eq!(growth.over, Over::Growth(Duration::from_secs(600)));
    let mean = left("mean over scenarios of cache_hit_rate > 70%");
    assert_eq!(
        (mean.over, mean.subject),
        (Over::MeanOverScenarios, Subject::CacheHitRate)
    );
}

#[test]
fn it_is_judged_where_its_words_say() {
    let table = [
        ("p95 < 1s", Home::Each),
        ("p95 in a < 1s", Home::One("a".into())),
        ("p95 of /x in a < p95 of /y in a", Home::One("a".into())),
        ("p95 in a < p95 in b", Home::Across),
        ("p95 < 2 * p95 in a", Home::Each),
        ("mean over scenarios of p95 < 1s", Home::Across),
    ];
    for (text, home) in table {
        assert_eq!(objective(text).home(), home, "{text}");
    }
}

/// What is wrong with a text: where, which words, which hint.
#[test]
fn it_tells_which_metrics_it_speaks_of_and_whether_they_suit() {
    let names = |text: &str| {
        let names = objective(text).metrics();
        names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("p95 < 1s"), Vec::<String>::new());
    assert_eq!(names("p95 ttft < 2 * p95 tpot"), ["tpot", "ttft"]);
    assert_eq!(
        names("goodput(ttft < 2s, wait < 5) > 1/s"),
        ["ttft", "wait"]
    );
    assert_eq!(names("queue.depth < 5"), ["queue.depth"]);
    let misuse = |text: &str, kind, unit| {
        let name = "x".into();
        objective(text).misuse(&Metric { name, unit, kind })
    };
    assert_eq!(misuse("x < 5", Kind::Gauge, Unit::Count), None);
    assert_eq!(misuse("x < 5s", Kind::Gauge, Unit::Seconds), None);
    assert_eq!(misuse("x < 5s", Kind::Gauge, Unit::Named("s".into())), None);
    assert_eq!(misuse("x > 50%", Kind::Rate, Unit::Count), None);
    assert_eq!(misuse("p95 x < 5", Kind::Trend, Unit::Count), None);
    assert!(
        misuse("x < 5", Kind::Trend, Unit::Count)
            .unwrap()
            .contains("p95 x")
    );
    assert!(
        misuse("x < 5s", Kind::Gauge, Unit::Bytes)
            .unwrap()
            .contains("bytes")
    );
}

#[test]
fn what_is_documented_is_in_the_language() {
    let tables: [&[About]; 5] = [SUBJECTS, SCOPES, WINDOWS, ACROSS, UNITS];
    for about in tables.into_iter().flatten() {
        objective(about.example);
        assert!(!about.meaning.ends_with('.'), "{}", about.name);
    }
    for measure in Measure::ALL {
        let name = measure.name().unwrap();
        objective(&format!("max {name} != 0"));
    }
}

#[test]
fn a_term_reads_back_as_it_is_written() {
    for text in [
        "p95 of GET /a in 'b c' < 0",
        "p99.9 \"queue wait\" of user GUEST < 0",
        "\"error_rate\" < 0",
        "\"p95\" < 0",
        "max \"of\" of \"each\" < 0",
        "goodput(ttft < 2s, \"a b\" < 5) of /a < 0",
        "mean over scenarios of cache_hit_rate < 0",
        "avg of each 'a \"b*' < 0",
    ] {
        let term = left(text);
        assert_eq!(left(&format!("{term} < 0")), term, "{text} → {term}");
    }
}
