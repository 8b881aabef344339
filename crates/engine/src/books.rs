//! The statistics that one lane keeps: shards of aggregates, and what became
//! of requests that nobody waited for to the end.

use gatecrash_metrics::{EndpointId, Measure, Metric, MetricId, Sample, Shard};
use gatecrash_net::Error;

use crate::accounts::Accounts;
use crate::cause::Cause;
use crate::clock::Clock;
use crate::guest_accounts::{GuestAccounts, OwnMetrics};
use crate::job::Apart;

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

/// Connections that the machine had nothing left for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exhausted {
    /// No free local port.
    pub ports: u64,
    /// No free file descriptor.
    pub files: u64,
}

impl Exhausted {
    /// Takes note of an exchange that failed, if it did for want of one of them.
    pub(crate) fn note(&mut self, error: &Error) {
        match error {
            Error::NoPortLeft(_) => self.ports += 1,
            Error::NoFileLeft(_) => self.files += 1,
            _ => {}
        }
    }
}

/// All aggregates of a lane.
#[derive(Debug)]
pub struct Books {
    /// The lane's clock.
    pub clock: Clock,
    /// What was given up.
    pub abandoned: Abandoned,
    /// What was lacking.
    pub exhausted: Exhausted,
    /// Nothing is counted any more: the last tables are being written.
    pub closed: bool,
    shards: Vec<Shard>,
    /// What else is counted, by shards; mostly nothing.
    accounts: Vec<Option<Box<GuestAccounts>>>,
    own: OwnMetrics,
    /// What guests have declared, for shards to come.
    declared: Vec<(MetricId, Metric)>,
}

impl Books {
    pub(crate) fn new(clock: Clock) -> Self {
        Books {
            clock,
            abandoned: Abandoned::default(),
            exhausted: Exhausted::default(),
            closed: false,
            shards: Vec::new(),
            accounts: Vec::new(),
            own: OwnMetrics::default(),
            declared: Vec::new(),
        }
    }

    /// A shard; made when it is asked for the first time.
    pub fn shard(&mut self, id: ShardId) -> &mut Shard {
        let at = id.0 as usize;
        while self.shards.len() <= at {
            let mut shard = Shard::new(self.clock.now_epoch_s());
            for (id, metric) in &self.declared {
                shard.declare(*id, metric.clone());
            }
            self.shards.push(shard);
        }
        &mut self.shards[at]
    }

    /// Declares a metric in all shards.
    pub(crate) fn declare(&mut self, id: MetricId, metric: Metric) {
        for shard in &mut self.shards {
            shard.declare(id, metric.clone());
        }
        self.declared.push((id, metric));
    }

    /// Counts one value of a declared metric, unless the books are closed.
    pub(crate) fn metric(&mut self, shard: ShardId, id: MetricId, value: f64) {
        if !self.closed {
            let now_epoch_s = self.clock.now_epoch_s();
            self.shard(shard).metric(id, value, now_epoch_s);
        }
    }

    /// Counts from now on what is asked for of the requests of these classes of guests, by
    /// their numbers.
    pub(crate) fn account(
        &mut self,
        shard: ShardId,
        accounts: &Accounts,
        classes: &[(u32, String)],
    ) {
        let (now_epoch_s, at) = (self.clock.now_epoch_s(), shard.0 as usize);
        self.shard(shard);
        if self.accounts.len() <= at {
            self.accounts.resize_with(at + 1, || None);
        }
        let (books, own) = (&mut self.shards[at], &mut self.own);
        let new = GuestAccounts::new(accounts, classes, own, books, now_epoch_s);
        self.accounts[at] = Some(Box::new(new));
    }

    /// Whether somebody asks more of the requests in this shard than their times.
    pub(crate) fn has_accounts(&self, shard: ShardId) -> bool {
        matches!(self.accounts.get(shard.0 as usize), Some(Some(_)))
    }

    /// Counts one value of a measure, told by a user of a class where somebody asks, unless
    /// the books are closed.
    pub(crate) fn measure(
        &mut self,
        shard: ShardId,
        endpoint: EndpointId,
        class: Option<u32>,
        measure: Measure,
        value: f64,
    ) {
        if self.closed {
            return;
        }
        self.shard(shard).measure(endpoint, measure, value);
        let at = shard.0 as usize;
        if let (Some(class), Some(Some(accounts))) = (class, self.accounts.get(at)) {
            accounts.measure(&mut self.shards[at], class, measure, value);
        }
    }

    /// Counts an answer that came from a cache, or did not, `ms` milliseconds after its call.
    pub(crate) fn hit(&mut self, shard: ShardId, endpoint: EndpointId, hit: bool, ms: f64) {
        let (share, time) = match hit {
            true => (1.0, Measure::HitTime),
            false => (0.0, Measure::MissTime),
        };
        self.measure(shard, endpoint, None, Measure::CacheHit, share);
        self.measure(shard, endpoint, None, time, ms);
    }

    /// Counts one sample, what is kept beside its time, and its failure if it has one,
    /// unless the books are closed.
    pub(crate) fn record(
        &mut self,
        shard: ShardId,
        sample: &Sample,
        apart: Option<&Apart>,
        failure: Option<&Cause>,
    ) {
        if self.closed {
            return;
        }
        let at = shard.0 as usize;
        let shard = self.shard(shard);
        shard.record(sample);
        if let Some(apart) = apart {
            shard.phases(sample.endpoint, &apart.phases);
            if let Some(ms) = apart.service_time_ms {
                shard.measure(sample.endpoint, Measure::ServiceTime, ms);
            }
        }
        if let Some(traced) = apart.and_then(|apart| apart.traced) {
            shard.traced(sample, traced, failure.is_some());
        }
        if let Some(cause) = failure {
            shard.fail(sample.endpoint, cause.why(), sample.at_epoch_s);
        }
        if let Some(Some(accounts)) = self.accounts.get_mut(at) {
            accounts.record(&mut self.shards[at], sample, apart, failure.is_some());
        }
    }
}
