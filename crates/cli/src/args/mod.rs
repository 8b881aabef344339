//! Our own commands and their arguments.
//!
//! In: words. Out: checked values. The options of Locust-style runs are not here: they
//! are data in `gatecrash_plan::options`, read by the parser that locustfiles extend.

mod target;

use clap::{Parser, Subcommand};

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
    /// Serve an API to load, which knows the truth about what it received
    ///
    /// Beside the service's own routes it answers on /echo, /status/{code}, /fault/{kind} and
    /// others, streams tokens on /sse, /v1/chat/completions and /v1/messages, and speaks WebSocket
    /// on /ws/echo and /ws/broadcast. GET /truth tells what was received and answered, and how long
    /// that took; POST /truth/reset begins anew. It ends on Ctrl-C or SIGTERM.
    Target(TargetArgs),
}

/// First words that are commands of our own; they are the variants of [`Command`].
pub(crate) const COMMANDS: &[&str] = &["target"];
