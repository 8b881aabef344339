//! What `gatecrash check` is asked for.

use std::path::PathBuf;

use clap::Args;

/// What `gatecrash check` is asked for.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The run: its folder, its run.json, `latest`, or what Locust has written: PREFIX_stats.csv
    /// or the page of --html
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// What must hold, such as "p95 < 300ms"; may be given several times
    #[arg(long = "objective", value_name = "TEXT")]
    pub(crate) objectives: Vec<String>,
    /// What must hold according to this plan
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// The verdicts as JSON: run.json without its scenarios
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the verdicts as JUnit XML to this file as well, for a CI
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}
