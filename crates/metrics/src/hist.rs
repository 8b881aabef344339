//! A histogram of response times that grows with what it holds.
//!
//! In: response times in milliseconds. Out: counts per bucket, quantiles, merged
//! histograms. It keeps no exact values; an endpoint keeps count, sum, minimum
//! and maximum beside it.
//!
//! The bucket layout is HdrHistogram's for a lowest value of 1 µs and three
//! significant decimal digits (<https://hdrhistogram.org>): up to 2,047 µs each
//! microsecond has its own bucket, then 1,024 buckets per doubling, so a bucket is
//! never wider than 1/1,024 of its values. Sorted (bucket, count) pairs hold a few
//! samples in a few bytes; a plain array takes over when the pairs fill most of it.
//! Before they are sorted in, samples wait in a list of their own, so that counting one
//! is a write at its end rather than a search.

use crate::counts::Counts;
use crate::pairs::{Pair, Pairs, runs};
use crate::waiting::Waiting;

/// Buckets per doubling, and half of those that are one microsecond wide.
const HALF: u64 = 1 << HALF_BITS;
const HALF_BITS: u32 = 10;
/// Doublings above the first 2,048 µs: bytes are counted here as well, in thousandths, and two
/// terabytes of them must still have buckets of their own.
const DOUBLINGS: usize = 40;

/// How many buckets there are; indices run from 0 to `BUCKETS - 1`.
pub const BUCKETS: usize = (DOUBLINGS + 2) * HALF as usize;

/// The longest time that has a bucket of its own, in microseconds: a little over
/// 71 years. Longer ones are counted in the last bucket and in [`Hist::clamped`].
pub const HIGHEST_US: u64 = ((2 * HALF) << DOUBLINGS) - 1;

/// An array takes over when it has at most this many places for each pair, and so at
/// most twice the size: it is so much quicker to write to that this is well spent.
const DENSE_AT: usize = 8;

/// … and when there are at least so many pairs: fewer are no load to anybody.
const DENSE_FROM: usize = 16;

/// A bucket that holds at least one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its place in the layout, below [`BUCKETS`].
    pub index: usize,
    /// How many samples it holds.
    pub count: u64,
}

impl Bucket {
    /// The shortest time that falls into it, microseconds.
    pub fn lowest_us(&self) -> u64 {
        lowest_us(self.index)
    }

    /// The longest time that falls into it, microseconds.
    pub fn highest_us(&self) -> u64 {
        highest_us(self.index)
    }

    /// Its [`representative_ms`].
    pub fn representative_ms(&self) -> f64 {
        representative_ms(self.index)
    }
}

/// The bucket of a time in microseconds; beyond [`HIGHEST_US`] the last one.
pub fn index_of(us: u64) -> usize {
    let us = us.min(HIGHEST_US);
    let shift = (us | 1).ilog2().saturating_sub(HALF_BITS);
    (u64::from(shift) * HALF + (us >> shift)) as usize
}

/// The shortest time of a bucket, microseconds.
pub fn lowest_us(index: usize) -> u64 {
    let shift = shift_of(index);
    (index as u64 - u64::from(shift) * HALF) << shift
}

/// The longest time of a bucket, microseconds.
pub fn highest_us(index: usize) -> u64 {
    lowest_us(index) + (1 << shift_of(index)) - 1
}

fn shift_of(index: usize) -> u32 {
    ((index >> HALF_BITS) as u32).saturating_sub(1)
}

/// The roundest decimal number among the times of a bucket, in milliseconds.
///
/// A time that was given exactly, such as 105 ms, comes back as 105.0 rather than
/// as an edge of its bucket. Rounding the result half to even therefore gives what
/// rounding the original would have given, for every original with few digits.
/// Roundest means: a multiple of the largest of …, 1000, 500, 100, 50, 10, 5, 1 µs.
pub fn representative_ms(index: usize) -> f64 {
    roundest_ms(lowest_us(index), highest_us(index))
}

/// The roundest decimal number from `lowest` to `highest` microseconds, in milliseconds.
pub(crate) fn roundest_ms(lowest: u64, highest: u64) -> f64 {
    let mut power = 100_000_000_000;
    loop {
        for step in [power, (power / 2).max(1)] {
            let candidate = lowest.div_ceil(step) * step;
            if candidate <= highest {
                return candidate as f64 / 1000.0;
            }
        }
        power /= 10;
    }
}

/// Microseconds of a time in milliseconds: the nearest whole one, 0 if negative.
fn to_us(ms: f64) -> u64 {
    // `as` cuts the fraction off and saturates, so a huge time ends up in the last bucket.
    (ms * 1000.0 + 0.5) as u64
}

/// Where a time is counted; worked out once for all histograms that count it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) index: usize,
    clamped: bool,
}

impl Place {
    /// The place of a time in milliseconds; of a negative one that of 0.
    pub(crate) fn of_ms(ms: f64) -> Place {
        let us = to_us(ms);
        Place {
            index: index_of(us),
            clamped: us > HIGHEST_US,
        }
    }
}

#[derive(Clone, Debug)]
enum Store {
    Sparse {
        pairs: Pairs,
        /// Buckets of samples that are not among the pairs yet, in any order.
        waiting: Waiting,
    },
    Dense(Counts),
}

/// How many samples may wait beside so many pairs: the more, the fewer steps it costs
/// each to be sorted in; and one that waits takes a quarter of the room of a pair.
fn waiting_room(pairs: usize) -> usize {
    (2 * pairs).clamp(256, 4096)
}

/// Counts of response times by bucket.
#[derive(Clone, Debug)]
pub struct Hist {
    store: Store,
    count: u64,
    clamped: u64,
}

impl Default for Hist {
    fn default() -> Hist {
        Hist::new()
    }
}

/// Equal when they hold the same counts, however they are stored.
impl PartialEq for Hist {
    fn eq(&self, other: &Hist) -> bool {
        self.count == other.count && self.clamped == other.clamped && self.iter().eq(other.iter())
    }
}

impl Hist {
    /// An empty histogram; allocates nothing yet.
    pub fn new() -> Hist {
        Hist {
            store: Store::Sparse {
                pairs: Pairs::default(),
                waiting: Waiting::default(),
            },
            count: 0,
            clamped: 0,
        }
    }

    /// An empty histogram with room for as much as this one holds.
    pub(crate) fn emptied(&self) -> Hist {
        let store = match &self.store {
            Store::Dense(counts) if self.count as usize >= counts.len() / 4 => {
                Store::Dense(counts.zeroed())
            }
            Store::Dense(_) => return Hist::new(),
            Store::Sparse { pairs, waiting } => Store::Sparse {
                pairs: Pairs::with_capacity(pairs.as_slice().len()),
                waiting: Waiting::with_capacity(waiting.capacity()),
            },
        };
        Hist {
            store,
            ..Hist::new()
        }
    }

    /// Counts one response time in milliseconds and returns the bucket it fell in.
    /// A negative one counts as 0.
    pub fn record_ms(&mut self, ms: f64) -> usize {
        let place = Place::of_ms(ms);
        self.record(place);
        place.index
    }

    pub(crate) fn record(&mut self, place: Place) {
        self.clamped += u64::from(place.clamped);
        self.record_at(place.index);
    }

    /// Counts one sample in the bucket `index`, which must be below [`BUCKETS`].
    pub(crate) fn record_at(&mut self, index: usize) {
        debug_assert!(index < BUCKETS);
        match &mut self.store {
            Store::Dense(counts) => {
                if !counts.add(index, 1) {
                    return self.add(index, 1);
                }
            }
            Store::Sparse { pairs, waiting } => {
                waiting.push(index as u16);
                if waiting.as_slice().len() >= waiting_room(pairs.as_slice().len()) {
                    self.sort_in_with(&[]);
                }
            }
        }
        self.count += 1;
    }

    /// Adds `count` samples to the bucket `index`, which must be below [`BUCKETS`].
    #[cold]
    pub fn add(&mut self, index: usize, count: u64) {
        debug_assert!(index < BUCKETS);
        if count > 0 {
            self.take_in(&[Pair::new(index, count)]);
            self.count += count;
        }
    }

    /// What was written down before: buckets with their counts, smallest index first, each
    /// below [`BUCKETS`] and none twice, and how many samples were too long.
    pub fn restored(buckets: impl IntoIterator<Item = Bucket>, clamped: u64) -> Hist {
        let buckets = buckets.into_iter().filter(|bucket| bucket.count > 0);
        let pairs: Vec<Pair> = buckets
            .map(|bucket| Pair::new(bucket.index, bucket.count))
            .collect();
        let mut hist = Hist::new();
        if !pairs.is_empty() {
            hist.take_in(&pairs);
        }
        hist.count = pairs.iter().map(|pair| pair.count()).sum();
        hist.clamped = clamped;
        hist
    }

    /// Adds sorted pairs, at least one.
    fn take_in(&mut self, added: &[Pair]) {
        if let Store::Dense(counts) = &mut self.store {
            if counts.covers(added[0].index(), added[added.len() - 1].index()) {
                for pair in added {
                    counts.add(pair.index(), pair.count());
                }
                return;
            }
            let (pairs, waiting) = (Pairs::of(counts), Waiting::default());
            self.store = Store::Sparse { pairs, waiting };
        }
        self.sort_in_with(added);
    }

    /// Adds the samples that wait, and sorted pairs, to the pairs.
    #[cold]
    fn sort_in_with(&mut self, added: &[Pair]) {
        let Store::Sparse { pairs, waiting } = &mut self.store else {
            return;
        };
        waiting.drain_sorted(|waiting| pairs.take_in(runs(waiting)));
        pairs.take_in(added.iter().copied());
        if let Some(counts) = suiting_array(pairs) {
            self.store = Store::Dense(counts);
        }
    }

    /// Forgets all samples and keeps the memory for new ones.
    pub fn clear(&mut self) {
        match &mut self.store {
            Store::Sparse { pairs, waiting } => {
                pairs.clear();
                waiting.clear();
            }
            Store::Dense(counts) => counts.clear(),
        }
        (self.count, self.clamped) = (0, 0);
    }

    /// Adds all samples of another histogram.
    pub fn merge(&mut self, other: &Hist) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let done = match (&mut self.store, &other.store) {
            (Store::Dense(ours), Store::Dense(theirs)) => ours.merge(theirs),
            _ => other.is_empty(),
        };
        if !done {
            let theirs = other.iter().map(|b| Pair::new(b.index, b.count));
            self.take_in(&theirs.collect::<Vec<Pair>>());
        }
        self.count += other.count;
        self.clamped += other.clamped;
    }

    /// The samples of several together. Of many that is far quicker than to merge them one
    /// after the other: nothing is sorted.
    pub(crate) fn sum<'a>(hists: impl IntoIterator<Item = &'a Hist>) -> Hist {
        let mut cells = vec![0; BUCKETS];
        let mut sum = Hist::new();
        for hist in hists {
            sum.count += hist.count;
            sum.clamped += hist.clamped;
            match &hist.store {
                Store::Sparse { pairs, waiting } => {
                    let pairs = pairs.as_slice().iter();
                    pairs.for_each(|pair| cells[pair.index()] += pair.count());
                    let waiting = waiting.as_slice().iter();
                    waiting.for_each(|&bucket| cells[usize::from(bucket)] += 1);
                }
                Store::Dense(counts) => counts.iter().for_each(|(at, count)| cells[at] += count),
            }
        }
        if let Some(counts) = Counts::of(&cells) {
            sum.store = Store::Dense(counts);
        }
        sum
    }

    /// What was added since it was as `earlier`. A bucket that lost samples since, as
    /// after a reset, holds none.
    pub fn since(&self, earlier: &Hist) -> Hist {
        let mut pairs = Vec::new();
        self.additions(earlier, |index, count| pairs.push(Pair::new(index, count)));
        let mut since = Hist::new();
        since.count = pairs.iter().map(|pair| pair.count()).sum();
        if !pairs.is_empty() {
            since.take_in(&pairs);
        }
        since.clamped = self.clamped.saturating_sub(earlier.clamped);
        since
    }

    /// Tells which buckets have more samples than in `earlier`, in order, and how many.
    pub(crate) fn additions(&self, earlier: &Hist, mut tell: impl FnMut(usize, u64)) {
        let told = match (&self.store, &earlier.store) {
            (Store::Dense(now), Store::Dense(before)) => now.additions(before, &mut tell),
            (
                Store::Sparse { pairs, waiting },
                Store::Sparse {
                    pairs: pairs_before,
                    waiting: waiting_before,
                },
            ) if pairs.are(pairs_before) => joined(waiting, waiting_before, &mut tell),
            _ => false,
        };
        if told {
            return;
        }
        let mut before = earlier.iter().peekable();
        for bucket in self.iter() {
            while before.next_if(|b| b.index < bucket.index).is_some() {}
            let had = before.next_if(|b| b.index == bucket.index);
            let had = had.map_or(0, |b| b.count);
            if bucket.count > had {
                tell(bucket.index, bucket.count - had);
            }
        }
    }

    /// How many samples it holds.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many samples were longer than [`HIGHEST_US`].
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// The time within which the share `q` (0 to 1) of all samples finished, in
    /// milliseconds: the sample of rank ⌈q·n⌉, at least the first, exact to the
    /// bucket. `None` without samples.
    pub fn value_at_quantile_ms(&self, q: f64) -> Option<f64> {
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        self.iter()
            .find(|bucket| {
                seen += bucket.count;
                seen >= rank
            })
            .map(|bucket| bucket.representative_ms())
    }

    /// The buckets that hold samples, shortest times first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        let (known, fresh, counts) = match &self.store {
            Store::Sparse { pairs, waiting } if waiting.as_slice().is_empty() => {
                (pairs.as_slice(), Pairs::default(), None)
            }
            Store::Sparse { pairs, waiting } => (&[][..], with_waiting(pairs, waiting), None),
            Store::Dense(counts) => (&[][..], Pairs::default(), Some(counts)),
        };
        let pairs = known.iter().copied().chain(fresh.into_iter());
        let sparse = pairs.map(|pair| (pair.index(), pair.count()));
        sparse
            .chain(counts.into_iter().flat_map(Counts::iter))
            .map(|(index, count)| Bucket { index, count })
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        match &self.store {
            Store::Sparse { pairs, waiting } => {
                pairs.heap_bytes() + waiting.capacity() * size_of::<u16>()
            }
            Store::Dense(counts) => counts.heap_bytes(),
        }
    }
}

/// A copy of the pairs that has the waiting samples among them.
fn with_waiting(pairs: &Pairs, waiting: &Waiting) -> Pairs {
    let mut all = pairs.clone();
    let mut waiting = waiting.as_slice().to_vec();
    waiting.sort_unstable();
    all.take_in(runs(&waiting));
    all
}

/// Tells which samples joined those that waited before, in order; `false` if these are not
/// the first of them, and nothing is told.
fn joined(waiting: &Waiting, before: &Waiting, mut tell: impl FnMut(usize, u64)) -> bool {
    let Some(joined) = waiting.since(before) else {
        return false;
    };
    runs(&joined).for_each(|pair| tell(pair.index(), pair.count()));
    true
}

/// The array for these pairs, if that is the better form.
fn suiting_array(pairs: &Pairs) -> Option<Counts> {
    let pairs = pairs.as_slice();
    let (first, last) = (pairs.first()?.index(), pairs.last()?.index());
    if pairs.len() < DENSE_FROM || last - first >= DENSE_AT * pairs.len() {
        return None;
    }
    let mut counts = Counts::zeros(first, last);
    for pair in pairs {
        counts.add(pair.index(), pair.count());
    }
    Some(counts)
}
