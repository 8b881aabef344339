//! The books of one scenario on one lane, as native users write them.
//!
//! In: what users and drivers saw, on the lane's own thread. Out: a snapshot for who asks.
//! Never: a lock, a channel, or an allocation for a request whose endpoint is known.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatecrash_metrics::measure::{Metric, MetricId, Phases};
use gatecrash_metrics::shard::OTHER_NAMES;
use gatecrash_metrics::slowest::Traced;
use gatecrash_metrics::task::TaskId;
use gatecrash_metrics::{EndpointId, Measure, Missed, Sample, Shard, Snapshot, Why};

use gatecrash_net::Error;

use crate::accounts::{Accounts, LaneAccounts, Over, record_user};
use crate::clock::Clock;
use crate::names::MAX_ENDPOINTS;
use crate::noted::Noted;

/// Endpoints by method, then by name.
type Names = HashMap<Box<str>, HashMap<Box<str>, EndpointId>>;

/// What users of one scenario did on one lane.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: Clock,
    shard: RefCell<Shard>,
    names: RefCell<Names>,
    metrics: RefCell<HashMap<Arc<str>, MetricId>>,
    accounts: RefCell<LaneAccounts>,
    /// Nothing is counted any more.
    closed: Cell<bool>,
    /// Requests that a server can know of and that nobody recorded.
    abandoned: Cell<u64>,
    /// Where the tasks of each class begin among all.
    first_task: Vec<u32>,
    ports_exhausted: Cell<u64>,
    files_exhausted: Cell<u64>,
    users: Cell<u64>,
    in_flight: Cell<u64>,
}

/// The phases and the time of a request that is over, and why it failed if it did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) phases: Phases,
    pub(crate) service_time_ms: Option<f64>,
    pub(crate) noted: &'a Noted<'a>,
    /// By what it can be found in traces.
    pub(crate) traced: Option<Traced>,
    pub(crate) failure: Option<Why<'a>>,
}

impl Ledger {
    /// Empty books; `tasks` are the task names of each class, by class name.
    pub(crate) fn new(clock: Clock, tasks: &[(&str, Vec<&str>)], accounts: &Accounts) -> Self {
        let now_epoch_s = clock.now_epoch_s();
        let mut shard = Shard::new(now_epoch_s);
        let mut first_task = Vec::new();
        let mut next = 0;
        for (class, names) in tasks {
            first_task.push(next);
            for name in names {
                shard.define_task(TaskId(next), class, name);
                next += 1;
            }
        }
        let mut metrics = HashMap::new();
        let classes = tasks.iter().map(|(class, _)| *class);
        let declare = |shard: &mut Shard, metric| declare(shard, &mut metrics, metric);
        let accounts = LaneAccounts::new(accounts, classes, &mut shard, now_epoch_s, declare);
        Ledger {
            clock,
            shard: RefCell::new(shard),
            names: RefCell::default(),
            metrics: RefCell::new(metrics),
            accounts: RefCell::new(accounts),
            closed: Cell::new(false),
            abandoned: Cell::new(0),
            first_task,
            ports_exhausted: Cell::new(0),
            files_exhausted: Cell::new(0),
            users: Cell::new(0),
            in_flight: Cell::new(0),
        }
    }

    pub(crate) fn epoch_s(&self, at: Instant) -> f64 {
        self.clock.epoch_s(at)
    }

    /// The number of an endpoint; a new one is defined.
    pub(crate) fn endpoint(&self, method: &str, name: &str) -> EndpointId {
        let known = |names: &Names| names.get(method)?.get(name).copied();
        if let Some(id) = known(&self.names.borrow()) {
            return id;
        }
        let count: usize = self.names.borrow().values().map(HashMap::len).sum();
        if count >= MAX_ENDPOINTS && name != OTHER_NAMES {
            return self.endpoint("", OTHER_NAMES);
        }
        let id = EndpointId(count as u32);
        let mut names = self.names.borrow_mut();
        names
            .entry(method.into())
            .or_default()
            .insert(name.into(), id);
        self.shard.borrow_mut().define(id, method, name);
        self.accounts.borrow_mut().add_endpoint(id, method, name);
        id
    }

    /// Counts one request of a user of a class.
    pub(crate) fn record(&self, class: usize, sample: &Sample, told: &Told<'_>) {
        if self.closed.get() {
            return self.abandon();
        }
        let mut shard = self.shard.borrow_mut();
        shard.record_with(sample, &told.phases);
        if let Some(ms) = told.service_time_ms {
            shard.measure(sample.endpoint, Measure::ServiceTime, ms);
        }
        if let Some(why) = told.failure {
            shard.fail(sample.endpoint, why, sample.at_epoch_s);
        }
        if let Some(traced) = told.traced {
            shard.traced(sample, traced, told.failure.is_some());
        }
        let accounts = self.accounts.borrow();
        let user = accounts.user(class);
        if let Some(user) = user {
            let (time_ms, has_failed) = (told.service_time_ms, told.failure.is_some());
            record_user(&mut shard, user, sample, &told.phases, time_ms, has_failed);
        }
        if accounts.is_empty() && told.noted.tells_nothing() {
            return;
        }
        let over = Over {
            endpoint: sample.endpoint,
            response_time_ms: sample.response_time_ms.unwrap_or_default(),
            service_time_ms: told.service_time_ms,
            has_failed: told.failure.is_some(),
            noted: told.noted,
        };
        accounts.account(&over, |measure, value| {
            shard.measure(sample.endpoint, measure, value);
            if let Some(user) = user {
                shard.measure_user(user, measure, value);
            }
        });
    }

    /// Counts one value of a measure of an endpoint, told by a user of a class.
    pub(crate) fn measure(&self, class: usize, endpoint: EndpointId, measure: Measure, value: f64) {
        let user = self.accounts.borrow().user(class);
        self.write(|shard| {
            shard.measure(endpoint, measure, value);
            if let Some(user) = user {
                shard.measure_user(user, measure, value);
            }
        });
    }

    /// The number of a metric; a new one is declared. Those beyond the limit of the books
    /// share a number that they do not keep.
    pub(crate) fn declare(&self, metric: Metric) -> MetricId {
        let mut metrics = self.metrics.borrow_mut();
        declare(&mut self.shard.borrow_mut(), &mut metrics, metric)
    }

    /// Counts one value of a declared metric.
    pub(crate) fn metric(&self, id: MetricId, value: f64) {
        let at_epoch_s = self.clock.now_epoch_s();
        self.write(|shard| shard.metric(id, value, at_epoch_s));
    }

    pub(crate) fn note_exception(&self, message: &str, trace: &str) {
        self.write(|shard| shard.exception(message, trace, ""));
    }

    /// A request that was sent is in no table.
    pub(crate) fn abandon(&self) {
        self.abandoned.set(self.abandoned.get() + 1);
    }

    fn task(&self, class: usize, task: usize) -> TaskId {
        TaskId(self.first_task.get(class).copied().unwrap_or(u32::MAX) + task as u32)
    }

    /// A task began, an arrival's that much after it was due.
    pub(crate) fn task_started(&self, class: usize, task: usize, start_lag: Option<Duration>) {
        let id = self.task(class, task);
        let lag_ms = start_lag.map(|lag| lag.as_secs_f64() * 1e3);
        self.write(|shard| shard.task_started(id, lag_ms));
    }

    pub(crate) fn task_ended(&self, class: usize, task: usize, time_ms: f64, ok: bool) {
        let id = self.task(class, task);
        self.write(|shard| shard.task_ended(id, time_ms, ok));
    }

    pub(crate) fn planned(&self, arrivals: u64) {
        self.write(|shard| shard.planned(arrivals));
    }

    pub(crate) fn arrival_started(&self, lag_ms: f64) {
        self.write(|shard| shard.arrival_started(lag_ms));
    }

    pub(crate) fn missed(&self, reason: Missed, arrivals: u64) {
        self.write(|shard| shard.missed(reason, arrivals));
    }

    pub(crate) fn user_started(&self, on_start_ms: f64) {
        self.write(|shard| shard.user_started(on_start_ms));
    }

    /// A user came (`1`) or went (`-1`).
    pub(crate) fn count_user(&self, change: i64) {
        self.users
            .set(self.users.get().saturating_add_signed(change));
        self.note_occupied();
    }

    /// A task began (`1`) or ended (`-1`).
    pub(crate) fn count_in_flight(&self, change: i64) {
        self.in_flight
            .set(self.in_flight.get().saturating_add_signed(change));
        self.note_occupied();
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.get()
    }

    fn note_occupied(&self) {
        let (users, in_flight) = (self.users.get(), self.in_flight.get());
        self.shard.borrow_mut().occupied(users, in_flight);
    }

    /// Takes note of an exchange that failed for want of a port or a descriptor.
    pub(crate) fn note_exhaustion(&self, error: &Error) {
        let counter = match error {
            Error::NoPortLeft(_) => &self.ports_exhausted,
            Error::NoFileLeft(_) => &self.files_exhausted,
            _ => return,
        };
        counter.set(counter.get() + 1);
    }

    /// Connections that found no free local port, and no free descriptor.
    pub(crate) fn exhausted(&self) -> (u64, u64) {
        (self.ports_exhausted.get(), self.files_exhausted.get())
    }

    /// From now on nothing is counted but as abandoned.
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    /// Requests that were sent and are in no table.
    pub(crate) fn abandoned(&self) -> u64 {
        self.abandoned.get()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.shard.borrow().snapshot()
    }

    fn write(&self, entry: impl FnOnce(&mut Shard)) {
        if !self.closed.get() {
            entry(&mut self.shard.borrow_mut());
        }
    }
}

/// The number of a metric; a new one is declared.
fn declare(
    shard: &mut Shard,
    metrics: &mut HashMap<Arc<str>, MetricId>,
    metric: Metric,
) -> MetricId {
    if let Some(known) = metrics.get(&metric.name) {
        return *known;
    }
    let next = MetricId(u16::try_from(metrics.len()).unwrap_or(u16::MAX));
    if next.0 < u16::MAX {
        metrics.insert(metric.name.clone(), next);
    }
    shard.declare(next, metric);
    next
}
