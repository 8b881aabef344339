//! How much: scenarios and their loads.

use std::time::Duration;

use gatecrash_metrics::objective::Objective;

use super::hooks::Hook;
use crate::schedule::{RateProfile, Spacing, UserSchedule};

/// A load over users.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name in the reports.
    pub name: String,
    /// When it begins.
    pub start: Start,
    /// Which classes take part: places in [`super::Plan::users`] and their weights.
    pub who: Vec<(usize, f64)>,
    /// How much.
    pub load: Load,
    /// How long new work begins; `None` until the work is done (iterations).
    pub duration: Option<Duration>,
    /// How long unfinished work may go on after that.
    pub grace: Duration,
    /// Its numbers count; a warm-up's do not.
    pub measured: bool,
    /// Draws its schedule, rows and tasks.
    pub seed: u64,
    /// How long one execution of a task takes, as the author expects: for the forecast only.
    pub expected_time: Option<Duration>,
    /// What must hold in it.
    pub objectives: Vec<Objective>,
    /// The rest before its `before`: from the end of the scenario that it waits for, or from
    /// the start of the run if it waits for none.
    pub pause_before: Duration,
    /// What is done before it begins.
    pub before: Vec<Hook>,
    /// What is done after it has ended, however it ended.
    pub after: Vec<Hook>,
}

/// When a scenario begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// When the one before it in the file has ended.
    InTurn,
    /// With the first one.
    AtOnce,
    /// When the scenario of this place has ended.
    After(usize),
}

/// The two models.
#[derive(Clone, Debug)]
pub enum Load {
    /// Closed: that many users, each with one task after the other.
    Users {
        /// How many at which time.
        schedule: UserSchedule,
        /// How often, if not for as long as the scenario lasts.
        iterations: Option<Iterations>,
    },
    /// Open: that many tasks begin per second, on as many users as that takes.
    Rate {
        /// How many at which time.
        profile: RateProfile,
        /// Evenly spaced, or by chance.
        spacing: Spacing,
        /// The most tasks at once; further arrivals are missed, and counted.
        max_in_flight: u32,
    },
}

/// How often tasks are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iterations {
    /// Each user so many.
    PerUser(u64),
    /// All users together so many.
    Total(u64),
}
