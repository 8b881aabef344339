//! The progress line.

use gatecrash_metrics::{Endpoint, EndpointId, Keep, Sample};
use gatecrash_report::progress::Progress;

#[test]
fn it_tells_how_far_the_run_is() {
    let progress = Progress {
        elapsed_s: 72.9,
        run_time_s: Some(3605.0),
        users: 100,
        rps: 1234.56,
        requests: 90_000,
        failures: 0,
    };
    assert_eq!(
        progress.line(true),
        "1:12 of 1:00:05 · 100 users · 1234.6 req/s · 90000 requests · no failures"
    );
    let late = Progress {
        elapsed_s: 4000.0,
        users: 1,
        failures: 1,
        ..progress
    };
    assert_eq!(
        late.line(false),
        "1:00:05 of 1:00:05 · 1 user · 1234.6 req/s · 90000 requests · 1 failure"
    );
    let endless = Progress {
        elapsed_s: 7.0,
        run_time_s: None,
        failures: 3,
        ..progress
    };
    assert!(endless.line(true).starts_with("7s · "));
    assert!(endless.line(true).ends_with("\x1b[31m3 failures\x1b[0m"));
    assert!(endless.line(false).ends_with("· 3 failures"));
}

/// The rate `now`, of a run that began at 100.2 with ten requests in each second.
fn rate_at(now: f64) -> f64 {
    let mut total = Endpoint::new("", "Aggregated", 100.2);
    let keep = Keep {
        seconds: 60,
        window_s: 10,
    };
    for n in 0..1000 {
        let at_epoch_s = 100.25 + f64::from(n) / 10.0;
        if at_epoch_s < now {
            let sample = Sample {
                endpoint: EndpointId(0),
                at_epoch_s,
                response_time_ms: Some(1.0),
                whole_ms: false,
                response_length: 0,
            };
            total.record(&sample, keep);
        }
    }
    Progress::of(&total, (100.2, now), None, 1).rps
}

#[test]
fn the_rate_is_that_of_the_last_whole_seconds() {
    assert_eq!(rate_at(100.21), 0.0);
    assert_eq!(rate_at(100.9), 7.0);
    assert_eq!(rate_at(102.5), 10.0);
    assert_eq!(rate_at(150.0), 10.0);
    // The last came at 200.15: three full seconds, one with two, one with none.
    assert_eq!(rate_at(202.99), 6.4);
    assert_eq!(rate_at(300.0), 0.0);
}
