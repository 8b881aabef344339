//! What happens in a run, in which order.
//!
//! In: messages of lanes, hooks and people; the beat of each second. Out: events, and the
//! record.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use gatecrash_metrics::record::{self, Ended, HookRecord, RunRecord, ScenarioRecord, When};
use gatecrash_monitor::News;
use gatecrash_net::now;
use gatecrash_plan::model::{Load, Start};

use super::around::{Finishing, Preparing, Stage};
use super::judging::Judging;
use super::running::Running;
use super::{Command, Message, Progress, RunEvent, Setup};
use crate::accounts::Accounts;
use crate::chance::random;
use crate::clock::Clock;
use crate::fleet::{Fleet, PartEnded, ScenarioId};
use crate::gauges::Gauges;
use crate::part::Change;
use crate::scenario::ScenarioRun;

/// How often events tell how far the run is.
const BEAT: Duration = Duration::from_secs(1);
/// How long beats come after whole seconds of the first scenario, when arrivals at a constant rate
/// are due: what a lane does for a beat would delay one of them each time.
const ASIDE: Duration = Duration::from_micros(700);

/// Where a scenario stands.
pub(super) enum State {
    Waiting,
    Preparing(Preparing),
    Running(Box<Running>),
    Finishing(Box<Finishing>),
    Done,
}

impl State {
    fn is_paused(&self) -> bool {
        matches!(self, State::Running(running) if running.is_paused)
    }

    fn is_busy(&self) -> bool {
        !matches!(self, State::Waiting | State::Done)
    }
}

/// What a run works with.
pub(super) struct World {
    pub(super) fleet: Fleet,
    pub(super) clock: Clock,
    pub(super) gauges: Gauges,
}

pub(super) struct Controller {
    pub(super) setup: Setup,
    fleet: Fleet,
    clock: Clock,
    gauges: Gauges,
    pub(super) messages: Sender<Message>,
    listen: Box<dyn FnMut(RunEvent<'_>) + Send>,
    pub(super) stage: Stage,
    pub(super) states: Vec<State>,
    records: Vec<ScenarioRecord>,
    pub(super) ended_by: Option<Ended>,
    judging: Judging,
    accounts: Accounts,
    /// What the ids of all traces begin with, where requests have such ids.
    trace: Option<u64>,
    pub(super) notes: Vec<String>,
    /// Hooks of the run itself.
    pub(super) own_hooks: Vec<HookRecord>,
}

impl Controller {
    pub(super) fn new(
        setup: Setup,
        world: World,
        messages: Sender<Message>,
        listen: Box<dyn FnMut(RunEvent<'_>) + Send>,
    ) -> Self {
        Controller {
            states: setup.scenarios.iter().map(|_| State::Waiting).collect(),
            judging: Judging::of(&setup),
            accounts: accounts_of(&setup),
            trace: setup.trace.then(random),
            setup,
            fleet: world.fleet,
            clock: world.clock,
            gauges: world.gauges,
            messages,
            listen,
            stage: Stage::New,
            records: Vec::new(),
            ended_by: None,
            notes: Vec::new(),
            own_hooks: Vec::new(),
        }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Message>) -> RunRecord {
        let started_epoch_s = self.clock.now_epoch_s();
        if let Some(run) = self.trace {
            // Users in another language have their connections there.
            self.fleet.lanes().iter().for_each(|lane| lane.trace(run));
        }
        let mut next_beat = now() + BEAT + ASIDE;
        while self.goes_on() {
            match inbox.recv_timeout(next_beat.saturating_duration_since(now())) {
                Ok(Message::Command(command)) => self.obey(command),
                Ok(Message::Ended(part)) => self.note_end(part),
                Ok(Message::Hooks(whose, news)) => self.hear_of_hooks(whose, news),
                Err(RecvTimeoutError::Timeout) => {
                    self.beat();
                    next_beat = (next_beat + BEAT).max(now());
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the run keeps a sender"),
            }
        }
        self.record(started_epoch_s)
    }

    fn record(mut self, started_epoch_s: f64) -> RunRecord {
        self.place_own_hooks();
        RunRecord {
            name: self.setup.name,
            started_epoch_s,
            ended_epoch_s: self.clock.now_epoch_s(),
            ended_by: self.ended_by.unwrap_or(Ended::Done),
            seed: self.setup.seed,
            plan_fingerprint: self.setup.fingerprint,
            validity: RunRecord::judged(&self.records),
            verdicts: self.judging.verdicts(&self.records),
            scenarios: self.records,
            notes: self.notes,
            currency: self.setup.prices.map(|prices| prices.currency.clone()),
            ..RunRecord::default()
        }
    }

    /// The hooks of the run itself stand with its first and its last scenario.
    fn place_own_hooks(&mut self) {
        let (before, after): (Vec<_>, Vec<_>) = std::mem::take(&mut self.own_hooks)
            .into_iter()
            .partition(|hook| hook.when == When::Before);
        if let Some(first) = self.records.first_mut() {
            first.hooks.splice(0..0, before);
        }
        if let Some(last) = self.records.last_mut() {
            last.hooks.extend(after);
        }
    }

    /// Begins whatever may begin; says whether anything is left to wait for.
    fn goes_on(&mut self) -> bool {
        if matches!(self.stage, Stage::New) {
            self.begin_run();
        }
        if matches!(self.stage, Stage::Open) && !self.begin_what_may() {
            self.end_run();
        }
        !matches!(self.stage, Stage::Over)
    }

    /// Begins the scenarios whose time has come; says whether any is under way.
    fn begin_what_may(&mut self) -> bool {
        for id in 0..self.states.len() {
            if self.ended_by.is_none() && self.may_begin(id) {
                self.prepare(id);
            }
        }
        self.states.iter().any(State::is_busy)
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

    /// The load of a scenario begins, after these hooks.
    pub(super) fn begin(&mut self, id: ScenarioId, hooks: Vec<HookRecord>) {
        let scenario = &self.setup.scenarios[id];
        (self.listen)(RunEvent::Began {
            place: id,
            scenario,
        });
        let began = now();
        let Some(shared) = ScenarioRun::new(scenario, self.accounts.clone(), self.trace, began)
        else {
            // Plans are checked before; only users written in Rust can be without a task.
            self.states[id] = State::Done;
            let what = format!("{}: no users, or no tasks with a weight", scenario.name);
            self.ended_by = Some(Ended::Failed(what));
            return;
        };
        let gauges = self.gauges.books();
        let mut running = Running::begin(scenario, began, &self.fleet, &self.clock, gauges);
        running.hooks = hooks;
        running.guests.account(&self.accounts);
        self.judging.began(scenario, self.clock.epoch_s(began));
        running.beside = self.begin_beside(id);
        self.fleet.begin(id, &Arc::new(shared), &self.messages);
        self.states[id] = State::Running(Box::new(running));
    }

    /// What is watched goes into the books of all scenarios that run.
    fn note_gauges(&mut self) {
        let (gauges, news) = self.gauges.take();
        for state in &mut self.states {
            if let State::Running(running) = state {
                running.note_gauges(&gauges);
            }
        }
        for News { name, what } in news {
            self.tell_all(format!("watch {name} {what}"));
        }
    }

    fn beat(&mut self) {
        self.note_gauges();
        let at_epoch_s = self.clock.now_epoch_s();
        for id in 0..self.states.len() {
            let broken = self.second(id, at_epoch_s);
            for objective in &broken {
                self.tell_change(Some(id), format!("objective broken: {objective}"));
            }
            if !broken.is_empty() {
                self.change_one(id, Change::Stop);
            }
        }
        if self.ended_by.is_none()
            && let Some(why) = self.judging.beyond_budget()
        {
            self.tell_change(None, why.clone());
            self.notes.push(why);
            self.stop(Ended::Stopped);
        }
    }

    /// Another second of a scenario; gives the objectives that end it.
    fn second(&mut self, id: ScenarioId, at_epoch_s: f64) -> Vec<String> {
        let State::Running(running) = &mut self.states[id] else {
            return Vec::new();
        };
        let Some(mut seen) = self.fleet.look(id) else {
            return Vec::new();
        };
        running.note_second(at_epoch_s, &mut seen);
        self.judging.note_spent(id, &seen.snapshot);
        let scenario = &self.setup.scenarios[id];
        let is_ending = running.is_ending || seen.is_over;
        (self.listen)(RunEvent::Second(Progress {
            place: id,
            scenario,
            elapsed: seen.elapsed,
            is_ending,
            is_paused: running.is_paused,
            snapshot: &seen.snapshot,
            last: running.last(),
            at_epoch_s,
            spent: self.judging.spent(),
            watching: running.watching(&seen, &self.fleet),
        }));
        let name = &scenario.name;
        let broken = self.judging.second(name, at_epoch_s, &seen.snapshot);
        if running.is_ending {
            Vec::new()
        } else {
            broken
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
            Command::Stop(by) => self.stop(by),
        }
    }

    /// Ends the run; asked a second time, at once.
    pub(super) fn stop(&mut self, by: Ended) {
        let again = self.ended_by.replace(by).is_some();
        self.end_hooks(again);
        self.change(if again { Change::CutOff } else { Change::Stop });
    }

    fn change(&mut self, change: Change) {
        for id in 0..self.states.len() {
            self.change_one(id, change);
        }
    }

    fn more_users(&mut self, more: i32) {
        for id in 0..self.states.len() {
            let State::Running(running) = &self.states[id] else {
                continue;
            };
            let load = &self.setup.scenarios[id].load;
            if let Some(users) = running.more_users(load, more) {
                self.change_one(id, Change::Users(users));
            }
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
        self.tell_change(Some(id), change.to_string());
    }

    /// Something has happened to all scenarios that run; else it is a note of the run.
    fn tell_all(&mut self, what: String) {
        let noted = record::Change {
            at_epoch_s: self.clock.now_epoch_s(),
            what,
        };
        (self.listen)(RunEvent::Changed(&noted));
        let mut nobody = true;
        for state in &mut self.states {
            if let State::Running(running) = state {
                running.changes.push(noted.clone());
                nobody = false;
            }
        }
        if nobody {
            self.notes.push(noted.what);
        }
    }

    /// Something has happened, in a scenario or to the run.
    pub(super) fn tell_change(&mut self, id: Option<ScenarioId>, what: String) {
        let noted = record::Change {
            at_epoch_s: self.clock.now_epoch_s(),
            what,
        };
        (self.listen)(RunEvent::Changed(&noted));
        if let Some(State::Running(running)) = id.map(|id| &mut self.states[id]) {
            running.changes.push(noted);
        }
    }

    fn note_end(&mut self, part: PartEnded) {
        self.note_gauges();
        let id = part.scenario;
        let State::Running(running) = &mut self.states[id] else {
            return;
        };
        if !running.note_end(part.seen, self.fleet.lanes().len()) {
            return;
        }
        let state = std::mem::replace(&mut self.states[id], State::Done);
        self.fleet.forget(id);
        if let State::Running(running) = state {
            let ended_epoch_s = self.clock.now_epoch_s();
            let setup = &self.setup.scenarios[id];
            let (mut record, hooks, beside) = running.record(setup, &self.fleet, ended_epoch_s);
            self.judging.note_spent(id, &record.snapshot);
            record.sightings = self.judging.ended(&record);
            self.finish(id, record, hooks, beside);
        }
    }

    /// A scenario is over, with all that belongs to it.
    pub(super) fn keep(&mut self, record: ScenarioRecord) {
        (self.listen)(RunEvent::Ended(&record));
        self.records.push(record);
    }
}

/// What is counted beside the requests of a run.
fn accounts_of(setup: &Setup) -> Accounts {
    let (prices, answers) = (setup.prices.clone(), setup.answers.clone());
    Accounts::of(&setup.objectives, prices, answers)
}
