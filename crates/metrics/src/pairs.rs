//! Sorted (bucket, count) pairs: the form of a histogram that holds little.
//!
//! In: sorted pairs to add. Out: the pairs, sorted by bucket, none twice, none empty.

use crate::counts::Counts;

/// A bucket's number in the upper 16 bits, its count in the lower 48.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair(u64);

impl Pair {
    const COUNT_BITS: u32 = 48;

    pub(crate) fn new(index: usize, count: u64) -> Pair {
        Pair(((index as u64) << Pair::COUNT_BITS) | count)
    }

    pub(crate) fn index(self) -> usize {
        (self.0 >> Pair::COUNT_BITS) as usize
    }

    pub(crate) fn count(self) -> u64 {
        self.0 & ((1 << Pair::COUNT_BITS) - 1)
    }

    /// A number that hardly any other samples have; those of several are added.
    fn digest(self) -> u64 {
        let mixed = (self.index() as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29))
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
            .wrapping_mul(self.count())
    }
}

/// Pairs sorted by bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs {
    pairs: Vec<Pair>,
    digest: u64,
}

impl Pairs {
    pub(crate) fn with_capacity(pairs: usize) -> Pairs {
        Pairs {
            pairs: Vec::with_capacity(pairs),
            digest: 0,
        }
    }

    /// The buckets of an array that are not empty.
    pub(crate) fn of(counts: &Counts) -> Pairs {
        let pairs = counts.iter().map(|(index, count)| Pair::new(index, count));
        let pairs: Vec<Pair> = pairs.collect();
        let digest = digest(&pairs);
        Pairs { pairs, digest }
    }

    /// Whether these are the same samples: told by their number of buckets and their digest,
    /// which spares reading all of them.
    pub(crate) fn are(&self, others: &Pairs) -> bool {
        self.pairs.len() == others.pairs.len() && self.digest == others.digest
    }

    pub(crate) fn into_iter(self) -> impl DoubleEndedIterator<Item = Pair> {
        self.pairs.into_iter()
    }

    pub(crate) fn as_slice(&self) -> &[Pair] {
        &self.pairs
    }

    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
        self.digest = 0;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<Pair>()
    }

    /// Adds sorted pairs, in place and from the end, so that a larger bucket than all
    /// known ones moves nothing.
    pub(crate) fn take_in(&mut self, added: impl DoubleEndedIterator<Item = Pair> + Clone) {
        let (pairs, digest) = (&mut self.pairs, &mut self.digest);
        let mut read = pairs.len();
        let fresh = missing(pairs, added.clone());
        if pairs.capacity() - read < fresh {
            // Room for a quarter as many again.
            pairs.reserve_exact(fresh + read / 4);
        }
        pairs.resize(read + fresh, Pair(0));
        let mut write = pairs.len();
        for pair in added.rev() {
            *digest = digest.wrapping_add(pair.digest());
            while read > 0 && pairs[read - 1].index() > pair.index() {
                (read, write) = (read - 1, write - 1);
                pairs[write] = pairs[read];
            }
            write -= 1;
            pairs[write] = match read {
                1.. if pairs[read - 1].index() == pair.index() => {
                    read -= 1;
                    Pair(pairs[read].0 + pair.count())
                }
                _ => pair,
            };
        }
    }
}

/// The digests of several pairs, added.
fn digest(pairs: &[Pair]) -> u64 {
    let digests = pairs.iter().map(|pair| pair.digest());
    digests.fold(0, u64::wrapping_add)
}

/// How many of the sorted pairs `added` have a bucket that is not among `known`.
fn missing(known: &[Pair], added: impl DoubleEndedIterator<Item = Pair>) -> usize {
    let mut above = known.len();
    let mut missing = 0;
    for pair in added.rev() {
        while above > 0 && known[above - 1].index() > pair.index() {
            above -= 1;
        }
        let found = above > 0 && known[above - 1].index() == pair.index();
        missing += usize::from(!found);
    }
    missing
}

/// One pair for each run of equal buckets.
pub(crate) fn runs(buckets: &[u16]) -> impl DoubleEndedIterator<Item = Pair> + Clone {
    buckets
        .chunk_by(u16::eq)
        .map(|run| Pair::new(usize::from(run[0]), run.len() as u64))
}
