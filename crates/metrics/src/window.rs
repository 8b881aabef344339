//! The response times of the last seconds only.
//!
//! In: the bucket of each sample and its second. Out: a histogram of what happened
//! in the last ten seconds. It holds one histogram for each of these seconds in
//! which something happened, so ten thousand quiet endpoints cost about a kilobyte
//! each, and a busy one no more than its buckets.

use std::collections::VecDeque;

use crate::hist::Hist;

/// How far back [`Window::hist`] looks, seconds; the usual span of a "current"
/// percentile, and Locust's.
pub const SPAN_S: u32 = 10;

#[derive(Clone, Debug, PartialEq)]
struct Second {
    epoch_s: u32,
    hist: Hist,
}

/// The samples of each of the last seconds, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    seconds: VecDeque<Second>,
}

impl Window {
    /// Counts one sample that fell into a bucket of [`crate::hist`]. A sample older
    /// than the newest second is counted in that second.
    pub fn record(&mut self, at_epoch_s: f64, index: usize) {
        let epoch_s = at_epoch_s as u32;
        match self.seconds.back_mut() {
            Some(newest) if newest.epoch_s >= epoch_s => newest.hist.add(index, 1),
            _ => {
                let mut hist = self.spare(epoch_s);
                hist.add(index, 1);
                self.seconds.push_back(Second { epoch_s, hist });
            }
        }
    }

    /// Drops what falls out of the window when `now` begins and gives an empty
    /// histogram, if possible with the memory of a dropped one.
    fn spare(&mut self, now: u32) -> Hist {
        let mut spare = Hist::new();
        while self
            .seconds
            .front()
            .is_some_and(|oldest| outside(oldest.epoch_s, now))
        {
            spare = self
                .seconds
                .pop_front()
                .map(|oldest| oldest.hist)
                .unwrap_or_default();
        }
        spare.clear();
        spare
    }

    /// The samples of the second of `now` and the nine before it.
    pub fn hist(&self, now_epoch_s: f64) -> Hist {
        let now = now_epoch_s as u32;
        let mut hist = Hist::new();
        for second in self
            .seconds
            .iter()
            .filter(|second| !outside(second.epoch_s, now))
        {
            hist.merge(&second.hist);
        }
        hist
    }

    /// Adds what another window saw.
    pub fn merge(&mut self, other: &Window) {
        for theirs in &other.seconds {
            let at = self
                .seconds
                .partition_point(|ours| ours.epoch_s < theirs.epoch_s);
            match self.seconds.get_mut(at) {
                Some(ours) if ours.epoch_s == theirs.epoch_s => ours.hist.merge(&theirs.hist),
                _ => self.seconds.insert(at, theirs.clone()),
            }
        }
        let newest = self.seconds.back().map_or(0, |second| second.epoch_s);
        self.seconds
            .retain(|second| !outside(second.epoch_s, newest));
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        let hists: usize = self
            .seconds
            .iter()
            .map(|second| second.hist.heap_bytes())
            .sum();
        hists + self.seconds.capacity() * size_of::<Second>()
    }
}

fn outside(epoch_s: u32, now_epoch_s: u32) -> bool {
    epoch_s.saturating_add(SPAN_S) <= now_epoch_s
}
