//! A count for each bucket of a range: the form of a histogram that holds much.
//!
//! In: buckets and how much to add. Out: the counts. A count takes two bytes until one
//! outgrows them and all take eight: the endpoints that are many are never busy, and the
//! busy ones are never many.

/// The counts of all buckets from `first` on; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    first: usize,
    cells: Cells,
}

#[derive(Clone, Debug)]
enum Cells {
    Narrow(Vec<u16>),
    Wide(Vec<u64>),
}

impl Counts {
    /// Zeros for the buckets `first ..= last`.
    pub(crate) fn zeros(first: usize, last: usize) -> Counts {
        Counts {
            first,
            cells: Cells::Narrow(vec![0; last - first + 1]),
        }
    }

    /// From the counts of all buckets; `None` if there is nothing.
    pub(crate) fn of(all: &[u64]) -> Option<Counts> {
        let first = all.iter().position(|&count| count > 0)?;
        let last = all.iter().rposition(|&count| count > 0)?;
        let cells = Cells::Wide(all[first..=last].to_vec());
        Some(Counts { first, cells })
    }

    /// How many buckets there are.
    pub(crate) fn len(&self) -> usize {
        match &self.cells {
            Cells::Narrow(cells) => cells.len(),
            Cells::Wide(cells) => cells.len(),
        }
    }

    /// The last bucket.
    fn last(&self) -> usize {
        self.first + self.len() - 1
    }

    /// Zeros for the same buckets.
    pub(crate) fn zeroed(&self) -> Counts {
        Counts::zeros(self.first, self.last())
    }

    /// Sets all counts to zero.
    pub(crate) fn clear(&mut self) {
        match &mut self.cells {
            Cells::Narrow(cells) => cells.fill(0),
            Cells::Wide(cells) => cells.fill(0),
        }
    }

    /// Whether the range has these buckets.
    pub(crate) fn covers(&self, first: usize, last: usize) -> bool {
        self.first <= first && last <= self.last()
    }

    /// Adds to a bucket; `false` if it is out of the range, and nothing is added.
    pub(crate) fn add(&mut self, index: usize, count: u64) -> bool {
        let at = index.wrapping_sub(self.first);
        match &mut self.cells {
            Cells::Narrow(cells) => match cells.get_mut(at) {
                Some(cell) => match u16::try_from(u64::from(*cell) + count) {
                    Ok(sum) => *cell = sum,
                    Err(_) => self.add_widened(at, count),
                },
                None => return false,
            },
            Cells::Wide(cells) => match cells.get_mut(at) {
                Some(cell) => *cell += count,
                None => return false,
            },
        }
        true
    }

    #[cold]
    fn add_widened(&mut self, at: usize, count: u64) {
        if let Cells::Narrow(cells) = &self.cells {
            let mut wide: Vec<u64> = cells.iter().map(|&cell| u64::from(cell)).collect();
            wide[at] += count;
            self.cells = Cells::Wide(wide);
        }
    }

    /// Adds the counts of another range; `false` if the two are so far apart that one
    /// range for both would be mostly empty, and nothing is added.
    pub(crate) fn merge(&mut self, other: &Counts) -> bool {
        let (first, last) = (self.first.min(other.first), self.last().max(other.last()));
        if last - first >= 2 * (self.len() + other.len()) {
            return false;
        }
        if !self.covers(first, last) {
            let mut both = Counts::zeros(first, last);
            both.add_all(self);
            *self = both;
        }
        self.add_all(other);
        true
    }

    /// Adds the counts of a range that this one covers.
    fn add_all(&mut self, other: &Counts) {
        let from = other.first - self.first;
        if let (Cells::Narrow(ours), Cells::Narrow(theirs)) = (&mut self.cells, &other.cells) {
            let ours = &mut ours[from..from + theirs.len()];
            let sums = ours
                .iter()
                .zip(theirs)
                .map(|(a, b)| u32::from(*a) + u32::from(*b));
            if sums.fold(0, u32::max) <= u32::from(u16::MAX) {
                ours.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
                return;
            }
        }
        for (index, count) in other.iter() {
            self.add(index, count);
        }
    }

    /// Tells which buckets have more than in `earlier`, in order, and how many; `false`
    /// if the two are not of the same range and width, and nothing is told. Most of a
    /// range is as it was, so it is compared in runs.
    pub(crate) fn additions(&self, earlier: &Counts, mut tell: impl FnMut(usize, u64)) -> bool {
        const RUN: usize = 32;
        let (Cells::Narrow(now), Cells::Narrow(before)) = (&self.cells, &earlier.cells) else {
            return false;
        };
        if self.first != earlier.first || now.len() != before.len() {
            return false;
        }
        for (run, (now, before)) in now.chunks(RUN).zip(before.chunks(RUN)).enumerate() {
            if now == before {
                continue;
            }
            for (at, (now, before)) in now.iter().zip(before).enumerate() {
                if now > before {
                    tell(self.first + run * RUN + at, u64::from(now - before));
                }
            }
        }
        true
    }

    /// The buckets whose count is not 0, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> + '_ {
        let (narrow, wide): (&[u16], &[u64]) = match &self.cells {
            Cells::Narrow(cells) => (cells, &[]),
            Cells::Wide(cells) => (&[], cells),
        };
        let narrow = narrow.iter().map(|&cell| u64::from(cell)).enumerate();
        let counts = narrow.chain(wide.iter().copied().enumerate());
        counts
            .filter(|&(_, count)| count > 0)
            .map(|(at, count)| (self.first + at, count))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.cells {
            Cells::Narrow(cells) => cells.capacity() * size_of::<u16>(),
            Cells::Wide(cells) => cells.capacity() * size_of::<u64>(),
        }
    }
}
