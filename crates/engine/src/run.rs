//! A run from its first scenario to its last: the state machine that everybody drives by
//! the same [`RunHandle`].
//!
//! In: scenarios, and what is asked on the way. Out: [`RunEvent`]s while it runs, a
//! [`RunRecord`] at its end, whatever ended it. Never here: how a number looks, which
//! protocol is spoken.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gatecrash_metrics::history::{self, History, Point};
use gatecrash_metrics::record::{self, Ended, RunRecord, ScenarioRecord};
use gatecrash_metrics::validity;
use gatecrash_metrics::{Shard, Snapshot};
use gatecrash_net::now;
use gatecrash_plan::model::{Load, Start};

use crate::clock::Clock;
use crate::fleet::{Fleet, PartEnded, ScenarioId, Seen};
use crate::guests::Guests;
use crate::lane::Lane;
use crate::machine::Watch;
use crate::part::Change;
use crate::scenario::{ScenarioRun, ScenarioSetup};

/// How often events tell how far the run is.
const BEAT: Duration = Duration::from_secs(1);

/// What to run.
#[derive(Clone, Debug)]
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
    /// Something was changed.
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
        let controller = Controller::new(setup, fleet, messages.clone(), Box::new(listen));
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

#[derive(Debug)]
enum Message {
    Command(Command),
    Ended(PartEnded),
}

impl From<PartEnded> for Message {
    fn from(ended: PartEnded) -> Self {
        Message::Ended(ended)
    }
}

/// Where a scenario stands.
enum State {
    Waiting,
    Running(Box<Running>),
    Done,
}

impl State {
    fn is_paused(&self) -> bool {
        matches!(self, State::Running(running) if running.is_paused)
    }
}

/// A scenario that runs.
struct Running {
    began: Instant,
    began_epoch_s: f64,
    /// What lanes have told at their ends.
    ended: Vec<Seen>,
    is_paused: bool,
    is_ending: bool,
    /// Users that somebody asked for on the way.
    users_asked: Option<u32>,
    changes: Vec<record::Change>,
    history: History,
    watch: Watch,
    guests: Guests,
}

struct Controller {
    setup: Setup,
    fleet: Fleet,
    clock: Clock,
    messages: Sender<Message>,
    listen: Box<dyn FnMut(RunEvent<'_>) + Send>,
    states: Vec<State>,
    records: Vec<ScenarioRecord>,
    ended_by: Option<Ended>,
}

impl Controller {
    fn new(
        setup: Setup,
        fleet: Fleet,
        messages: Sender<Message>,
        listen: Box<dyn FnMut(RunEvent<'_>) + Send>,
    ) -> Self {
        Controller {
            states: setup.scenarios.iter().map(|_| State::Waiting).collect(),
            setup,
            fleet,
            clock: Clock::start(),
            messages,
            listen,
            records: Vec::new(),
            ended_by: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Message>) -> RunRecord {
        let started_epoch_s = self.clock.now_epoch_s();
        let mut next_beat = now() + BEAT;
        while self.begin_what_may() {
            match inbox.recv_timeout(next_beat.saturating_duration_since(now())) {
                Ok(Message::Command(command)) => self.obey(command),
                Ok(Message::Ended(part)) => self.note_end(part),
                Err(RecvTimeoutError::Timeout) => {
                    self.beat();
                    next_beat = (next_beat + BEAT).max(now());
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the run keeps a sender"),
            }
        }
        RunRecord {
            name: self.setup.name,
            started_epoch_s,
            ended_epoch_s: self.clock.now_epoch_s(),
            ended_by: self.ended_by.unwrap_or(Ended::Done),
            seed: self.setup.seed,
            plan_fingerprint: self.setup.fingerprint,
            validity: RunRecord::judged(&self.records),
            scenarios: self.records,
        }
    }

    /// Begins the scenarios whose time has come; says whether any runs.
    fn begin_what_may(&mut self) -> bool {
        if self.ended_by.is_none() {
            for id in 0..self.states.len() {
                if self.may_begin(id) {
                    self.begin(id);
                }
            }
        }
        self.states
            .iter()
            .any(|state| matches!(state, State::Running(_)))
    }

    fn may_begin(&self, id: ScenarioId) -> bool {
        let is_done = |id: ScenarioId| matches!(self.states[id], State::Done);
        matches!(self.states[id], State::Waiting)
            && match self.setup.scenarios[id].start {
                Start::AtOnce => true,
                Start::After(other) => is_done(other),
                Start::InTurn => (0..id).all(is_done),
            }
    }

    fn begin(&mut self, id: ScenarioId) {
        let scenario = &self.setup.scenarios[id];
        (self.listen)(RunEvent::Began {
            place: id,
            scenario,
        });
        let began = now();
        let Some(shared) = ScenarioRun::new(scenario, began) else {
            // Plans are checked before; only users written in Rust can be without a task.
            self.states[id] = State::Done;
            let what = format!("{}: no users, or no tasks with a weight", scenario.name);
            self.ended_by = Some(Ended::Failed(what));
            return;
        };
        let watch = Watch::start(&self.fleet);
        let guests = Guests::of(&scenario.users);
        let began_epoch_s = self.clock.epoch_s(began);
        self.fleet.begin(id, &Arc::new(shared), &self.messages);
        self.states[id] = State::Running(Box::new(Running {
            began,
            began_epoch_s,
            ended: Vec::new(),
            is_paused: false,
            is_ending: false,
            users_asked: None,
            changes: Vec::new(),
            history: History::new(
                began_epoch_s,
                &Shard::new(began_epoch_s).snapshot(),
                history::POINTS,
            ),
            watch,
            guests,
        }));
    }

    fn beat(&mut self) {
        let at_epoch_s = self.clock.now_epoch_s();
        for id in 0..self.states.len() {
            let State::Running(running) = &mut self.states[id] else {
                continue;
            };
            let Some(mut seen) = self.fleet.look(id) else {
                continue;
            };
            running.guests.add_to(&mut seen);
            running.note_second(at_epoch_s, &seen.snapshot);
            let progress = Progress {
                place: id,
                scenario: &self.setup.scenarios[id],
                elapsed: seen.elapsed,
                is_ending: running.is_ending || seen.is_over,
                is_paused: running.is_paused,
                snapshot: &seen.snapshot,
                last: running.history.points().last(),
                at_epoch_s,
            };
            (self.listen)(RunEvent::Second(progress));
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Change(change) => self.change(change),
            Command::MoreUsers(more) => self.more_users(more),
            Command::PauseOrResume => {
                let is_paused = self.states.iter().any(State::is_paused);
                self.change(if is_paused {
                    Change::Resume
                } else {
                    Change::Pause
                });
            }
            Command::Next => self.change(Change::NextStage),
            Command::Stop(by) => {
                let again = self.ended_by.replace(by).is_some();
                self.change(if again { Change::CutOff } else { Change::Stop });
            }
        }
    }

    fn change(&mut self, change: Change) {
        for id in 0..self.states.len() {
            self.change_one(id, change);
        }
    }

    fn more_users(&mut self, more: i32) {
        for id in 0..self.states.len() {
            let Load::Users { schedule, .. } = &self.setup.scenarios[id].load else {
                continue;
            };
            let State::Running(running) = &self.states[id] else {
                continue;
            };
            let wanted = schedule.users_at(now().saturating_duration_since(running.began));
            let wanted = running.users_asked.unwrap_or(wanted);
            self.change_one(id, Change::Users(wanted.saturating_add_signed(more)));
        }
    }

    fn change_one(&mut self, id: ScenarioId, change: Change) {
        let State::Running(running) = &mut self.states[id] else {
            return;
        };
        let fits = match (change, &self.setup.scenarios[id].load) {
            (Change::Users(_), load) => matches!(load, Load::Users { .. }),
            (Change::Rate(_), load) => matches!(load, Load::Rate { .. }),
            _ => true,
        };
        if !fits {
            return;
        }
        running.note(change);
        self.fleet.change(id, change);
        let noted = record::Change {
            at_epoch_s: self.clock.now_epoch_s(),
            what: change.to_string(),
        };
        (self.listen)(RunEvent::Changed(&noted));
        running.changes.push(noted);
    }

    fn note_end(&mut self, part: PartEnded) {
        let id = part.scenario;
        let State::Running(running) = &mut self.states[id] else {
            return;
        };
        running.ended.push(part.seen);
        if running.ended.len() < self.fleet.lanes().len() {
            return;
        }
        let state = std::mem::replace(&mut self.states[id], State::Done);
        self.fleet.forget(id);
        if let State::Running(running) = state {
            let record = self.record(id, *running);
            (self.listen)(RunEvent::Ended(&record));
            self.records.push(record);
        }
    }

    fn record(&self, id: ScenarioId, mut running: Running) -> ScenarioRecord {
        let setup = &self.setup.scenarios[id];
        let ended_epoch_s = self.clock.now_epoch_s();
        let mut seen = std::mem::take(&mut running.ended)
            .into_iter()
            .reduce(Seen::merged)
            .expect("every lane has told its end");
        running.guests.add_to(&mut seen);
        running.note_second(ended_epoch_s, &seen.snapshot);
        let driven = running.watch.driven(&setup.load, &seen, &self.fleet);
        ScenarioRecord {
            name: setup.name.clone(),
            load: setup.load_text.clone(),
            measured: setup.measured,
            started_epoch_s: running.began_epoch_s,
            ended_epoch_s,
            validity: validity::judge(&driven),
            driven,
            abandoned: seen.abandoned,
            snapshot: seen.snapshot,
            changes: running.changes,
            history: running.history.points().to_vec(),
        }
    }
}

impl Running {
    fn note_second(&mut self, at_epoch_s: f64, seen: &Snapshot) {
        self.history.push(at_epoch_s, seen);
    }

    fn note(&mut self, change: Change) {
        match change {
            Change::Users(users) => self.users_asked = Some(users),
            Change::Pause => self.is_paused = true,
            Change::Resume => self.is_paused = false,
            Change::Stop | Change::CutOff => self.is_ending = true,
            Change::Rate(_) | Change::NextStage => {}
        }
    }
}
