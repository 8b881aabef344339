//! The open model: tasks begin at instants that no answer delays, on as many users as
//! that takes.
//!
//! A user is made when an arrival finds none without a turn, and kept for later ones.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gatecrash_metrics::Missed;
use gatecrash_net::now;
use gatecrash_plan::schedule::open::{Arrival, OpenSchedule};
use gatecrash_plan::split;

use crate::alarm::Alarm;
use crate::journey::{Turn, ms_between};
use crate::leash::Leash;
use crate::part::{Change, Part, Place};

/// How many arrivals begin before the sockets get their turn: those that a stalled
/// generator has to make up for must not measure their own burst.
const ARRIVALS_PER_STEP: u32 = 32;

/// Arrivals that are due within so short a time begin together: waking for each of
/// them would cost more than sending its request.
const GRAIN: Duration = Duration::from_micros(500);

/// Where a user waits for its next turn.
#[derive(Debug)]
struct Desk {
    class: usize,
    leash: Rc<Leash>,
    turn: Cell<Option<Turn>>,
}

/// The desks of users without a turn, by class; the last one used is the next, so that
/// no more connections are kept busy than needed.
type Idle = Rc<RefCell<Vec<Vec<Rc<Desk>>>>>;

/// The turns of one user.
#[derive(Debug)]
pub(crate) struct Turns {
    desk: Rc<Desk>,
    idle: Idle,
    /// A turn was taken and is over.
    worked: bool,
}

impl Turns {
    /// The next turn, when an arrival comes; `None` when the user shall go.
    pub(super) async fn next(&mut self) -> Option<Turn> {
        if std::mem::replace(&mut self.worked, true) {
            self.idle.borrow_mut()[self.desk.class].push(self.desk.clone());
        }
        let leash = &self.desk.leash;
        let look = || match self.desk.turn.take() {
            Some(turn) => Some(Some(turn)),
            None => leash.is_called_off().then_some(None),
        };
        leash.until(look).await
    }
}

/// Starts this lane's share of the arrivals, each at its instant.
pub(crate) async fn drive(part: &Rc<Part>, schedule: OpenSchedule, max_in_flight: u32) {
    let Place { part: lane, parts } = part.place;
    let cap = split::split(u64::from(max_in_flight), lane, parts);
    let mut desks = Desks::new(part, cap.max(1));
    let mut arrivals = schedule.share(lane, parts);
    let mut in_step = 0;
    let alarm = Alarm::new().ok();
    while !part.is_stopping() {
        let goes_on = match part.take_target() {
            Some((Change::Rate(rate), from)) => {
                arrivals.retarget(from, rate);
                true
            }
            Some((Change::NextStage, from)) => arrivals.next_stage(from),
            _ => true,
        };
        if !goes_on {
            return;
        }
        let Some(arrival) = arrivals.peek() else {
            return;
        };
        let due = match part.instant_of(arrival.due) {
            Some(due) if due <= now() => due,
            Some(due) => {
                in_step = 0;
                wait(part, due.max(now() + GRAIN), alarm.as_ref()).await;
                continue;
            }
            None => {
                part.wait(None).await;
                continue;
            }
        };
        if in_step == ARRIVALS_PER_STEP {
            in_step = 0;
            tokio::task::yield_now().await;
        }
        in_step += 1;
        desks.start(&arrival, due);
        arrivals.next();
    }
    let stopped_at = part.time_at(now());
    let late = arrivals.take_while(|arrival| arrival.due <= stopped_at);
    let late = late.count() as u64;
    part.ledger.planned(late);
    part.ledger.missed(Missed::Stopped, late);
}

/// Until the instant `due`. Where no file was left for an alarm the runtime's timer does,
/// and the schedule lag tells.
async fn wait(part: &Part, due: Instant, alarm: Option<&Alarm>) {
    match alarm {
        Some(alarm) => part.wait_exactly(due, alarm).await,
        None => part.wait(Some(due)).await,
    }
}

/// The users of this lane, as the arrivals see them.
struct Desks<'a> {
    part: &'a Rc<Part>,
    idle: Idle,
    cap: u64,
    next_number: u64,
}

impl<'a> Desks<'a> {
    fn new(part: &'a Rc<Part>, cap: u64) -> Self {
        let classes = part.scenario.classes.len();
        Desks {
            part,
            idle: Rc::new(RefCell::new(vec![Vec::new(); classes])),
            cap,
            next_number: part.place.part,
        }
    }

    /// Gives an arrival to a user, or misses it where too many are in flight.
    fn start(&mut self, arrival: &Arrival, due: Instant) {
        let ledger = &self.part.ledger;
        ledger.planned(1);
        if ledger.in_flight() >= self.cap {
            return ledger.missed(Missed::Cap, 1);
        }
        let (class, task) = self.part.scenario.work_of_arrival(arrival.index);
        if self.part.scenario.classes[class].guest().is_none() {
            ledger.arrival_started(ms_between(due, now()));
        }
        ledger.count_in_flight(1);
        let turn = Turn {
            number: arrival.index,
            task,
            due: Some(due),
        };
        let waiting = self.idle.borrow_mut()[class].pop();
        let desk = waiting.unwrap_or_else(|| self.new_user(class));
        desk.turn.set(Some(turn));
        desk.leash.nudge();
    }

    fn new_user(&mut self, class: usize) -> Rc<Desk> {
        let number = self.next_number;
        self.next_number += self.part.place.parts;
        let leash = Rc::new(Leash::default());
        let desk = Rc::new(Desk {
            class,
            leash: leash.clone(),
            turn: Cell::new(None),
        });
        let turns = Turns {
            desk: desk.clone(),
            idle: self.idle.clone(),
            worked: false,
        };
        self.part
            .seat_user(class, number, leash, super::Turns::Open(turns));
        desk
    }
}
