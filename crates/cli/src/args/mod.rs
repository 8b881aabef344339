//! Our own commands and their arguments.
//!
//! In: words. Out: checked values. The options of Locust-style runs are not here: they
//! are data in `gatecrash_plan::options`, read by the parser that locustfiles extend.

mod check;
mod live;
mod plan;
mod saved;
mod target;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use check::CheckArgs;
pub use live::LiveArgs;
pub(crate) use plan::{ExplainArgs, PlanArgs, RunArgs};
pub(crate) use saved::{ReportArgs, ResultsArgs};
pub(crate) use target::TargetArgs;

#[derive(Debug, Parser)]
#[command(name = "gatecrash", bin_name = "gatecrash", no_binary_name = true)]
#[command(disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a plan: load an API as the file says, and tell how it fared
    ///
    /// The plan is checked as a whole before anything is sent. Tables at the end go to stdout,
    /// progress to stderr. Exit codes: 0 all objectives hold, or there are none and no request
    /// failed, 1 one failed, 2 the plan or the command line has faults, 97 it could not run, 98 it
    /// was not driven as asked and its numbers must not be used, 99 an objective was missed or had
    /// no data, 130 or 143 it was interrupted.
    Run(RunArgs),
    /// Tell what a plan would do, before a packet is sent
    ///
    /// The plan is checked as `run` checks it. Then: tasks and requests, the peak, what is in
    /// flight, connections and files against the limits of this machine, memory, duration, files
    /// that would be written, and the planned load, drawn. Exit codes: 0 fine, warnings included,
    /// 2 the plan or the command line has faults.
    Explain(ExplainArgs),
    /// Judge a run that is over: one that was saved, or what Locust has written
    ///
    /// Reads the folder of a saved run, or the CSV and HTML files of any Locust, and judges it by
    /// objectives; a saved run has its own, too. What a file does not tell, such as a percentile that
    /// Locust was not asked for, has no data and does not pass. Exit codes: 0 all hold, 2 an objective
    /// or the command line has faults, 97 the run cannot be read, 98 it was INVALID, 99 an objective
    /// was missed or had no data.
    Check(CheckArgs),
    /// Tell a saved run again, in any form
    ///
    /// Without an option the tables of the console. A run whose process was killed is told as far
    /// as it came. Exit codes: 0 fine, 1 a file could not be written, 2 the command line has faults,
    /// 97 the run cannot be read.
    Report(ReportArgs),
    /// List the runs that were saved, newest first, and what the newest one says
    ///
    /// Of several scenarios the most requests per second and the longest P95 are told.
    Results(ResultsArgs),
    /// Print the JSON Schema of plan files, for editors
    Schema,
    /// Serve an API to load, which knows the truth about what it received
    ///
    /// Beside the service's own routes it answers on /echo, /status/{code}, /fault/{kind} and
    /// others, streams tokens on /sse, /v1/chat/completions and /v1/messages, and speaks WebSocket
    /// on /ws/echo and /ws/broadcast. GET /truth tells what was received and answered, and how long
    /// that took; POST /truth/reset begins anew. It ends on Ctrl-C or SIGTERM.
    Target(Box<TargetArgs>),
}

/// The first words that are commands of our own, with a line on each.
pub(crate) fn commands() -> Vec<(String, String)> {
    let commands = CommandLine::command();
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string);
    commands
        .get_subcommands()
        .map(|one| (one.get_name().to_owned(), about(one).unwrap_or_default()))
        .collect()
}
