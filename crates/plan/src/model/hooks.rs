//! What is done before, beside and after scenarios: calls, commands and flame graphs.
//!
//! In: what `resolve` made of `before:`, `after:` and `profile:`. Out: plain data; the engine does it.

use std::path::PathBuf;
use std::time::Duration;

use gatecrash_metrics::watch::Profile;

use super::steps::HttpStep;

/// Something that is done before or after a scenario, or before the first and after the
/// last.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name in the reports: what the plan says, else the request or the command.
    pub name: String,
    /// What.
    pub action: HookAction,
    /// Whether the run goes on when it fails.
    pub on_failure: OnFailure,
}

/// What a hook does.
#[derive(Clone, Debug)]
pub enum HookAction {
    /// A request and what its answer must be. Its URL is absolute; it takes nothing, and its
    /// templates name no feeds and no values.
    Request(Box<HttpStep>),
    /// A command.
    Command(HookCommand),
    /// A flame graph that is made while the scenario runs.
    Profile(Profile),
}

/// A command that a hook runs, in the folder of the plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCommand {
    /// The program and its arguments; a command written as one text is the shell's:
    /// `["sh", "-c", TEXT]`.
    pub words: Vec<String>,
    /// How long it runs: then it is asked to end (SIGINT), and how it ends is no failure.
    /// One with such a time runs beside the scenario that it stands before, and begins with
    /// it; any other has ended before the scenario begins.
    pub runs_for: Option<Duration>,
    /// How long it may take; then it is ended and has failed. Of one with `runs_for`: how
    /// long it may take to end once it was asked to.
    pub timeout: Duration,
    /// A file that it makes, absolute; it is copied to the results.
    pub keep: Option<PathBuf>,
}

/// Whether the run goes on when a hook fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The run ends: what comes next would not be what was asked for.
    Stop,
    /// It goes on, with a note.
    Warn,
}
