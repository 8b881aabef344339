//! Lengths of time as plans write them: `500ms`, `2s`, `1m30s`, `1.5h`, `2d`.
//!
//! In: one word. Out: a [`Duration`], exact to the nanosecond. Never: a number without its
//! unit. What Locust's options take is [`crate::timespan`].

use std::fmt;
use std::time::Duration;

/// Units from long to short, in nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
];

/// The longest time: a year.
pub const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// As many decimals as a day has down to the nanosecond.
const MOST_DECIMALS: usize = 14;

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DurationError {
    /// A number alone.
    NoUnit(String),
    /// Not of one of the forms.
    Form(String),
    /// Longer than [`LONGEST`].
    TooLong(String),
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUnit(text) => write!(
                f,
                "'{text}' is a time without its unit; write {text}s, {text}ms, {text}m or {text}h"
            ),
            Self::Form(text) => write!(
                f,
                "'{text}' is not a length of time; write it as 500ms, 2s, 1m30s, 1.5h or 2d"
            ),
            Self::TooLong(text) => write!(f, "'{text}' is longer than a year"),
        }
    }
}

impl std::error::Error for DurationError {}

/// The length of time in `text`: numbers with their units (`d`, `h`, `m`, `s`, `ms`, `us`)
/// from long to short, each unit at most once; the last number may have decimals.
///
/// # Errors
/// [`DurationError`] for any other text, and for more than a year.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let form = || DurationError::Form(text.to_owned());
    let mut total = 0u128;
    let mut units = UNITS.as_slice();
    let mut rest = text;
    while !rest.is_empty() || total == 0 && units.len() == UNITS.len() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        if unit.is_empty() && !number.is_empty() && number.len() == text.len() {
            return Err(DurationError::NoUnit(text.to_owned()));
        }
        let place = units
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or_else(form)?;
        total += nanoseconds(number, units[place].1, after.is_empty()).ok_or_else(form)?;
        units = &units[place + 1..];
        rest = after;
    }
    let total = u64::try_from(total).map(Duration::from_nanos);
    match total {
        Ok(total) if total <= LONGEST => Ok(total),
        _ => Err(DurationError::TooLong(text.to_owned())),
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// A number of units; only the last one may have decimals.
fn nanoseconds(number: &str, unit: u64, is_last: bool) -> Option<u128> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_sound = !whole.is_empty()
        && whole.len() <= 12
        && decimals.len() <= MOST_DECIMALS
        && (is_last || !number.contains('.'))
        && !number.ends_with('.');
    if !is_sound {
        return None;
    }
    let digits: u128 = format!("{whole}{decimals}").parse().ok()?;
    let divisor = 10u128.pow(u32::try_from(decimals.len()).ok()?);
    Some(digits * u128::from(unit) / divisor)
}

/// A length of time as it is written in a plan; reads back as itself.
pub fn written(duration: Duration) -> String {
    let mut rest = duration.as_nanos();
    let mut text = String::new();
    for (unit, nanoseconds) in UNITS {
        let nanoseconds = u128::from(nanoseconds);
        if rest >= nanoseconds {
            text.push_str(&format!("{}{unit}", rest / nanoseconds));
            rest %= nanoseconds;
        }
    }
    match (text.is_empty(), rest) {
        (true, 0) => "0s".to_owned(),
        (_, 0) => text,
        _ => format!("{}.{:09}s", duration.as_secs(), duration.subsec_nanos()),
    }
}
