//! A small histogram for many short spans: what a [`crate::slices::Slice`] keeps.
//!
//! In: what two histograms of the same values have between them. Out: counts per bucket,
//! in a few bytes. A bucket is eight of [`crate::hist`]'s: 128 per doubling, so it is never
//! wider than 1/128 of its values (0.8 %), and 8 µs below 2 ms. It never changes once made.

use std::sync::Arc;

use crate::hist::{self, Hist};

/// Buckets of [`crate::hist`] in one of these, as a power of two.
const BITS: u32 = 3;

/// How many buckets there are.
pub const BUCKETS: usize = hist::BUCKETS >> BITS;

/// Counts of values by bucket.
///
/// Written as pairs of the distance to the last bucket and the count, each a number of
/// seven bits to the byte, the lowest first, the eighth saying that more follow (LEB128).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thin {
    /// Shared by copies: a run keeps thousands, and two of the same values are the rule.
    bytes: Arc<[u8]>,
    count: u64,
}

impl Thin {
    /// The counts of these buckets, sorted by their number; none comes twice.
    pub fn of(buckets: impl IntoIterator<Item = (usize, u64)>) -> Thin {
        let mut bytes = Vec::new();
        let (mut count, mut last) = (0, 0);
        for (index, added) in buckets.into_iter().filter(|&(_, count)| count > 0) {
            debug_assert!((last..BUCKETS).contains(&index));
            write(&mut bytes, (index - last) as u64);
            write(&mut bytes, added);
            last = index;
            count += added;
        }
        Thin {
            bytes: bytes.into(),
            count,
        }
    }

    /// What was added to a histogram since it was as `earlier`.
    pub fn between(earlier: Option<&Hist>, now: &Hist) -> Thin {
        let mut runs: Vec<(usize, u64)> = Vec::new();
        let mut add = |index: usize, count: u64| match runs.last_mut() {
            Some((last, sum)) if *last == index >> BITS => *sum += count,
            _ => runs.push((index >> BITS, count)),
        };
        match earlier {
            Some(earlier) => now.additions(earlier, add),
            None => now.iter().for_each(|b| add(b.index, b.count)),
        }
        Thin::of(runs)
    }

    /// From [`Thin::bytes`]; `None` if they are not well formed.
    pub fn from_bytes(bytes: &[u8]) -> Option<Thin> {
        let mut rest = bytes;
        let (mut count, mut index) = (0u64, 0u64);
        let mut is_first = true;
        while !rest.is_empty() {
            let (step, added) = (read(&mut rest)?, read(&mut rest)?);
            index = index.checked_add(step)?;
            count = count.checked_add(added)?;
            if index >= BUCKETS as u64 || added == 0 || (step == 0 && !is_first) {
                return None;
            }
            is_first = false;
        }
        let bytes = bytes.into();
        Some(Thin { bytes, count })
    }

    /// As they are kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The buckets that hold values and their counts, smallest values first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let mut rest = &self.bytes[..];
        let mut index = 0;
        std::iter::from_fn(move || {
            index += read(&mut rest)? as usize;
            Some((index, read(&mut rest)?))
        })
    }

    /// The values of both.
    pub fn merged(&self, other: &Thin) -> Thin {
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        Thin::of(std::iter::from_fn(|| {
            let (our, their) = (ours.peek().copied(), theirs.peek().copied());
            let index = match (our, their) {
                (Some(our), Some(their)) => our.0.min(their.0),
                (our, their) => our.or(their)?.0,
            };
            let our = ours.next_if(|b| b.0 == index).map_or(0, |b| b.1);
            let their = theirs.next_if(|b| b.0 == index).map_or(0, |b| b.1);
            Some((index, our + their))
        }))
    }
}

/// The roundest number of a bucket, in the unit of the values (see
/// [`hist::representative_ms`]).
pub fn representative(index: usize) -> f64 {
    let first = index << BITS;
    let lowest = hist::lowest_us(first);
    let highest = hist::highest_us(first + (1 << BITS) - 1);
    hist::roundest_ms(lowest, highest)
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Counts of many spans together, to which spans are added and from which they are taken.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// Up to the largest bucket that was ever added to.
    counts: Vec<u64>,
    count: u64,
}

impl Sum {
    /// Adds the values of a span.
    pub fn add(&mut self, thin: &Thin) {
        for (at, count) in thin.iter() {
            if at >= self.counts.len() {
                self.counts.resize(at + 1, 0);
            }
            self.counts[at] = self.counts[at].saturating_add(count);
        }
        self.count = self.count.saturating_add(thin.count());
    }

    /// Takes the values of a span away that were added before.
    pub fn take(&mut self, thin: &Thin) {
        for (at, count) in thin.iter() {
            self.counts[at] = self.counts[at].saturating_sub(count);
        }
        self.count = self.count.saturating_sub(thin.count());
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value that the share `q` (0 to 1) of all does not exceed: rank ⌈q·n⌉, exact to
    /// its bucket. `None` without values.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        let found = self.counts.iter().position(|&count| {
            seen += count;
            seen >= rank
        });
        found.map(representative)
    }
}
