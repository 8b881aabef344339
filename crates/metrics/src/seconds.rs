//! Counts per second of the clock.
//!
//! In: the instants of requests and failures. Out: how many fell into each second,
//! oldest first, as far back as the limit reaches; what was dropped is counted.
//! Seconds that are long over are shared by all copies, so that a copy costs the same
//! after a minute and after a day.

use std::collections::VecDeque;
use std::sync::Arc;

/// Seconds that are put away together.
const BLOCK: usize = 64;

/// What happened in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// The second, since the Unix epoch.
    pub epoch_s: u32,
    /// Requests that finished in it, failed ones included.
    pub requests: u32,
    /// Requests of these that failed.
    pub failures: u32,
}

/// A series of seconds in which something happened, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Seconds {
    /// What was put away: blocks in order, none empty.
    old: VecDeque<Arc<Vec<Second>>>,
    /// The seconds after those; not empty unless nothing happened at all.
    recent: Vec<Second>,
    /// How many there are.
    kept: usize,
    dropped: u64,
}

/// Equal when they hold the same counts, however they are stored.
impl PartialEq for Seconds {
    fn eq(&self, other: &Seconds) -> bool {
        self.dropped == other.dropped && self.iter().eq(other.iter())
    }
}

impl Seconds {
    /// The cell of an instant. A new second makes old ones go, so that at most `limit` are
    /// kept, at least one; they go in blocks.
    pub fn at(&mut self, at_epoch_s: f64, limit: usize) -> &mut Second {
        let epoch_s = at_epoch_s as u32;
        match self.recent.last() {
            // Nearly always the last second.
            Some(last) if last.epoch_s == epoch_s => {}
            Some(last) if last.epoch_s > epoch_s => return self.late(epoch_s),
            _ => self.begin(epoch_s, limit.max(1)),
        }
        let last = self.recent.len() - 1;
        &mut self.recent[last]
    }

    #[cold]
    fn begin(&mut self, epoch_s: u32, limit: usize) {
        self.push(Second {
            epoch_s,
            ..Second::default()
        });
        while self.kept > limit {
            let gone = match self.old.pop_front() {
                Some(block) => block.len(),
                None => self.recent.drain(..self.kept - limit).len(),
            };
            self.kept -= gone;
            self.dropped += gone as u64;
        }
    }

    fn push(&mut self, second: Second) {
        if self.recent.len() == 2 * BLOCK {
            let over = self.recent.drain(..BLOCK).collect();
            self.old.push_back(Arc::new(over));
        }
        self.recent.push(second);
        self.kept += 1;
    }

    #[cold]
    fn late(&mut self, epoch_s: u32) -> &mut Second {
        let block = self.block_of(epoch_s);
        let cells = match block {
            Some(block) => Arc::make_mut(&mut self.old[block]),
            None => &mut self.recent,
        };
        let at = cells.partition_point(|cell| cell.epoch_s < epoch_s);
        if cells.get(at).is_none_or(|cell| cell.epoch_s != epoch_s) {
            let fresh = Second {
                epoch_s,
                ..Second::default()
            };
            cells.insert(at, fresh);
            self.kept += 1;
        }
        &mut cells[at]
    }

    /// Where a second is or would be: in one of the blocks put away, or among the recent.
    fn block_of(&self, epoch_s: u32) -> Option<usize> {
        let recent = self.recent.first().is_some_and(|s| s.epoch_s <= epoch_s);
        if recent || self.old.is_empty() {
            return None;
        }
        let after = self
            .old
            .partition_point(|block| block[0].epoch_s <= epoch_s);
        Some(after.saturating_sub(1))
    }

    /// The kept seconds, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Second> {
        let old = self.old.iter().flat_map(|block| block.iter());
        old.chain(&self.recent)
    }

    /// What happened in one second; zeros if nothing did or it is forgotten.
    pub fn get(&self, epoch_s: u32) -> Second {
        let cells = match self.block_of(epoch_s) {
            Some(block) => &self.old[block],
            None => &self.recent,
        };
        let found = cells.binary_search_by_key(&epoch_s, |c| c.epoch_s);
        found.map(|at| cells[at]).unwrap_or_default()
    }

    /// What was written down before: the kept seconds, oldest first, and how many were
    /// forgotten.
    pub fn restored(seconds: impl IntoIterator<Item = Second>, dropped: u64) -> Seconds {
        let mut restored = Seconds {
            dropped,
            ..Seconds::default()
        };
        seconds.into_iter().for_each(|second| restored.push(second));
        restored
    }

    /// The seconds that are not as they were in `earlier`; see [`crate::Snapshot::since`].
    pub(crate) fn since(&self, earlier: &Seconds) -> Seconds {
        let mut before = earlier.iter().peekable();
        let changed = self.iter().filter(|second| {
            while before.next_if(|b| b.epoch_s < second.epoch_s).is_some() {}
            before.next_if(|b| b.epoch_s == second.epoch_s) != Some(*second)
        });
        Seconds::restored(changed.copied(), self.dropped)
    }

    /// Takes over what changed; nothing is forgotten by this.
    pub(crate) fn advance(&mut self, change: &Seconds) {
        for second in change.iter() {
            *self.at(f64::from(second.epoch_s), usize::MAX) = *second;
        }
        self.dropped = change.dropped;
    }

    /// How many seconds were forgotten because of the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds the counts of another series. Its length is bounded by the two limits.
    pub fn merge(&mut self, other: &Seconds) {
        let mut merged = Seconds {
            dropped: self.dropped + other.dropped,
            ..Seconds::default()
        };
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) if our.epoch_s == their.epoch_s => Second {
                    epoch_s: our.epoch_s,
                    requests: our.requests + their.requests,
                    failures: our.failures + their.failures,
                },
                (Some(our), Some(their)) if our.epoch_s > their.epoch_s => **their,
                (Some(our), _) => **our,
                (None, Some(their)) => **their,
                (None, None) => break,
            };
            ours.next_if(|our| our.epoch_s == next.epoch_s);
            theirs.next_if(|their| their.epoch_s == next.epoch_s);
            merged.push(next);
        }
        drop((ours, theirs));
        *self = merged;
    }

    /// Bytes allocated beside the struct itself, shared ones included.
    pub fn heap_bytes(&self) -> usize {
        let block = |block: &Arc<Vec<Second>>| block.capacity() * size_of::<Second>();
        self.old.iter().map(block).sum::<usize>()
            + self.old.capacity() * size_of::<Arc<Vec<Second>>>()
            + self.recent.capacity() * size_of::<Second>()
    }
}
