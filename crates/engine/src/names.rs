//! The numbers of endpoints. They are given out on the thread where users
//! live, so that naming a request never waits for the lane; the lane is told
//! of each new one before the first sample that carries it.

use std::collections::HashMap;
use std::sync::Mutex;

use gatecrash_metrics::EndpointId;
use gatecrash_metrics::shard::OTHER_NAMES;

use crate::books::ShardId;
use crate::lane::Lane;

/// The most distinct (method, name) pairs of one run, as many as a shard holds. Files
/// that forget `name=` make one per URL; what is beyond goes to [`OTHER_NAMES`], which
/// has no method, so that made-up methods have the same limit.
pub const MAX_ENDPOINTS: usize = 20_000;

/// The endpoints of one shard by method and name.
#[derive(Debug)]
pub struct Names {
    shard: ShardId,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_method: HashMap<Box<str>, HashMap<Box<str>, EndpointId>>,
    count: u32,
}

impl Names {
    /// No names yet.
    pub(crate) fn new(shard: ShardId) -> Self {
        Names {
            shard,
            known: Mutex::default(),
        }
    }

    /// The shard whose endpoints these are.
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// The number of an endpoint; a new one is defined on the lane.
    pub fn endpoint(&self, lane: &Lane, method: &str, name: &str) -> EndpointId {
        let mut known = self
            .known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(id) = known.find(method, name) {
            return id;
        }
        if (known.count as usize) < MAX_ENDPOINTS {
            return known.add(lane, self.shard, method, name);
        }
        match known.find("", OTHER_NAMES) {
            Some(id) => id,
            None => known.add(lane, self.shard, "", OTHER_NAMES),
        }
    }
}

impl Known {
    fn find(&self, method: &str, name: &str) -> Option<EndpointId> {
        self.by_method.get(method)?.get(name).copied()
    }

    fn add(&mut self, lane: &Lane, shard: ShardId, method: &str, name: &str) -> EndpointId {
        let id = EndpointId(self.count);
        self.count += 1;
        self.by_method
            .entry(method.into())
            .or_default()
            .insert(name.into(), id);
        lane.define(shard, id, method, name);
        id
    }
}
