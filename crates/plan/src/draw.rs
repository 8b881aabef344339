//! Seeded draws: what chance decides in a run, so that the same seed repeats it.
//!
//! In: a seed, what is drawn for, and the number of the draw. Out: that draw, the same
//! for ever and on every machine, whichever lane asks and in whatever order. Never:
//! state; a draw is computed from its number.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom
//! Number Generators*, 2014). Its n-th output is a function of seed + n·γ alone, so any
//! draw is as near as the next one. Streams are the same generator from seeds that are
//! outputs themselves.

use std::time::Duration;

use crate::portable;

/// The increment γ of SplitMix64: 2⁶⁴ divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// What is drawn for. The numbers are part of what a seed means and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Gaps between Poisson arrivals; by the arrival's index.
    Arrival = 1,
    /// The class of the user that an arrival goes to; by the arrival's index.
    Class = 2,
    /// The next task. Open: by the arrival's index. Closed: a stream per user
    /// ([`Stream::fork`] by its number), by the number of its tasks before.
    Task = 3,
    /// Rows of data; a stream per feed ([`Stream::fork`] by its position in the plan).
    Row = 4,
    /// Waits between tasks; a stream per user.
    Wait = 5,
    /// Random values in templates; a stream per user.
    Template = 6,
}

/// An endless sequence of draws, any of which can be had by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream of one purpose under `seed`.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self { key: seed }.fork(purpose as u64)
    }

    /// SplitMix64 itself, started with `seed`.
    pub fn splitmix(seed: u64) -> Self {
        Self { key: seed }
    }

    /// A stream of its own for the `branch`-th user, feed or whatever there are many of.
    pub fn fork(self, branch: u64) -> Self {
        Self {
            key: finish(self.at(branch) ^ GAMMA),
        }
    }

    /// Draw number `index`: 64 even bits.
    pub fn at(self, index: u64) -> u64 {
        finish(
            self.key
                .wrapping_add(GAMMA.wrapping_mul(index.wrapping_add(1))),
        )
    }
}

/// The output function of SplitMix64.
fn finish(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A draw as a whole number below `bound` (0 for a bound of 0). Even to `bound` in 2⁶⁴
/// (Lemire, *Fast Random Integer Generation in an Interval*, 2019, without rejection).
pub fn below(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// A draw as a number of at least 0 and below 1, in steps of 2⁻⁵³.
pub fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1u64 << 53) as f64
}

/// A draw as an exponentially distributed number with mean 1, at most 36.8.
pub fn exponential(draw: u64) -> f64 {
    -portable::ln(((draw >> 11) + 1) as f64 / (1u64 << 53) as f64)
}

/// A draw as a length of time from `least` up to and with `most`, even to the nanosecond.
pub fn between(draw: u64, least: Duration, most: Duration) -> Duration {
    let span = most.saturating_sub(least).as_nanos();
    let span = u64::try_from(span).unwrap_or(u64::MAX).saturating_add(1);
    least + Duration::from_nanos(below(draw, span))
}

/// A draw as an exponentially distributed length of time with this mean.
pub fn exponential_wait(draw: u64, mean: Duration) -> Duration {
    mean.mul_f64(exponential(draw))
}

/// One of several by weight.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedChoice {
    /// Sum of the weights up to and with each.
    sums: Vec<f64>,
}

impl WeightedChoice {
    /// A choice among as many as there are weights. Weights of 0 are never chosen;
    /// `None` if a weight is negative or not finite, or if their sum is not above 0.
    pub fn new(weights: &[f64]) -> Option<Self> {
        if weights
            .iter()
            .any(|weight| !weight.is_finite() || *weight < 0.0)
        {
            return None;
        }
        let mut sum = 0.0;
        let sums: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        (sum > 0.0 && sum.is_finite()).then_some(Self { sums })
    }

    /// Position of the one that this draw chooses.
    pub fn pick(&self, draw: u64) -> usize {
        let total = self.sums.last().copied().unwrap_or(0.0);
        let point = unit(draw) * total;
        // Below the total even where rounding took the point up to it.
        let chosen = self.sums.partition_point(|sum| *sum <= point);
        let last = self.sums.partition_point(|sum| *sum < total);
        chosen.min(last)
    }
}

/// Which row of data is next. The numbers are part of a plan's fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pick {
    /// In the order of the file, and from the start again.
    Sequential = 0,
    /// All in a drawn order, then all in another one.
    Shuffled = 1,
    /// Any.
    Random = 2,
    /// In the order of the file, each once; a task without a row is not started.
    Unique = 3,
}

impl Pick {
    /// The row of `rows` that draw number `draw` of this feed gets; `None` if there is
    /// none: no rows at all, or each was given once and they are [`Pick::Unique`].
    pub fn row(self, feed: Stream, draw: u64, rows: u64) -> Option<u64> {
        match self {
            _ if rows == 0 => None,
            Self::Sequential => Some(draw % rows),
            Self::Shuffled => Some(shuffled(feed.fork(draw / rows), draw % rows, rows)),
            Self::Random => Some(below(feed.at(draw), rows)),
            Self::Unique => (draw < rows).then_some(draw),
        }
    }
}

/// Where `position` goes when 0 … `count` − 1 are shuffled by `keys`: without a table, so
/// that a lane needs no memory for a large file.
///
/// A Feistel network permutes the numbers of 2·h bits; whatever leaves the range goes
/// through again until it is back (Black and Rogaway, *Ciphers with Arbitrary Finite
/// Domains*, 2002: generalised Feistel and cycle walking).
fn shuffled(keys: Stream, position: u64, count: u64) -> u64 {
    const ROUNDS: u64 = 8;
    /// Halves of fewer bits shuffle badly.
    const SMALLEST_HALF: u32 = 4;
    let bits = u64::BITS - (count - 1).leading_zeros();
    let half = bits.div_ceil(2).max(SMALLEST_HALF);
    let mask = (1u64 << half) - 1;
    let mut number = position;
    loop {
        let (mut left, mut right) = (number >> half, number & mask);
        for round in 0..ROUNDS {
            let mixed = finish(keys.at(round).wrapping_add(right.wrapping_mul(GAMMA)));
            (left, right) = (right, left ^ (mixed & mask));
        }
        number = left << half | right;
        if number < count {
            return number;
        }
    }
}
