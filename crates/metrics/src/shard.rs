//! The books that one lane keeps: nobody else writes them, so nothing is locked.
//!
//! In: definitions of endpoints, samples, failures, exceptions. Out: snapshots, and
//! single endpoints for who asks. Every collection has a limit; what goes beyond is
//! counted in a common entry and told in [`Overflow`].

use std::collections::HashMap;
use std::sync::Arc;

use crate::arrivals::{Arrivals, Missed};
use crate::endpoint::{Endpoint, Keep, Timed};
use crate::failure::{FailureBook, Why};
use crate::measure::{Measure, Metric, MetricId, Phases};
use crate::measures::Measures;
use crate::sample::{EndpointId, Sample};
use crate::slowest::{self, Slow, Traced};
use crate::snapshot::{Overflow, Snapshot};
use crate::task::{TaskBook, TaskId};
use crate::window::SPAN_S;

/// Name of the total, as users of Locust know it.
pub const TOTAL_NAME: &str = "Aggregated";

/// Name of the endpoint, without a method, that takes the requests whose own name is
/// beyond the limit. Who gives the numbers may use it for what is beyond its own.
pub const OTHER_NAMES: &str = "other names";

/// How much a shard may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Distinct endpoints, beside the one for all others.
    pub endpoints: usize,
    /// Distinct failures, and as many distinct exceptions.
    pub errors: usize,
    /// Seconds of the series per second, shared evenly by all endpoints.
    pub seconds: usize,
    /// Distinct tasks, beside the one for all others.
    pub tasks: usize,
    /// Declared metrics, at most 200.
    pub metrics: usize,
}

/// The number of a declared metric and the built-in measures share a byte.
const METRICS_MAX: usize = 200;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            endpoints: 20_000,
            errors: 1_000,
            seconds: 4_000_000,
            tasks: 10_000,
            metrics: 200,
        }
    }
}

impl Limits {
    /// No endpoint keeps fewer seconds than this, enough for every current rate.
    const FEWEST_SECONDS: usize = 60;

    fn seconds_each(&self, endpoints: usize) -> usize {
        (self.seconds / endpoints.max(1)).max(Limits::FEWEST_SECONDS)
    }
}

/// An endpoint and whether it shows: a name may be defined long before its first
/// request is done.
#[derive(Clone, Debug)]
struct Entry {
    shown: bool,
    endpoint: Arc<Endpoint>,
}

/// The numbers of one run, or of one lane's part in it.
#[derive(Clone, Debug)]
pub struct Shard {
    limits: Limits,
    keep: Keep,
    /// Number of an endpoint to its place in `entries`.
    slots: Vec<Option<u32>>,
    /// Method, then name, to the place in `entries`.
    places: HashMap<Arc<str>, HashMap<Arc<str>, u32>>,
    entries: Vec<Entry>,
    /// Places of the entries that show, in the order of first sight.
    order: Vec<u32>,
    others: Option<u32>,
    total: Arc<Endpoint>,
    failures: FailureBook,
    declared: Vec<Option<Arc<Metric>>>,
    unusable_values: u64,
    tasks: TaskBook,
    arrivals: Arrivals,
    metrics: Arc<Measures>,
    /// Classes of users that are followed.
    users: Vec<Arc<Endpoint>>,
}

/// The number of a class of users whose requests are counted by themselves, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(u16);

impl Shard {
    /// Empty books that begin now.
    pub fn new(now_epoch_s: f64) -> Shard {
        Shard::with_limits(now_epoch_s, Limits::default())
    }

    /// Empty books with limits of their own.
    pub fn with_limits(now_epoch_s: f64, limits: Limits) -> Shard {
        Shard {
            limits,
            keep: Keep {
                seconds: limits.seconds_each(1),
                window_s: SPAN_S,
            },
            slots: Vec::new(),
            places: HashMap::new(),
            entries: Vec::new(),
            order: Vec::new(),
            others: None,
            total: Arc::new(Endpoint::new("", TOTAL_NAME, now_epoch_s)),
            failures: FailureBook::new(limits.errors),
            declared: Vec::new(),
            unusable_values: 0,
            tasks: TaskBook::new(limits.tasks),
            arrivals: Arrivals::default(),
            metrics: Arc::default(),
            users: Vec::new(),
        }
    }

    /// From now on the requests of a class of users are counted by themselves, too, where
    /// they are told with this number. `None` beyond the limit on distinct tasks.
    pub fn follow_user(&mut self, class: &str, now_epoch_s: f64) -> Option<UserId> {
        let known = self.users.iter().position(|user| *user.name == *class);
        let place = match known {
            Some(place) => place,
            None if self.users.len() >= self.limits.tasks => return None,
            None => {
                let endpoint = Endpoint::new("", class, now_epoch_s);
                self.users.push(Arc::new(endpoint));
                self.users.len() - 1
            }
        };
        u16::try_from(place).ok().map(UserId)
    }

    /// Counts one finished request of a class that is followed, and whether it failed,
    /// beside [`Shard::record`] and [`Shard::fail`].
    pub fn record_user(&mut self, user: UserId, sample: &Sample, failed: bool) {
        let keep = self.keep;
        let Some(user) = self.users.get_mut(usize::from(user.0)) else {
            return;
        };
        let user = Arc::make_mut(user);
        user.count(sample, Timed::of(sample), keep);
        if failed {
            user.fail(sample.at_epoch_s, keep);
        }
    }

    /// Counts one value that a request of a class that is followed was measured by, beside
    /// [`Shard::measure`], which tells the values that cannot be counted.
    pub fn measure_user(&mut self, user: UserId, measure: Measure, value: f64) {
        let metric = self.usable(measure, value);
        let user = self.users.get_mut(usize::from(user.0));
        if let (Some(metric), Some(user)) = (metric, user) {
            let user = Arc::make_mut(user);
            let at = user.last_request_epoch_s.unwrap_or(0.0);
            user.measures
                .record_any(measure, metric.as_ref(), value, at);
        }
    }

    /// Says which (method, name) a number stands for. Two numbers may stand for the
    /// same; a number keeps its first meaning. Beyond the limit on endpoints a new
    /// name shares [`OTHER_NAMES`].
    pub fn define(&mut self, id: EndpointId, method: &str, name: &str) {
        let at = id.0 as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, None);
        }
        if self.slots[at].is_some() {
            return;
        }
        let slot = match self.place(method, name) {
            Some(slot) => slot,
            None if self.entries.len() < self.limits.endpoints => self.push(method, name),
            None => self.other_slot(),
        };
        self.slots[at] = Some(slot);
    }

    fn place(&self, method: &str, name: &str) -> Option<u32> {
        self.places.get(method)?.get(name).copied()
    }

    fn push(&mut self, method: &str, name: &str) -> u32 {
        let slot = self.entries.len() as u32;
        let endpoint = Endpoint::new(method, name, 0.0);
        let names = self.places.entry(endpoint.method.clone()).or_default();
        names.insert(endpoint.name.clone(), slot);
        self.entries.push(Entry {
            shown: false,
            endpoint: Arc::new(endpoint),
        });
        self.keep.seconds = self.limits.seconds_each(self.entries.len() + 1);
        slot
    }

    fn other_slot(&mut self) -> u32 {
        if let Some(slot) = self.others {
            return slot;
        }
        let known = self.place("", OTHER_NAMES);
        let slot = known.unwrap_or_else(|| self.push("", OTHER_NAMES));
        self.others = Some(slot);
        slot
    }

    /// Place of a number; one that was never defined belongs to [`OTHER_NAMES`].
    fn slot(&mut self, id: EndpointId) -> u32 {
        match self.slots.get(id.0 as usize) {
            Some(&Some(slot)) => slot,
            _ => self.other_slot(),
        }
    }

    /// The endpoint at a place, to be written; shows from now on.
    fn open(&mut self, slot: u32, at_epoch_s: f64) -> &mut Endpoint {
        let entry = &mut self.entries[slot as usize];
        let endpoint = Arc::make_mut(&mut entry.endpoint);
        if !entry.shown {
            entry.shown = true;
            endpoint.start_epoch_s = at_epoch_s;
            self.order.push(slot);
        }
        endpoint
    }

    /// Counts one finished request, in its endpoint and in the total.
    pub fn record(&mut self, sample: &Sample) {
        self.record_with(sample, &Phases::default());
    }

    /// Counts one finished request, and in its endpoint its phases.
    pub fn record_with(&mut self, sample: &Sample, phases: &Phases) {
        let keep = self.keep;
        let timed = Timed::of(sample);
        let slot = self.slot(sample.endpoint);
        Arc::make_mut(&mut self.total).count(sample, timed, keep);
        let endpoint = self.open(slot, sample.at_epoch_s);
        endpoint.count(sample, timed, keep);
        self.unusable_values += count_phases(endpoint, phases);
    }

    /// Counts the phases of one request of an endpoint. The request itself is counted by
    /// [`Shard::record`].
    pub fn phases(&mut self, id: EndpointId, phases: &Phases) {
        let slot = self.slot(id);
        let endpoint = Arc::make_mut(&mut self.entries[slot as usize].endpoint);
        self.unusable_values += count_phases(endpoint, phases);
    }

    /// Keeps by what a request can be found in traces, if it is one of the slowest of its
    /// endpoint. The request itself is counted by [`Shard::record`].
    pub fn traced(&mut self, sample: &Sample, traced: Traced, failed: bool) {
        let slot = self.slot(sample.endpoint);
        let Some(response_time_ms) = sample
            .response_time_ms
            .filter(|_| slot < slowest::ENDPOINTS)
        else {
            return;
        };
        let endpoint = Arc::make_mut(&mut self.entries[slot as usize].endpoint);
        endpoint.slowest.note(Slow {
            traced,
            at_epoch_s: sample.at_epoch_s,
            response_time_ms,
            failed,
        });
    }

    /// Counts one value that a request of an endpoint, or its connection, was measured
    /// by. The endpoint comes in sight with its first request, not by this.
    pub fn measure(&mut self, id: EndpointId, measure: Measure, value: f64) {
        let slot = self.slot(id);
        let Some(metric) = self.usable(measure, value) else {
            self.unusable_values += 1;
            return;
        };
        let endpoint = Arc::make_mut(&mut self.entries[slot as usize].endpoint);
        let at = endpoint.last_request_epoch_s.unwrap_or(0.0);
        endpoint
            .measures
            .record_any(measure, metric.as_ref(), value, at);
    }

    /// The declaration of a custom measure, if it needs one; `None` if the value cannot
    /// be counted.
    fn usable(&self, measure: Measure, value: f64) -> Option<Option<Arc<Metric>>> {
        let metric = match measure {
            Measure::Custom(id) => Some(self.declared.get(usize::from(id.0))?.clone()?),
            _ => None,
        };
        value.is_finite().then_some(metric)
    }

    /// Declares the metric that a number stands for; it keeps its first meaning. Values
    /// of a metric beyond the limit are told in [`Overflow`] and not kept.
    pub fn declare(&mut self, id: MetricId, metric: Metric) {
        let at = usize::from(id.0);
        if at >= self.limits.metrics.min(METRICS_MAX) {
            return;
        }
        if self.declared.len() <= at {
            self.declared.resize(at + 1, None);
        }
        self.declared[at].get_or_insert_with(|| Arc::new(metric));
    }

    /// Counts one value of a declared metric that belongs to no endpoint.
    pub fn metric(&mut self, id: MetricId, value: f64, at_epoch_s: f64) {
        let measure = Measure::Custom(id);
        match self.usable(measure, value) {
            Some(Some(metric)) => {
                Arc::make_mut(&mut self.metrics).record_custom(measure, &metric, value, at_epoch_s)
            }
            _ => self.unusable_values += 1,
        }
    }

    /// Says which task of which class of users a number stands for; it keeps its first
    /// meaning.
    pub fn define_task(&mut self, id: TaskId, user: &str, name: &str) {
        self.tasks.define(id, user, name);
    }

    /// Counts a task that began; for an arrival with the time from the instant it was due
    /// to its first request, milliseconds.
    pub fn task_started(&mut self, id: TaskId, start_lag_ms: Option<f64>) {
        let task = self.tasks.open(id);
        task.started += 1;
        if let Some(ms) = start_lag_ms.filter(|ms| ms.is_finite()) {
            task.start_lag_ms.record(ms);
        }
    }

    /// Counts a task that ended `time_ms` milliseconds after it was due.
    pub fn task_ended(&mut self, id: TaskId, time_ms: f64, ok: bool) {
        let task = self.tasks.open(id);
        task.ended += 1;
        task.failed += u64::from(!ok);
        if time_ms.is_finite() {
            task.time_ms.record(time_ms);
        }
    }

    /// Counts arrivals that fell due.
    pub fn planned(&mut self, count: u64) {
        self.arrivals.planned += count;
    }

    /// Counts an arrival that its driver started `schedule_lag_ms` milliseconds after it
    /// was due.
    pub fn arrival_started(&mut self, schedule_lag_ms: f64) {
        let arrivals = &mut self.arrivals;
        arrivals.started += 1;
        if schedule_lag_ms.is_finite() {
            arrivals.schedule_lag_ms.record(schedule_lag_ms);
        }
    }

    /// Counts arrivals that did not start.
    pub fn missed(&mut self, reason: Missed, count: u64) {
        self.arrivals.miss(reason, count);
    }

    /// Counts the `on_start` of a new user, milliseconds.
    pub fn user_started(&mut self, on_start_ms: f64) {
        if on_start_ms.is_finite() {
            let arrivals = &mut self.arrivals;
            arrivals.on_start_ms.record(on_start_ms);
        }
    }

    /// Takes note of how many users exist and how many tasks run now.
    pub fn occupied(&mut self, users: u64, in_flight: u64) {
        let arrivals = &mut self.arrivals;
        arrivals.users.set(users);
        arrivals.in_flight.set(in_flight);
    }

    /// Counts one failure with its kind and error text; a text alone is of no known kind.
    /// The request itself is counted by [`Shard::record`].
    pub fn fail<'a>(&mut self, id: EndpointId, why: impl Into<Why<'a>>, at_epoch_s: f64) {
        let keep = self.keep;
        let slot = self.slot(id);
        Arc::make_mut(&mut self.total).fail(at_epoch_s, keep);
        let endpoint = self.open(slot, at_epoch_s);
        endpoint.fail(at_epoch_s, keep);
        let (method, name) = (endpoint.method.clone(), endpoint.name.clone());
        let why = why.into();
        self.failures.fail(slot, &method, &name, why, at_epoch_s);
    }

    /// Counts one exception that user code raised outside a request.
    pub fn exception(&mut self, message: &str, traceback: &str, node: &str) {
        self.failures.exception(message, traceback, node);
    }

    /// How much of the past each endpoint keeps now.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// Keeps the response times of the last `window_s` seconds from now on.
    pub fn keep_window(&mut self, window_s: u32) {
        self.keep.window_s = window_s;
    }

    /// Makes an endpoint show although nothing was counted yet.
    pub fn show(&mut self, id: EndpointId, now_epoch_s: f64) {
        let slot = self.slot(id);
        self.open(slot, now_epoch_s);
    }

    /// Lets `change` write to one endpoint alone, past the total; it shows from now on.
    pub fn edit(
        &mut self,
        id: EndpointId,
        now_epoch_s: f64,
        change: impl FnOnce(&mut Endpoint, Keep),
    ) {
        let keep = self.keep;
        let slot = self.slot(id);
        change(self.open(slot, now_epoch_s), keep);
    }

    /// Lets `change` write to the total alone.
    pub fn edit_total(&mut self, change: impl FnOnce(&mut Endpoint, Keep)) {
        change(Arc::make_mut(&mut self.total), self.keep);
    }

    /// Sets all numbers to zero and starts again; names stay in sight. Exceptions
    /// are kept.
    pub fn reset(&mut self, now_epoch_s: f64) {
        self.reset_total(now_epoch_s);
        for entry in &mut self.entries {
            entry.endpoint = Arc::new(entry.endpoint.restarted(now_epoch_s));
        }
        self.failures.clear_failures();
        self.unusable_values = 0;
        self.tasks.reset();
        self.metrics = Arc::default();
        self.arrivals = self.arrivals.restarted();
        for user in &mut self.users {
            *user = Arc::new(user.restarted(now_epoch_s));
        }
    }

    /// As [`Shard::reset`], and the names go out of sight until they are used again.
    pub fn clear(&mut self, now_epoch_s: f64) {
        self.reset(now_epoch_s);
        self.order.clear();
        for entry in &mut self.entries {
            entry.shown = false;
        }
    }

    /// Sets the numbers of one endpoint to zero.
    pub fn reset_endpoint(&mut self, id: EndpointId, now_epoch_s: f64) {
        let slot = self.slot(id);
        let endpoint = &mut self.entries[slot as usize].endpoint;
        *endpoint = Arc::new(endpoint.restarted(now_epoch_s));
    }

    /// Sets the numbers of the total to zero, nothing else.
    pub fn reset_total(&mut self, now_epoch_s: f64) {
        self.total = Arc::new(self.total.restarted(now_epoch_s));
    }

    /// Forgets the failures and their texts; the endpoints' counts stay.
    pub fn clear_failures(&mut self) {
        self.failures.clear_failures();
    }

    /// Forgets the exceptions.
    pub fn clear_exceptions(&mut self) {
        self.failures.clear_exceptions();
    }

    /// All endpoints together.
    pub fn total(&self) -> &Arc<Endpoint> {
        &self.total
    }

    /// The endpoint of a number, if it is in sight.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Arc<Endpoint>> {
        let slot = (*self.slots.get(id.0 as usize)?)?;
        self.shown(slot)
    }

    /// The endpoint of that method and name, if it is in sight.
    pub fn find(&self, method: &str, name: &str) -> Option<&Arc<Endpoint>> {
        self.shown(self.place(method, name)?)
    }

    fn shown(&self, slot: u32) -> Option<&Arc<Endpoint>> {
        let entry = &self.entries[slot as usize];
        entry.shown.then_some(&entry.endpoint)
    }

    /// The endpoints in sight, in the order of first sight.
    pub fn endpoints(&self) -> impl ExactSizeIterator<Item = &Arc<Endpoint>> {
        self.order
            .iter()
            .map(|&slot| &self.entries[slot as usize].endpoint)
    }

    /// The failures and exceptions.
    pub fn failures(&self) -> &FailureBook {
        &self.failures
    }

    /// A copy of everything. What may be many, the endpoints, is shared until the shard
    /// writes to it again; tasks and arrivals are few and copied at once, which spares
    /// each write the question whether they are shared.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            endpoints: self.endpoints().cloned().collect(),
            total: self.total.clone(),
            failures: self.failures.failures().to_vec(),
            exceptions: self.failures.exceptions().to_vec(),
            window_s: self.keep.window_s,
            tasks: self.tasks.tasks().iter().cloned().map(Arc::new).collect(),
            arrivals: Arc::new(self.arrivals.clone()),
            metrics: self.metrics.clone(),
            users: self.users.clone(),
            overflow: self.overflow(),
        }
    }

    fn overflow(&self) -> Overflow {
        let forgotten = |endpoint: &Arc<Endpoint>| endpoint.seconds.dropped();
        Overflow {
            names: self
                .find("", OTHER_NAMES)
                .map_or(0, |others| others.requests),
            errors: self.failures.other_errors(),
            exceptions: self.failures.exceptions_dropped(),
            clamped_times: self.total.hist.clamped(),
            forgotten_seconds: self.endpoints().map(forgotten).sum::<u64>()
                + self.total.seconds.dropped(),
            unusable_values: self.unusable_values,
        }
    }

    /// Bytes that the numbers occupy; names and error texts come on top.
    pub fn bytes(&self) -> usize {
        let entries: usize = self
            .entries
            .iter()
            .map(|entry| entry.endpoint.bytes())
            .sum();
        entries
            + self.total.bytes()
            + self.entries.capacity() * size_of::<Entry>()
            + (self.slots.capacity() + self.order.capacity()) * size_of::<Option<u32>>()
    }
}

/// Counts phases; says how many of them are no numbers.
fn count_phases(endpoint: &mut Endpoint, phases: &Phases) -> u64 {
    let mut unusable = 0;
    for (measure, ms) in phases.iter() {
        match ms.is_finite() {
            true => endpoint.measures.record(measure, ms),
            false => unusable += 1,
        }
    }
    unusable
}
