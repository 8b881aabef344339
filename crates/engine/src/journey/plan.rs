//! Users described by the steps of a plan.
//!
//! In: a class of users of a plan, and the rows of its data. Out: a [`PlanJourney`]. All
//! that is constant is made once, when the journey is; all names become places.
//!
//! Beside what the class has in common a user that has done nothing yet is its seat and
//! two references: 50,000 of them may exist.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gatecrash_metrics::{EndpointId, Measure, Metric, MetricId};
use gatecrash_net::{Head, Jar, Request, Url};
use gatecrash_plan::model::{HttpUsers, Plan, UserKind, Wait};
use tokio::time::sleep;

use super::account::Asked;
use super::feed::{Asker, Feeds};
use super::request::Home;
use super::socket::Socket;
use super::steps::Op;
use super::template::{Fault, Scope};
use super::values::{Names, Values};
use super::{Failed, Journey, Seat, TaskKind, Turn, User};
use crate::clock::Clock;

/// After a fault of the plan a user rests that long: what cannot be sent must not become
/// a loop without end.
const REST_AFTER_FAULT: Duration = Duration::from_millis(200);

/// A part of a plan that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct PlanError {
    /// Where in the plan: class, task, step.
    pub place: String,
    /// What is wrong.
    pub fault: String,
}

/// A class of users of a plan.
#[derive(Clone, Debug)]
pub struct PlanJourney(Arc<Class>);

/// What all users of a class share.
#[derive(Debug)]
pub(super) struct Class {
    name: String,
    kinds: Vec<TaskKind>,
    wait: Wait,
    start: Script,
    tasks: Vec<Script>,
    stop: Script,
    pub(super) home: Home,
    pub(super) feeds: Arc<Feeds>,
    slots: usize,
    endpoints: usize,
    /// What answers can be measured by.
    metrics: Vec<Metric>,
    /// The places of those that are 0 until something is counted.
    zeros: Vec<usize>,
}

/// Steps, and the feeds of which they need a row.
#[derive(Debug)]
struct Script {
    steps: Vec<Op>,
    reads: Vec<usize>,
}

/// A class while it is compiled.
#[derive(Debug)]
pub(super) struct Compiling<'a> {
    pub(super) users: &'a HttpUsers,
    pub(super) home: &'a Home,
    pub(super) names: Names<'a>,
    pub(super) asked: &'a Asked<'a>,
    endpoints: usize,
}

/// What the users of a class share on one lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) class: Arc<Class>,
    /// By the places of the endpoints.
    requests: Box<[OnceCell<Option<Request>>]>,
    endpoints: Box<[Cell<Option<EndpointId>>]>,
    /// The numbers of the class's metrics in this lane's books.
    metrics: Box<[MetricId]>,
}

/// What a user has of its own once it has begun.
#[derive(Debug)]
pub(super) struct State {
    pub(super) values: Values,
    /// From the first cookie on.
    pub(super) jar: Option<Box<Jar>>,
    pub(super) socket: Option<Box<Socket>>,
    /// It has let others have their turn since this was unset.
    pub(super) has_waited: bool,
}

/// Why a script ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// A failed request, which is in the books.
    Recorded,
    /// A template that could not be filled in.
    Fault(Fault),
}

/// A user of a plan.
#[derive(Debug)]
pub struct PlanUser {
    seat: Seat,
    lane: Rc<Lane>,
    state: Option<Box<State>>,
}

impl PlanJourney {
    /// Compiles the class at place `class` of a plan, whose data `feeds` holds.
    ///
    /// # Errors
    /// A class that is not described by steps, a template that is none, a file that cannot
    /// be read.
    pub fn new(plan: &Plan, class: usize, feeds: Arc<Feeds>) -> Result<PlanJourney, PlanError> {
        let told = |place: &str, fault: String| PlanError {
            place: place.to_owned(),
            fault,
        };
        let Some(users) = plan.users.get(class) else {
            return Err(told("users", format!("there is no class {class}")));
        };
        let name = users.name.clone();
        let UserKind::Http(http) = &users.kind else {
            return Err(told(
                &name,
                "its users are not described by steps".to_owned(),
            ));
        };
        let home = Home::of(http).map_err(|fault| told(&name, fault))?;
        let asked = Asked::of(plan, &http.states);
        let names = Names::new(&feeds, &plan.environment);
        let mut compiling = Compiling::alone(http, &home, names, &asked);
        let within = |part: &str| format!("{name}, {part}");
        let start = compiling.script(&within("start"), &http.start)?;
        let mut tasks = Vec::new();
        for task in &http.tasks {
            tasks.push(compiling.script(&within(&task.name), &task.steps)?);
        }
        let stop = compiling.script(&within("stop"), &http.stop)?;
        let (slots, endpoints) = (compiling.names.slots(), compiling.endpoints);
        let kinds = http.tasks.iter().map(|task| TaskKind {
            name: task.name.clone(),
            weight: task.weight,
        });
        Ok(PlanJourney(Arc::new(Class {
            kinds: kinds.collect(),
            wait: http.wait,
            name,
            start,
            tasks,
            stop,
            slots,
            endpoints,
            metrics: asked.metrics,
            zeros: asked.judged_counters,
            home,
            feeds,
        })))
    }
}

impl<'a> Compiling<'a> {
    /// For a step that belongs to no task.
    pub(super) fn alone(
        users: &'a HttpUsers,
        home: &'a Home,
        names: Names<'a>,
        asked: &'a Asked<'a>,
    ) -> Self {
        Compiling {
            users,
            home,
            names,
            asked,
            endpoints: 0,
        }
    }

    fn script(
        &mut self,
        place: &str,
        steps: &[gatecrash_plan::model::Step],
    ) -> Result<Script, PlanError> {
        let compiled = Op::compile_all(steps, self).map_err(|(step, fault)| PlanError {
            place: format!("{place}, step {step}"),
            fault,
        });
        Ok(Script {
            steps: compiled?,
            reads: self.names.take_read(),
        })
    }

    /// A place for one more endpoint.
    pub(super) fn next_endpoint(&mut self) -> usize {
        self.endpoints += 1;
        self.endpoints - 1
    }
}

impl Journey for PlanJourney {
    type User = PlanUser;

    fn class(&self) -> &str {
        &self.0.name
    }

    fn tasks(&self) -> &[TaskKind] {
        &self.0.kinds
    }

    fn wait(&self) -> Wait {
        self.0.wait
    }

    fn user(&self, seat: Seat) -> PlanUser {
        PlanUser {
            lane: seat.shared(|| Lane::new(self.0.clone(), &seat)),
            seat,
            state: None,
        }
    }
}

impl Lane {
    fn new(class: Arc<Class>, seat: &Seat) -> Self {
        let metrics = class.metrics.iter();
        let metrics: Box<[MetricId]> = metrics.map(|one| seat.declare(one.clone())).collect();
        for zero in &class.zeros {
            seat.metric(metrics[*zero], 0.0);
        }
        Lane {
            requests: (0..class.endpoints).map(|_| OnceCell::new()).collect(),
            endpoints: (0..class.endpoints).map(|_| Cell::new(None)).collect(),
            metrics,
            class,
        }
    }

    /// The measure of one of the class's metrics, by its place.
    pub(super) fn metric(&self, place: usize) -> Measure {
        Measure::Custom(self.metrics[place])
    }

    /// What the requests of an endpoint have in common on this lane.
    pub(super) fn request(
        &self,
        place: usize,
        make: impl FnOnce() -> Option<Request>,
    ) -> Option<&Request> {
        self.requests[place].get_or_init(make).as_ref()
    }

    pub(super) fn endpoint(&self, place: usize) -> &Cell<Option<EndpointId>> {
        &self.endpoints[place]
    }
}

impl State {
    fn new(class: &Class, seat: &Seat) -> Self {
        let feeds = class.feeds.count();
        State {
            values: Values::new(class.slots, feeds, seat.seed(), seat.number()),
            jar: None,
            socket: None,
            has_waited: false,
        }
    }

    pub(super) fn scope<'a>(&'a self, class: &'a Class) -> Scope<'a> {
        Scope {
            values: &self.values,
            feeds: &class.feeds,
        }
    }

    /// Keeps the cookies of an answer from `url`.
    pub(super) fn keep_cookies(&mut self, head: &Head, url: impl FnOnce() -> Url) {
        if !head.has_cookies {
            return;
        }
        let headers = head.headers();
        let set = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"set-cookie"))
            .map(|(_, value)| *value);
        let now_epoch_s = Clock::start().now_epoch_s();
        self.jar
            .get_or_insert_default()
            .store(&url(), set, now_epoch_s);
    }
}

impl PlanUser {
    /// Begins a turn: the task's draws, and its rows.
    fn begin(&mut self, turn: &Turn) -> Result<(), Fault> {
        let (lane, state) = (
            &self.lane,
            self.state
                .get_or_insert_with(|| Box::new(State::new(&self.lane.class, &self.seat))),
        );
        let asker = Asker {
            seed: self.seat.seed(),
            user: self.seat.number(),
            turn: turn.number,
            is_open: turn.due.is_some(),
        };
        let class = &lane.class;
        let reads = &class.tasks[turn.task].reads;
        state
            .values
            .begin(asker, &class.feeds, reads)
            .map_err(|feed| no_row(&class.feeds, feed))
    }

    /// Runs a script and tells how it went.
    async fn run(
        &mut self,
        script: fn(&Class, usize) -> &Script,
        task: usize,
    ) -> Result<(), Failed> {
        let lane = self.lane.clone();
        let state = self
            .state
            .get_or_insert_with(|| Box::new(State::new(&lane.class, &self.seat)));
        state.has_waited = false;
        let outcome = Op::run_all(&script(&lane.class, task).steps, &self.seat, &lane, state).await;
        if !state.has_waited {
            // Without this, steps that send nothing would keep the lane to themselves.
            tokio::task::yield_now().await;
        }
        match outcome {
            Ok(()) => Ok(()),
            Err(Stop::Recorded) => Err(Failed),
            Err(Stop::Fault(fault)) => Err(self.tell(&fault).await),
        }
    }

    /// Notes a fault of the plan, and rests.
    async fn tell(&self, fault: &Fault) -> Failed {
        self.seat.note_exception(&fault.0, &self.lane.class.name);
        Box::pin(sleep(REST_AFTER_FAULT)).await;
        Failed
    }
}

fn no_row(feeds: &Feeds, feed: usize) -> Fault {
    let name = &feeds.rows(feed).name;
    Fault(format!(
        "data {name}: every row was used once; tasks that need one are not performed"
    ))
}

impl User for PlanUser {
    fn seat(&self) -> &Seat {
        &self.seat
    }

    async fn start(&mut self) -> Result<(), Failed> {
        if self.lane.class.start.steps.is_empty() {
            return Ok(());
        }
        // Each try begins with nothing.
        let mut state = Box::new(State::new(&self.lane.class, &self.seat));
        let asker = Asker {
            seed: self.seat.seed(),
            user: self.seat.number(),
            turn: self.seat.number(),
            is_open: true,
        };
        let class = &self.lane.class;
        let rows = state
            .values
            .take_rows(asker, &class.feeds, &class.start.reads);
        let fault = rows.map_err(|feed| no_row(&class.feeds, feed));
        self.state = Some(state);
        if let Err(fault) = fault {
            return Err(self.tell(&fault).await);
        }
        Box::pin(self.run(|class, _| &class.start, 0)).await
    }

    async fn perform(&mut self, turn: &Turn) -> Result<(), Failed> {
        if let Err(fault) = self.begin(turn) {
            return Err(self.tell(&fault).await);
        }
        self.run(|class, task| &class.tasks[task], turn.task).await
    }

    async fn stop(&mut self) {
        if !self.lane.class.stop.steps.is_empty() {
            // There is nobody left to tell how it went; its requests are in the books.
            let _ = Box::pin(self.run(|class, _| &class.stop, 0)).await;
        }
        if let Some(socket) = self.state.as_mut().and_then(|state| state.socket.take()) {
            Box::pin(socket.close(&self.seat)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_what_it_gives<A, B, F>(_: impl FnOnce(A, B) -> F) -> usize {
        size_of::<F>()
    }

    /// A waiting user holds the room for its longest work; what is rare is boxed.
    #[test]
    fn a_user_that_does_nothing_is_small() {
        let perform = size_of_what_it_gives(<PlanUser as User>::perform);
        let start = size_of_what_it_gives(|user: &'static mut PlanUser, ()| user.start());
        let stop = size_of_what_it_gives(|user: &'static mut PlanUser, ()| user.stop());
        let user = size_of::<PlanUser>() + size_of::<State>();
        let sizes = [perform, start, stop, user];
        assert!(sizes.iter().all(|size| *size <= 400), "{sizes:?}");
    }
}
