//! Locust's arithmetic where the golden runs do not reach.

use std::sync::Arc;

use gatecrash_metrics::hist::{BUCKETS, index_of, representative_ms};
use gatecrash_metrics::{Endpoint, EndpointId, Hist, Keep, Sample};
use gatecrash_report::locust::*;

fn times(ms: &[f64], rounding: &Rounding) -> RoundedTimes {
    let mut hist = Hist::new();
    for &ms in ms {
        hist.record_ms(ms);
    }
    RoundedTimes::new(&hist, rounding)
}

#[test]
fn times_are_rounded_to_two_digits_with_ties_to_even() {
    let round = |ms: f64| Rounding::TwoDigits.round(index_of((ms * 1000.0) as u64));
    for (ms, expected) in [
        (0.4, 0.0),
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (99.4, 99.0),
        (99.5, 100.0),
        (104.0, 100.0),
        (105.0, 100.0),
        (115.0, 120.0),
        (147.0, 150.0),
        (995.0, 1000.0),
        (1050.0, 1000.0),
        (1150.0, 1200.0),
        (3432.0, 3400.0),
        (9950.0, 10_000.0),
        (10_500.0, 10_000.0),
        (11_500.0, 12_000.0),
        (58_760.0, 59_000.0),
    ] {
        assert_eq!(round(ms), expected, "{ms}");
    }
}

#[test]
fn a_percentile_is_the_next_time_above_the_share() {
    let ten: Vec<f64> = (1..=10).map(f64::from).collect();
    let ten = times(&ten, &Rounding::TwoDigits);
    assert_eq!(ten.percentile(0.0), 1.0);
    assert_eq!(ten.percentile(0.5), 6.0);
    assert_eq!(ten.percentile(0.95), 10.0);
    assert_eq!(ten.percentile(1.0), 10.0);
    assert_eq!(times(&[], &Rounding::TwoDigits).percentile(0.5), 0.0);
}

#[test]
fn a_users_own_rounding_replaces_ours() {
    let table: Arc<[f64]> = (0..BUCKETS)
        .map(|at| (representative_ms(at) / 25.0).round() * 25.0)
        .collect();
    let rounded = times(&[3.0, 13.0, 14.0, 40.0], &Rounding::Table(table));
    assert_eq!(
        rounded.iter().collect::<Vec<_>>(),
        [(0.0, 1), (25.0, 2), (50.0, 1)]
    );
    // What the table does not hold stays as it is.
    let short = Rounding::Table(Arc::from([7.0]));
    assert_eq!(
        times(&[0.0, 3.25], &short).iter().collect::<Vec<_>>(),
        [(3.25, 1), (7.0, 1)]
    );
}

#[test]
fn the_median_keeps_between_minimum_and_maximum() {
    let mut endpoint = Endpoint::new("GET", "/", 0.0);
    endpoint.record(
        &Sample {
            endpoint: EndpointId(0),
            at_epoch_s: 1.0,
            response_time_ms: Some(6034.0),
            whole_ms: false,
            response_length: 0,
        },
        Keep {
            seconds: 60,
            window_s: 10,
        },
    );
    let entry = Entry::new(&endpoint, Span::of(&endpoint), &Rounding::TwoDigits);
    assert_eq!(entry.median_ms().to_string(), "6034.0");
    assert_eq!(entry.percentile_ms(0.5).to_string(), "6000");
}

#[test]
fn memory_addresses_do_not_tell_errors_apart() {
    for (error, expected) in [
        ("plain", "plain"),
        (
            "<A object at 0x7f00> and <A object at 0x7f00>",
            "<A object at 0x....> and <A object at 0x....>",
        ),
        ("<A object at 0x7f00", "<A object at 0x7f00"),
    ] {
        assert_eq!(normalise_error(error), expected);
    }
}

#[test]
fn a_message_of_user_code_is_shown_without_its_wrapper() {
    for (error, expected) in [
        ("CatchResponseError('too slow')", "too slow"),
        ("CatchResponseError(\"it's\")", "it's"),
        ("CatchResponseError('a', 'b')", "a"),
        ("CatchResponseError(12)", "12"),
        ("HTTPError('404')", "HTTPError('404')"),
    ] {
        assert_eq!(readable_error(error), expected);
    }
}
