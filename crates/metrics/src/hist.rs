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

/// Buckets per doubling, and half of those that are one microsecond wide.
const HALF: u64 = 1 << HALF_BITS;
const HALF_BITS: u32 = 10;
/// Doublings above the first 2,048 µs.
const DOUBLINGS: usize = 26;

/// How many buckets there are; indices run from 0 to `BUCKETS - 1`.
pub const BUCKETS: usize = (DOUBLINGS + 2) * HALF as usize;

/// The longest time that has a bucket of its own, in microseconds: a little over
/// 38 hours. Longer ones are counted in the last bucket and in [`Hist::clamped`].
pub const HIGHEST_US: u64 = ((2 * HALF) << DOUBLINGS) - 1;

/// An array takes over when it is at most this many times as large as the pairs:
/// it is so much quicker to write to that a little memory is well spent.
const DENSE_AT: usize = 3;

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
    let (lowest, highest) = (lowest_us(index), highest_us(index));
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
    // `as` saturates, so a huge time ends up in the last bucket.
    (ms * 1000.0).round() as u64
}

/// A bucket's number in the upper 16 bits, its count in the lower 48.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair(u64);

impl Pair {
    const COUNT_BITS: u32 = 48;

    fn new(index: usize, count: u64) -> Pair {
        Pair(((index as u64) << Pair::COUNT_BITS) | count)
    }

    fn index(self) -> usize {
        (self.0 >> Pair::COUNT_BITS) as usize
    }

    fn count(self) -> u64 {
        self.0 & ((1 << Pair::COUNT_BITS) - 1)
    }
}

#[derive(Clone, Debug)]
enum Store {
    /// Sorted by index, no empty buckets.
    Sparse(Vec<Pair>),
    /// All buckets from `first` on.
    Dense { first: usize, counts: Vec<u64> },
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
        self.clamped == other.clamped && self.iter().eq(other.iter())
    }
}

impl Hist {
    /// An empty histogram; allocates nothing yet.
    pub fn new() -> Hist {
        Hist {
            store: Store::Sparse(Vec::new()),
            count: 0,
            clamped: 0,
        }
    }

    /// Counts one response time in milliseconds and returns the bucket it fell in.
    /// A negative one counts as 0.
    pub fn record_ms(&mut self, ms: f64) -> usize {
        let us = to_us(ms);
        self.clamped += u64::from(us > HIGHEST_US);
        let index = index_of(us);
        self.add(index, 1);
        index
    }

    /// Adds `count` samples to the bucket `index`, which must be below [`BUCKETS`].
    pub fn add(&mut self, index: usize, count: u64) {
        debug_assert!(index < BUCKETS);
        if count == 0 {
            return;
        }
        self.count += count;
        match &mut self.store {
            Store::Dense { first, counts } => {
                if let Some(slot) = index.checked_sub(*first).and_then(|at| counts.get_mut(at)) {
                    *slot += count;
                    return;
                }
            }
            Store::Sparse(pairs) => match pairs.binary_search_by_key(&index, |p| p.index()) {
                Ok(at) => {
                    pairs[at].0 += count;
                    return;
                }
                Err(at) if pairs.len() < pairs.capacity() => {
                    pairs.insert(at, Pair::new(index, count));
                    return;
                }
                Err(_) => {}
            },
        }
        self.grow(index, count);
    }

    /// Makes room for a bucket that the storage does not cover, in the form that
    /// suits what is held then.
    #[cold]
    fn grow(&mut self, index: usize, count: u64) {
        let mut pairs: Vec<Pair> = self.iter().map(|b| Pair::new(b.index, b.count)).collect();
        let at = pairs.partition_point(|p| p.index() < index);
        // Room for half as much again, and never fewer than four pairs.
        pairs.reserve_exact((pairs.len() / 2).max(4));
        pairs.insert(at, Pair::new(index, count));
        let (first, last) = (pairs[0].index(), pairs[pairs.len() - 1].index());
        let span = last - first + 1;
        self.store = if span <= DENSE_AT * pairs.capacity() {
            let mut counts = vec![0; span];
            for pair in &pairs {
                counts[pair.index() - first] = pair.count();
            }
            Store::Dense { first, counts }
        } else {
            Store::Sparse(pairs)
        };
    }

    /// Forgets all samples and keeps the memory for new ones.
    pub fn clear(&mut self) {
        match &mut self.store {
            Store::Sparse(pairs) => pairs.clear(),
            Store::Dense { counts, .. } => counts.fill(0),
        }
        (self.count, self.clamped) = (0, 0);
    }

    /// Adds all samples of another histogram.
    pub fn merge(&mut self, other: &Hist) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        for bucket in other.iter() {
            self.add(bucket.index, bucket.count);
        }
        self.clamped += other.clamped;
    }

    /// What was added since it was as `earlier`. A bucket that lost samples since, as
    /// after a reset, holds none.
    pub fn since(&self, earlier: &Hist) -> Hist {
        let mut before = earlier.iter().peekable();
        let mut since = Hist::new();
        for bucket in self.iter() {
            while before.next_if(|b| b.index < bucket.index).is_some() {}
            let had = before.next_if(|b| b.index == bucket.index);
            let had = had.map_or(0, |b| b.count);
            since.add(bucket.index, bucket.count.saturating_sub(had));
        }
        since.clamped = self.clamped.saturating_sub(earlier.clamped);
        since
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
        let (first, pairs, counts): (usize, &[Pair], &[u64]) = match &self.store {
            Store::Sparse(pairs) => (0, pairs, &[]),
            Store::Dense { first, counts } => (*first, &[], counts),
        };
        let sparse = pairs.iter().map(|p| Bucket {
            index: p.index(),
            count: p.count(),
        });
        let dense = counts.iter().enumerate().map(move |(at, &count)| Bucket {
            index: first + at,
            count,
        });
        sparse.chain(dense.filter(|b| b.count > 0))
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        match &self.store {
            Store::Sparse(pairs) => pairs.capacity() * size_of::<Pair>(),
            Store::Dense { counts, .. } => counts.capacity() * size_of::<u64>(),
        }
    }
}
