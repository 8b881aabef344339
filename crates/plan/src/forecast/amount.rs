//! A number of tasks or requests, and how sure it is.

use std::fmt;

/// How sure a number is; the later ones are less sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// It is this.
    Exactly,
    /// Chance or the target decide the last digits.
    About,
    /// Less if the target is slow.
    AtMost,
    /// The target decides it alone.
    Unknown,
    /// Until somebody stops it.
    Endless,
}

/// A number of tasks or requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    /// Meaningless where it is unknown or endless.
    number: f64,
    sureness: Sureness,
}

impl Amount {
    pub(crate) const ENDLESS: Self = Self::new(0.0, Sureness::Endless);
    pub(crate) const UNKNOWN: Self = Self::new(0.0, Sureness::Unknown);

    pub(crate) const fn new(number: f64, sureness: Sureness) -> Self {
        Self { number, sureness }
    }

    pub(crate) fn exactly(number: u64) -> Self {
        Self::new(number as f64, Sureness::Exactly)
    }

    pub(crate) fn at_most(number: u64) -> Self {
        Self::new(number as f64, Sureness::AtMost)
    }

    /// The number, rounded; `None` where there is none.
    pub fn number(self) -> Option<u64> {
        self.value().map(|value| value.round() as u64)
    }

    pub(crate) fn value(self) -> Option<f64> {
        (self.sureness < Sureness::Unknown).then_some(self.number)
    }

    /// How sure it is.
    pub fn sureness(self) -> Sureness {
        self.sureness
    }

    /// So many times as much, just as sure.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self::new(self.number * factor, self.sureness)
    }

    /// Both together, as sure as the less sure one.
    pub(crate) fn and(self, other: Self) -> Self {
        let sureness = self.sureness.max(other.sureness);
        Self::new(self.number + other.number, sureness)
    }

    /// No fewer than this.
    pub(crate) fn at_least(self, least: u64) -> Self {
        Self::new(self.number.max(least as f64), self.sureness)
    }

    /// The same, no surer than this.
    pub(crate) fn no_surer_than(self, sureness: Sureness) -> Self {
        Self::new(self.number, self.sureness.max(sureness))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = count(self.number.round() as u64);
        match self.sureness {
            Sureness::Exactly => f.write_str(&number),
            Sureness::About => write!(f, "about {number}"),
            Sureness::AtMost => write!(f, "at most {number}"),
            Sureness::Unknown => f.write_str("as many as the target lets through"),
            Sureness::Endless => f.write_str("without end"),
        }
    }
}

/// A whole number with its thousands set apart: `39,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
