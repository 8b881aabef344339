//! The memory that everything received at once may take.
//!
//! In: sizes. Out: parts of the whole, given back when dropped. Never: memory itself.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Unit in which memory is given; what is smaller takes nothing.
const KIBIBYTE: usize = 1 << 10;

/// What there is for the bodies of all requests and the messages of all sockets.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Semaphore>);

/// A part of the memory, which may grow.
#[derive(Debug, Default)]
pub(crate) struct Share(Option<OwnedSemaphorePermit>);

/// There is not so much left.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl Memory {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / KIBIBYTE)))
    }

    /// Makes `share` large enough for `bytes`.
    pub(crate) fn claim(&self, share: &mut Share, bytes: usize) -> Result<(), Exhausted> {
        let wanted = bytes / KIBIBYTE;
        let held = share
            .0
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = wanted.saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        let count = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.0).try_acquire_many_owned(count);
        match (more, &mut share.0) {
            (Err(_), _) => return Err(Exhausted),
            (Ok(more), Some(held)) => held.merge(more),
            (Ok(more), none) => *none = Some(more),
        }
        Ok(())
    }
}
