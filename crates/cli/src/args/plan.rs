//! What the commands that read a plan are asked for.

use std::path::{Path, PathBuf};

use clap::Args;

use super::LiveArgs;

/// A plan, and what overrides it.
#[derive(Debug, Default, Args)]
pub(crate) struct PlanArgs {
    /// The plan: a YAML, TOML or JSON file; - reads YAML or JSON from stdin
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    /// The plan scaled to seconds, to try it: with what it says under `quick` laid over it, before
    /// any other option; so does the variable GATECRASH_QUICK=1
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only this scenario of the plan, or all rungs of this ladder; may be given several times,
    /// and they run in the order of the plan
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Vec<String>,
    /// Another value for a key of the plan, such as host=http://127.0.0.1:8000 or
    /// scenarios.burst.grace=5s; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Another rate for the scenario: 50/s, 1/s .. 100/s
    #[arg(long, value_name = "RATE", conflicts_with = "users")]
    pub(crate) rate: Option<String>,
    /// Another number of users for the scenario
    #[arg(long, value_name = "USERS")]
    pub(crate) users: Option<String>,
    /// Another duration for the scenario: 30s, 5m
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) duration: Option<String>,
    /// What schedules, data rows and tasks are drawn from; the same seed draws the same again
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Threads that make the load, 1 to 256; by default one for each core that this process may
    /// use, but no more than there are users or tasks in flight at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) lanes: Option<u16>,
}

impl PlanArgs {
    /// The plan in this file, with nothing overridden.
    pub(crate) fn of(file: &Path) -> PlanArgs {
        PlanArgs {
            plan: Some(file.to_owned()),
            ..PlanArgs::default()
        }
    }
}

/// What `gatecrash run` is asked for.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Folder for the files of the run, made where it does not exist; by default
    /// results/TIME-NAME, with the time in UTC
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// No folder, no files
    #[arg(long, conflicts_with = "results")]
    pub(crate) no_results: bool,
    /// Write the results as a page as well: one HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// Start without asking, whatever the run is expected to cost
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// No progress on stderr; the tables at the end are printed all the same
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What `gatecrash explain` is asked for.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// The folder that the run would get; the files that it would write there are listed
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Draw the planned load with ASCII only
    #[arg(long)]
    pub(crate) ascii: bool,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}
