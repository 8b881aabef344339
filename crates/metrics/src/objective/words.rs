//! Numbers in the sentence of a verdict.
//!
//! In: a number and its unit. Out: the text, with as many digits as tell two numbers apart.

use std::time::Duration;

use crate::measure::Unit;

/// `1204 ms`, `5.1 %`, `12.5/s`, with so many decimals.
fn with(value: f64, unit: &Unit, decimals: usize) -> String {
    let scaled = match unit {
        Unit::Share => value * 100.0,
        _ => value,
    };
    let number = format!("{scaled:.decimals$}");
    let number = match number.split_once('.') {
        Some(_) => number.trim_end_matches('0').trim_end_matches('.'),
        None => &number,
    };
    let number = if number == "-0" { "0" } else { number };
    match unit {
        Unit::Ms => format!("{number} ms"),
        Unit::Seconds => format!("{number} s"),
        Unit::Share => format!("{number} %"),
        Unit::PerSecond => format!("{number}/s"),
        Unit::Bytes => format!("{number} bytes"),
        Unit::Named(name) => format!("{number} {name}"),
        Unit::Count | Unit::Money => number.to_owned(),
    }
}

/// As many decimals as a person wants of a number of that size.
fn decimals(value: f64, unit: &Unit) -> usize {
    let size = match unit {
        Unit::Share => (value * 100.0).abs(),
        _ => value.abs(),
    };
    match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 0.1 => 2,
        0.0 => 0,
        _ => 4,
    }
}

/// A number and its unit.
pub(crate) fn number(value: f64, unit: &Unit) -> String {
    with(value, unit, decimals(value, unit))
}

/// A limit: with all its digits, unless it was worked out from another value.
pub(crate) fn limit(value: f64, unit: &Unit) -> String {
    let told = |decimals: &usize| {
        let scale = 10f64.powi(*decimals as i32) * if *unit == Unit::Share { 100.0 } else { 1.0 };
        let scaled = value * scale;
        (scaled.round() - scaled).abs() <= 1e-9 * scaled.abs()
    };
    let exact = (0..=4).find(told);
    with(value, unit, exact.unwrap_or(decimals(value, unit) + 1))
}

/// A value and the limit that it is held against, which must not look the same unless they
/// are: with more digits than usual if need be.
pub(crate) fn pair(value: f64, limit_value: f64, unit: &Unit) -> (String, String) {
    let limit = limit(limit_value, unit);
    let told = (decimals(value, unit)..=9).map(|decimals| with(value, unit, decimals));
    let mut told = told.skip_while(|text| *text == limit && value != limit_value);
    let value = told.next().unwrap_or_else(|| value.to_string());
    (value, limit)
}

/// `10s`, `1m30s`: a time as objectives write it.
pub(crate) fn span(span: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ];
    let mut rest = span.as_nanos();
    let mut text = String::new();
    for (unit, nanoseconds) in UNITS {
        if rest >= nanoseconds {
            text.push_str(&format!("{}{unit}", rest / nanoseconds));
            rest %= nanoseconds;
        }
    }
    match text.is_empty() {
        true => format!("{}us", span.as_micros()),
        false => text,
    }
}

/// So many seconds, without more digits than a person wants.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 10.0 => format!("{s:.0} s"),
        s => with(s, &Unit::Seconds, 1),
    }
}
