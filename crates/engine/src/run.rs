//! A run from its first scenario to its last: the state machine that everybody drives by
//! the same [`RunHandle`].
//!
//! In: scenarios, what must hold, and what is asked on the way. Out: [`RunEvent`]s while it
//! runs, a [`RunRecord`] with its verdicts at its end, whatever ended it. Never here: how a
//! number looks, which protocol is spoken.
//!
//! | module | what it holds |
//! |---|---|
//! | `controller` | what happens in which order |
//! | `around` | what is done before and after scenarios |
//! | `judging` | objectives and the budget while the run goes |
//! | `running` | a scenario that runs |

mod around;
mod controller;
mod judging;
mod running;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use gatecrash_metrics::history::Point;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::record::{self, Ended, RunRecord, ScenarioRecord};
use gatecrash_metrics::watch::Watch;
use gatecrash_metrics::{Driven, Snapshot};
use gatecrash_plan::model::Prices;

use crate::clock::Clock;
use crate::fleet::{Fleet, PartEnded};
use crate::gauges::Gauges;
use crate::hooks::Around;
use crate::journey::GuestAnswers;
use crate::lane::Lane;
use crate::part::Change;
use crate::scenario::ScenarioSetup;
use controller::{Controller, World};
use running::Watching;

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What the reports call it.
    pub name: String,
    /// At least one.
    pub scenarios: Vec<ScenarioSetup>,
    /// How many lanes share each scenario.
    pub lanes: usize,
    /// What all draws come from.
    pub seed: u64,
    /// Equal for equal plans with equal seeds.
    pub fingerprint: String,
    /// What must hold; one that `stop`s ends its scenario as soon as it is broken.
    pub objectives: Vec<Objective>,
    /// What requests cost.
    pub prices: Option<Arc<Prices>>,
    /// The run ends when it has cost as much.
    pub budget: Option<f64>,
    /// What is looked at in the answers of guests, where somebody asks.
    pub answers: Option<Arc<GuestAnswers>>,
    /// What is done before the first scenario and after the last one.
    pub around: Around,
    /// Every request has an id by which it can be found in traces, and the slowest are kept
    /// with theirs.
    pub trace: bool,
    /// The folder of the results, for files that hooks make.
    pub files: Option<PathBuf>,
    /// What is watched while it runs, beside the generator itself.
    pub watches: Vec<Watch>,
}

/// What somebody may ask of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A change of the scenarios that run.
    Change(Change),
    /// So many users more (or fewer) than now wanted.
    MoreUsers(i32),
    /// Resumes the scenarios that run if one of them is paused; else pauses them.
    PauseOrResume,
    /// The next stage of the scenarios that run; where there is none, the next scenarios.
    Next,
    /// Ends the run. What is under way may end within its grace; asked a second time, it
    /// is cut off.
    Stop(Ended),
}

/// The way to a run, for any number of callers.
#[derive(Clone, Debug)]
pub struct RunHandle {
    messages: Sender<Message>,
}

impl RunHandle {
    /// Asks something of the run; nothing happens when it has ended.
    pub fn ask(&self, command: Command) {
        let _ = self.messages.send(Message::Command(command));
    }
}

/// What happens in a run.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// A scenario began.
    Began {
        /// Its place among all, counted from 0.
        place: usize,
        /// Which.
        scenario: &'a ScenarioSetup,
    },
    /// Another second of a running scenario; the scenarios that run in turn.
    Second(Progress<'a>),
    /// Something was changed, or happened that a person wants to know: a hook is done, an
    /// objective is broken.
    Changed(&'a record::Change),
    /// A scenario ended.
    Ended(&'a ScenarioRecord),
}

/// How far a running scenario is.
#[derive(Debug)]
pub struct Progress<'a> {
    /// Its place among all, counted from 0.
    pub place: usize,
    /// Which.
    pub scenario: &'a ScenarioSetup,
    /// Since its beginning, without pauses.
    pub elapsed: Duration,
    /// Its work is over; what is under way may end.
    pub is_ending: bool,
    /// Nothing new begins for now.
    pub is_paused: bool,
    /// All its numbers.
    pub snapshot: &'a Snapshot,
    /// What happened since the last event.
    pub last: Option<&'a Point>,
    /// When this is, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// What the run has cost until now, where requests have prices.
    pub spent: Option<f64>,
    watching: Watching<'a>,
}

impl Progress<'_> {
    /// How it was driven until now. Looks at the machine, so who does not ask pays nothing.
    pub fn driven(&self) -> Driven {
        self.watching.driven(&self.scenario.load)
    }
}

/// A run on its way.
#[derive(Debug)]
pub struct Run {
    handle: RunHandle,
    thread: JoinHandle<RunRecord>,
}

impl Run {
    /// Begins a run on threads of its own. `listen` hears of everything, on one of them.
    ///
    /// # Errors
    /// When the system gives no thread or no descriptor.
    pub fn start(
        setup: Setup,
        listen: impl FnMut(RunEvent<'_>) + Send + 'static,
    ) -> io::Result<Run> {
        let fleet = Fleet::start(setup.lanes)?;
        Run::over(fleet, setup, listen)
    }

    /// As [`Run::start`], with a lane that runs already as the first one: that of users in
    /// another language, who make their requests over it ([`crate::guest`]).
    ///
    /// # Errors
    /// When the system gives no thread or no descriptor.
    pub fn start_beside(
        guest: &Lane,
        setup: Setup,
        listen: impl FnMut(RunEvent<'_>) + Send + 'static,
    ) -> io::Result<Run> {
        let fleet = Fleet::start_beside(guest.clone(), setup.lanes)?;
        Run::over(fleet, setup, listen)
    }

    fn over(
        fleet: Fleet,
        setup: Setup,
        listen: impl FnMut(RunEvent<'_>) + Send + 'static,
    ) -> io::Result<Run> {
        let (messages, inbox) = channel();
        let clock = Clock::start();
        let gauges = Gauges::start(&setup.watches, &fleet, clock)?;
        let world = World {
            fleet,
            clock,
            gauges,
        };
        let controller = Controller::new(setup, world, messages.clone(), Box::new(listen));
        let thread = std::thread::Builder::new()
            .name("gatecrash-run".to_owned())
            .spawn(move || controller.run(&inbox))?;
        Ok(Run {
            handle: RunHandle { messages },
            thread,
        })
    }

    /// The way to it.
    pub fn handle(&self) -> RunHandle {
        self.handle.clone()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When the listener did.
    pub fn wait(self) -> RunRecord {
        match self.thread.join() {
            Ok(record) => record,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// What the controller hears of.
#[derive(Debug)]
enum Message {
    Command(Command),
    Ended(PartEnded),
    /// Of hooks.
    Hooks(around::Whose, crate::hooks::News),
}

impl From<PartEnded> for Message {
    fn from(ended: PartEnded) -> Self {
        Message::Ended(ended)
    }
}
