//! What became of the arrivals and the users of one scenario.
//!
//! In: what a driver did. Out: counts, lags and peaks that merge. An arrival is one
//! execution of a task that a schedule asked for at an instant; in the closed model
//! there are none, and only the users are counted.

use crate::values::Values;

/// Why an arrival did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missed {
    /// As many were in flight as the scenario allows.
    Cap,
    /// The run ended first.
    Stopped,
}

/// A number now, and the largest it ever was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Now.
    pub now: u64,
    /// At most. Of several lanes it is the sum of their peaks, which need not have come
    /// at the same instant: an upper bound.
    pub peak: u64,
}

impl Level {
    /// Takes note of the number now.
    pub fn set(&mut self, now: u64) {
        self.now = now;
        self.peak = self.peak.max(now);
    }

    /// Adds another lane's.
    pub fn merge(&mut self, other: Level) {
        self.now += other.now;
        self.peak += other.peak;
    }
}

/// The arrivals and users of one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrivals {
    /// How many fell due.
    pub planned: u64,
    /// How many of them a driver started.
    pub started: u64,
    /// How many were not started because of the limit on those in flight.
    pub missed_cap: u64,
    /// How many were not started because the run ended.
    pub missed_stopped: u64,
    /// From the instant an arrival was due to the instant its driver started it,
    /// milliseconds: how late the generator itself is.
    pub schedule_lag_ms: Values,
    /// Tasks that run.
    pub in_flight: Level,
    /// Users that exist.
    pub users: Level,
    /// How long the `on_start` of each new user took, milliseconds.
    pub on_start_ms: Values,
}

impl Arrivals {
    /// Counts arrivals that did not start.
    pub fn miss(&mut self, reason: Missed, count: u64) {
        match reason {
            Missed::Cap => self.missed_cap += count,
            Missed::Stopped => self.missed_stopped += count,
        }
    }

    /// How many were not started, whatever the reason.
    pub fn missed(&self) -> u64 {
        self.missed_cap + self.missed_stopped
    }

    /// Nothing counted yet, but as many users and tasks as there are.
    pub fn restarted(&self) -> Arrivals {
        let since = |level: Level| Level {
            now: level.now,
            peak: level.now,
        };
        Arrivals {
            in_flight: since(self.in_flight),
            users: since(self.users),
            ..Arrivals::default()
        }
    }

    /// Adds another lane's.
    pub fn merge(&mut self, other: &Arrivals) {
        self.planned += other.planned;
        self.started += other.started;
        self.missed_cap += other.missed_cap;
        self.missed_stopped += other.missed_stopped;
        self.schedule_lag_ms.merge(&other.schedule_lag_ms);
        self.in_flight.merge(other.in_flight);
        self.users.merge(other.users);
        self.on_start_ms.merge(&other.on_start_ms);
    }
}
