//! What a task of a scenario asks for: requests, time, connections.
//!
//! In: the classes that take part, their tasks and steps. Out: means over them by weight.
//! Users of a locustfile or in Rust say nothing of what they do, so neither does this.

use std::time::Duration;

use super::amount::{Amount, Sureness};
use super::{HTTP_USER_BYTES, SOCKET_USER_BYTES};
use crate::model::{HttpUsers, Plan, Scenario, SocketStep, Step, UserKind, Wait};

/// The work of a scenario's classes.
#[derive(Debug)]
pub(super) struct Work {
    classes: Vec<ClassWork>,
}

/// The work of one class.
#[derive(Debug)]
struct ClassWork {
    /// Part among all classes; they sum up to 1.
    share: f64,
    /// Mean time of a task, if the plan expects one of each.
    time_s: Option<f64>,
    wait: Wait,
    /// Least and most requests of its tasks, and their mean; unknown for a locustfile.
    requests: Option<Requests>,
    uses_http: bool,
    uses_socket: bool,
}

#[derive(Debug, Clone, Copy)]
struct Requests {
    least: u64,
    most: u64,
    mean: f64,
}

impl Work {
    pub(super) fn of(plan: &Plan, scenario: &Scenario) -> Self {
        let total: f64 = scenario.who.iter().map(|(_, weight)| weight).sum();
        let classes = scenario.who.iter().filter_map(|(place, weight)| {
            let class = plan.users.get(*place)?;
            Some(ClassWork::of(
                &class.kind,
                weight / total,
                scenario.expected_time,
            ))
        });
        Self {
            classes: classes.collect(),
        }
    }

    /// Mean over all tasks, in the mix of the weights; `None` if one of them has none.
    pub(super) fn expected_time(&self) -> Option<Duration> {
        let mut mean_s = 0.0;
        for class in &self.classes {
            mean_s += class.share * class.time_s?;
        }
        Duration::try_from_secs_f64(mean_s).ok()
    }

    /// Requests of so many tasks.
    pub(super) fn requests(&self, tasks: Amount) -> Amount {
        let all: Option<Vec<Requests>> = self.classes.iter().map(|class| class.requests).collect();
        let Some(all) = all else {
            return match tasks.sureness() {
                Sureness::Endless => tasks,
                _ => Amount::UNKNOWN,
            };
        };
        let shares = self.classes.iter().map(|class| class.share);
        let mean = shares.zip(&all).map(|(share, one)| share * one.mean).sum();
        let least = all.iter().map(|one| one.least).min();
        let most = all.iter().map(|one| one.most).max();
        match least == most {
            true => tasks.times(mean),
            false => tasks.times(mean).no_surer_than(Sureness::About),
        }
    }

    /// The part of each class in all tasks: its part in the arrivals, or in the work that is
    /// shared out; where time decides, classes that have more turns do more of them.
    pub(super) fn shares_of_tasks(&self, ends_by_work: bool) -> Vec<f64> {
        let shares: Vec<f64> = self.classes.iter().map(|class| class.share).collect();
        let turns: Option<Vec<f64>> = self
            .classes
            .iter()
            .map(|class| class.turns_per_second().value())
            .collect();
        let (false, Some(turns)) = (ends_by_work, turns) else {
            return shares;
        };
        let parts = shares
            .iter()
            .zip(&turns)
            .map(|(share, turns)| share * turns);
        let parts: Vec<f64> = parts.collect();
        let sum: f64 = parts.iter().sum();
        parts.iter().map(|part| part / sum).collect()
    }

    /// Tasks that a user of the mix begins per second in the closed model.
    pub(super) fn turns_per_second(&self) -> Amount {
        let none = Amount::exactly(0);
        self.classes.iter().fold(none, |sum, class| {
            sum.and(class.turns_per_second().times(class.share))
        })
    }

    /// Of a user's time in the closed model the part in which it does a task.
    pub(super) fn busy_share(&self) -> Option<f64> {
        let mut busy = 0.0;
        for class in &self.classes {
            let time_s = class.time_s?;
            let turns = class.turns_per_second();
            busy += class.share * (turns.value()? * time_s).min(1.0);
        }
        Some(busy)
    }

    /// A user has one connection to its host, and perhaps a WebSocket.
    pub(super) fn connections_per_user(&self) -> u64 {
        let of_each = self
            .classes
            .iter()
            .map(|class| u64::from(class.uses_http) + u64::from(class.uses_socket));
        of_each.max().unwrap_or(1).max(1)
    }

    pub(super) fn bytes_per_user(&self) -> u64 {
        match self.classes.iter().any(|class| class.uses_socket) {
            true => SOCKET_USER_BYTES,
            false => HTTP_USER_BYTES,
        }
    }
}

impl ClassWork {
    /// `mean` is the time of a task in this scenario, whatever tasks themselves say.
    fn of(kind: &UserKind, share: f64, mean: Option<Duration>) -> Self {
        match kind {
            UserKind::Http(users) => Self::of_steps(users, share, mean),
            UserKind::Locust(_) => Self::of_code(Wait::None, share, mean),
            UserKind::Rust(users) => Self::of_code(users.wait, share, mean),
        }
    }

    /// Of users who say nothing of what they do.
    fn of_code(wait: Wait, share: f64, mean: Option<Duration>) -> Self {
        Self {
            share,
            time_s: mean.map(|time| time.as_secs_f64()),
            wait,
            requests: None,
            uses_http: true,
            uses_socket: false,
        }
    }

    fn of_steps(users: &HttpUsers, share: f64, mean: Option<Duration>) -> Self {
        let total: f64 = users.tasks.iter().map(|task| task.weight).sum();
        let mut time_s = Some(0.0);
        let mut requests = Requests {
            least: u64::MAX,
            most: 0,
            mean: 0.0,
        };
        for task in &users.tasks {
            let part = task.weight / total;
            let (least, most) = requests_of(&task.steps);
            requests.least = requests.least.min(least);
            requests.most = requests.most.max(most);
            requests.mean += part * (least as f64 + most as f64) / 2.0;
            let expected = mean.or(task.expected_time);
            time_s = time_s
                .zip(expected)
                .map(|(sum, time)| sum + part * time.as_secs_f64());
        }
        let bodies = users.tasks.iter().map(|task| task.steps.as_slice());
        let all: Vec<&[Step]> = bodies.chain([users.start.as_slice()]).collect();
        Self {
            share,
            time_s,
            wait: users.wait,
            requests: Some(requests),
            uses_http: all.iter().any(|steps| has(steps, &is_http)),
            uses_socket: all.iter().any(|steps| has(steps, &is_socket)),
        }
    }

    fn turns_per_second(&self) -> Amount {
        let cycle_s = match (self.wait, self.time_s) {
            (Wait::None, None) => return Amount::UNKNOWN,
            (Wait::None, Some(time_s)) => time_s,
            (Wait::Between(least, most), Some(time_s)) => {
                (least + most).as_secs_f64() / 2.0 + time_s
            }
            (Wait::Between(least, _), None) => least.as_secs_f64(),
            (Wait::Pacing(period), time_s) => period.as_secs_f64().max(time_s.unwrap_or(0.0)),
        };
        if cycle_s <= 0.0 {
            return Amount::UNKNOWN;
        }
        match self.time_s {
            Some(_) => Amount::new(1.0 / cycle_s, Sureness::About),
            None => Amount::new(1.0 / cycle_s, Sureness::AtMost),
        }
    }
}

/// Fewest and most requests of these steps.
fn requests_of(steps: &[Step]) -> (u64, u64) {
    steps.iter().map(requests_of_step).fold((0, 0), |sum, one| {
        (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1))
    })
}

fn requests_of_step(step: &Step) -> (u64, u64) {
    match step {
        Step::Http(_) => (1, 1),
        Step::Think(_) | Step::Set(_) => (0, 0),
        Step::If {
            then, otherwise, ..
        } => {
            let (one, other) = (requests_of(then), requests_of(otherwise));
            (one.0.min(other.0), one.1.max(other.1))
        }
        Step::Repeat { times, steps } => {
            let (least, most) = requests_of(steps);
            let times = u64::from(*times);
            (least.saturating_mul(times), most.saturating_mul(times))
        }
        Step::Socket(SocketStep::Hold(_) | SocketStep::Close) => (0, 0),
        Step::Socket(_) => (1, 1),
    }
}

/// Whether one of the steps, at whatever depth, is such a one.
fn has(steps: &[Step], is_such: &impl Fn(&Step) -> bool) -> bool {
    steps.iter().any(|step| {
        is_such(step)
            || match step {
                Step::If {
                    then, otherwise, ..
                } => has(then, is_such) || has(otherwise, is_such),
                Step::Repeat { steps, .. } => has(steps, is_such),
                _ => false,
            }
    })
}

fn is_http(step: &Step) -> bool {
    matches!(step, Step::Http(_))
}

fn is_socket(step: &Step) -> bool {
    matches!(step, Step::Socket(_))
}
