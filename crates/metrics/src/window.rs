//! The response times of the last seconds only.
//!
//! In: the bucket of each sample and its second. Out: a histogram of what happened
//! in the last seconds. It holds one histogram for each of these seconds in which
//! something happened, so ten thousand quiet endpoints cost about a kilobyte each,
//! and a busy one no more than its buckets. How many seconds, the caller knows.
//! Seconds that are over are shared by all copies: a copy copies the current one only.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::hist::Hist;

/// The usual span of a "current" percentile, seconds, and Locust's.
pub const SPAN_S: u32 = 10;

#[derive(Clone, Debug, Default, PartialEq)]
struct Second {
    epoch_s: u32,
    hist: Hist,
}

/// The samples of each of the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// Those before the current one, oldest first.
    past: VecDeque<Arc<Second>>,
    /// The newest one; empty before the first sample.
    current: Second,
}

impl Window {
    /// Counts one sample that fell into a bucket of [`crate::hist`] and forgets what
    /// is `span_s` seconds older. A sample older than the newest second is counted in
    /// that second.
    pub fn record(&mut self, at_epoch_s: f64, index: usize, span_s: u32) {
        let epoch_s = at_epoch_s as u32;
        if epoch_s > self.current.epoch_s {
            self.turn_to(epoch_s, span_s);
        }
        self.current.hist.record_at(index);
    }

    /// Begins a second, if possible with the memory of one that is forgotten.
    #[cold]
    fn turn_to(&mut self, now: u32, span_s: u32) {
        let mut forgotten = None;
        while self
            .past
            .front()
            .is_some_and(|s| outside(s.epoch_s, now, span_s))
        {
            forgotten = self.past.pop_front();
        }
        if self.current.hist.is_empty() || outside(self.current.epoch_s, now, span_s) {
            self.current.hist.clear();
            self.current.epoch_s = now;
            return;
        }
        let mut over = forgotten.unwrap_or_default();
        match Arc::get_mut(&mut over) {
            Some(second) => {
                second.hist.clear();
                std::mem::swap(&mut self.current, second);
            }
            // A copy of the window still shows it.
            None => {
                let hist = self.current.hist.emptied();
                let fresh = Second { epoch_s: now, hist };
                over = Arc::new(std::mem::replace(&mut self.current, fresh));
            }
        }
        self.current.epoch_s = now;
        self.past.push_back(over);
    }

    fn seconds(&self) -> impl Iterator<Item = &Second> {
        let past = self.past.iter().map(Arc::as_ref);
        past.chain(Some(&self.current).filter(|s| !s.hist.is_empty()))
    }

    /// The samples of the second of `now` and of those before it, `span_s` in all.
    pub fn hist(&self, now_epoch_s: f64, span_s: u32) -> Hist {
        let now = now_epoch_s as u32;
        let mut hist = Hist::new();
        for second in self.seconds().filter(|s| !outside(s.epoch_s, now, span_s)) {
            hist.merge(&second.hist);
        }
        hist
    }

    /// Adds what another window saw; its length is bounded by the two spans.
    pub fn merge(&mut self, other: &Window) {
        for theirs in &other.past {
            self.merge_second(theirs);
        }
        if !other.current.hist.is_empty() {
            self.merge_second(&Arc::new(other.current.clone()));
        }
    }

    fn merge_second(&mut self, theirs: &Arc<Second>) {
        if theirs.epoch_s > self.current.epoch_s {
            let over = std::mem::replace(&mut self.current, (**theirs).clone());
            if !over.hist.is_empty() {
                self.past.push_back(Arc::new(over));
            }
            return;
        }
        if theirs.epoch_s == self.current.epoch_s {
            return self.current.hist.merge(&theirs.hist);
        }
        let at = self
            .past
            .partition_point(|ours| ours.epoch_s < theirs.epoch_s);
        match self.past.get_mut(at) {
            Some(ours) if ours.epoch_s == theirs.epoch_s => {
                Arc::make_mut(ours).hist.merge(&theirs.hist);
            }
            _ => self.past.insert(at, theirs.clone()),
        }
    }

    /// Bytes allocated beside the struct itself, shared ones included.
    pub fn heap_bytes(&self) -> usize {
        let hists: usize = self.seconds().map(|second| second.hist.heap_bytes()).sum();
        let each = size_of::<Arc<Second>>() + size_of::<Second>();
        hists + self.past.capacity() * each
    }
}

fn outside(epoch_s: u32, now_epoch_s: u32, span_s: u32) -> bool {
    epoch_s.saturating_add(span_s) <= now_epoch_s
}
