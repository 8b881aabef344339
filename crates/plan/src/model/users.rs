//! Who: classes of users.

use std::path::PathBuf;
use std::time::Duration;

use super::judging::StatePlan;
use super::steps::{Step, Template};

/// Users of one kind.
#[derive(Clone, Debug)]
pub struct UserClass {
    /// Its name in the plan and in the reports.
    pub name: String,
    /// Its part among all classes of a scenario; with 0 it takes part only in scenarios that
    /// name it. What counts stands in [`super::Scenario::who`].
    pub weight: f64,
    /// What its users are.
    pub kind: UserKind,
}

/// How the users of a class are described.
#[derive(Clone, Debug)]
pub enum UserKind {
    /// By steps in the plan.
    Http(Box<HttpUsers>),
    /// By a locustfile.
    Locust(LocustUsers),
    /// By a program in Rust, which hands them over beside the plan.
    Rust(RustUsers),
}

/// Users written in Rust: what is known of them without asking the program.
#[derive(Clone, Debug)]
pub struct RustUsers {
    /// Where their relative URLs lead.
    pub host: String,
    /// Between two tasks, in the closed model.
    pub wait: Wait,
}

/// Users described by a locustfile.
#[derive(Clone, Debug)]
pub struct LocustUsers {
    /// The file, absolute.
    pub file: PathBuf,
    /// Which of its classes; empty takes all.
    pub classes: Vec<String>,
    /// The host they are given; the plan's if they have none of their own.
    pub host: Option<String>,
}

/// Users described by steps.
#[derive(Clone, Debug)]
pub struct HttpUsers {
    /// Where their relative URLs lead.
    pub host: String,
    /// Between two tasks, in the closed model.
    pub wait: Wait,
    /// Headers of every request, before the request's own. Those of the class that need a
    /// value stand in the requests that come after it was taken.
    pub headers: Vec<(String, Template)>,
    /// Once, before the first task.
    pub start: Vec<Step>,
    /// At least one.
    pub tasks: Vec<Task>,
    /// Once, after the last task.
    pub stop: Vec<Step>,
    /// Whether certificates are checked.
    pub verify_tls: bool,
    /// What answers may tell: the plan's states, and its own.
    pub states: Vec<StatePlan>,
}

/// One thing that a user does at a time: one or several requests.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name in the reports.
    pub name: String,
    /// Its part among the tasks of its class; above 0.
    pub weight: f64,
    /// At least one.
    pub steps: Vec<Step>,
    /// How long one execution takes, as the author expects: for the forecast only.
    pub expected_time: Option<Duration>,
}

/// The time between two tasks of a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// None.
    None,
    /// Evenly drawn between the two (both the same: always that).
    Between(Duration, Duration),
    /// So long that tasks begin that far apart, none when the task took longer.
    Pacing(Duration),
}
