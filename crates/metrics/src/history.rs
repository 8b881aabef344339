//! A run second by second, within a limit.
//!
//! In: the snapshot of each second. Out: what happened between each two, oldest first: a
//! point for all requests together, and a slice that has each endpoint. When a limit is
//! reached, neighbours become one: the series stays as long as the run and grows coarser.

use std::sync::Arc;

use crate::arrivals::Arrivals;
use crate::endpoint::Endpoint;
use crate::slices::{All, Slice, Taken};
use crate::snapshot::Snapshot;

/// How many points a history keeps unless told otherwise: two hours of seconds.
pub const POINTS: usize = 7200;

/// How many endpoints the slices of a history have together unless told otherwise: those
/// of a hundred endpoints for six minutes of seconds, or for an hour of slices of sixteen.
pub const PARTS: usize = 36_000;

/// So many slices are kept however many endpoints they have …
pub const SLICES_MIN: usize = 60;

/// … as long as these are fewer than two thousand endpoints have.
pub const PARTS_MAX: usize = 240_000;

/// How much a history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Points, at least two, and slices.
    pub points: usize,
    /// See [`PARTS`].
    pub parts: usize,
    /// See [`SLICES_MIN`].
    pub slices: usize,
    /// See [`PARTS_MAX`].
    pub parts_max: usize,
}

impl Default for Room {
    fn default() -> Room {
        Room {
            points: POINTS,
            parts: PARTS,
            slices: SLICES_MIN,
            parts_max: PARTS_MAX,
        }
    }
}

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
    pub fn append(&mut self, next: &Point) {
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

/// Points or slices that become coarser.
#[derive(Clone, Debug)]
struct Series<T> {
    /// How many snapshots make one.
    stride: u32,
    /// How many the last one has.
    filled: u32,
    items: Vec<T>,
}

impl<T: Clone> Series<T> {
    fn new() -> Self {
        Series {
            stride: 1,
            filled: 1,
            items: Vec::new(),
        }
    }

    /// How many snapshots the last one can take.
    fn room(&self) -> u32 {
        self.stride - self.filled
    }

    /// Takes what happened between so many snapshots, no more than there is room for or
    /// a new one has.
    fn push(&mut self, next: T, snapshots: u32, append: impl Fn(&mut T, &T)) {
        match self.items.last_mut() {
            Some(last) if self.filled < self.stride => append(last, &next),
            _ => {
                self.items.push(next);
                self.filled = 0;
            }
        }
        self.filled += snapshots;
    }

    /// Makes two neighbours one.
    fn halve(&mut self, append: impl Fn(&mut T, &T)) {
        self.stride *= 2;
        let pairs = self.items.chunks(2).map(|pair| {
            let mut item = pair[0].clone();
            pair[1..].iter().for_each(|next| append(&mut item, next));
            item
        });
        // An odd last one is half full and takes the next snapshots.
        let odd = !self.items.len().is_multiple_of(2);
        self.items = pairs.collect();
        self.filled = if odd { self.stride / 2 } else { self.stride };
    }
}

/// The points and slices of one scenario.
#[derive(Clone, Debug)]
pub struct History {
    room: Room,
    points: Series<Point>,
    at_epoch_s: f64,
    total: Arc<Endpoint>,
    arrivals: Arc<Arrivals>,
    slices: Series<Slice>,
    /// How many endpoints they have together.
    parts: usize,
    /// Up to where they reach.
    sliced: Taken,
    /// How many snapshots came since.
    waiting: u32,
}

impl History {
    /// A history of a scenario that begins with these numbers, with at most `limit`
    /// points, at least two.
    pub fn new(at_epoch_s: f64, begin: &Snapshot, limit: usize) -> History {
        let points = limit.max(2);
        let room = Room {
            points,
            ..Room::default()
        };
        History::within(room, at_epoch_s, begin)
    }

    /// As [`History::new`], with other limits.
    pub fn within(room: Room, at_epoch_s: f64, begin: &Snapshot) -> History {
        History {
            room,
            points: Series::new(),
            at_epoch_s,
            total: begin.total.clone(),
            arrivals: begin.arrivals.clone(),
            slices: Series::new(),
            parts: 0,
            sliced: Taken::new(at_epoch_s, begin),
            waiting: 0,
        }
    }

    /// Takes note of what happened since the last snapshot.
    pub fn push(&mut self, at_epoch_s: f64, snapshot: &Snapshot) {
        let point = self.since(at_epoch_s, snapshot);
        self.at_epoch_s = at_epoch_s;
        self.total = snapshot.total.clone();
        self.arrivals = snapshot.arrivals.clone();
        if self.points.room() == 0 && self.points.items.len() >= self.room.points {
            self.points.halve(Point::append);
        }
        self.points.push(point, 1, Point::append);
        self.push_slice(at_epoch_s, snapshot);
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

    /// Makes a slice of what waits when that fills one: between two slices endpoints cost
    /// nothing.
    fn push_slice(&mut self, at_epoch_s: f64, snapshot: &Snapshot) {
        self.waiting += 1;
        let room = match self.slices.room() {
            0 => self.slices.stride,
            room => room,
        };
        if self.waiting < room {
            return;
        }
        let now = Taken::new(at_epoch_s, snapshot);
        let slice = Slice::between(&self.sliced, &now, &All);
        self.parts += slice.endpoints.len();
        self.slices.push(slice, self.waiting, Slice::append);
        (self.sliced, self.waiting) = (now, 0);
        while self.is_too_long() {
            self.slices.halve(Slice::append);
            self.parts = self.slices.items.iter().map(|s| s.endpoints.len()).sum();
        }
    }

    fn is_too_long(&self) -> bool {
        let slices = self.slices.items.len();
        slices >= 2
            && (slices > self.room.points
                || (self.parts > self.room.parts && slices >= 2 * self.room.slices)
                || self.parts > self.room.parts_max)
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points.items
    }

    /// The slices that are complete, oldest first.
    pub fn slices(&self) -> &[Slice] {
        &self.slices.items
    }

    /// All slices, with one of what came after the last complete one, up to this snapshot,
    /// the last that was pushed.
    pub fn all_slices(&self, snapshot: &Snapshot) -> Vec<Slice> {
        let mut slices = self.slices.clone();
        if self.waiting > 0 {
            let now = Taken::new(self.at_epoch_s, snapshot);
            let open = Slice::between(&self.sliced, &now, &All);
            slices.push(open, self.waiting, Slice::append);
        }
        slices.items
    }
}
