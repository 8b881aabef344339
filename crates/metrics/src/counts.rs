//! A count for each bucket of a range: the form of a histogram that holds much.
//!
//! In: buckets and how much to add. Out: the counts. A count takes two bytes until one
//! outgrows them and all take four, and then eight: the endpoints that are many are never
//! busy, and of the busy ones as much as possible should stay in the nearest cache.

/// The counts of all buckets from `first` on; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    first: usize,
    cells: Cells,
}

#[derive(Clone, Debug)]
enum Cells {
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
}

/// A count of some width.
trait Cell: Copy + Ord + Into<u64> + TryFrom<u64> {
    /// The largest.
    const MOST: u64;
}

impl Cell for u16 {
    const MOST: u64 = u16::MAX as u64;
}

impl Cell for u32 {
    const MOST: u64 = u32::MAX as u64;
}

impl Cell for u64 {
    const MOST: u64 = u64::MAX;
}

/// What became of an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    Whole,
    /// The bucket is out of the range.
    Outside,
    /// The sum needs a wider cell.
    Outgrown,
}

impl Counts {
    /// Zeros for the buckets `first ..= last`.
    pub(crate) fn zeros(first: usize, last: usize) -> Counts {
        Counts {
            first,
            cells: Cells::Two(vec![0; last - first + 1]),
        }
    }

    /// From the counts of all buckets; `None` if there is nothing.
    pub(crate) fn of(all: &[u64]) -> Option<Counts> {
        let first = all.iter().position(|&count| count > 0)?;
        let last = all.iter().rposition(|&count| count > 0)?;
        let cells = Cells::Eight(all[first..=last].to_vec());
        Some(Counts { first, cells })
    }

    /// How many buckets there are.
    pub(crate) fn len(&self) -> usize {
        match &self.cells {
            Cells::Two(cells) => cells.len(),
            Cells::Four(cells) => cells.len(),
            Cells::Eight(cells) => cells.len(),
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
            Cells::Two(cells) => cells.fill(0),
            Cells::Four(cells) => cells.fill(0),
            Cells::Eight(cells) => cells.fill(0),
        }
    }

    /// Whether the range has these buckets.
    pub(crate) fn covers(&self, first: usize, last: usize) -> bool {
        self.first <= first && last <= self.last()
    }

    /// Adds to a bucket; `false` if it is out of the range, and nothing is added.
    pub(crate) fn add(&mut self, index: usize, count: u64) -> bool {
        let at = index.wrapping_sub(self.first);
        let added = match &mut self.cells {
            Cells::Two(cells) => add_to(cells, at, count),
            Cells::Four(cells) => add_to(cells, at, count),
            Cells::Eight(cells) => add_to(cells, at, count),
        };
        match added {
            Added::Whole => true,
            Added::Outside => false,
            Added::Outgrown => {
                self.widen();
                self.add(index, count)
            }
        }
    }

    /// Doubles the width of all cells.
    #[cold]
    fn widen(&mut self) {
        let wider = match &self.cells {
            Cells::Two(cells) => Cells::Four(cells.iter().map(|&cell| cell.into()).collect()),
            Cells::Four(cells) => Cells::Eight(cells.iter().map(|&cell| cell.into()).collect()),
            Cells::Eight(_) => return,
        };
        self.cells = wider;
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
        let done = match (&mut self.cells, &other.cells) {
            (Cells::Two(ours), Cells::Two(theirs)) => add_range(ours, theirs, from),
            (Cells::Four(ours), Cells::Four(theirs)) => add_range(ours, theirs, from),
            _ => false,
        };
        if done {
            return;
        }
        for (index, count) in other.iter() {
            self.add(index, count);
        }
    }

    /// Tells which buckets have more than in `earlier`, in order, and how many; `false`
    /// if the two are not of the same range and width, and nothing is told.
    pub(crate) fn additions(&self, earlier: &Counts, tell: impl FnMut(usize, u64)) -> bool {
        if self.first != earlier.first || self.len() != earlier.len() {
            return false;
        }
        match (&self.cells, &earlier.cells) {
            (Cells::Two(now), Cells::Two(before)) => more_in(now, before, self.first, tell),
            (Cells::Four(now), Cells::Four(before)) => more_in(now, before, self.first, tell),
            (Cells::Eight(now), Cells::Eight(before)) => more_in(now, before, self.first, tell),
            _ => return false,
        }
        true
    }

    /// The buckets whose count is not 0, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> + '_ {
        let (two, four, eight): (&[u16], &[u32], &[u64]) = match &self.cells {
            Cells::Two(cells) => (cells, &[], &[]),
            Cells::Four(cells) => (&[], cells, &[]),
            Cells::Eight(cells) => (&[], &[], cells),
        };
        let two = two.iter().map(|&cell| u64::from(cell)).enumerate();
        let four = four.iter().map(|&cell| u64::from(cell)).enumerate();
        let counts = two.chain(four).chain(eight.iter().copied().enumerate());
        counts
            .filter(|&(_, count)| count > 0)
            .map(|(at, count)| (self.first + at, count))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.cells {
            Cells::Two(cells) => cells.capacity() * size_of::<u16>(),
            Cells::Four(cells) => cells.capacity() * size_of::<u32>(),
            Cells::Eight(cells) => cells.capacity() * size_of::<u64>(),
        }
    }
}

fn add_to<C: Cell>(cells: &mut [C], at: usize, count: u64) -> Added {
    let Some(cell) = cells.get_mut(at) else {
        return Added::Outside;
    };
    match C::try_from((*cell).into() + count) {
        Ok(sum) => {
            *cell = sum;
            Added::Whole
        }
        Err(_) => Added::Outgrown,
    }
}

/// Adds `theirs` to `ours` from a place on; `false` if a sum would outgrow its cell, and
/// nothing is added.
fn add_range<C: Cell>(ours: &mut [C], theirs: &[C], from: usize) -> bool {
    let ours = &mut ours[from..from + theirs.len()];
    let sums = ours.iter().zip(theirs).map(|(&a, &b)| a.into() + b.into());
    if sums.fold(0, u64::max) > C::MOST {
        return false;
    }
    for (our, &their) in ours.iter_mut().zip(theirs) {
        if let Ok(sum) = C::try_from((*our).into() + their.into()) {
            *our = sum;
        }
    }
    true
}

/// Tells which cells have more than before. Most of a range is as it was, so it is compared
/// in runs.
fn more_in<C: Cell>(now: &[C], before: &[C], first: usize, mut tell: impl FnMut(usize, u64)) {
    const RUN: usize = 32;
    for (run, (now, before)) in now.chunks(RUN).zip(before.chunks(RUN)).enumerate() {
        if now == before {
            continue;
        }
        for (at, (&now, &before)) in now.iter().zip(before).enumerate() {
            if now > before {
                tell(first + run * RUN + at, now.into() - before.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds so much to one of three buckets that stand at `before`, and asks for all of it.
    fn check(before: u64, added: u64, bytes: usize) {
        let mut counts = Counts::zeros(10, 12);
        assert!(counts.add(10, 1) && counts.add(11, before) && counts.add(11, added));
        assert!(!counts.add(13, 1) && !counts.add(9, 1));
        let all: Vec<_> = counts.iter().collect();
        assert_eq!(all, [(10, 1), (11, before + added)]);
        assert_eq!(counts.heap_bytes(), 3 * bytes, "{before} + {added}");
        let mut twice = counts.clone();
        assert!(twice.merge(&counts));
        let all: Vec<_> = twice.iter().collect();
        assert_eq!(all, [(10, 2), (11, 2 * (before + added))]);
    }

    #[test]
    fn cells_are_as_wide_as_the_largest_count_needs() {
        let (two, four) = (u64::from(u16::MAX), u64::from(u32::MAX));
        check(1, 2, 2);
        check(two - 1, 1, 2);
        check(two, 1, 4);
        check(four - 1, 1, 4);
        check(four, 1, 8);
        check(1, four, 8);
    }

    #[test]
    fn what_was_added_since_is_told_in_every_width() {
        for before in [1, 1 << 20, 1 << 40] {
            let mut counts = Counts::zeros(0, 99);
            assert!(counts.add(50, before));
            let earlier = counts.clone();
            assert!(counts.add(3, 2) && counts.add(50, 7));
            let mut told = Vec::new();
            assert!(counts.additions(&earlier, |index, count| told.push((index, count))));
            assert_eq!(told, [(3, 2), (50, 7)]);
        }
    }
}
