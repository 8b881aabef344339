//! The statistics that one lane keeps: shards of aggregates, and what became
//! of requests that nobody waited for to the end.

use gatecrash_metrics::{Sample, Shard};

use crate::clock::Clock;

/// Names one set of aggregates. One run needs one; a process that uses several
/// environments has one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShardId(pub u32);

/// Requests that were sent and yet are in no table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abandoned {
    /// Sent, and given up before the answer was there.
    pub in_flight: u64,
    /// Answered, but not taken by anybody when the books were closed.
    pub untaken: u64,
}

/// All aggregates of a lane.
#[derive(Debug)]
pub struct Books {
    /// The lane's clock.
    pub clock: Clock,
    /// What was given up.
    pub abandoned: Abandoned,
    /// Nothing is counted any more: the last tables are being written.
    pub closed: bool,
    shards: Vec<Shard>,
}

impl Books {
    pub(crate) fn new(clock: Clock) -> Self {
        Books {
            clock,
            abandoned: Abandoned::default(),
            closed: false,
            shards: Vec::new(),
        }
    }

    /// A shard; made when it is asked for the first time.
    pub fn shard(&mut self, id: ShardId) -> &mut Shard {
        let at = id.0 as usize;
        while self.shards.len() <= at {
            self.shards.push(Shard::new(self.clock.now_epoch_s()));
        }
        &mut self.shards[at]
    }

    /// Counts one sample, and its failure if it has one, unless the books are closed.
    pub(crate) fn record(&mut self, shard: ShardId, sample: &Sample, failure: Option<&str>) {
        if self.closed {
            return;
        }
        let shard = self.shard(shard);
        shard.record(sample);
        if let Some(error) = failure {
            shard.fail(sample.endpoint, error, sample.at_epoch_s);
        }
    }
}
