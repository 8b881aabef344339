//! The exact record of how long answers took.
//!
//! In: durations. Out: percentiles, bounds, mean and count. Never: a clock.
//! Values below a second are kept to the microsecond, longer ones to the millisecond, which
//! bounds the memory by the number of distinct values (about 25 MB when every one occurs in ten
//! minutes).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// Durations and how often each occurred.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatencyRecord {
    counts: BTreeMap<u32, u64>,
    total: u64,
    sum_us: u64,
}

/// What a record says, in milliseconds with three decimals that mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LatencySummary {
    /// How many answers were timed.
    pub count: u64,
    /// The shortest.
    pub min: f64,
    /// The arithmetic mean, of unrounded microseconds.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 95 % took at most this long.
    pub p95: f64,
    /// 99 % took at most this long.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

const SECOND_US: u32 = 1_000_000;

impl LatencyRecord {
    pub(crate) fn add(&mut self, took: Duration) {
        let us = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let kept = if us < SECOND_US { us } else { us - us % 1000 };
        *self.counts.entry(kept).or_default() += 1;
        self.total += 1;
        self.sum_us += u64::from(us);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (us, count) in &other.counts {
            *self.counts.entry(*us).or_default() += count;
        }
        self.total += other.total;
        self.sum_us += other.sum_us;
    }

    pub(crate) fn summary(&self) -> LatencySummary {
        let (Some((min, _)), Some((max, _))) =
            (self.counts.first_key_value(), self.counts.last_key_value())
        else {
            return LatencySummary::default();
        };
        LatencySummary {
            count: self.total,
            min: to_ms(*min),
            mean: self.sum_us as f64 / self.total as f64 / 1000.0,
            p50: to_ms(self.nearest_rank(0.50)),
            p95: to_ms(self.nearest_rank(0.95)),
            p99: to_ms(self.nearest_rank(0.99)),
            max: to_ms(*max),
        }
    }

    /// The smallest value that at least the share `quantile` of all values does not exceed.
    fn nearest_rank(&self, quantile: f64) -> u32 {
        let rank = (quantile * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (us, count) in &self.counts {
            seen += count;
            if seen >= rank {
                return *us;
            }
        }
        self.counts.last_key_value().map_or(0, |(us, _)| *us)
    }
}

fn to_ms(us: u32) -> f64 {
    f64::from(us) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values_us: &[u64], expected: LatencySummary) {
        let (mut left, mut right) = (LatencyRecord::default(), LatencyRecord::default());
        for (place, us) in values_us.iter().enumerate() {
            let half = if place % 2 == 0 {
                &mut left
            } else {
                &mut right
            };
            half.add(Duration::from_micros(*us));
        }
        left.merge(&right);
        assert_eq!(left.summary(), expected);
    }

    #[test]
    fn a_summary_is_exact() {
        let ramp: Vec<u64> = (1..=100).map(|n| n * 7).collect();
        check(
            &ramp,
            LatencySummary {
                count: 100,
                min: 0.007,
                mean: 0.3535,
                p50: 0.35,
                p95: 0.665,
                p99: 0.693,
                max: 0.7,
            },
        );
        check(
            &[10, 20, 30, 40, 50, 60, 70],
            LatencySummary {
                count: 7,
                min: 0.01,
                mean: 0.04,
                p50: 0.04,
                p95: 0.07,
                p99: 0.07,
                max: 0.07,
            },
        );
        check(
            &[1_234_567],
            LatencySummary {
                count: 1,
                min: 1234.0,
                mean: 1234.567,
                p50: 1234.0,
                p95: 1234.0,
                p99: 1234.0,
                max: 1234.0,
            },
        );
        check(&[], LatencySummary::default());
    }
}
