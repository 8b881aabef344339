//! A flame graph that is made of a process beside the load, as data.
//!
//! In: what a plan asks for. Out: nothing but that. Never: a process; those who sample it
//! are elsewhere.

use std::fmt;
use std::time::Duration;

use super::ProcessBy;

/// Stacks of processes that are sampled for a flame graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Which processes, all that fit together.
    pub process: ProcessBy,
    /// The rest before it, from the beginning of the scenario.
    pub after: Duration,
    /// How long stacks are sampled.
    pub runs_for: Duration,
    /// By what; `None` is what fits the process.
    pub tool: Option<Sampler>,
}

/// A tool that samples stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampler {
    /// Linux' own: functions of programs and of the kernel
    /// (<https://perf.wiki.kernel.org>).
    Perf,
    /// Functions of Python (<https://github.com/benfred/py-spy>).
    PySpy,
}

impl Sampler {
    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Sampler::Perf => "perf",
            Sampler::PySpy => "py-spy",
        }
    }
}

impl fmt::Display for ProcessBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessBy::Pid(pid) => write!(f, "process {pid}"),
            ProcessBy::Name(name) => f.write_str(name),
            ProcessBy::Port(port) => write!(f, "port {port}"),
        }
    }
}
