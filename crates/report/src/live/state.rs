//! A run as it stands.
//!
//! In: what is known after each second, without secrets. Out: plain data, cheap to copy:
//! numbers are shared with whoever counts them.

use std::sync::Arc;

use gatecrash_metrics::objective::live::Standing;
use gatecrash_metrics::{Driven, Snapshot};

/// Where a scenario that has begun stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Users work, or arrivals begin.
    Running,
    /// Nothing new begins for now.
    Paused,
    /// Its work is over; what is under way may end.
    Ending,
    /// It is over.
    Ended,
}

impl Phase {
    /// All, in the order in which they come.
    pub const ALL: [Phase; 4] = [Phase::Running, Phase::Paused, Phase::Ending, Phase::Ended];

    /// As outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Ending => "ending",
            Phase::Ended => "ended",
        }
    }
}

/// A scenario that has begun.
#[derive(Clone, Debug)]
pub struct ScenarioState {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands.
    pub phase: Phase,
    /// When this was so, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// How long it has run, without pauses, seconds.
    pub elapsed_s: f64,
    /// All its numbers.
    pub snapshot: Snapshot,
    /// How it was driven until now, where somebody looked.
    pub driven: Option<Driven>,
    /// How its objectives stand.
    pub objectives: Vec<Standing>,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// What it is called.
    pub name: Arc<str>,
    /// What costs are counted in, where requests have prices.
    pub currency: Option<Arc<str>>,
    /// The scenarios that have begun, in the order of the plan.
    pub scenarios: Vec<Arc<ScenarioState>>,
}
