//! The one list of exit codes, and what earns a run which of them.

use anyhow::Error;
use gatecrash_metrics::objective::{Judgement, worst};
use gatecrash_metrics::{Ended, RunRecord, ScenarioRecord};

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
    /// Every ending, by its number.
    pub const ALL: [Exit; 8] = [
        Exit::Fine,
        Exit::Failed,
        Exit::Usage,
        Exit::NotRun,
        Exit::Invalid,
        Exit::Objectives,
        Exit::Interrupted,
        Exit::Terminated,
    ];

    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it says and what to do about it, as the documents tell it.
    pub const fn about(self) -> About {
        match self {
            Exit::Fine => About {
                says: "All is well. With objectives: every one that decides was met.",
                next: "–",
            },
            Exit::Failed => About {
                says: "No objective was given, and a request failed or a task could not be done; \
                       or a file of the results could not be written.",
                next: "Look at the table of failures. Where some failures are right, say with an \
                       objective how many (`error_rate < 1%`).",
            },
            Exit::Usage => About {
                says: "The command line, the plan or an objective has faults, and nothing was sent; \
                       or, as in Locust, a listener of a locustfile raised.",
                next: "The message names the place, and what was probably meant.",
            },
            Exit::NotRun => About {
                says: "It could not run, or not go on: the target is not there or not ready, a hook \
                       failed, the folder of the results cannot be made, the port of the metrics is \
                       taken, it would cost more than \
                       `confirm_above` and nobody agreed; or a saved run cannot be read.",
                next: "The message says why. Try again when the reason is gone.",
            },
            Exit::Invalid => About {
                says: "INVALID: the load was not the one asked for, or the times are those of the \
                       generator.",
                next: "Do not use the numbers. The report says what was short, and what to change.",
            },
            Exit::Objectives => About {
                says: "An objective that decides was missed, or had no data to be judged by.",
                next: "The verdicts name the value, the limit and the scenario.",
            },
            Exit::Interrupted => About {
                says: "A plan was interrupted from the keyboard (Ctrl-C).",
                next: "What was measured until then is in the results.",
            },
            Exit::Terminated => About {
                says: "A plan was told to end (SIGTERM).",
                next: "The same.",
            },
        }
    }

    /// What a run of a plan has earned. What makes the numbers useless comes before what
    /// they say, and scenarios that are not measured say nothing. With objectives these alone
    /// say what is a failure: not a request that failed. Files that could not be written are
    /// one as well.
    pub(crate) fn of_run(record: &RunRecord, is_written: bool) -> Exit {
        match &record.ended_by {
            Ended::Interrupted(signal) if signal == "SIGTERM" => return Exit::Terminated,
            Ended::Interrupted(_) => return Exit::Interrupted,
            Ended::Failed(_) | Ended::Unknown => return Exit::NotRun,
            Ended::Done | Ended::Stopped => {}
        }
        if record.validity.is_invalid() {
            Exit::Invalid
        } else if worst(&record.verdicts) == Judgement::Fail {
            Exit::Objectives
        } else if !is_written || has_failed(record) {
            Exit::Failed
        } else {
            Exit::Fine
        }
    }
}

/// An ending, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What it says.
    pub says: &'static str,
    /// What to do about it.
    pub next: &'static str,
}

/// Without objectives: whether a request of a measured scenario failed, or a task could not
/// be done.
fn has_failed(record: &RunRecord) -> bool {
    let failed = |scenario: &ScenarioRecord| {
        let snapshot = &scenario.snapshot;
        snapshot.total.failures > 0 || !snapshot.exceptions.is_empty()
    };
    let mut measured = record.scenarios.iter().filter(|one| one.measured);
    record.verdicts.is_empty() && measured.any(failed)
}

/// A fault that ends the process, and how.
#[derive(Debug)]
pub(crate) struct Fatal {
    pub(crate) exit: Exit,
    pub(crate) fault: Error,
}

impl From<Error> for Fatal {
    fn from(fault: Error) -> Self {
        Fatal {
            exit: Exit::Failed,
            fault,
        }
    }
}

/// Says how a fault ends the process.
pub(crate) trait OrExit<T> {
    /// The value, or the fault with its exit code.
    fn or_exit(self, exit: Exit) -> Result<T, Fatal>;
}

impl<T, E: Into<Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Fatal> {
        self.map_err(|fault| Fatal {
            exit,
            fault: fault.into(),
        })
    }
}
