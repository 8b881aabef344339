//! What our own commands do: one file each.

mod target;

use std::ffi::OsString;

use clap::Parser;

use crate::args::{Command, CommandLine};
use crate::exit::Exit;
use crate::printer;

/// Runs one of our own commands; `args` begin with its name.
pub(crate) fn run(args: &[OsString]) -> u8 {
    match CommandLine::try_parse_from(args) {
        Ok(line) => code(execute(line.command)),
        Err(said) => {
            printer::parser_says(&said);
            let code = if said.use_stderr() {
                Exit::Usage
            } else {
                Exit::Fine
            };
            code.code()
        }
    }
}

fn execute(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Target(args) => target::run(args.into()),
    }
}

fn code(outcome: anyhow::Result<Exit>) -> u8 {
    let exit = outcome.unwrap_or_else(|fault| {
        printer::fault(&format!("{fault:#}"));
        Exit::Failed
    });
    exit.code()
}
