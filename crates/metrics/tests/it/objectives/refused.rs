//! What the language refuses, where it points, and with which words.

use gatecrash_metrics::objective::{Fault, Objective};

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
