//! The whole run, as it is told and kept.
//!
//! In: what the run controller knows at the end. Out: plain structs. How they look is
//! the reports' to say.

use std::fmt;
use std::sync::Arc;

use crate::history::Point;
use crate::objective::{Sighting, Verdict};
use crate::slices::Slice;
use crate::snapshot::Snapshot;
use crate::validity::{Driven, Validity};

/// Why a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// Everything planned was done.
    #[default]
    Done,
    /// A person or a program stopped it.
    Stopped,
    /// By a signal, with its name.
    Interrupted(String),
    /// It could not go on, with the reason.
    Failed(String),
    /// Nobody knows: its record was never finished.
    Unknown,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Done => f.write_str("done"),
            Ended::Stopped => f.write_str("stopped"),
            Ended::Interrupted(signal) => write!(f, "interrupted by {signal}"),
            Ended::Failed(reason) => write!(f, "failed: {reason}"),
            Ended::Unknown => f.write_str("unknown (the process was killed)"),
        }
    }
}

/// What users were made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginKind {
    /// A plan.
    #[default]
    Plan,
    /// A file as Locust takes it, without a plan.
    Locust,
    /// Users written in Rust, without a plan.
    Rust,
}

/// The machine that made the load. Zero and empty where nobody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its system and kernel.
    pub os: String,
    /// How many CPUs the process might use.
    pub cpus: u32,
    /// How much memory it had, bytes.
    pub memory_bytes: u64,
    /// Its name.
    pub hostname: String,
}

/// A plan as it was run, with its secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanText {
    /// `yaml`, `toml` or `json`.
    pub format: String,
    /// The file's text.
    pub text: String,
}

/// Where a run comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What users were made from.
    pub kind: OriginKind,
    /// The version of Gatecrash.
    pub gatecrash: String,
    /// The command line, with its secrets masked.
    pub command: String,
    /// The version of Python, if it took part.
    pub python: Option<String>,
    /// The machine that made the load.
    pub machine: Machine,
    /// The plan, if there was one.
    pub plan: Option<PlanText>,
    /// The host that the users spoke to, where it is one for all.
    pub host: Option<String>,
}

/// A change of the load while it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// What, such as `users 10 → 20`, `paused`.
    pub what: String,
}

/// On which side of its scenario a hook stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Before it.
    #[default]
    Before,
    /// While it ran.
    Beside,
    /// After it.
    After,
}

/// What came of something that was done before, beside or after a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HookRecord {
    /// What the plan calls it.
    pub name: String,
    /// On which side of the scenario.
    pub when: When,
    /// Whether it went well.
    pub ok: bool,
    /// What it told: a status, the end of an output.
    pub told: String,
    /// How long it took, seconds.
    pub elapsed_s: f64,
    /// The file that it left in the results folder, relative to it.
    pub file: Option<String>,
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
    /// The same for each endpoint, coarser where there are many.
    pub slices: Vec<Slice>,
    /// What the live judge saw of objectives that cannot be told from the end alone.
    pub sightings: Vec<Sighting>,
    /// What was done before, beside and after it.
    pub hooks: Vec<HookRecord>,
}

impl ScenarioRecord {
    /// What left a file in the results folder, with its name there.
    pub fn kept(&self) -> impl Iterator<Item = (&HookRecord, &str)> {
        let hooks = self.hooks.iter();
        hooks.filter_map(|hook| Some((hook, hook.file.as_deref()?)))
    }

    /// How long it ran, seconds.
    pub fn elapsed_s(&self) -> f64 {
        (self.ended_epoch_s - self.started_epoch_s).max(0.0)
    }
}

/// A whole run.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Where it comes from.
    pub origin: Origin,
    /// What came of its objectives: scenario by scenario in the order of the objectives,
    /// then those across scenarios.
    pub verdicts: Vec<Verdict>,
    /// What a reader must know: a folder that could not be written, a budget that was
    /// reached, a hook that failed.
    pub notes: Vec<String>,
    /// What costs are counted in, such as `USD`.
    pub currency: Option<Arc<str>>,
    /// So many requests a day are what a month's cost is told for.
    pub per_month_at: Option<f64>,
}

impl RunRecord {
    /// The judgement of a run by its measured scenarios.
    pub fn judged(scenarios: &[ScenarioRecord]) -> Validity {
        let measured = scenarios.iter().filter(|scenario| scenario.measured);
        Validity::of_run(measured.map(|s| (s.name.as_str(), &s.validity)))
    }
}
