//! The contract with users who are written in another language.
//!
//! In: a command line that is not one of our own commands. Out: its exit code.

use std::ffi::OsString;

/// Runs Locust-style command lines: whoever can load a locustfile.
pub trait Guest {
    /// Runs what `args` ask for, the program's own name not among them, to its end and
    /// returns the exit code. A first word `python` asks for a script instead of a run.
    fn run(&self, args: Vec<OsString>) -> u8;
}
