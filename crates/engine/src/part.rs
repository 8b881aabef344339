//! A lane's part in one scenario: its users, its books, its clock, its controls.
//!
//! Everything here lives on the lane's thread. The run reaches it by jobs of the lane;
//! the driver looks for what has changed when it is nudged.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatecrash_net::now;
use gatecrash_plan::model::Load;
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::Timeline;
use tokio::task::AbortHandle;

use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::drive::Turns;
use crate::leash::Leash;
use crate::ledger::Ledger;
use crate::scenario::ScenarioRun;

/// Which of how many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) part: u64,
    pub(crate) parts: u64,
}

/// What is asked of a running scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// So many users from now on (closed model).
    Users(u32),
    /// So many arrivals per time from now on (open model).
    Rate(Rate),
    /// The next stage of the load; after its last one, no new work any more.
    NextStage,
    /// No new work until further notice; the scenario's clock stands still.
    Pause,
    /// Work goes on.
    Resume,
    /// No new work any more; what is under way may end within the grace.
    Stop,
    /// The same without grace.
    CutOff,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Users(users) => write!(f, "users: {users}"),
            Change::Rate(rate) => write!(f, "rate: {rate}"),
            Change::NextStage => f.write_str("next stage"),
            Change::Pause => f.write_str("paused"),
            Change::Resume => f.write_str("resumed"),
            Change::Stop => f.write_str("stopped"),
            Change::CutOff => f.write_str("cut off"),
        }
    }
}

/// A lane's part in one scenario.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) scenario: Arc<ScenarioRun>,
    pub(crate) place: Place,
    pub(crate) ledger: Ledger,
    /// The driver waits here.
    driver: Leash,
    /// Something changed since the driver last looked.
    changed: Cell<bool>,
    stopping: Cell<bool>,
    cut_off: Cell<bool>,
    timeline: RefCell<Timeline>,
    /// What users, rate or stage is asked for, and from which time of the scenario on.
    target: Cell<Option<(Change, Duration)>>,
    users: RefCell<BTreeMap<u64, Seated>>,
    /// How often a user was called off: while the number is the same nobody need look at its
    /// own leash, which lies elsewhere for each of them.
    calls_off: Cell<u64>,
    /// What the users of each class share.
    shared: RefCell<Vec<Option<Rc<dyn Any>>>>,
}

#[derive(Debug)]
struct Seated {
    leash: Rc<Leash>,
    handle: AbortHandle,
}

impl Part {
    pub(crate) fn new(scenario: Arc<ScenarioRun>, place: Place, clock: Clock) -> Self {
        let tasks: Vec<_> = scenario.classes.iter().map(|class| class.names()).collect();
        Part {
            ledger: Ledger::new(clock, &tasks, &scenario.accounts),
            place,
            driver: Leash::default(),
            changed: Cell::new(false),
            stopping: Cell::new(false),
            cut_off: Cell::new(false),
            timeline: RefCell::default(),
            target: Cell::new(None),
            users: RefCell::default(),
            calls_off: Cell::new(0),
            shared: RefCell::new(vec![None; scenario.classes.len()]),
            scenario,
        }
    }

    /// What the users of a class share here; made for the first one.
    pub(crate) fn shared<T: 'static>(&self, class: usize, make: impl FnOnce() -> T) -> Rc<T> {
        let mut shared = self.shared.borrow_mut();
        let known = shared[class]
            .clone()
            .and_then(|known| known.downcast().ok());
        known.unwrap_or_else(|| {
            let made = Rc::new(make());
            shared[class] = Some(made.clone());
            made
        })
    }

    /// Whether arrivals are due at instants, rather than users with turns.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.scenario.load, Load::Rate { .. })
    }

    /// The scenario's own time at an instant: without its pauses.
    pub(crate) fn time_at(&self, at: Instant) -> Duration {
        self.timeline.borrow().schedule_time(self.run_time(at))
    }

    /// The instant of a time of the scenario; `None` while its clock stands before that.
    pub(crate) fn instant_of(&self, time: Duration) -> Option<Instant> {
        let run_time = self.timeline.borrow().run_time(time)?;
        Some(self.scenario.began + run_time)
    }

    fn run_time(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.scenario.began)
    }

    /// No new work begins any more, by somebody's wish.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// No new work begins any more.
    pub(crate) fn is_over(&self) -> bool {
        let whole = self.scenario.duration;
        self.is_stopping() || whole.is_some_and(|whole| self.time_at(now()) >= whole)
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.timeline.borrow().is_paused()
    }

    /// What users, rate or stage somebody asked for since the last call, and from which
    /// time of the scenario on: the same on all lanes, so that they agree on what follows.
    pub(crate) fn take_target(&self) -> Option<(Change, Duration)> {
        self.target.take()
    }

    /// Does what is asked; `at` is the same instant on all lanes.
    pub(crate) fn change(&self, change: Change, at: Instant) {
        let at = self.run_time(at);
        match change {
            Change::Pause => self.timeline.borrow_mut().pause(at),
            Change::Resume => {
                self.timeline.borrow_mut().resume(at);
                self.nudge_users();
            }
            Change::Stop => self.stopping.set(true),
            Change::CutOff => {
                self.stopping.set(true);
                self.cut_off.set(true);
            }
            Change::Users(_) | Change::Rate(_) | Change::NextStage => {
                let from = self.timeline.borrow().schedule_time(at);
                self.target.set(Some((change, from)));
            }
        }
        self.nudge_driver();
    }

    /// Until `due`, or the scenario's end, or until something changes.
    pub(crate) async fn wait(&self, due: Option<Instant>) {
        let end = self.scenario.duration;
        let end = end.and_then(|whole| self.instant_of(whole));
        let until = [due, end].into_iter().flatten().min();
        self.driver.rest(until, || self.changed.take()).await;
    }

    /// Until the instant `due`, or until something changes.
    pub(crate) async fn wait_exactly(&self, due: Instant, alarm: &Alarm) {
        let early = || self.changed.take();
        self.driver.rest_exactly(due, alarm, early).await;
    }

    /// Lets a user live on this lane.
    pub(crate) fn seat_user(
        self: &Rc<Self>,
        class: usize,
        number: u64,
        leash: Rc<Leash>,
        turns: Turns,
    ) {
        self.ledger.count_user(1);
        let handle = self.scenario.classes[class].spawn(self.clone(), class, number, turns);
        self.users
            .borrow_mut()
            .insert(number, Seated { leash, handle });
    }

    /// A user has gone.
    pub(crate) fn unseat(&self, number: u64) {
        let gone = self.users.borrow_mut().remove(&number);
        if gone.is_some() {
            self.ledger.count_user(-1);
            self.nudge_driver();
        }
    }

    /// A user shall go when it has done what it is about.
    pub(crate) fn call_off(&self, number: u64) {
        if let Some(user) = self.users.borrow().get(&number) {
            self.count_call_off();
            user.leash.call_off();
        }
    }

    fn count_call_off(&self) {
        self.calls_off.set(self.calls_off.get() + 1);
    }

    /// How often a user was called off until now.
    pub(crate) fn calls_off(&self) -> u64 {
        self.calls_off.get()
    }

    /// Whether nobody is there any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.users.borrow().is_empty()
    }

    /// Lets all users go: each ends what it is about, and what is not ended after the
    /// grace is cut off.
    pub(crate) async fn dismiss(&self) {
        self.count_call_off();
        for user in self.users.borrow().values() {
            user.leash.call_off();
        }
        let latest = now() + self.scenario.grace;
        while !self.is_empty() && !self.cut_off.get() && now() < latest {
            self.driver.rest(Some(latest), || self.changed.take()).await;
        }
        let left = std::mem::take(&mut *self.users.borrow_mut());
        self.ledger.count_user(-(left.len() as i64));
        for user in left.values() {
            user.handle.abort();
        }
        // Those cut off drop their requests when the runtime comes to them.
        tokio::task::yield_now().await;
    }

    fn nudge_driver(&self) {
        self.changed.set(true);
        self.driver.nudge();
    }

    fn nudge_users(&self) {
        for user in self.users.borrow().values() {
            user.leash.nudge();
        }
    }
}
