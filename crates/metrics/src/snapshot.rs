//! A copy of a shard's books at one instant, cheap to take and to pass on.
//!
//! In: [`crate::Shard::snapshot`], or other snapshots to merge. Out: public fields.
//! The numbers are shared with the shard until it writes to them again, so a copy
//! costs a few nanoseconds per endpoint however much the endpoint holds.

use std::collections::HashMap;
use std::sync::Arc;

use crate::arrivals::Arrivals;
use crate::endpoint::Endpoint;
use crate::failure::{ExceptionGroup, Failure};
use crate::measures::Measures;
use crate::task::Task;

/// What went beyond a limit. All zero in an ordinary run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Requests that were counted under [`crate::shard::OTHER_NAMES`].
    pub names: u64,
    /// Failures that were counted in one common entry.
    pub errors: u64,
    /// Exceptions that were not kept.
    pub exceptions: u64,
    /// Response times longer than the histogram reaches.
    pub clamped_times: u64,
    /// Seconds of the series per second that are forgotten, over all endpoints.
    pub forgotten_seconds: u64,
    /// Measured values that are not finite, or of a metric that nobody declared or that
    /// is beyond the limit.
    pub unusable_values: u64,
}

impl Overflow {
    /// Adds another shard's.
    pub fn merge(&mut self, other: &Overflow) {
        self.names += other.names;
        self.errors += other.errors;
        self.exceptions += other.exceptions;
        self.clamped_times += other.clamped_times;
        self.forgotten_seconds += other.forgotten_seconds;
        self.unusable_values += other.unusable_values;
    }
}

/// All that is known at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Endpoints in the order of first sight.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// All endpoints together; its name is `Aggregated`.
    pub total: Arc<Endpoint>,
    /// Failures in the order of first sight.
    pub failures: Vec<Arc<Failure>>,
    /// Exceptions in the order of first sight.
    pub exceptions: Vec<Arc<ExceptionGroup>>,
    /// Span of the endpoints' windows, seconds.
    pub window_s: u32,
    /// Tasks in the order of their definition.
    pub tasks: Vec<Arc<Task>>,
    /// Arrivals and users.
    pub arrivals: Arc<Arrivals>,
    /// Values of declared metrics that belong to no endpoint.
    pub metrics: Arc<Measures>,
    /// All requests of the users of one class together, whose name it has; of the classes
    /// that somebody asked to follow ([`crate::Shard::follow_user`]), mostly none.
    pub users: Vec<Arc<Endpoint>>,
    /// What went beyond the limits.
    pub overflow: Overflow,
}

impl Snapshot {
    /// Adds another snapshot: equal endpoints, failures and exceptions become one,
    /// new ones follow the own.
    pub fn merge(&mut self, other: &Snapshot) {
        Arc::make_mut(&mut self.total).merge(&other.total);
        merge_by(
            &mut self.endpoints,
            &other.endpoints,
            |e| (e.method.clone(), e.name.clone()),
            Endpoint::merge,
        );
        merge_by(
            &mut self.failures,
            &other.failures,
            |f| (f.method.clone(), f.name.clone(), f.error.clone()),
            Failure::merge,
        );
        merge_by(
            &mut self.exceptions,
            &other.exceptions,
            |e| e.traceback.clone(),
            ExceptionGroup::merge,
        );
        merge_by(
            &mut self.tasks,
            &other.tasks,
            |t| (t.user.clone(), t.name.clone()),
            Task::merge,
        );
        Arc::make_mut(&mut self.arrivals).merge(&other.arrivals);
        Arc::make_mut(&mut self.metrics).merge(&other.metrics);
        merge_by(
            &mut self.users,
            &other.users,
            |user| user.name.clone(),
            Endpoint::merge,
        );
        self.overflow.merge(&other.overflow);
    }

    /// What the requests of all endpoints were measured by, merged for who asks: keeping
    /// it beside each endpoint's would double the cost of every measured value.
    pub fn measures(&self) -> Measures {
        let mut all = Measures::default();
        for endpoint in &self.endpoints {
            all.merge(&endpoint.measures);
        }
        all
    }

    /// All requests of a class of users that was followed.
    pub fn user(&self, class: &str) -> Option<&Arc<Endpoint>> {
        self.users.iter().find(|user| *user.name == *class)
    }

    /// The endpoint of that method and name.
    pub fn find(&self, method: &str, name: &str) -> Option<&Arc<Endpoint>> {
        let wanted = |e: &&Arc<Endpoint>| *e.method == *method && *e.name == *name;
        self.endpoints.iter().find(wanted)
    }
}

fn merge_by<T: Clone, K: Eq + std::hash::Hash>(
    ours: &mut Vec<Arc<T>>,
    theirs: &[Arc<T>],
    key: impl Fn(&T) -> K,
    merge: impl Fn(&mut T, &T),
) {
    let places: HashMap<K, usize> = ours
        .iter()
        .enumerate()
        .map(|(at, item)| (key(item), at))
        .collect();
    for item in theirs {
        match places.get(&key(item)) {
            Some(&at) => merge(Arc::make_mut(&mut ours[at]), item),
            None => ours.push(item.clone()),
        }
    }
}
