//! The record of how long answers took.
//!
//! In: durations. Out: percentiles within 0.05 %, and exact bounds, mean and count. Never: a clock.
//!
//! Each doubling of the duration, from the nanosecond up, is divided into 1,024 buckets of equal
//! width, as an HdrHistogram does it (<https://hdrhistogram.org>). A doubling takes its 8 KiB when
//! the first duration falls into it.

use std::time::Duration;

use serde::Serialize;

/// Buckets per doubling.
const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 10;

/// Durations and how often each occurred.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatencyRecord {
    /// The first one counts single nanoseconds below 1,024, each other one a doubling.
    doublings: Vec<Option<Box<[u64; BUCKETS]>>>,
    total: u64,
    sum_ns: u128,
    min_ns: u64,
    max_ns: u64,
}

/// What a record says, in milliseconds. The bounds and the mean are exact to the nanosecond, the
/// percentiles to 0.05 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LatencySummary {
    /// How many were timed.
    pub count: u64,
    /// The shortest.
    pub min: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 90 % took at most this long.
    pub p90: f64,
    /// 95 % took at most this long.
    pub p95: f64,
    /// 99 % took at most this long.
    pub p99: f64,
    /// 99.9 % took at most this long.
    pub p99_9: f64,
    /// The longest.
    pub max: f64,
}

impl LatencyRecord {
    pub(crate) fn add(&mut self, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let (doubling, bucket) = place(ns);
        self.buckets(doubling)[bucket] += 1;
        self.min_ns = if self.total == 0 {
            ns
        } else {
            self.min_ns.min(ns)
        };
        self.max_ns = self.max_ns.max(ns);
        self.total += 1;
        self.sum_ns += u128::from(ns);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        for (doubling, theirs) in other.doublings.iter().enumerate() {
            let Some(theirs) = theirs else { continue };
            for (mine, count) in self.buckets(doubling).iter_mut().zip(theirs.iter()) {
                *mine += count;
            }
        }
        let least = if self.total == 0 {
            u64::MAX
        } else {
            self.min_ns
        };
        self.min_ns = least.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        self.total += other.total;
        self.sum_ns += other.sum_ns;
    }

    pub(crate) fn summary(&self) -> LatencySummary {
        if self.total == 0 {
            return LatencySummary::default();
        }
        LatencySummary {
            count: self.total,
            min: to_ms(self.min_ns),
            mean: self.sum_ns as f64 / self.total as f64 / 1e6,
            p50: to_ms(self.nearest_rank(0.50)),
            p90: to_ms(self.nearest_rank(0.90)),
            p95: to_ms(self.nearest_rank(0.95)),
            p99: to_ms(self.nearest_rank(0.99)),
            p99_9: to_ms(self.nearest_rank(0.999)),
            max: to_ms(self.max_ns),
        }
    }

    /// How many took at most so long, by the middle of their buckets.
    pub(crate) fn at_most(&self, bound_ns: u64) -> u64 {
        let all = self.doublings.iter().enumerate();
        let buckets = all.flat_map(|(doubling, buckets)| {
            let counts = buckets
                .iter()
                .flat_map(|buckets| buckets.iter().enumerate());
            counts.map(move |(bucket, count)| (middle(doubling, bucket), *count))
        });
        let within = buckets.filter(|(middle_ns, _)| *middle_ns <= bound_ns);
        within.map(|(_, count)| count).sum()
    }

    /// How many there are, and how long they took together, seconds.
    pub(crate) fn count_and_sum_s(&self) -> (u64, f64) {
        (self.total, self.sum_ns as f64 / 1e9)
    }

    fn buckets(&mut self, doubling: usize) -> &mut [u64; BUCKETS] {
        if doubling >= self.doublings.len() {
            self.doublings.resize(doubling + 1, None);
        }
        self.doublings[doubling].get_or_insert_with(|| Box::new([0; BUCKETS]))
    }

    /// The middle of the bucket of the smallest duration that at least the share `quantile` of all
    /// does not exceed.
    fn nearest_rank(&self, quantile: f64) -> u64 {
        let rank = (quantile * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (doubling, buckets) in self.doublings.iter().enumerate() {
            for (bucket, count) in buckets
                .iter()
                .flat_map(|buckets| buckets.iter().enumerate())
            {
                seen += count;
                if seen >= rank {
                    return middle(doubling, bucket).clamp(self.min_ns, self.max_ns);
                }
            }
        }
        self.max_ns
    }
}

/// The doubling and the bucket in it that a duration belongs to.
fn place(ns: u64) -> (usize, usize) {
    match (ns >> BUCKET_BITS).checked_ilog2() {
        None => (0, ns as usize),
        Some(shift) => (shift as usize + 1, (ns >> shift) as usize - BUCKETS),
    }
}

/// The inverse of [`place`], as far as there is one.
fn middle(doubling: usize, bucket: usize) -> u64 {
    match doubling.checked_sub(1) {
        None => bucket as u64,
        Some(shift) => (((bucket + BUCKETS) as u64) << shift) + ((1 << shift) >> 1),
    }
}

fn to_ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of `values_ns`, half of them by way of another record.
    fn record(values_ns: &[u64]) -> LatencyRecord {
        let (mut left, mut right) = (LatencyRecord::default(), LatencyRecord::default());
        for (place, ns) in values_ns.iter().enumerate() {
            let half = if place % 2 == 0 {
                &mut right
            } else {
                &mut left
            };
            half.add(Duration::from_nanos(*ns));
        }
        left.merge(&right);
        left
    }

    /// The percentiles are within 0.1 % of the sorted values', the rest is exact.
    fn check(values_ns: &[u64]) {
        let summary = record(values_ns).summary();
        let mut sorted = values_ns.to_vec();
        sorted.sort_unstable();
        let shown = [
            (0.5, summary.p50),
            (0.9, summary.p90),
            (0.95, summary.p95),
            (0.99, summary.p99),
            (0.999, summary.p99_9),
        ];
        for (quantile, ms) in shown {
            let rank = (quantile * sorted.len() as f64).ceil() as usize;
            let expected = to_ms(sorted[rank - 1]);
            assert!(
                (ms - expected).abs() <= expected * 1e-3,
                "P{quantile}: {ms} for {expected}"
            );
        }
        let sum: u64 = values_ns.iter().sum();
        let mean = sum as f64 / values_ns.len() as f64 / 1e6;
        assert_eq!(summary.count, values_ns.len() as u64);
        assert!((summary.mean - mean).abs() <= mean * 1e-12);
        assert_eq!(summary.min, to_ms(sorted[0]));
        assert_eq!(summary.max, to_ms(sorted[sorted.len() - 1]));
    }

    #[test]
    fn a_summary_is_exact_to_a_tenth_of_a_percent() {
        check(&[7]);
        check(&[0, 1, 2, 1023, 1024, 1025, 2047, 2048]);
        check(&(1..=10_000).map(|n| n * 7_001).collect::<Vec<_>>());
        check(
            &(0..40_000)
                .map(|n: u64| 1.0005f64.powi(n as i32) as u64)
                .collect::<Vec<_>>(),
        );
        check(&[1_234_567_890, 3_600_000_000_000]);
        assert_eq!(record(&[]).summary(), LatencySummary::default());
    }

    #[test]
    fn every_duration_has_a_bucket_close_to_it() {
        for shift in 0..64 {
            for ns in [
                1u64 << shift,
                (1 << shift) + (1 << shift) / 3,
                (1 << shift) - 1,
            ] {
                let (doubling, bucket) = place(ns);
                let found = middle(doubling, bucket);
                assert!(found.abs_diff(ns) <= ns / 2000 + 1, "{ns} became {found}");
            }
        }
        let mut record = LatencyRecord::default();
        record.add(Duration::MAX);
        assert_eq!(record.summary().count, 1);
    }

    #[test]
    fn merging_nothing_changes_nothing() {
        let mut record = record(&[5, 9]);
        let before = record.summary();
        record.merge(&LatencyRecord::default());
        assert_eq!(record.summary(), before);
        let mut empty = LatencyRecord::default();
        empty.merge(&record);
        assert_eq!(empty.summary(), before);
    }
}
