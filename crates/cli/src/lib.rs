//! Arguments, settings, printing, exit codes: the command `gatecrash`.
//!
//! In: a command line and a [`Guest`]. Out: an exit code. Our own commands run here;
//! everything else looks like a Locust-style run and goes to the guest as it is. One
//! library, two doors: the native binary, whose guest is the Python that it finds
//! ([`EnvironmentPython`]), and the Python package.
//!
//! | module | what it holds |
//! |---|---|
//! | `args` | our own commands and their arguments |
//! | `commands` | what each of them does |
//! | `environment_python` | the native binary's guest |
//! | `env` | the one place that reads the environment |
//! | [`exit`] | the one list of exit codes |
//! | `printer` | the one place that prints |
//! | `signals` | Ctrl-C and SIGTERM as values |

mod args;
mod commands;
mod env;
mod environment_python;
pub mod exit;
mod printer;
mod signals;

use std::ffi::OsString;

pub use environment_python::EnvironmentPython;
pub use gatecrash_engine::Guest;

/// Runs the command line `args` (without the program's name) and returns its exit code.
pub fn main(args: Vec<OsString>, guest: &dyn Guest) -> u8 {
    match native(&args) {
        Some(code) => code,
        None => guest.run(args),
    }
}

/// Runs `args` if their first word is a command of our own; `None` leaves them to a guest.
pub fn native(args: &[OsString]) -> Option<u8> {
    let first = args.first()?.to_str()?;
    args::COMMANDS.contains(&first).then(|| commands::run(args))
}
