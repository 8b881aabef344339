//! The slowest requests of an endpoint, with the ids by which they can be found in traces.
//!
//! In: requests that have such an id. Out: [`PER_ENDPOINT`] of them at most, slowest first.
//! Where no request has one this costs nothing.

/// So many requests of an endpoint are kept.
pub const PER_ENDPOINT: usize = 10;

/// Only of so many endpoints of a shard, the first ones.
pub const ENDPOINTS: u32 = 1000;

/// By what a request can be found again, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The id of its trace (W3C Trace Context); not 0.
    pub trace: u128,
    /// The status of its answer; `None` where there was none.
    pub status: Option<u16>,
}

/// A slow request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slow {
    /// By what it can be found.
    pub traced: Traced,
    /// When it was over, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// Its response time, milliseconds.
    pub response_time_ms: f64,
    /// It counts as failed.
    pub failed: bool,
}

/// The slowest requests of an endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slowest(Vec<Slow>);

impl Slowest {
    /// Takes note of a request; of equal ones the first stays before the others.
    pub fn note(&mut self, slow: Slow) {
        let slower = |known: &Slow| known.response_time_ms >= slow.response_time_ms;
        let place = self.0.partition_point(slower);
        if place >= PER_ENDPOINT || !slow.response_time_ms.is_finite() {
            return;
        }
        self.0.truncate(PER_ENDPOINT - 1);
        self.0.insert(place, slow);
    }

    /// Adds those of the same endpoint elsewhere.
    pub fn merge(&mut self, other: &Slowest) {
        other.0.iter().for_each(|slow| self.note(*slow));
    }

    /// What was written down before, in any order.
    pub fn restored(all: impl IntoIterator<Item = Slow>) -> Slowest {
        let mut restored = Slowest::default();
        all.into_iter().for_each(|slow| restored.note(slow));
        restored
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Slowest first.
    pub fn iter(&self) -> impl Iterator<Item = &Slow> {
        self.0.iter()
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Slow>()
    }
}
