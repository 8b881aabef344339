//! What users do: the contract between whoever describes users and the drivers who say when.
//!
//! A [`Journey`] is one class of users, the same value for all lanes. It makes [`User`]s;
//! each lives on one lane, in one task of its runtime, from its start to its stop. A
//! user performs one [`Turn`] at a time; which one and when is the driver's business
//! ([`crate::drive`]), what it does is the user's.
//!
//! Never here: when anything happens, how many users there are.

mod account;
mod answers;
mod body;
mod check;
mod encode;
mod endpoint;
mod extract;
mod fake;
mod feed;
mod functions;
mod guest;
mod hook;
mod http;
mod jinja;
mod jsonpath;
mod plan;
mod redirect;
mod request;
mod seat;
mod sequences;
mod socket;
mod steps;
pub(crate) mod stream;
mod stream_form;
mod template;
mod tree;
mod values;

pub use answers::{Came, GuestAnswers};
pub use feed::{FeedError, Feeds};
pub use guest::{Done, GuestCall, GuestJourney, GuestUser, Reply, Wish};
pub(crate) use hook::HookCall;
pub use http::{decoded, is_redirect};
pub use plan::{PlanError, PlanJourney, PlanUser};
pub use redirect::follow;
pub use request::url_of;
pub(crate) use seat::ms_between;
pub use seat::{Answer, Flight, Seat, phases};
pub use socket::Socket;
pub use stream::{Reading, Told, read_stream};

use std::future::Future;
use std::time::Instant;

use gatecrash_plan::model::Wait;

use crate::books::ShardId;
use crate::lane::Lane;

/// A class of users.
pub trait Journey: Send + Sync + 'static {
    /// One of its users.
    type User: User;

    /// The name of the class in the reports.
    fn class(&self) -> &str;

    /// What its users do, each with its part among all; at least one.
    fn tasks(&self) -> &[TaskKind];

    /// Between two turns in the closed model.
    fn wait(&self) -> Wait;

    /// A new user, which keeps its seat until it goes.
    fn user(&self, seat: Seat) -> Self::User;

    /// Where the requests of users in another language are counted, who say themselves
    /// when they begin a turn, and the number of their class; `None` for users who live on
    /// the lane.
    fn guest(&self) -> Option<(&Lane, ShardId, u32)> {
        None
    }
}

/// What users of a class do.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskKind {
    /// Its name in the reports.
    pub name: String,
    /// Its part among all of the class; above 0.
    pub weight: f64,
}

/// One user. It lives on one thread; its futures need not be `Send`.
pub trait User: 'static {
    /// The seat that it was made with.
    fn seat(&self) -> &Seat;

    /// Once before the first turn. When it fails it is tried again before the next one.
    fn start(&mut self) -> impl Future<Output = Result<(), Failed>>;

    /// One task, from its first request to its last.
    fn perform(&mut self, turn: &Turn) -> impl Future<Output = Result<(), Failed>>;

    /// How long it rests before its next turn in the closed model, where that is its own
    /// business and not its class's.
    fn rest(&self) -> Option<Wait> {
        None
    }

    /// Once after the last turn.
    fn stop(&mut self) -> impl Future<Output = ()>;
}

/// A task that did not go well. Why is in the books already: a failed request, or an
/// exception that the user has noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// One execution of a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Open model: the number of the arrival, unique in its scenario. Closed model: how many
    /// turns this user had before.
    pub number: u64,
    /// Which of the tasks of the class.
    pub task: usize,
    /// Open model: when it was due.
    pub due: Option<Instant>,
}
