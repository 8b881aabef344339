//! The contract with users who are written in another language.
//!
//! In: a command line that is not one of our own commands, or the users of a plan that a
//! locustfile describes. Out: an exit code; classes of users that the drivers can let live.

use std::ffi::OsString;
use std::sync::Arc;

use gatecrash_plan::model::{LocustUsers, Scenario};

use crate::lane::Lane;
use crate::run::{RunEvent, RunHandle};
use crate::scenario::Users;

/// Runs Locust-style command lines: whoever can load a locustfile.
pub trait Guest {
    /// Runs what `args` ask for, the program's own name not among them, to its end and
    /// returns the exit code. A first word `python` asks for a script instead of a run,
    /// a first word `run` for a plan with users of locustfiles.
    fn run(&self, args: Vec<OsString>) -> u8;

    /// Whoever lets users of locustfiles live in this very process. `None`: a plan that
    /// has such users is handed to [`Guest::run`], `run` and all its arguments.
    fn host(&self) -> Option<Arc<dyn Host>> {
        None
    }
}

/// Lets users of another language live in this process, on a thread of their own, and
/// make their requests over one lane.
pub trait Host: Send + Sync {
    /// The classes of one locustfile that take part in a scenario, each with its part
    /// among them; `place` is the scenario's among all of the plan. Called once for each
    /// scenario and class of the plan, before the run begins.
    ///
    /// # Errors
    /// What is wrong with the file, for the person who wrote the plan.
    fn users(
        &self,
        place: usize,
        scenario: &Scenario,
        users: &LocustUsers,
    ) -> Result<Vec<(Users, f64)>, String>;

    /// The lane that carries their requests. It takes part in the run: start it by
    /// [`crate::Run::start_beside`].
    ///
    /// # Errors
    /// When the system gives no thread or no descriptor.
    fn lane(&self) -> Result<Lane, String>;

    /// The run has begun; by `run` users may end it.
    fn began(&self, run: RunHandle);

    /// Hears of everything that happens, on the run's own thread and before the run goes
    /// on: when a scenario begins its listeners are told first, then its users come.
    fn hear(&self, event: &RunEvent<'_>);
}
