//! How many of something there may be at once.
//!
//! In: who wants a place. Out: a place, given back when dropped, or none. Never: waiting for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The places that there are.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    taken: AtomicUsize,
}

/// A place that is taken.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: AtomicUsize::new(0),
        })
    }

    /// `None` when all are taken.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Place> {
        let place = Place(Arc::clone(self));
        let others = self.taken.fetch_add(1, Ordering::Relaxed);
        (others < self.most).then_some(place)
    }

    /// How many there are.
    pub(crate) fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
