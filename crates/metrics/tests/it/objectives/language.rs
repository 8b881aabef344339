//! The language: what it says, and what it refuses with which words.

use std::time::Duration;

use gatecrash_metrics::objective::language::{ACROSS, About, SCOPES, SUBJECTS, UNITS, WINDOWS};
use gatecrash_metrics::objective::term::{Goodput, Over, Scope, Subject, Term};
use gatecrash_metrics::objective::{
    Comparison, Fault, Home, Limit, Objective, Part, Rule, Severity, Window,
};
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
fn fault(text: &str) -> Fault {
    match Objective::parse(text) {
        Ok(parsed) => panic!("{text}: {parsed:?}"),
        Err(fault) => fault,
    }
}

/// Texts, where their faults are, and parts of what is said of them and what to do.
static FAULTS: &[(&str, usize, &str, &str)] = &[
    ("", 0, "an objective is missing here", "p95 < 300ms"),
    (
        "p95",
        3,
        "a comparison and a limit are missing at the end",
        "write <",
    ),
    ("p95 300ms", 9, "a comparison and a limit are missing", ""),
    ("p95 <", 5, "a limit is missing at the end", "p95 < 300ms"),
    (
        "p95 < 300",
        6,
        "`300` is a time without its unit",
        "300ms or 300s",
    ),
    ("p95 < 5%", 6, "`5%` is no time", "300ms"),
    (
        "p95 < 5 parsecs",
        6,
        "`5` is a time without its unit",
        "5ms or 5s",
    ),
    ("p95 < 5parsecs", 7, "`parsecs` is no unit", "units are"),
    (
        "p95 < 300ms2",
        11,
        "the parts of a time go from long to short",
        "1m30s",
    ),
    (
        "p95 < 1s1m",
        8,
        "the parts of a time go from long to short",
        "1m30s",
    ),
    ("p101 < 1s", 0, "`p101` is no percentile", "p100"),
    ("p0 < 1s", 0, "`p0` is no percentile", "p100"),
    ("p9.9.9 < 1s", 0, "`p9.9.9` is no percentile", ""),
    ("p(95) < 1s", 1, "a bracket does not belong here", "p95"),
    ("error_rate < 5", 13, "`5` is no share", "5%"),
    ("error_rate < 300ms", 13, "`300ms` is no share", "5%"),
    ("rps > 5ms", 6, "`5ms` is no number per time", "10/s"),
    ("requests > 5%", 11, "`5%` is no plain number", "1000"),
    ("requests > 5/s", 11, "`5/s` is no plain number", ""),
    ("cost < 5ms", 7, "`5ms` is no amount of money", "5 USD"),
    ("ttft < 2s", 0, "`ttft` has many values", "p95 ttft"),
    (
        "response_time < 2s",
        0,
        "`response_time` has many values",
        "p95",
    ),
    ("median < 2s", 0, "`median` is no subject", "`p50`"),
    ("300ms > p95", 0, "not with a number", "p95 < 300ms"),
    (
        "eror_rate 5%",
        10,
        "a comparison is missing before `5%`",
        "`error_rate`",
    ),
    (
        "error_rate = 5%",
        11,
        "a comparison is missing before `=`",
        "==",
    ),
    (
        "rate > 5%",
        5,
        "`rate` needs the name of a metric",
        "rate NAME",
    ),
    ("p95 of < 1s", 7, "an endpoint is missing here", ""),
    ("p95 of \"/a < 1s", 7, "the \" here has no end", ""),
    (
        "p95 of \"\" < 1s",
        7,
        "a name in quotes has at least a letter",
        "",
    ),
    ("p95 of /a of /b < 1s", 10, "`/a` was named before", "`*`"),
    (
        "p95 of /a of user x < 1s",
        10,
        "by endpoint or by class of users",
        "two objectives",
    ),
    (
        "p95 < 1s of /a",
        9,
        "`of` does not belong here",
        "before the comparison",
    ),
    ("p95 < 1s for", 12, "a number is missing here", ""),
    (
        "p95 > 1s for 10",
        13,
        "`10` is a time without its unit",
        "10s",
    ),
    (
        "p95 > 1s for 0s",
        13,
        "`0s` is no length of time",
        "more than 0",
    ),
    ("p95 > 1s for 2000d", 13, "`2000d` is no length of time", ""),
    ("p95 < 1s per 10m", 9, "`per` belongs to a growth", "10/s"),
    (
        "p95 < 1s for 10s",
        4,
        "with `for` a rule says what is bad, and `p95 <` is good",
        "`>=`",
    ),
    (
        "cache_hit_rate >= 80% for 10s",
        15,
        "`cache_hit_rate >=` is good",
        "`<`",
    ),
    ("goodput(ttft < 2s) > 10/s for 10s", 19, "is good", "`<=`"),
    (
        "error_rate between 1% and 2% for 5s",
        19,
        "`between` what is good",
        "`within`",
    ),
    (
        "cache_hit_rate between 90% and 80%",
        31,
        "the upper limit is below the lower one",
        "",
    ),
    (
        "cache_hit_rate between 80%",
        26,
        "`and` and the upper limit are missing",
        "",
    ),
    (
        "x between 1s and 2MB",
        17,
        "in another unit than the one before",
        "",
    ),
    (
        "growth of x < 1%",
        16,
        "growth needs the time that it is meant for",
        "per 10m",
    ),
    ("growth of x < 5ms per 1m", 14, "`5ms` is no share", ""),
    ("growth of x < 1% within 1m", 17, "has no window", ""),
    (
        "growth of x < growth of y per 1m",
        14,
        "a growth is compared with a number",
        "",
    ),
    (
        "growth of p95 of each /x < 1% per 1m",
        14,
        "`each` does not go together",
        "",
    ),
    (
        "mean over scenarios of p95 in a < 1s",
        27,
        "is of all of them",
        "leave `in` out",
    ),
    (
        "p95 < mean over scenarios of p95",
        6,
        "is compared with a number or with its like",
        "",
    ),
    ("p95 in a < p95 in b for 5s", 20, "has no window", ""),
    ("p95 < 2 * error_rate", 10, "counts in share", ""),
    (
        "p95 < p95 of each /x",
        6,
        "`each` stands on the left side only",
        "",
    ),
    (
        "goodput > 5/s",
        8,
        "the limits of a good request are missing",
        "goodput(ttft",
    ),
    ("goodput() > 5/s", 8, "a series is missing here", ""),
    (
        "goodput(ttft) > 5/s",
        12,
        "`<` and a limit are missing here",
        "",
    ),
    (
        "goodput(ttft > 5s) > 5/s",
        13,
        "`<` and a limit are missing here",
        "below",
    ),
    ("goodput(ttft < 5) > 5/s", 15, "a time without its unit", ""),
    (
        "goodput(ttft < 5s > 5/s",
        18,
        "`,` or `)` is missing here",
        "",
    ),
    (
        "goodput(chunk_gap < 5s) > 5/s",
        8,
        "is no value of one request",
        "",
    ),
    ("x < 1234567890123456", 4, "has more than 15 digits", ""),
    ("x < 5.", 4, "`5.` is no number", ""),
    ("x < 1.2.3", 4, "`1.2.3` is no number", ""),
    (
        "in burst p95 < 1s",
        0,
        "what the objective speaks of is missing",
        "begin with",
    ),
    ("p95 < 1s and p99 < 2s", 9, "`and` does not belong here", ""),
];

#[test]
fn a_fault_has_its_place_its_reason_and_what_to_do() {
    for &(text, at, what, hint) in FAULTS {
        let fault = fault(text);
        assert!(fault.what.contains(what), "{text}: {}", fault.what);
        assert_eq!(fault.at, at, "{text}: {}", fault.what);
        let told = fault.hint.as_deref().unwrap_or_default();
        assert!(told.contains(hint), "{text}: {told:?}");
        assert!(
            !fault.what.ends_with('.') && !told.ends_with('.'),
            "{fault}"
        );
    }
    assert!(fault(&"x".repeat(2000)).what.contains("at most 1000 bytes"));
}

#[test]
fn tiers_and_grades_tell_which_of_their_texts_is_wrong() {
    let tiers = |term, target, acceptable| {
        let fault = Objective::tiers(term, target, acceptable).unwrap_err();
        (fault.part, fault.what)
    };
    let table = [
        (
            tiers("p95 <", "3s", "5s"),
            Part::Text,
            "`<` does not belong here",
        ),
        (
            tiers("p95", "3", "5s"),
            Part::Target,
            "`3` is a time without its unit",
        ),
        (
            tiers("p95", "3s", "5%"),
            Part::Acceptable,
            "`5%` is no time",
        ),
        (
            tiers("p95", "3s 5s", "5s"),
            Part::Target,
            "`5s` does not belong here",
        ),
        (
            tiers("p95", "5s", "3s"),
            Part::Acceptable,
            "of `p95` less is better",
        ),
        (
            tiers("cache_hit_rate", "5%", "30%"),
            Part::Acceptable,
            "more is better",
        ),
        (
            tiers("p95", "< 3s", "> 5s"),
            Part::Acceptable,
            "different comparisons",
        ),
        (
            tiers("x", "3", "3"),
            Part::Target,
            "whether less or more is better",
        ),
        (
            tiers("growth of x", "3%", "5%"),
            Part::Text,
            "growth has a single limit",
        ),
    ];
    for ((part, told), expected_part, what) in table {
        assert!(told.contains(what), "{told}");
        assert_eq!(part, expected_part, "{told}");
    }
    let grades = |limits: &[(&str, &str)], least| {
        let fault = Objective::grades("avg", limits, least).unwrap_err();
        (fault.part, fault.what)
    };
    assert_eq!(
        grades(&[("good", "1s"), ("fair", "2")], None).0,
        Part::Grade(1)
    );
    assert_eq!(
        grades(&[("good", "2s"), ("fair", "1s")], None).0,
        Part::Grade(1)
    );
    assert_eq!(grades(&[("good", "2s")], Some("great")).0, Part::AtLeast);
    assert_eq!(grades(&[], None).0, Part::Text);
}

#[test]
fn tiers_and_grades_have_a_text_of_one_line() {
    let tiers = Objective::tiers("p95 of /a", " 3s", "5s ").unwrap();
    assert_eq!(tiers.text, "p95 of /a: target 3s, acceptable 5s");
    assert!(matches!(
        tiers.rule,
        Rule::Tiers {
            comparison: Comparison::AtMost,
            ..
        }
    ));
    let hits = Objective::tiers("cache_hit_rate", "> 90%", "> 80%").unwrap();
    assert!(matches!(
        hits.rule,
        Rule::Tiers {
            comparison: Comparison::Above,
            ..
        }
    ));
    let limits = [("excellent", "3s"), ("good", "5s")];
    let grades = Objective::grades("avg", &limits, Some("good")).unwrap();
    assert_eq!(grades.text, "avg: excellent 3s, good 5s, at least good");
}

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
