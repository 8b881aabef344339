//! A shard's books: what is counted where, what shows, what the limits do.

use gatecrash_metrics::failure::{OTHER_ERRORS, TEXT_LIMIT};
use gatecrash_metrics::shard::OTHER_NAMES;
use gatecrash_metrics::{EndpointId, FailureKind, Limits, Measure, Sample, Shard, Values, Why};

const LIST: EndpointId = EndpointId(0);
const VIEW: EndpointId = EndpointId(1);

fn shard() -> Shard {
    let mut shard = Shard::new(100.0);
    shard.define(LIST, "GET", "/list");
    shard.define(VIEW, "GET", "/view");
    shard
}

fn sample(endpoint: EndpointId, at_epoch_s: f64, response_time_ms: Option<f64>) -> Sample {
    Sample {
        endpoint,
        at_epoch_s,
        response_time_ms,
        whole_ms: false,
        response_length: 10,
    }
}

#[test]
fn a_sample_is_counted_in_its_endpoint_and_in_the_total() {
    let mut shard = shard();
    shard.record(&sample(LIST, 101.5, Some(2.5)));
    shard.record(&sample(LIST, 103.5, Some(7.5)));
    shard.record(&sample(VIEW, 103.6, None));
    shard.record(&sample(VIEW, 103.7, Some(f64::NAN)));
    let list = shard.find("GET", "/list").unwrap();
    assert_eq!(
        (list.requests, list.none_requests, list.failures),
        (2, 0, 0)
    );
    assert_eq!(
        (list.min_ms, list.max_ms, list.total_response_time_ms),
        (Some(2.5), 7.5, 10.0)
    );
    assert_eq!(
        (list.start_epoch_s, list.last_request_epoch_s),
        (101.5, Some(103.5))
    );
    assert_eq!(list.total_content_length, 20);
    let total = shard.total();
    assert_eq!(
        (total.requests, total.none_requests, total.timed_requests()),
        (4, 2, 2)
    );
    assert_eq!(
        (total.start_epoch_s, total.last_request_epoch_s),
        (100.0, Some(103.7))
    );
    assert_eq!(total.total_response_time_ms, 10.0);
    let per_second: Vec<_> = total
        .seconds
        .iter()
        .map(|s| (s.epoch_s, s.requests))
        .collect();
    assert_eq!(per_second, [(101, 1), (103, 3)]);
}

#[test]
fn whole_numbers_are_remembered_as_such() {
    let mut shard = shard();
    let whole = |ms| Sample {
        whole_ms: true,
        ..sample(LIST, 101.0, Some(ms))
    };
    shard.record(&whole(5.0));
    shard.record(&whole(3.0));
    let all = shard.total().whole;
    assert!(all.total && all.min && all.max);
    shard.record(&sample(LIST, 101.0, Some(9.25)));
    let mixed = shard.total().whole;
    assert!(!mixed.total && mixed.min && !mixed.max);
}

#[test]
fn late_samples_find_their_second() {
    let mut shard = shard();
    for at in [110.0, 112.0, 110.5, 111.0] {
        shard.record(&sample(LIST, at, Some(1.0)));
    }
    let seconds: Vec<_> = shard
        .total()
        .seconds
        .iter()
        .map(|s| (s.epoch_s, s.requests))
        .collect();
    assert_eq!(seconds, [(110, 2), (111, 1), (112, 1)]);
    assert_eq!(shard.total().last_request_epoch_s, Some(112.0));
}

#[test]
fn an_endpoint_shows_from_its_first_request_on() {
    let mut shard = shard();
    assert_eq!(shard.snapshot().endpoints.len(), 0);
    shard.record(&sample(VIEW, 101.0, Some(1.0)));
    shard.show(LIST, 102.0);
    let names: Vec<_> = shard.endpoints().map(|e| e.name.to_string()).collect();
    assert_eq!(names, ["/view", "/list"]);
    assert_eq!(shard.find("GET", "/list").unwrap().start_epoch_s, 102.0);
    assert!(shard.endpoint(EndpointId(77)).is_none());
}

#[test]
fn two_numbers_may_mean_the_same_endpoint_and_keep_their_meaning() {
    let mut shard = shard();
    let again = EndpointId(9);
    shard.define(again, "GET", "/list");
    shard.define(again, "GET", "/view");
    shard.record(&sample(LIST, 101.0, Some(1.0)));
    shard.record(&sample(again, 101.0, Some(1.0)));
    assert_eq!(shard.find("GET", "/list").unwrap().requests, 2);
}

#[test]
fn failures_are_grouped_by_endpoint_and_text() {
    let mut shard = shard();
    for (id, error, at) in [
        (LIST, "A", 101.0),
        (LIST, "A", 105.0),
        (VIEW, "A", 102.0),
        (LIST, "B", 103.0),
    ] {
        shard.fail(id, error, at);
    }
    let snapshot = shard.snapshot();
    let told: Vec<_> = snapshot
        .failures
        .iter()
        .map(|f| {
            (
                &*f.name,
                &*f.error,
                f.occurrences,
                f.first_seen_epoch_s,
                f.last_seen_epoch_s,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("/list", "A", 2, 101.0, 105.0),
            ("/view", "A", 1, 102.0, 102.0),
            ("/list", "B", 1, 103.0, 103.0)
        ]
    );
    assert_eq!(snapshot.total.failures, 4);
    assert_eq!(snapshot.total.requests, 0);
}

#[test]
fn exceptions_are_grouped_by_traceback_and_name_their_nodes() {
    let mut shard = shard();
    shard.exception("boom", "line 1", "local");
    shard.exception("boom", "line 1", "worker");
    shard.exception("boom", "line 1", "local");
    shard.exception("boom", "line 2", "local");
    let groups = shard.snapshot().exceptions;
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0].count, 3);
    assert_eq!(
        groups[0].nodes.iter().map(|n| &**n).collect::<Vec<_>>(),
        ["local", "worker"]
    );
}

#[test]
fn what_is_beyond_a_limit_is_counted_in_common_and_told() {
    let limits = Limits {
        endpoints: 2,
        errors: 2,
        seconds: 120,
        ..Limits::default()
    };
    let mut shard = Shard::with_limits(100.0, limits);
    for n in 0..5 {
        shard.define(EndpointId(n), "GET", &format!("/{n}"));
        shard.record(&sample(EndpointId(n), 101.0, Some(1.0)));
        shard.fail(EndpointId(n), "gone", 101.0);
        shard.exception("boom", &format!("line {n}"), "local");
    }
    // A number that nobody defined is not lost either.
    shard.record(&sample(EndpointId(99), 101.0, Some(1.0)));
    let snapshot = shard.snapshot();
    assert_eq!(snapshot.total.requests, 6);
    assert_eq!(snapshot.find("", OTHER_NAMES).unwrap().requests, 4);
    assert_eq!(snapshot.failures.len(), 3);
    assert_eq!(
        (
            &*snapshot.failures[2].error,
            snapshot.failures[2].occurrences
        ),
        (OTHER_ERRORS, 3)
    );
    assert_eq!(snapshot.exceptions.len(), 2);
    let overflow = snapshot.overflow;
    assert_eq!(
        (overflow.names, overflow.errors, overflow.exceptions),
        (4, 3, 3)
    );
}

#[test]
fn the_series_per_second_has_a_limit() {
    let limits = Limits {
        seconds: 0,
        ..Limits::default()
    };
    let mut shard = Shard::with_limits(0.0, limits);
    shard.define(LIST, "GET", "/list");
    for second in 0..100 {
        shard.record(&sample(LIST, f64::from(second), Some(1.0)));
    }
    let total = shard.total();
    assert_eq!(total.seconds.iter().count(), 60);
    assert_eq!(total.seconds.iter().next().unwrap().epoch_s, 40);
    assert_eq!(total.seconds.get(39).requests, 0);
    assert_eq!(total.seconds.get(99).requests, 1);
    assert_eq!(shard.snapshot().overflow.forgotten_seconds, 80);
}

#[test]
fn a_text_of_any_length_is_kept_within_the_limit() {
    let mut shard = shard();
    shard.fail(LIST, &"ä".repeat(TEXT_LIMIT), 101.0);
    let error = shard.snapshot().failures[0].error.clone();
    assert!(error.len() < TEXT_LIMIT + 40);
    assert!(
        error.ends_with("… (16384 bytes cut)"),
        "{}",
        &error[error.len() - 30..]
    );
}

#[test]
fn reset_keeps_the_names_in_sight_and_clear_does_not() {
    let mut shard = shard();
    shard.record(&sample(LIST, 101.0, Some(1.0)));
    shard.fail(LIST, "A", 101.0);
    shard.exception("boom", "line 1", "local");
    shard.reset(200.0);
    let list = shard.find("GET", "/list").unwrap();
    assert_eq!(
        (list.requests, list.failures, list.start_epoch_s),
        (0, 0, 200.0)
    );
    assert_eq!(shard.total().start_epoch_s, 200.0);
    assert_eq!(shard.snapshot().failures, []);
    assert_eq!(shard.snapshot().exceptions.len(), 1);
    shard.clear(300.0);
    assert!(shard.find("GET", "/list").is_none());
    shard.record(&sample(LIST, 301.0, Some(1.0)));
    assert_eq!(shard.find("GET", "/list").unwrap().start_epoch_s, 301.0);
    assert_eq!(shard.total().start_epoch_s, 300.0);
}

#[test]
fn one_endpoint_can_start_again_alone() {
    let mut shard = shard();
    shard.record(&sample(LIST, 101.0, Some(1.0)));
    shard.reset_endpoint(LIST, 150.0);
    assert_eq!(shard.endpoint(LIST).unwrap().requests, 0);
    assert_eq!(shard.total().requests, 1);
    shard.reset_total(150.0);
    assert_eq!(shard.total().requests, 0);
}

#[test]
fn ten_thousand_names_of_a_hundred_samples_take_less_than_100_mb() {
    let mut shard = Shard::new(0.0);
    let mut numbers = crate::Numbers(4);
    for n in 0..10_000 {
        shard.define(EndpointId(n), "GET", &format!("/item/{n}"));
    }
    // Spread over a hundred seconds and three decades, so that hardly two samples
    // of a name share a bucket.
    for at in 0..100 {
        for n in 0..10_000 {
            let ms = 10f64.powf(numbers.unit() * 3.0);
            shard.record(&sample(EndpointId(n), f64::from(at), Some(ms)));
        }
    }
    assert_eq!(shard.endpoints().len(), 10_000);
    assert_eq!(shard.snapshot().overflow, Default::default());
    let megabytes = shard.bytes() as f64 / 1e6;
    assert!(megabytes < 100.0, "{megabytes} MB");
}

#[test]
fn a_failure_keeps_its_kind_through_merges() {
    let mut known = shard();
    let why = |kind| Why {
        kind,
        text: "no answer",
    };
    known.fail(LIST, why(FailureKind::Timeout), 101.0);
    known.fail(LIST, "said by nobody", 101.0);
    let mut unknown = shard();
    unknown.fail(LIST, "no answer", 102.0);
    for (first, second) in [(&known, &unknown), (&unknown, &known)] {
        let mut merged = first.snapshot();
        merged.merge(&second.snapshot());
        let kind = |text: &str| {
            let found = merged.failures.iter().find(|one| *one.error == *text);
            found.map(|one| (one.kind, one.occurrences))
        };
        assert_eq!(kind("no answer"), Some((FailureKind::Timeout, 2)));
        assert_eq!(kind("said by nobody"), Some((FailureKind::Other, 1)));
    }
}

#[test]
fn the_name_of_a_kind_leads_back_to_it() {
    for kind in [
        FailureKind::Timeout,
        FailureKind::Connect,
        FailureKind::Tls,
        FailureKind::Reset,
        FailureKind::Status(503),
        FailureKind::Check,
        FailureKind::Stream,
        FailureKind::Exception,
        FailureKind::Other,
    ] {
        assert_eq!(FailureKind::named(&kind.name()), Some(kind));
    }
    assert_eq!(FailureKind::Status(503).name(), "status 503");
    for none in ["", "status", "status x", "503"] {
        assert_eq!(FailureKind::named(none), None);
    }
}

#[test]
fn a_class_that_is_followed_has_books_of_its_own() {
    let sample = |ms| sample(LIST, 101.0, Some(ms));
    let mut shard = shard();
    let user = shard.follow_user("Reader", 100.0).expect("room");
    assert_eq!(shard.follow_user("Reader", 100.0), Some(user));
    shard.record(&sample(5.0));
    shard.record(&sample(9.0));
    shard.record_user(user, &sample(9.0), true);
    shard.measure_user(user, Measure::Ttft, 3.0);
    let mut snapshot = shard.snapshot();
    snapshot.merge(&shard.snapshot());
    let reader = snapshot.user("Reader").expect("followed");
    assert_eq!(
        (reader.requests, reader.failures, reader.min_ms),
        (2, 2, Some(9.0))
    );
    assert_eq!(
        reader.measures.get(Measure::Ttft).map(Values::count),
        Some(2)
    );
    assert_eq!(snapshot.user("Writer"), None);
    shard.reset(200.0);
    assert_eq!(
        shard.snapshot().user("Reader").map(|user| user.requests),
        Some(0)
    );
}
