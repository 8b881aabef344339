//! What the commands on saved runs are asked for.

use std::path::PathBuf;

use clap::Args;

/// What `gatecrash results` is asked for.
#[derive(Debug, Args)]
pub(crate) struct ResultsArgs {
    /// The folder that the runs are in
    #[arg(value_name = "DIR", default_value = "results")]
    pub(crate) root: PathBuf,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What `gatecrash report` is asked for.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run: its folder, its run.json, its name below results, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Write the summary as Markdown; - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) md: Option<PathBuf>,
    /// Write the summary as JSON; - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the verdicts as JUnit XML; - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the results as a page: one HTML file that needs nothing else; - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the tables as CSV into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) csv: Option<PathBuf>,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}
