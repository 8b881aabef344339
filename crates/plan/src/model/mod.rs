//! The plan as meant: every default filled in, every name resolved, every text checked.
//!
//! In: what `resolve` made of a plan file. Out: plain data for the engine, the forecast,
//! the reports. Never: where in which file something stood.
//!
//! | module | the noun |
//! |---|---|
//! | [`users`] | who: classes of users, their tasks and waits |
//! | [`steps`] | what a task does, step by step |
//! | [`data`] | rows that users take turns with |
//! | [`load`] | how much: scenarios and their loads |
//! | [`judging`] | what must hold; what answers say of caches and states |
//! | [`metrics`] | numbers of the author's own |
//! | [`cost`] | what requests cost |
//! | [`hooks`] | what is done before and after scenarios |

pub mod cost;
pub mod data;
pub mod hooks;
pub mod judging;
pub mod load;
pub mod metrics;
pub mod steps;
pub mod users;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatecrash_metrics::Metric;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::watch::{self, Watch};

use crate::fault::Place;

pub use cost::{Charge, ExpectedTokens, Price, Prices, Used};
pub use data::{Feed, Pick, Source};
pub use hooks::{Hook, HookAction, HookCommand, OnFailure};
pub use judging::{CacheFrom, StatePlan};
pub use load::{Iterations, Load, Scenario, Start};
pub use metrics::MeasureTake;
pub use steps::{Body, Check, HttpStep, JsonTemplate, Part, Step, StreamForm, Take, TakeFrom};
pub use steps::{CheckJson, PartBody, SocketExpect, SocketStep, Template};
pub use users::{HttpUsers, LocustUsers, RustUsers, Task, UserClass, UserKind, Wait};

/// A whole plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What the reports call it.
    pub name: String,
    /// Where relative URLs lead (`http://127.0.0.1:8010`); a class may have its own.
    pub host: Option<String>,
    /// What must answer before the first scenario begins.
    pub ready: Option<Ready>,
    /// Rows for the templates.
    pub feeds: Vec<Feed>,
    /// Who: at least one class.
    pub users: Vec<UserClass>,
    /// How much: at least one scenario, in the order of the file.
    pub scenarios: Vec<Scenario>,
    /// What must hold in each measured scenario by itself, or across them. Those of one
    /// scenario stand there; [`Plan::all_objectives`] has them all.
    pub objectives: Vec<Objective>,
    /// What the author declared; its place is its number.
    pub metrics: Vec<Metric>,
    /// How answers tell whether they came from a cache, where a class of steps and its
    /// requests do not say otherwise.
    pub cache: CacheFrom,
    /// What answers of all classes may tell; those of a class of steps stand there again,
    /// with its own.
    pub states: Vec<StatePlan>,
    /// What is watched beside the load.
    pub watches: Vec<Watch>,
    /// What requests cost, if they do.
    pub prices: Option<Prices>,
    /// The run ends when it has cost as much, in the currency of the prices.
    pub budget: Option<f64>,
    /// A run that is expected to cost more than this is asked about first.
    pub confirm_above: Option<f64>,
    /// So many requests a day are what a month's cost is told for; a month has 30 days.
    pub per_month_at: Option<f64>,
    /// What is done before the first scenario, after the service is ready.
    pub before: Vec<Hook>,
    /// What is done after the last scenario, however it ended.
    pub after: Vec<Hook>,
    /// Draws schedules, rows and tasks; the same seed gives the same run.
    pub seed: u64,
    /// Where relative file names lead: the folder of the plan file.
    pub folder: PathBuf,
    /// What `{{ env.NAME }}` says, for the names that the plan mentions; also those of which
    /// only `${NAME}` was used. All of it may be secret.
    pub environment: Vec<(String, String)>,
    /// Files that must exist, and where the plan names them.
    pub mentions: Vec<Mention>,
    /// The plan as YAML with all that overrides it, and `***` for whatever may be secret: see
    /// [`crate::effective`]. Empty for a plan that was not written.
    pub effective: String,
}

impl Plan {
    /// The gauges of all that is watched, the generator itself included.
    pub fn all_gauges(&self) -> Vec<Metric> {
        let mut gauges = watch::gauges(&self.watches);
        gauges.extend(Watch::generator().gauges());
        gauges
    }

    /// The files that must exist before the run, absolute.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.mentions.iter().map(|mention| mention.file.as_path())
    }
}

/// A file that a plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The file, absolute.
    pub file: PathBuf,
    /// Where it is named: what a fault about it points to.
    pub place: Place,
}

/// What must answer with a status below 400 before the first scenario begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// The URL, absolute.
    pub url: String,
    /// How long to try.
    pub within: Duration,
}
