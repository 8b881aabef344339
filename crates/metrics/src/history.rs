//! A run second by second, within a limit.
//!
//! In: the snapshot of each second. Out: what happened between each two, oldest first.
//! When the limit is reached, neighbours become one point: the series stays as long as
//! the run and grows coarser.

use std::sync::Arc;

use crate::arrivals::Arrivals;
use crate::endpoint::Endpoint;
use crate::snapshot::Snapshot;

/// How many points a history keeps unless told otherwise: two hours of seconds.
pub const POINTS: usize = 7200;

/// What happened between two snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// When it begins, seconds since the Unix epoch.
    pub from_epoch_s: f64,
    /// When it ends.
    pub to_epoch_s: f64,
    /// Users at its end.
    pub users: u64,
    /// Tasks in flight at its end.
    pub in_flight: u64,
    /// Arrivals that fell due.
    pub planned: u64,
    /// Arrivals that started.
    pub started: u64,
    /// Arrivals that did not.
    pub missed: u64,
    /// Requests that finished.
    pub requests: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Response time P50, milliseconds; `None` without any. Of points that became one,
    /// each quantile is the largest.
    pub p50_ms: Option<f64>,
    /// Response time P95.
    pub p95_ms: Option<f64>,
    /// Response time P99.
    pub p99_ms: Option<f64>,
    /// Schedule lag P99.
    pub lag_p99_ms: Option<f64>,
}

impl Point {
    /// Appends the point that follows.
    fn append(&mut self, next: &Point) {
        let larger =
            |one: Option<f64>, two: Option<f64>| one.into_iter().chain(two).reduce(f64::max);
        *self = Point {
            from_epoch_s: self.from_epoch_s,
            planned: self.planned + next.planned,
            started: self.started + next.started,
            missed: self.missed + next.missed,
            requests: self.requests + next.requests,
            failures: self.failures + next.failures,
            p50_ms: larger(self.p50_ms, next.p50_ms),
            p95_ms: larger(self.p95_ms, next.p95_ms),
            p99_ms: larger(self.p99_ms, next.p99_ms),
            lag_p99_ms: larger(self.lag_p99_ms, next.lag_p99_ms),
            ..*next
        };
    }
}

/// The points of one scenario.
#[derive(Clone, Debug)]
pub struct History {
    limit: usize,
    /// How many snapshots make a point.
    stride: u32,
    /// How many the last point has.
    filled: u32,
    points: Vec<Point>,
    at_epoch_s: f64,
    total: Arc<Endpoint>,
    arrivals: Arc<Arrivals>,
}

impl History {
    /// A history of a scenario that begins with these numbers, with at most `limit`
    /// points, at least two.
    pub fn new(at_epoch_s: f64, begin: &Snapshot, limit: usize) -> History {
        History {
            limit: limit.max(2),
            stride: 1,
            filled: 0,
            points: Vec::new(),
            at_epoch_s,
            total: begin.total.clone(),
            arrivals: begin.arrivals.clone(),
        }
    }

    /// Takes note of what happened since the last snapshot.
    pub fn push(&mut self, at_epoch_s: f64, snapshot: &Snapshot) {
        let point = self.since(at_epoch_s, snapshot);
        self.at_epoch_s = at_epoch_s;
        self.total = snapshot.total.clone();
        self.arrivals = snapshot.arrivals.clone();
        if self.filled == self.stride || self.points.is_empty() {
            self.make_room();
        }
        match self.points.last_mut() {
            Some(last) if self.filled > 0 && self.filled < self.stride => last.append(&point),
            _ => {
                self.points.push(point);
                self.filled = 0;
            }
        }
        self.filled += 1;
    }

    fn since(&self, at_epoch_s: f64, snapshot: &Snapshot) -> Point {
        let (total, arrivals) = (&snapshot.total, &snapshot.arrivals);
        let times = total.hist.since(&self.total.hist);
        let lag = &arrivals.schedule_lag_ms.hist;
        Point {
            from_epoch_s: self.at_epoch_s,
            to_epoch_s: at_epoch_s,
            users: arrivals.users.now,
            in_flight: arrivals.in_flight.now,
            planned: arrivals.planned.saturating_sub(self.arrivals.planned),
            started: arrivals.started.saturating_sub(self.arrivals.started),
            missed: arrivals.missed().saturating_sub(self.arrivals.missed()),
            requests: total.requests.saturating_sub(self.total.requests),
            failures: total.failures.saturating_sub(self.total.failures),
            p50_ms: times.value_at_quantile_ms(0.5),
            p95_ms: times.value_at_quantile_ms(0.95),
            p99_ms: times.value_at_quantile_ms(0.99),
            lag_p99_ms: lag
                .since(&self.arrivals.schedule_lag_ms.hist)
                .value_at_quantile_ms(0.99),
        }
    }

    /// Makes two neighbours one where the limit is reached.
    fn make_room(&mut self) {
        if self.points.len() < self.limit {
            return;
        }
        self.stride *= 2;
        let pairs = self.points.chunks(2).map(|pair| {
            let mut point = pair[0];
            pair[1..].iter().for_each(|next| point.append(next));
            point
        });
        // An odd last point is half full and takes the next snapshots.
        let odd = !self.points.len().is_multiple_of(2);
        self.points = pairs.collect();
        self.filled = if odd { self.stride / 2 } else { self.stride };
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }
}
