//! Users who live in another language: the drivers say when, a guest on a thread of its
//! own does what.
//!
//! In: the turns of a driver. Out: a [`GuestCall`] for each, through the queue by which
//! the guest hears of its completed requests; the guest answers by the call's [`Reply`],
//! behind everything that it recorded before. What becomes of the requests stands in the
//! books of the guest's lane, in the shard of its class; arrivals and tasks stand where
//! those of native users do.
//!
//! An arrival counts as started when the guest began it: one that still waits for a busy
//! interpreter when the run ends was missed.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gatecrash_metrics::Missed;
use gatecrash_net::now;
use gatecrash_plan::model::Wait;
use tokio::sync::oneshot;

use super::{Failed, Journey, Seat, TaskKind, Turn, User, ms_between};
use crate::books::ShardId;
use crate::lane::Lane;

/// A user that ended by itself is replaced after that time, in the closed model.
const START_AGAIN: Duration = Duration::from_secs(1);

/// A class of users of a guest.
#[derive(Clone, Debug)]
pub struct GuestJourney {
    /// By which number the guest knows the class.
    pub class: u32,
    /// The name of the class in the reports.
    pub name: String,
    /// What its users do; the guest chooses, so the weights mean nothing. The first one
    /// stands for whatever is none of the others.
    pub tasks: Vec<TaskKind>,
    /// The lane over which the guest makes its requests, and hears of its turns.
    pub lane: Lane,
    /// Where that lane counts them.
    pub shard: ShardId,
}

/// Something that a guest shall do for one of its users.
#[derive(Debug)]
pub struct GuestCall {
    /// The number of the user's class.
    pub class: u32,
    /// The number of the user, unique in its class.
    pub user: u64,
    /// What.
    pub wish: Wish,
    /// Its turns are due at instants, whether it is ready or not.
    pub is_open: bool,
    /// Somebody asks more of its requests than their times: the records that the guest makes
    /// shall carry its class and what came.
    pub is_asked: bool,
    /// How to answer; a reply that is dropped means that it came to nothing.
    pub reply: Reply,
}

/// What a guest shall do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let the user live, and answer when it is ready for its first turn.
    Start,
    /// One task of the user, which was due then.
    Perform(Option<Instant>),
    /// Let the user end.
    Stop,
    /// Nobody waits for the user any more: cut it off. Nobody hears the answer.
    CutOff,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Done {
    /// Nothing failed.
    pub is_ok: bool,
    /// The user is gone by itself; for its next turn it has to start again.
    pub is_gone: bool,
    /// When the first request of the turn was called for.
    pub first_call: Option<Instant>,
    /// Which of the tasks of the class it was, where it was one of them.
    pub task: Option<usize>,
    /// How long the user wants to rest before its next turn, in the closed model.
    pub rest: Duration,
}

/// The way back to whoever waits for a [`GuestCall`].
#[derive(Debug)]
pub struct Reply {
    answer: oneshot::Sender<Done>,
    begun: Arc<Begun>,
    lane: Lane,
}

/// When the guest came to a call; `None` if whoever waited had gone before. Whoever is
/// first decides, so that what is done is counted and what is missed is not done.
type Begun = OnceLock<Option<Instant>>;

impl Reply {
    /// The guest has come to it. Says whether it is still to be done.
    pub fn begin(&self) -> bool {
        self.begun.get_or_init(|| Some(now())).is_some()
    }

    /// It is done; heard after everything that the guest has recorded until now.
    pub fn end(self, done: Done) {
        self.lane.run(move |_| {
            // Whoever was cut off meanwhile does not want to know.
            let _ = self.answer.send(done);
        });
    }
}

impl Journey for GuestJourney {
    type User = GuestUser;

    fn class(&self) -> &str {
        &self.name
    }

    fn tasks(&self) -> &[TaskKind] {
        &self.tasks
    }

    /// The guest's users say themselves how long they rest.
    fn wait(&self) -> Wait {
        Wait::None
    }

    fn user(&self, seat: Seat) -> GuestUser {
        GuestUser {
            seat,
            class: self.class,
            lane: self.lane.clone(),
            exists: false,
            came_at: None,
            rest: Duration::ZERO,
        }
    }

    fn guest(&self) -> Option<(&Lane, ShardId, u32)> {
        Some((&self.lane, self.shard, self.class))
    }
}

/// One of them, as the drivers see it.
#[derive(Debug)]
pub struct GuestUser {
    seat: Seat,
    class: u32,
    lane: Lane,
    /// The guest has it.
    exists: bool,
    /// When the guest came to its start, until it has its first turn.
    came_at: Option<Instant>,
    /// Before its next turn.
    rest: Duration,
}

impl User for GuestUser {
    fn seat(&self) -> &Seat {
        &self.seat
    }

    async fn start(&mut self) -> Result<(), Failed> {
        self.exists = true;
        let due = self.seat.take_arrival();
        let begun = Arc::default();
        let waiting = Waiting {
            seat: &self.seat,
            arrival: Cell::new(due),
            begun: &begun,
            came_at: None,
            is_start: Cell::new(true),
        };
        let done = self.call(Wish::Start, begun.clone()).await.ok();
        // One that failed began, and was over with that.
        waiting.is_start.set(false);
        self.exists = done.is_some_and(|done| !done.is_gone);
        if !done.is_some_and(|done| done.is_ok) {
            return Err(Failed);
        }
        // Its task is to begin yet.
        self.seat.put_arrival(waiting.arrival.take());
        self.came_at = begun.get().copied().flatten();
        Ok(())
    }

    async fn perform(&mut self, turn: &Turn) -> Result<(), Failed> {
        if !self.exists {
            let called = now();
            self.start().await?;
            self.seat.note_user_started(ms_between(called, now()));
        }
        // Until the guest says which one it was.
        self.seat.set_task(0);
        let outcome = self.ask(Wish::Perform(turn.due)).await;
        if turn.due.is_none() {
            self.seat.note_task_started();
        }
        outcome
    }

    fn rest(&self) -> Option<Wait> {
        Some(Wait::Between(self.rest, self.rest))
    }

    async fn stop(&mut self) {
        if self.exists {
            // How its end went is in the guest's own log.
            let _ = self.ask(Wish::Stop).await;
            self.exists = false;
        }
    }
}

impl GuestUser {
    async fn ask(&mut self, wish: Wish) -> Result<(), Failed> {
        let begun = Arc::default();
        let _waiting = Waiting {
            seat: &self.seat,
            arrival: Cell::new(self.seat.take_arrival()),
            begun: &begun,
            came_at: self.came_at.take(),
            is_start: Cell::new(false),
        };
        // A reply that was dropped means that the user came to nothing.
        let done = self.call(wish, begun.clone()).await.ok();
        self.exists = done.is_some_and(|done| !done.is_gone);
        self.rest = match done {
            Some(done) if !done.is_gone => done.rest,
            // Whatever ended it may end the next one, too.
            _ => START_AGAIN,
        };
        let done = done.ok_or(Failed)?;
        if let Some(task) = done.task {
            self.seat.set_task(task);
        }
        if let Some(at) = done.first_call {
            self.seat.take_due(at);
        }
        if done.is_ok { Ok(()) } else { Err(Failed) }
    }

    fn call(&self, wish: Wish, begun: Arc<Begun>) -> oneshot::Receiver<Done> {
        let (answer, answered) = oneshot::channel();
        let reply = Reply {
            answer,
            begun,
            lane: self.lane.clone(),
        };
        self.lane.call_guest(GuestCall {
            class: self.class,
            user: self.seat.number(),
            wish,
            is_open: self.seat.is_open(),
            is_asked: self.seat.is_asked(),
            reply,
        });
        answered
    }
}

impl Drop for GuestUser {
    fn drop(&mut self) {
        if self.exists {
            // Nobody waits for the answer.
            drop(self.call(Wish::CutOff, Arc::default()));
        }
    }
}

/// Somebody waits for the guest. If it is an arrival it counts as started when the guest
/// has come to its task by the end, else as missed.
struct Waiting<'a> {
    seat: &'a Seat,
    /// When it was due.
    arrival: Cell<Option<Instant>>,
    begun: &'a Begun,
    /// When the guest came to the start of its user, if that had to start.
    came_at: Option<Instant>,
    /// The start of its user is under way.
    is_start: Cell<bool>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let begun = *self.begun.get_or_init(|| None);
        let Some(due) = self.arrival.get() else {
            return;
        };
        match begun.filter(|_| !self.is_start.get()) {
            Some(begun) => {
                let came_at = self.came_at.unwrap_or(begun);
                self.seat.note_arrival_started(ms_between(due, came_at));
            }
            None => self.seat.note_missed(Missed::Stopped),
        }
    }
}
