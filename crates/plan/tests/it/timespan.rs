//! Lengths of time: what is read, what is refused.

use gatecrash_plan::timespan::{TimespanError, parse};

#[test]
fn forms_that_locust_reads() {
    let cases = [
        ("0", 0),
        ("20", 20),
        ("20s", 20),
        ("30000s", 30_000),
        ("3m", 180),
        ("200m", 12_000),
        ("2h", 7200),
        ("1h20m", 4800),
        ("1h5s", 3605),
        ("3h30m10s", 12_610),
    ];
    for (text, seconds) in cases {
        assert_eq!(parse(text), Ok(seconds), "{text}");
    }
}

#[test]
fn everything_else_is_refused() {
    for text in [
        "", "1min", "1.5m", "-5", "5x", "s", "m30", "30s1m", "1m1m", " 5", "5 s", "1h m",
    ] {
        assert_eq!(
            parse(text),
            Err(TimespanError::Form(text.to_owned())),
            "{text:?}"
        );
    }
    for text in ["99999999999999999999", "9999999999999999h"] {
        assert_eq!(
            parse(text),
            Err(TimespanError::TooLong(text.to_owned())),
            "{text:?}"
        );
    }
}
