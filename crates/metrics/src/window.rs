//! The response times of the last seconds only.
//!
//! In: the bucket of each sample and its second. Out: a histogram of what happened
//! in the last seconds. It holds one histogram for each of these seconds in which
//! something happened, so ten thousand quiet endpoints cost about a kilobyte each,
//! and a busy one no more than its buckets. How many seconds, the caller knows.

use std::collections::VecDeque;

use crate::hist::Hist;

/// The usual span of a "current" percentile, seconds, and Locust's.
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
    /// Counts one sample that fell into a bucket of [`crate::hist`] and forgets what
    /// is `span_s` seconds older. A sample older than the newest second is counted in
    /// that second.
    pub fn record(&mut self, at_epoch_s: f64, index: usize, span_s: u32) {
        let epoch_s = at_epoch_s as u32;
        match self.seconds.back_mut() {
            Some(newest) if newest.epoch_s >= epoch_s => newest.hist.add(index, 1),
            _ => {
                let mut hist = self.spare(epoch_s, span_s);
                hist.add(index, 1);
                self.seconds.push_back(Second { epoch_s, hist });
            }
        }
    }

    /// Drops what falls out of the window when `now` begins and gives an empty
    /// histogram, if possible with the memory of a dropped one.
    fn spare(&mut self, now: u32, span_s: u32) -> Hist {
        let mut spare = Hist::new();
        while self
            .seconds
            .front()
            .is_some_and(|oldest| outside(oldest.epoch_s, now, span_s))
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

    /// The samples of the second of `now` and of those before it, `span_s` in all.
    pub fn hist(&self, now_epoch_s: f64, span_s: u32) -> Hist {
        let now = now_epoch_s as u32;
        let mut hist = Hist::new();
        for second in self
            .seconds
            .iter()
            .filter(|second| !outside(second.epoch_s, now, span_s))
        {
            hist.merge(&second.hist);
        }
        hist
    }

    /// Adds what another window saw; its length is bounded by the two spans.
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

fn outside(epoch_s: u32, now_epoch_s: u32, span_s: u32) -> bool {
    epoch_s.saturating_add(span_s) <= now_epoch_s
}
