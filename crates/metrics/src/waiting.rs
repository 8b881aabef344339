//! Samples of a histogram that are not sorted in yet, in the order in which they came.
//!
//! In: buckets. Out: the buckets, and those that came since an earlier copy, told without
//! reading the others: a digest of all of them goes along.

/// Buckets in any order, and their digest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    buckets: Vec<u16>,
    digest: u64,
}

/// The digest of all samples with one more, a polynomial in an odd number.
fn follow(digest: u64, bucket: u16) -> u64 {
    digest
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(u64::from(bucket) + 1)
}

impl Waiting {
    pub(crate) fn with_capacity(buckets: usize) -> Waiting {
        Waiting {
            buckets: Vec::with_capacity(buckets),
            digest: 0,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.buckets.capacity()
    }

    pub(crate) fn push(&mut self, bucket: u16) {
        self.buckets.push(bucket);
        self.digest = follow(self.digest, bucket);
    }

    pub(crate) fn as_slice(&self) -> &[u16] {
        &self.buckets
    }

    /// All buckets, sorted; afterwards there are none.
    pub(crate) fn drain_sorted(&mut self, take: impl FnOnce(&[u16])) {
        self.buckets.sort_unstable();
        take(&self.buckets);
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.buckets.clear();
        self.digest = 0;
    }

    /// What came since these were all, sorted; `None` if they are not the first of them.
    pub(crate) fn since(&self, before: &Waiting) -> Option<Vec<u16>> {
        let mut came = self.buckets.get(before.buckets.len()..)?.to_vec();
        let digest = came.iter().fold(before.digest, |d, &b| follow(d, b));
        came.sort_unstable();
        (digest == self.digest).then_some(came)
    }
}
