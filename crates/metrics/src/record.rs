//! The whole run, as it is told and kept.
//!
//! In: what the run controller knows at the end. Out: plain structs. How they look is
//! the reports' to say.

use std::fmt;

use crate::history::Point;
use crate::snapshot::Snapshot;
use crate::validity::{Driven, Validity};

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything planned was done.
    Done,
    /// A person or a program stopped it.
    Stopped,
    /// By a signal, with its name.
    Interrupted(String),
    /// It could not go on, with the reason.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Done => f.write_str("done"),
            Ended::Stopped => f.write_str("stopped"),
            Ended::Interrupted(signal) => write!(f, "interrupted by {signal}"),
            Ended::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// A change of the load while it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// What, such as `users 10 → 20`, `paused`.
    pub what: String,
}

/// One scenario of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioRecord {
    /// Its name.
    pub name: String,
    /// The load that was asked for, as a person reads it.
    pub load: String,
    /// Whether its numbers count; a warm-up's do not.
    pub measured: bool,
    /// When it began, seconds since the Unix epoch.
    pub started_epoch_s: f64,
    /// When it ended.
    pub ended_epoch_s: f64,
    /// All numbers at its end.
    pub snapshot: Snapshot,
    /// Requests that the target can know of and that are in no table: cut off at the end.
    pub abandoned: u64,
    /// What was asked and how it was driven.
    pub driven: Driven,
    /// Whether it was driven as asked.
    pub validity: Validity,
    /// What was changed on the way, in order.
    pub changes: Vec<Change>,
    /// Second by second, within a limit.
    pub history: Vec<Point>,
}

impl ScenarioRecord {
    /// How long it ran, seconds.
    pub fn elapsed_s(&self) -> f64 {
        (self.ended_epoch_s - self.started_epoch_s).max(0.0)
    }
}

/// A whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// The plan's name.
    pub name: String,
    /// When it began, seconds since the Unix epoch.
    pub started_epoch_s: f64,
    /// When it ended.
    pub ended_epoch_s: f64,
    /// Why it ended.
    pub ended_by: Ended,
    /// What its random choices were made from.
    pub seed: u64,
    /// Equal for equal plans with equal seeds: schedules, data rows and task choices.
    pub plan_fingerprint: String,
    /// Its scenarios in the order in which they began.
    pub scenarios: Vec<ScenarioRecord>,
    /// Whether the measured scenarios were driven as asked.
    pub validity: Validity,
}

impl RunRecord {
    /// The judgement of a run by its measured scenarios.
    pub fn judged(scenarios: &[ScenarioRecord]) -> Validity {
        let measured = scenarios.iter().filter(|scenario| scenario.measured);
        Validity::of_run(measured.map(|s| (s.name.as_str(), &s.validity)))
    }
}
