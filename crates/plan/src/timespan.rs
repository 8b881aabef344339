//! Lengths of time as Locust writes them: `20`, `20s`, `3m`, `2h`, `1h20m`, `3h30m10s`.
//!
//! In: one word. Out: whole seconds. Never: fractions, days, other orders than h, m, s.

use std::fmt;

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimespanError {
    /// It does not have one of the forms.
    Form(String),
    /// It has, but the seconds do not fit into 63 bits.
    TooLong(String),
}

impl fmt::Display for TimespanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => write!(
                f,
                "'{text}' is not a length of time; write it as 20, 20s, 3m, 2h, 1h20m or 3h30m10s"
            ),
            Self::TooLong(text) => write!(f, "'{text}' is too long a time"),
        }
    }
}

impl std::error::Error for TimespanError {}

/// Seconds in `text`: either digits alone, or hours, minutes and seconds in this
/// order, each at most once and each with its letter.
///
/// # Errors
/// [`TimespanError`] for any other text, the empty one included.
pub fn parse(text: &str) -> Result<u64, TimespanError> {
    let too_long = || TimespanError::TooLong(text.to_owned());
    if is_number(text) {
        return seconds(text, 1).ok_or_else(too_long);
    }
    let mut rest = text;
    let mut total = Some(0u64);
    for (unit, factor) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((number, after)) = rest.split_once(unit)
            && is_number(number)
        {
            let part = seconds(number, factor);
            total = total
                .zip(part)
                .and_then(|(sum, part)| sum.checked_add(part));
            rest = after;
        }
    }
    if text.is_empty() || !rest.is_empty() {
        return Err(TimespanError::Form(text.to_owned()));
    }
    total
        .filter(|sum| *sum <= i64::MAX as u64)
        .ok_or_else(too_long)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn seconds(number: &str, factor: u64) -> Option<u64> {
    number.parse::<u64>().ok()?.checked_mul(factor)
}
