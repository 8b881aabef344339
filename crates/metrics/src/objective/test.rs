//! Whether a value is as a rule wants it.
//!
//! In: a rule without its terms, a value and a limit. Out: whether it holds, and how far it
//! is on the bad side, so that of several values the worst can be told.

use super::missing::Missing;
use super::number::convert;
use super::source::Seen;
use super::{Comparison, Limit, Objective, Rule, Window};
use crate::measure::Unit;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Test {
    /// It stands so to the limit.
    Compare(Comparison),
    /// It is between the limit and this one, which is not below it.
    Between(f64),
}

impl Test {
    /// Of a rule that has a limit that decides.
    pub(crate) fn of(rule: &Rule) -> Test {
        match rule {
            Rule::Between { low, high, .. } => Test::Between(high - low),
            Rule::Compare { comparison, .. }
            | Rule::Tiers { comparison, .. }
            | Rule::Grades { comparison, .. } => Test::Compare(*comparison),
        }
    }

    /// Whether a value is so.
    pub(crate) fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Test::Compare(comparison) => comparison.holds(value, limit),
            Test::Between(room) => (limit..=limit + room).contains(&value),
        }
    }

    /// How far a value is from being so: the larger, the farther.
    fn distance(self, value: f64, limit: f64) -> f64 {
        match self {
            Test::Compare(Comparison::Below | Comparison::AtMost) => value - limit,
            Test::Compare(Comparison::Above | Comparison::AtLeast) => limit - value,
            Test::Compare(Comparison::Equal) => (value - limit).abs(),
            Test::Compare(Comparison::Unequal) => -(value - limit).abs(),
            Test::Between(room) => (limit - value).max(value - limit - room),
        }
    }

    /// Whether the first (value, limit) is farther from what must hold than the second;
    /// where the rule says what is bad, whether it is deeper in that.
    pub(crate) fn is_worse(self, one: (f64, f64), other: (f64, f64), window: Window) -> bool {
        let distance = |(value, limit)| match window {
            Window::EverySecond(_) => -self.distance(value, limit),
            _ => self.distance(value, limit),
        };
        distance(one) > distance(other)
    }
}

impl Objective {
    /// The number that a value is held against, in the value's unit: of tiers what is
    /// acceptable, of grades the worst that passes, of two limits the lower one.
    pub(crate) fn limit(
        &self,
        seen: &Seen,
        other: impl FnOnce(&super::term::Term) -> Result<Seen, Missing>,
    ) -> Result<f64, Missing> {
        let number = match &self.rule {
            Rule::Compare { right, .. } => match right {
                Limit::Number(number) => *number,
                Limit::Term { factor, term } => {
                    let other = other(term)?;
                    let value = factor * other.value;
                    return convert(value, &other.unit, &seen.unit).ok_or(Missing::Unit {
                        series: seen.unit.clone(),
                        limit: other.unit,
                    });
                }
            },
            Rule::Between { low, .. } => *low,
            Rule::Tiers { acceptable, .. } => *acceptable,
            Rule::Grades {
                grades, at_least, ..
            } => {
                let worst = at_least
                    .as_ref()
                    .and_then(|worst| grades.iter().find(|(word, _)| word == worst));
                worst.or(grades.last()).map_or(0.0, |(_, limit)| *limit)
            }
        };
        self.in_unit(number, &seen.unit)
    }

    /// One of its numbers in another unit.
    pub(crate) fn in_unit(&self, number: f64, unit: &Unit) -> Result<f64, Missing> {
        match &self.unit {
            None => Ok(number),
            Some(written) => convert(number, written, unit).ok_or_else(|| Missing::Unit {
                series: unit.clone(),
                limit: written.clone(),
            }),
        }
    }

    /// The test that it is, with its numbers in another unit.
    pub(crate) fn test(&self, unit: &Unit) -> Test {
        match (Test::of(&self.rule), &self.rule) {
            (Test::Between(_), Rule::Between { low, high, .. }) => {
                let scaled = |number: f64| self.in_unit(number, unit).unwrap_or(number);
                Test::Between(scaled(*high) - scaled(*low))
            }
            (test, _) => test,
        }
    }
}
