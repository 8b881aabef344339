//! What our own commands do: one file each.

mod check;
mod explain;
mod report;
mod results;
pub(crate) mod run;
mod schema;
mod target;

use std::ffi::OsString;

use clap::Parser;
use gatecrash_engine::Guest;

use crate::args::{Command, CommandLine};
use crate::exit::{Exit, Fatal};
use crate::printer;

/// Runs one of our own commands; `words` begin with its name.
pub(crate) fn run(words: &[OsString], guest: &dyn Guest) -> u8 {
    match CommandLine::try_parse_from(words) {
        Ok(line) => code(execute(line.command, words, guest)),
        Err(said) => parser_says(&said),
    }
}

/// Says what the parser of a command line has to say, help or a fault, and returns the
/// exit code for that.
pub fn parser_says(said: &clap::Error) -> u8 {
    printer::parser_says(said);
    match said.use_stderr() {
        true => Exit::Usage.code(),
        false => Exit::Fine.code(),
    }
}

fn execute(command: Command, words: &[OsString], guest: &dyn Guest) -> Result<u8, Fatal> {
    match command {
        Command::Check(args) => Ok(check::run(&args)?.code()),
        Command::Explain(args) => Ok(explain::run(&args)?.code()),
        Command::Report(args) => Ok(report::run(&args)?.code()),
        Command::Results(args) => Ok(results::run(&args)?.code()),
        Command::Run(args) => run::run(args, words, guest),
        Command::Schema => Ok(schema::run().code()),
        Command::Target(args) => Ok(target::run((*args).into())?.code()),
    }
}

fn code(outcome: Result<u8, Fatal>) -> u8 {
    outcome.unwrap_or_else(|Fatal { exit, fault }| {
        printer::fault(&format!("{fault:#}"));
        exit.code()
    })
}
