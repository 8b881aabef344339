//! What happened to each endpoint between two instants.
//!
//! In: two snapshots of one scenario. Out: a [`Slice`], which holds what came between: few
//! bytes, for charts, windows, growth and ramps. Slices that follow each other merge.

use std::collections::HashMap;
use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::measure::{Kind, Measure, Metric, Unit};
use crate::measures::{Measures, Series};
use crate::snapshot::Snapshot;
use crate::thin::Thin;
use crate::values::Values;

/// The values of one kind in one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Their sum, in their unit.
    pub sum: f64,
    /// The latest; of gauges only.
    pub last: Option<f64>,
    /// How often which value occurred.
    pub hist: Thin,
}

impl Spread {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.hist.count()
    }

    fn between(earlier: Option<&Values>, now: &Values) -> Spread {
        let earlier = earlier.filter(|earlier| earlier.count() <= now.count());
        Spread {
            sum: now.sum - earlier.map_or(0.0, |earlier| earlier.sum),
            last: None,
            hist: Thin::between(earlier.map(|earlier| &earlier.hist), &now.hist),
        }
    }

    fn append(&mut self, next: &Spread) {
        self.sum += next.sum;
        self.last = next.last.or(self.last);
        self.hist = self.hist.merged(&next.hist);
    }
}

/// The values of one measure or declared metric in one slice; see [`Series`].
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What was measured.
    pub measure: Measure,
    /// The declaration of a custom one.
    pub metric: Option<Arc<Metric>>,
    /// The values.
    pub spread: Spread,
}

impl Measured {
    /// As outputs write it.
    pub fn name(&self) -> &str {
        match &self.metric {
            Some(metric) => &metric.name,
            None => self.measure.name().unwrap_or_default(),
        }
    }

    /// What becomes of the values.
    pub fn kind(&self) -> Kind {
        match &self.metric {
            Some(metric) => metric.kind,
            None => self.measure.kind().unwrap_or(Kind::Trend),
        }
    }

    /// Their unit.
    pub fn unit(&self) -> Unit {
        match &self.metric {
            Some(metric) => metric.unit.clone(),
            None => self.measure.unit().unwrap_or(Unit::Count),
        }
    }
}

/// What happened to some requests in one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Method of an endpoint; else empty.
    pub method: Arc<str>,
    /// Name of an endpoint or of a class of users; of the total empty.
    pub name: Arc<str>,
    /// Requests that finished.
    pub requests: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Response times, milliseconds.
    pub times: Spread,
    /// What else was measured. A total has none: it is in the endpoints.
    pub measures: Vec<Measured>,
}

/// What happened in one scenario between two instants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// When it begins, seconds since the Unix epoch.
    pub from_epoch_s: f64,
    /// When it ends.
    pub to_epoch_s: f64,
    /// Users at its end.
    pub users: u64,
    /// Arrivals that fell due.
    pub planned: u64,
    /// Arrivals that started.
    pub started: u64,
    /// Arrivals that did not.
    pub missed: u64,
    /// How late arrivals were started, milliseconds.
    pub lag_ms: Spread,
    /// All requests together.
    pub total: Part,
    /// The endpoints that had requests or values, in the order of first sight.
    pub endpoints: Vec<Part>,
    /// The classes of users that had requests, of those that are followed.
    pub classes: Vec<Part>,
    /// Declared metrics that belong to no endpoint and had values.
    pub metrics: Vec<Measured>,
}

/// Which parts of a slice are wanted.
pub trait Wanted {
    /// Whether an endpoint is.
    fn endpoint(&self, endpoint: &Endpoint) -> bool;
    /// Whether the response times of an endpoint are.
    fn times(&self, endpoint: &Endpoint) -> bool;
    /// Whether a measure or a declared metric is.
    fn series(&self, name: &str) -> bool;
}

/// Everything.
#[derive(Clone, Copy, Debug)]
pub struct All;

impl Wanted for All {
    fn endpoint(&self, _: &Endpoint) -> bool {
        true
    }

    fn times(&self, _: &Endpoint) -> bool {
        true
    }

    fn series(&self, _: &str) -> bool {
        true
    }
}

/// A snapshot and when it was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// When, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// What was known then.
    pub snapshot: Snapshot,
}

impl Taken {
    /// A snapshot that was taken then.
    pub fn new(at_epoch_s: f64, snapshot: &Snapshot) -> Taken {
        Taken {
            at_epoch_s,
            snapshot: snapshot.clone(),
        }
    }
}

impl Slice {
    /// What came between two snapshots of one scenario. After a reset of the numbers it is
    /// what the later one holds.
    pub fn between(earlier: &Taken, now: &Taken, wanted: &impl Wanted) -> Slice {
        let (before, after) = (&earlier.snapshot, &now.snapshot);
        let (had, has) = (&before.arrivals, &after.arrivals);
        let endpoints = parts(&before.endpoints, &after.endpoints, false, wanted);
        let mut total = Part {
            name: Arc::default(),
            ..Part::between(Some(&before.total), &after.total, true, wanted)
        };
        // Where one endpoint had all requests the two are the same, and kept once.
        let same = |one: &&Part| one.times.hist == total.times.hist;
        if let Some(one) = endpoints.iter().find(same) {
            total.times.hist = one.times.hist.clone();
        }
        Slice {
            from_epoch_s: earlier.at_epoch_s,
            to_epoch_s: now.at_epoch_s,
            users: has.users.now,
            planned: has.planned.saturating_sub(had.planned),
            started: has.started.saturating_sub(had.started),
            missed: has.missed().saturating_sub(had.missed()),
            lag_ms: Spread::between(Some(&had.schedule_lag_ms), &has.schedule_lag_ms),
            total,
            endpoints,
            classes: parts(&before.users, &after.users, true, wanted),
            metrics: measured(Some(&before.metrics), &after.metrics, wanted),
        }
    }

    /// Appends the slice that follows.
    pub fn append(&mut self, next: &Slice) {
        self.to_epoch_s = next.to_epoch_s;
        self.users = next.users;
        self.planned += next.planned;
        self.started += next.started;
        self.missed += next.missed;
        self.lag_ms.append(&next.lag_ms);
        self.total.append(&next.total);
        append_parts(&mut self.endpoints, &next.endpoints);
        append_parts(&mut self.classes, &next.classes);
        append_measured(&mut self.metrics, &next.metrics);
    }

    /// How long it is, seconds.
    pub fn span_s(&self) -> f64 {
        (self.to_epoch_s - self.from_epoch_s).max(0.0)
    }
}

impl Part {
    /// With all response times, or those that are wanted.
    fn between(
        earlier: Option<&Endpoint>,
        now: &Endpoint,
        all: bool,
        wanted: &impl Wanted,
    ) -> Part {
        let earlier = earlier.filter(|earlier| earlier.requests <= now.requests);
        let had = |number: fn(&Endpoint) -> u64| earlier.map_or(0, number);
        let had_ms = earlier.map_or(0.0, |earlier| earlier.total_response_time_ms);
        Part {
            method: now.method.clone(),
            name: now.name.clone(),
            requests: now.requests - had(|e| e.requests),
            failures: now.failures.saturating_sub(had(|e| e.failures)),
            bytes: now
                .total_content_length
                .saturating_sub(had(|e| e.total_content_length)),
            times: match all || wanted.times(now) {
                true => Spread {
                    sum: now.total_response_time_ms - had_ms,
                    last: None,
                    hist: Thin::between(earlier.map(|earlier| &earlier.hist), &now.hist),
                },
                false => Spread::default(),
            },
            measures: measured(earlier.map(|e| &e.measures), &now.measures, wanted),
        }
    }

    fn append(&mut self, next: &Part) {
        self.requests += next.requests;
        self.failures += next.failures;
        self.bytes += next.bytes;
        self.times.append(&next.times);
        append_measured(&mut self.measures, &next.measures);
    }

    fn key(&self) -> (Arc<str>, Arc<str>) {
        (self.method.clone(), self.name.clone())
    }
}

/// What came to each endpoint. Those that nothing came to are the same in both, and cost
/// a comparison of addresses.
fn parts(
    before: &[Arc<Endpoint>],
    after: &[Arc<Endpoint>],
    all: bool,
    wanted: &impl Wanted,
) -> Vec<Part> {
    let mut places: Option<HashMap<(&str, &str), usize>> = None;
    let mut earlier = |at: usize, now: &Endpoint| -> Option<&Arc<Endpoint>> {
        // Endpoints come in the order of first sight, so nearly always at the same place.
        let there = before.get(at).filter(|e| same_name(e, now));
        there.or_else(|| {
            let places: &HashMap<_, _> = places.get_or_insert_with(|| {
                let named = before.iter().enumerate();
                named.map(|(at, e)| ((&*e.method, &*e.name), at)).collect()
            });
            Some(&before[*places.get(&(&*now.method, &*now.name))?])
        })
    };
    let mut parts = Vec::new();
    let is_wanted = |(_, e): &(usize, &Arc<Endpoint>)| all || wanted.endpoint(e);
    for (at, now) in after.iter().enumerate().filter(is_wanted) {
        let earlier = earlier(at, now);
        if earlier.is_some_and(|earlier| Arc::ptr_eq(earlier, now)) {
            continue;
        }
        let part = Part::between(earlier.map(Arc::as_ref), now, all, wanted);
        if part.requests > 0 || part.failures > 0 || !part.measures.is_empty() {
            parts.push(part);
        }
    }
    parts
}

fn same_name(one: &Endpoint, other: &Endpoint) -> bool {
    let same = |one: &Arc<str>, other: &Arc<str>| Arc::ptr_eq(one, other) || one == other;
    same(&one.name, &other.name) && same(&one.method, &other.method)
}

fn measured(before: Option<&Measures>, after: &Measures, wanted: &impl Wanted) -> Vec<Measured> {
    let series = after
        .in_order()
        .iter()
        .filter(|series| wanted.series(series.name()));
    series.filter_map(|series| added(before, series)).collect()
}

/// What came to a series; `None` if nothing did.
fn added(before: Option<&Measures>, now: &Series) -> Option<Measured> {
    let mut earlier = before.into_iter().flat_map(Measures::in_order);
    let earlier = earlier.find(|earlier| earlier.name() == now.name());
    if earlier.is_some_and(|earlier| earlier.values.count() == now.values.count()) {
        return None;
    }
    let spread = Spread {
        last: now.last.map(|(value, _)| value),
        ..Spread::between(earlier.map(|earlier| &earlier.values), &now.values)
    };
    Some(Measured {
        measure: now.measure,
        metric: now.metric.clone(),
        spread,
    })
}

fn append_measured(ours: &mut Vec<Measured>, theirs: &[Measured]) {
    for next in theirs {
        match ours.iter_mut().find(|known| known.name() == next.name()) {
            Some(known) => known.spread.append(&next.spread),
            None => ours.push(next.clone()),
        }
    }
}

fn append_parts(ours: &mut Vec<Part>, theirs: &[Part]) {
    let named = ours.iter().enumerate();
    let places: HashMap<_, usize> = named.map(|(at, part)| (part.key(), at)).collect();
    for next in theirs {
        match places.get(&next.key()) {
            Some(&at) => ours[at].append(next),
            None => ours.push(next.clone()),
        }
    }
}
