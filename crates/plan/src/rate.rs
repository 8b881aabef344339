//! Rates of arrivals as people write them: `50/s`, `30/m`, `1000/h`, `0.5/s`.
//!
//! In: a text, or a number per second. Out: a [`Rate`], kept exactly, so that 1000/h for
//! an hour are 1000 arrivals and not 999. Never: a rate without its unit, a negative one.

use std::fmt;
use std::str::FromStr;

/// The unit that a rate is counted in: millionths of an arrival per hour. Hours, because
/// every `/s`, `/m` and `/h` is then a whole number of them.
const PARTS_PER_ARRIVAL: u64 = 1_000_000;
const SECONDS_PER_HOUR: u64 = 3600;
const UNITS: [(&str, u64); 3] = [("s", 3600), ("m", 60), ("h", 1)];

/// The highest rate: an arrival each nanosecond, which is as fine as due times are.
const FASTEST: u64 = 1_000_000_000 * SECONDS_PER_HOUR * PARTS_PER_ARRIVAL;

/// A number of arrivals per time, zero or more; exact to a millionth per hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate {
    micro_per_hour: u64,
}

/// Why something is not a rate.
#[derive(Debug, Clone, PartialEq)]
pub enum RateError {
    /// A number alone.
    NoUnit(String),
    /// Not of the form number, slash, unit.
    Form(String),
    /// More decimals than are kept.
    TooFine(String),
    /// More than an arrival per nanosecond.
    TooFast(String),
    /// A number per second that is negative or not finite.
    NotANumber(f64),
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUnit(text) => write!(
                f,
                "'{text}' is a rate without its unit; write {text}/s (per second), {text}/m or {text}/h"
            ),
            Self::Form(text) => write!(
                f,
                "'{text}' is not a rate; write it as 50/s, 0.5/s, 30/m or 1000/h"
            ),
            Self::TooFine(text) => write!(
                f,
                "'{text}' has more decimals than a rate keeps (six per hour); round it"
            ),
            Self::TooFast(text) => {
                write!(f, "'{text}' is too fast; the limit is 1000000000/s")
            }
            Self::NotANumber(number) => {
                write!(
                    f,
                    "a rate is a finite number of at least 0 per second, not {number}"
                )
            }
        }
    }
}

impl std::error::Error for RateError {}

impl Rate {
    /// No arrivals.
    pub const ZERO: Self = Self { micro_per_hour: 0 };

    /// The rate nearest to `number` arrivals per second.
    ///
    /// # Errors
    /// [`RateError`] if it is negative, not finite, or above 10⁹.
    pub fn per_second(number: f64) -> Result<Self, RateError> {
        if !number.is_finite() || number < 0.0 {
            return Err(RateError::NotANumber(number));
        }
        let parts = (number * (SECONDS_PER_HOUR * PARTS_PER_ARRIVAL) as f64).round();
        if parts > FASTEST as f64 {
            return Err(RateError::TooFast(format!("{number}/s")));
        }
        Ok(Self {
            micro_per_hour: parts as u64,
        })
    }

    /// Arrivals per second.
    pub fn as_per_second(self) -> f64 {
        self.micro_per_hour as f64 / (SECONDS_PER_HOUR * PARTS_PER_ARRIVAL) as f64
    }

    /// This and `more`, at most the highest rate there is.
    pub fn saturating_add(self, more: Self) -> Self {
        let sum = self.micro_per_hour.saturating_add(more.micro_per_hour);
        Self::from_micro_per_hour(sum.min(FASTEST))
    }

    /// This without `less`, at least none.
    pub fn saturating_sub(self, less: Self) -> Self {
        Self::from_micro_per_hour(self.micro_per_hour.saturating_sub(less.micro_per_hour))
    }

    pub(crate) fn from_micro_per_hour(micro_per_hour: u64) -> Self {
        Self { micro_per_hour }
    }

    /// Millionths of an arrival per hour: the exact value.
    pub(crate) fn micro_per_hour(self) -> u64 {
        self.micro_per_hour
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let form = || RateError::Form(text.to_owned());
        let Some((number, unit)) = text.split_once('/') else {
            return Err(match decimal(text) {
                Some(_) => RateError::NoUnit(text.to_owned()),
                None => form(),
            });
        };
        let (_, per_hour) = UNITS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(form)?;
        let decimal = decimal(number).ok_or_else(form)?;
        decimal.times(per_hour * PARTS_PER_ARRIVAL, text)
    }
}

impl fmt::Display for Rate {
    /// In the first of the units s, m and h that needs no more than three decimals, or
    /// else per hour; reads back as itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = u128::from(self.micro_per_hour);
        let one = |per_hour: u64| u128::from(per_hour * PARTS_PER_ARRIVAL);
        let (unit, per_hour) = UNITS
            .into_iter()
            .find(|(_, per_hour)| (parts * 1000).is_multiple_of(one(*per_hour)))
            .unwrap_or(("h", 1));
        let whole = parts / one(per_hour);
        let micro = parts % one(per_hour) * 1_000_000 / one(per_hour);
        let decimals = format!(".{micro:06}");
        let decimals = decimals.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{whole}{decimals}/{unit}")
    }
}

/// A number as written: `digits` without the point, and how many stood behind it.
struct Decimal {
    digits: u64,
    decimals: u32,
}

impl Decimal {
    /// This many times `one`, if that is a whole number of parts.
    fn times(&self, one: u64, text: &str) -> Result<Rate, RateError> {
        let parts = u128::from(self.digits) * u128::from(one);
        let divisor = 10u128.pow(self.decimals);
        if parts / divisor > u128::from(FASTEST) {
            return Err(RateError::TooFast(text.to_owned()));
        }
        if !parts.is_multiple_of(divisor) {
            return Err(RateError::TooFine(text.to_owned()));
        }
        Ok(Rate {
            micro_per_hour: (parts / divisor) as u64,
        })
    }
}

/// Digits, perhaps a point and more digits; no more than fit into 64 bits.
fn decimal(text: &str) -> Option<Decimal> {
    const LONGEST: usize = 19;
    let (whole, behind) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(behind) || whole.len() + behind.len() > LONGEST {
        return None;
    }
    Some(Decimal {
        digits: format!("{whole}{behind}").parse().ok()?,
        decimals: behind.len() as u32,
    })
}
