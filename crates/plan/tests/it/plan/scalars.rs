//! Times and sizes: what is read, what is refused.

use std::time::Duration;

use gatecrash_plan::duration::{self, DurationError};
use gatecrash_plan::size;

#[test]
fn times() {
    let cases = [
        ("500ms", 500_000_000),
        ("2s", 2_000_000_000),
        ("1m30s", 90_000_000_000),
        ("2h", 7_200_000_000_000),
        ("1.5s", 1_500_000_000),
        ("1m0.25s", 60_250_000_000),
        ("1d", 86_400_000_000_000),
        ("7us", 7_000),
        ("0s", 0),
        ("0.0000015s", 1_500),
        ("1h1ms", 3_600_001_000_000),
    ];
    for (text, nanoseconds) in cases {
        assert_eq!(
            duration::parse(text),
            Ok(Duration::from_nanos(nanoseconds)),
            "{text}"
        );
        let read = duration::parse(&duration::written(Duration::from_nanos(nanoseconds)));
        assert_eq!(read, Ok(Duration::from_nanos(nanoseconds)), "{text}");
    }
}

#[test]
fn no_times() {
    for text in [
        "",
        "s",
        "1x",
        "1s1m",
        "1s1s",
        "1.5m10s",
        "-1s",
        "1 s",
        " 1s",
        "1.s",
        ".5s",
        "1..2s",
        "1e3s",
        "1234567890123s",
        "1S",
        "1ns",
        "٣s",
    ] {
        assert_eq!(
            duration::parse(text),
            Err(DurationError::Form(text.to_owned())),
            "{text:?}"
        );
    }
    for text in ["5", "0", "1.5"] {
        assert_eq!(
            duration::parse(text),
            Err(DurationError::NoUnit(text.to_owned())),
            "{text:?}"
        );
    }
    for text in ["367d", "999999999999d"] {
        assert_eq!(
            duration::parse(text),
            Err(DurationError::TooLong(text.to_owned())),
            "{text:?}"
        );
    }
}

#[test]
fn sizes() {
    let cases = [
        ("512", Some(512)),
        ("64kB", Some(64_000)),
        ("64KB", Some(64_000)),
        ("1MB", Some(1_000_000)),
        ("1.5MiB", Some(1_572_864)),
        ("2 GB", Some(2_000_000_000)),
        ("0", Some(0)),
        ("", None),
        ("MB", None),
        ("1mb", None),
        ("-1", None),
        ("1.MB", None),
        ("1e3", None),
        ("999999999999999999GiB", None),
    ];
    for (text, bytes) in cases {
        assert_eq!(size::parse(text), bytes, "{text:?}");
    }
}
