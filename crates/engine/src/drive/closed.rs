//! The closed model: so many users exist at each time, and each has one turn after the
//! other with its waits between them.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gatecrash_net::now;
use gatecrash_plan::draw::{self, Stream};
use gatecrash_plan::model::{Iterations, Load, Wait};
use gatecrash_plan::schedule::users::UserSchedule;
use gatecrash_plan::split;

use crate::journey::Turn;
use crate::leash::Leash;
use crate::part::{Change, Part, Place};

/// How many users begin before the sockets get their turn.
const USERS_PER_STEP: usize = 64;
/// Users who are due within this time come together: waking up for each of a thousand per
/// second costs more than making it.
const GRAIN: Duration = Duration::from_millis(10);

/// The turns of one user.
#[derive(Debug)]
pub(crate) struct Turns {
    part: Rc<Part>,
    leash: Rc<Leash>,
    class: usize,
    tasks: Stream,
    waits: Stream,
    taken: u64,
    /// How often a user had been called off when this one looked at its leash.
    calls_off: Cell<u64>,
    /// When the last turn began.
    last: Option<Instant>,
}

impl Turns {
    /// The next turn after the wait, and when it begins; `None` when the user shall go. The
    /// last one was over at the instant `over`, which is now.
    pub(super) async fn next(
        &mut self,
        wait: Wait,
        over: Option<Instant>,
    ) -> Option<(Turn, Instant)> {
        let mut begins = over;
        if let (Some(last), false) = (self.last, matches!(wait, Wait::None)) {
            self.wait(wait, last).await;
            begins = None;
        }
        if self.part.is_paused() {
            let may_go_on = || self.leash.is_called_off() || !self.part.is_paused();
            self.leash.rest(None, may_go_on).await;
            begins = None;
        }
        if self.is_called_off() || !self.take() {
            return None;
        }
        let begins = begins.unwrap_or_else(now);
        self.last = Some(begins);
        let number = self.taken;
        self.taken += 1;
        self.part.ledger.count_in_flight(1);
        let turn = Turn {
            number,
            task: self.part.scenario.task(self.class, self.tasks.at(number)),
            due: None,
        };
        Some((turn, begins))
    }

    fn is_called_off(&self) -> bool {
        let calls_off = self.part.calls_off();
        self.calls_off.replace(calls_off) != calls_off && self.leash.is_called_off()
    }

    /// Rests, unless the user is called off.
    pub(super) async fn rest(&self, time: Duration) {
        self.rest_until(now() + time).await;
    }

    async fn rest_until(&self, due: Instant) {
        let early = || self.leash.is_called_off();
        self.leash.rest(Some(due), early).await;
    }

    async fn wait(&self, wait: Wait, last: Instant) {
        let until = match wait {
            Wait::None => return,
            Wait::Between(least, most) => {
                now() + draw::between(self.waits.at(self.taken), least, most)
            }
            Wait::Pacing(period) => last + period,
        };
        if until > now() {
            self.rest_until(until).await;
        }
    }

    /// Takes one of the turns that are left.
    fn take(&self) -> bool {
        let Load::Users { iterations, .. } = &self.part.scenario.load else {
            return true;
        };
        match iterations {
            None => true,
            Some(Iterations::PerUser(most)) => self.taken < *most,
            Some(Iterations::Total(most)) => {
                let taken = &self.part.scenario.turns_taken;
                taken.fetch_add(1, Ordering::Relaxed) < *most
            }
        }
    }
}

/// Keeps as many users on this lane as its part of the schedule says, until new work
/// shall end or all turns are taken.
pub(crate) async fn drive(part: &Rc<Part>, mut schedule: UserSchedule, has_limit: bool) {
    let mut crowd = Crowd::new(part);
    while !part.is_over() {
        let time = part.time_at(now());
        let goes_on = match part.take_target() {
            Some((Change::Users(users), from)) => {
                schedule.retarget(from, users, None);
                true
            }
            Some((Change::NextStage, from)) => schedule.next_stage(from),
            _ => true,
        };
        if !goes_on {
            return;
        }
        let wanted = u64::from(schedule.users_at(time));
        let wanted = split::split(wanted, part.place.part, part.place.parts);
        if !crowd.approach(wanted as usize) {
            tokio::task::yield_now().await;
            continue;
        }
        let next = schedule.next_change(time);
        if has_limit && next.is_none() && part.is_empty() {
            return;
        }
        let next = next.map(|(at, _)| at.max(time + GRAIN));
        part.wait(next.and_then(|at| part.instant_of(at))).await;
    }
}

/// The users that shall exist on this lane; one that has no turns left stays counted.
struct Crowd<'a> {
    part: &'a Rc<Part>,
    numbers: Vec<u64>,
    /// Number and class of those to come.
    coming: Box<dyn Iterator<Item = (u64, usize)>>,
}

impl<'a> Crowd<'a> {
    fn new(part: &'a Rc<Part>) -> Self {
        let Place { part: first, parts } = part.place;
        let all = (0..).zip(part.scenario.order.clone());
        Crowd {
            part,
            numbers: Vec::new(),
            coming: Box::new(all.skip(first as usize).step_by(parts as usize)),
        }
    }

    /// Lets users come or go towards `wanted`; says whether that many are there.
    fn approach(&mut self, wanted: usize) -> bool {
        while self.numbers.len() > wanted {
            let newest = self.numbers.pop();
            newest.into_iter().for_each(|user| self.part.call_off(user));
        }
        for _ in self.numbers.len()..wanted.min(self.numbers.len() + USERS_PER_STEP) {
            self.add();
        }
        self.numbers.len() == wanted
    }

    fn add(&mut self) {
        let Some((number, class)) = self.coming.next() else {
            return;
        };
        self.numbers.push(number);
        let (tasks, waits) = self.part.scenario.streams_of_user(number);
        let leash = Rc::new(Leash::default());
        let turns = Turns {
            part: self.part.clone(),
            leash: leash.clone(),
            class,
            tasks,
            waits,
            taken: 0,
            calls_off: Cell::new(self.part.calls_off()),
            last: None,
        };
        self.part
            .seat_user(class, number, leash, super::Turns::Closed(turns));
    }
}
