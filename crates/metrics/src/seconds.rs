//! Counts per second of the clock.
//!
//! In: the instants of requests and failures. Out: how many fell into each second,
//! oldest first, as far back as the limit reaches; what was dropped is counted.

use std::collections::VecDeque;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seconds {
    cells: VecDeque<Second>,
    dropped: u64,
}

impl Seconds {
    /// The cell of an instant; makes it and keeps at most `limit` cells.
    pub fn at(&mut self, at_epoch_s: f64, limit: usize) -> &mut Second {
        let place = self.place(at_epoch_s as u32, limit);
        &mut self.cells[place]
    }

    fn place(&mut self, epoch_s: u32, limit: usize) -> usize {
        // Nearly always the last second; a late one is searched from the end.
        let behind = self.cells.iter().rev();
        let later = behind.take_while(|cell| cell.epoch_s > epoch_s).count();
        let place = self.cells.len() - later;
        if place > 0 && self.cells[place - 1].epoch_s == epoch_s {
            return place - 1;
        }
        let fresh = Second {
            epoch_s,
            ..Second::default()
        };
        self.cells.insert(place, fresh);
        let excess = self.cells.len().saturating_sub(limit.max(1));
        self.cells.drain(..excess);
        self.dropped += excess as u64;
        place.saturating_sub(excess)
    }

    /// The kept seconds, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Second> {
        self.cells.iter()
    }

    /// What happened in one second; zeros if nothing did or it is forgotten.
    pub fn get(&self, epoch_s: u32) -> Second {
        let found = self.cells.binary_search_by_key(&epoch_s, |c| c.epoch_s);
        found.map(|at| self.cells[at]).unwrap_or_default()
    }

    /// How many seconds were forgotten because of the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds the counts of another series. Its length is bounded by the two limits.
    pub fn merge(&mut self, other: &Seconds) {
        for theirs in other.iter() {
            let ours = self.at(f64::from(theirs.epoch_s), usize::MAX);
            ours.requests += theirs.requests;
            ours.failures += theirs.failures;
        }
        self.dropped += other.dropped;
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Second>()
    }
}
