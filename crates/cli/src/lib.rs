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
//! | `overview` | which commands there are, and which was meant |
//! | `plan_file` | a plan from its file, `.env` and overriding options |
//! | `setup`, `load_text` | from the plan to what the engine runs |
//! | `machine`, `consent`, `ready` | what is looked at and asked before the first packet, and before the first request |
//! | `news` | what happens in a run, on its way to whoever tells it |
//! | `attend`, `signals`, `terminal` | whoever asks something of a run: signals and keys |
//! | `console`, `results`, `page`, `step_summary` | telling it: lines, files, pages |
//! | `live` | telling it to others while it goes on |
//! | `origin`, `masked` | where a run comes from, and what of it must not be told |
//! | `environment_python` | the native binary's guest |
//! | `evidence` | what is known of a run that is over |
//! | `env` | the one place that reads the environment |
//! | [`exit`] | the one list of exit codes |
//! | [`reference`] | the pages of `docs/reference` that are made of the code |
//! | `printer` | the one place that prints |

mod args;
mod attend;
mod commands;
mod consent;
mod console;
mod env;
mod environment_python;
mod evidence;
pub mod exit;
mod live;
mod load_text;
mod machine;
mod masked;
mod news;
mod origin;
mod overview;
mod page;
mod plan_file;
mod printer;
mod ready;
pub mod reference;
mod results;
mod setup;
mod signals;
mod step_summary;
mod terminal;

use std::ffi::{OsStr, OsString};

pub use args::LiveArgs;
pub use commands::parser_says;
pub use commands::run::{RunOptions, run_users};
pub use environment_python::EnvironmentPython;
pub use gatecrash_engine::Guest;

/// Runs the command line `args` (without the program's name) and returns its exit code.
pub fn main(args: Vec<OsString>, guest: &dyn Guest) -> u8 {
    match native(&args, guest) {
        Some(code) => code,
        None => guest.run(args),
    }
}

/// Runs `args` if their first word is a command of our own; `None` leaves them to the guest.
pub fn native(args: &[OsString], guest: &dyn Guest) -> Option<u8> {
    let first = args.first().map(OsString::as_os_str);
    let is_ours = args::commands()
        .iter()
        .any(|(name, _)| first == Some(OsStr::new(name)));
    match is_ours {
        true => Some(commands::run(args, guest)),
        false => overview::look_at(args),
    }
}

/// Says why a program cannot run at all, and returns the exit code for that.
pub fn refuse(why: &str) -> u8 {
    printer::fault(why);
    exit::Exit::NotRun.code()
}
