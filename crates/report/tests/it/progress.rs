//! The progress line.

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
