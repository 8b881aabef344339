//! A scenario on its way to the lanes: what they all share.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use gatecrash_plan::draw::{Purpose, Stream, WeightedChoice};
use gatecrash_plan::model::{Load, Start};
use gatecrash_plan::split::ClassOrder;
use tokio::task::{AbortHandle, spawn_local};

use crate::accounts::Accounts;
use crate::books::ShardId;
use crate::drive::{Turns, live};
use crate::hooks::Around;
use crate::journey::{Journey, TaskKind};
use crate::lane::Lane;
use crate::part::Part;

/// A class of users, whatever its journey is.
#[derive(Clone)]
pub struct Users(Arc<dyn AnyJourney>);

impl Users {
    /// The users of a journey.
    pub fn of(journey: impl Journey) -> Self {
        Users(Arc::new(journey))
    }

    /// The name of the class.
    pub fn class(&self) -> &str {
        self.0.class_name()
    }

    /// What they do.
    pub fn tasks(&self) -> &[TaskKind] {
        self.0.task_kinds()
    }

    /// Where users of another language are counted, and the number of their class; `None` for
    /// native ones.
    pub(crate) fn guest(&self) -> Option<(&Lane, ShardId, u32)> {
        self.0.guest_books()
    }

    /// Class and tasks by name.
    pub(crate) fn names(&self) -> (&str, Vec<&str>) {
        let tasks = self.tasks().iter().map(|task| task.name.as_str());
        (self.class(), tasks.collect())
    }

    pub(crate) fn spawn(
        &self,
        part: Rc<Part>,
        class: usize,
        number: u64,
        turns: Turns,
    ) -> AbortHandle {
        self.0.clone().spawn_user(part, class, number, turns)
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({})", self.class())
    }
}

/// A journey without its type of user.
trait AnyJourney: Send + Sync {
    fn class_name(&self) -> &str;
    fn task_kinds(&self) -> &[TaskKind];
    fn guest_books(&self) -> Option<(&Lane, ShardId, u32)>;
    fn spawn_user(
        self: Arc<Self>,
        part: Rc<Part>,
        class: usize,
        number: u64,
        turns: Turns,
    ) -> AbortHandle;
}

impl<J: Journey> AnyJourney for J {
    fn class_name(&self) -> &str {
        self.class()
    }

    fn task_kinds(&self) -> &[TaskKind] {
        self.tasks()
    }

    fn guest_books(&self) -> Option<(&Lane, ShardId, u32)> {
        self.guest()
    }

    fn spawn_user(
        self: Arc<Self>,
        part: Rc<Part>,
        class: usize,
        number: u64,
        turns: Turns,
    ) -> AbortHandle {
        spawn_local(live(self, part, class, number, turns)).abort_handle()
    }
}

/// What all lanes know of a scenario.
#[derive(Debug)]
pub(crate) struct ScenarioRun {
    pub(crate) classes: Vec<Users>,
    pub(crate) load: Load,
    pub(crate) duration: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) seed: u64,
    /// The same instant for all lanes.
    pub(crate) began: Instant,
    /// What is counted beside the requests.
    pub(crate) accounts: Accounts,
    /// What the ids of all traces of the run begin with, where requests have such ids.
    pub(crate) trace: Option<u64>,
    /// Turns taken by all users together, where that has a limit.
    pub(crate) turns_taken: AtomicU64,
    /// Which class each user of the closed model belongs to.
    pub(crate) order: ClassOrder,
    /// Which class an arrival goes to.
    class_choice: WeightedChoice,
    /// Which task of a class is next.
    task_choices: Vec<WeightedChoice>,
    streams: Streams,
}

/// The draws of a scenario.
#[derive(Clone, Copy, Debug)]
struct Streams {
    class: Stream,
    task: Stream,
    wait: Stream,
}

impl ScenarioRun {
    /// `None` when there is no class, or a class or a task without a weight above 0.
    pub(crate) fn new(
        setup: &ScenarioSetup,
        accounts: Accounts,
        trace: Option<u64>,
        began: Instant,
    ) -> Option<Self> {
        let weights: Vec<f64> = setup.users.iter().map(|(_, weight)| *weight).collect();
        let task_choices = setup.users.iter().map(|(users, _)| {
            let weights: Vec<f64> = users.tasks().iter().map(|task| task.weight).collect();
            WeightedChoice::new(&weights)
        });
        Some(ScenarioRun {
            classes: setup.users.iter().map(|(users, _)| users.clone()).collect(),
            load: setup.load.clone(),
            duration: setup.duration,
            grace: setup.grace,
            seed: setup.seed,
            began,
            accounts,
            trace,
            turns_taken: AtomicU64::new(0),
            order: ClassOrder::new(&weights)?,
            class_choice: WeightedChoice::new(&weights)?,
            task_choices: task_choices.collect::<Option<_>>()?,
            streams: Streams {
                class: Stream::new(setup.seed, Purpose::Class),
                task: Stream::new(setup.seed, Purpose::Task),
                wait: Stream::new(setup.seed, Purpose::Wait),
            },
        })
    }

    /// The class that an arrival goes to, and its task.
    pub(crate) fn work_of_arrival(&self, index: u64) -> (usize, usize) {
        let class = self.class_choice.pick(self.streams.class.at(index));
        (
            class,
            self.task_choices[class].pick(self.streams.task.at(index)),
        )
    }

    /// The draws of one user for its tasks and its waits.
    pub(crate) fn streams_of_user(&self, number: u64) -> (Stream, Stream) {
        (
            self.streams.task.fork(number),
            self.streams.wait.fork(number),
        )
    }

    /// The task for a draw of one user.
    pub(crate) fn task(&self, class: usize, draw: u64) -> usize {
        self.task_choices[class].pick(draw)
    }
}

/// A scenario to run.
#[derive(Clone, Debug)]
pub struct ScenarioSetup {
    /// Its name in the reports.
    pub name: String,
    /// When it begins.
    pub start: Start,
    /// Who takes part, each with its part among all.
    pub users: Vec<(Users, f64)>,
    /// How much.
    pub load: Load,
    /// The same as a person reads it.
    pub load_text: String,
    /// How long new work begins; `None` until all turns are taken.
    pub duration: Option<Duration>,
    /// How long unfinished work may go on after that.
    pub grace: Duration,
    /// Its numbers count.
    pub measured: bool,
    /// Draws its arrivals, tasks and rows.
    pub seed: u64,
    /// What is done before and after it.
    pub around: Around,
}
