//! The one list of exit codes.

/// How a process of ours ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// As in Locust: a request failed, a task raised, or something could not be done.
    Failed = 1,
    /// As in Locust: a listener raised. Also: a fault in the command line or in a plan.
    Usage = 2,
    /// What was asked for could not be run at all.
    NotRun = 97,
    /// The load could not be made honestly, so its numbers mean nothing.
    Invalid = 98,
    /// An objective was missed, or had no data.
    Objectives = 99,
    /// A plan was interrupted from the keyboard (128 + SIGINT).
    Interrupted = 130,
    /// A plan was told to end (128 + SIGTERM).
    Terminated = 143,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }
}
