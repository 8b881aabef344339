//! What a run will be, before a packet is sent.
//!
//! In: a plan and what the machine allows. Out: tasks and requests, the peak, what is in
//! flight, connections, files, memory, duration, and a sentence for everything that will not
//! go as planned. Never: the machine itself; its limits are arguments.
//!
//! | module | what it says |
//! |---|---|
//! | `amount` | how sure a number is |
//! | `cost` | what it will cost |
//! | `names` | which endpoints it will have |
//! | `work` | what a task of the scenario asks for |
//! | `timing` | when scenarios begin and end, and which of them at once |
//! | `warnings` | what will not go as planned, and what to do |
//! | `curve` | the planned load over time, to be drawn |

mod amount;
mod cost;
mod curve;
mod names;
mod timing;
mod warnings;
mod work;

use std::time::Duration;

pub use amount::{Amount, Sureness, count};
pub use cost::{CostForecast, DAYS_OF_A_MONTH, ScenarioCost, money};
pub use curve::{PlannedLoad, planned_load};

use crate::model::{Iterations, Load, Plan, Scenario};
use crate::schedule::{OpenSchedule, UserSchedule};
use timing::Timing;
use work::Work;

/// Files that are open whatever the load is: streams, reports, a few for each lane.
pub const OTHER_FILES: u64 = 64;

/// Resident memory without users: the program, the books of its lanes and of a few endpoints.
/// Measured were 14 MiB for one user of one endpoint on two lanes.
pub const BASE_MEMORY_BYTES: u64 = 16 << 20;

/// Resident memory of a user with an HTTP connection at most: the limit that the project sets
/// itself; most users take less. What the kernel keeps for a socket is not in it.
pub const HTTP_USER_BYTES: u64 = 8 << 10;

/// Likewise, of a user with a WebSocket.
pub const SOCKET_USER_BYTES: u64 = 16 << 10;

/// What the machine allows this process; `None` where that is unknown or without a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MachineLimits {
    /// Open files.
    pub files: Option<u64>,
    /// Local ports for connections to one address.
    pub ports: Option<u64>,
}

/// What a plan will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Each scenario, in the order of the plan.
    pub scenarios: Vec<ScenarioForecast>,
    /// From the first arrival to the end of the last scenario, without its grace; `None`
    /// where the end is unknown.
    pub duration: Option<Duration>,
    /// The most connections that are asked for at once.
    pub connections: u64,
    /// The most open files at once.
    pub files: u64,
    /// Resident memory at most, roughly.
    pub memory_bytes: u64,
    /// What it will cost, if requests have prices.
    pub cost: Option<CostForecast>,
    /// What will not go as planned, each with what to do about it.
    pub warnings: Vec<String>,
}

/// What a scenario will do.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioForecast {
    /// Its name.
    pub name: String,
    /// Whether its numbers count.
    pub measured: bool,
    /// When it begins, from the start of the run; `None` where that depends on the target.
    pub starts: Option<Duration>,
    /// How long it takes; `None` where it has no end or its work decides.
    pub duration: Option<Duration>,
    /// Executions of tasks.
    pub tasks: Amount,
    /// Requests of these tasks, and what a WebSocket does.
    pub requests: Amount,
    /// How much at most at a time.
    pub peak: Peak,
    /// The mean time of a task, as the plan expects it.
    pub expected_time: Option<Duration>,
    /// Tasks in flight at the peak once the load is in balance, by Little's law (*A Proof for
    /// the Queuing Formula L = λW*, 1961): rate × expected time. In the closed model never
    /// more than users. `None` without an expected time.
    pub in_flight: Option<f64>,
    /// Users, or tasks that are in flight before the scenario ends, at most at once. Without
    /// an expected time as many as are allowed; with one it can be more.
    pub at_once: u64,
    /// The most connections that this asks for.
    pub connections: u64,
}

/// How much at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Peak {
    /// Arrivals per second.
    Rate(f64),
    /// Users.
    Users(u32),
}

/// What `plan` will do on a machine with these limits.
pub fn forecast(plan: &Plan, limits: &MachineLimits) -> Forecast {
    let timing = Timing::of(plan);
    let mut warnings = Vec::new();
    let mut memory = Vec::new();
    let mut scenarios = Vec::new();
    let mut works = Vec::new();
    for (place, scenario) in plan.scenarios.iter().enumerate() {
        let work = Work::of(plan, scenario);
        let told = scenario_forecast(scenario, &work, timing.starts[place]);
        warnings.extend(warnings::of_scenario(scenario, &told, limits));
        memory.push(users(scenario, &told) * work.bytes_per_user());
        scenarios.push(told);
        works.push(work);
    }
    let needs: Vec<u64> = scenarios.iter().map(|told| told.connections).collect();
    let (connections, at_once) = timing.most_at_once(plan, &needs);
    warnings.extend(warnings::of_machine(
        &at_once,
        &scenarios,
        connections,
        limits,
    ));
    let cost = cost::forecast(plan, &scenarios, &works);
    warnings.extend(names::warnings(plan));
    warnings.extend(cost.as_ref().and_then(CostForecast::warning));
    Forecast {
        cost,
        duration: timing.duration(),
        connections,
        files: connections + OTHER_FILES,
        memory_bytes: BASE_MEMORY_BYTES + timing.most_at_once(plan, &memory).0,
        scenarios,
        warnings,
    }
}

fn scenario_forecast(
    scenario: &Scenario,
    work: &Work,
    starts: Option<Duration>,
) -> ScenarioForecast {
    let tasks = tasks(scenario, work);
    let in_flight = in_flight(scenario, work);
    let at_once = at_once(scenario, in_flight, tasks);
    ScenarioForecast {
        name: scenario.name.clone(),
        measured: scenario.measured,
        starts,
        duration: scenario.duration,
        requests: work.requests(tasks),
        tasks,
        peak: peak(scenario),
        expected_time: work.expected_time(),
        in_flight,
        at_once,
        connections: at_once * work.connections_per_user(),
    }
}

/// Users of the closed model; tasks that the open one has in flight before it ends.
fn at_once(scenario: &Scenario, in_flight: Option<f64>, tasks: Amount) -> u64 {
    match &scenario.load {
        Load::Users { schedule, .. } => u64::from(schedule.peak()),
        Load::Rate { max_in_flight, .. } => {
            let allowed = u64::from(*max_in_flight);
            let needed = in_flight.map_or(allowed, |tasks| tasks.ceil() as u64);
            needed.min(tasks.number().unwrap_or(u64::MAX))
        }
    }
}

/// The most users that exist at once: as many as may be in flight.
fn users(scenario: &Scenario, told: &ScenarioForecast) -> u64 {
    match &scenario.load {
        Load::Users { .. } => told.at_once,
        Load::Rate { max_in_flight, .. } => told.at_once.min(u64::from(*max_in_flight)),
    }
}

fn peak(scenario: &Scenario) -> Peak {
    match &scenario.load {
        Load::Users { schedule, .. } => Peak::Users(schedule.peak()),
        Load::Rate { profile, .. } => Peak::Rate(profile.peak().as_per_second()),
    }
}

fn tasks(scenario: &Scenario, work: &Work) -> Amount {
    match &scenario.load {
        Load::Rate {
            profile, spacing, ..
        } => match OpenSchedule::new(profile.clone(), *spacing).total() {
            Some(total) => Amount::exactly(total),
            None => Amount::ENDLESS,
        },
        Load::Users {
            schedule,
            iterations: Some(iterations),
        } => {
            let all = match iterations {
                Iterations::PerUser(times) => u64::from(schedule.peak()).saturating_mul(*times),
                Iterations::Total(times) => *times,
            };
            match scenario.duration {
                Some(_) => Amount::at_most(all),
                None => Amount::exactly(all),
            }
        }
        Load::Users {
            schedule,
            iterations: None,
        } => tasks_of_users(schedule, work),
    }
}

fn tasks_of_users(schedule: &UserSchedule, work: &Work) -> Amount {
    let Some(user_time) = schedule.user_seconds() else {
        return Amount::ENDLESS;
    };
    let turns = work.turns_per_second().times(user_time);
    let first = u64::from(schedule.peak());
    match turns.sureness() {
        // The first turn of a user has no wait before it, and no time is too short for it.
        Sureness::AtMost => turns.and(Amount::at_most(first)),
        _ => turns.at_least(first),
    }
}

fn in_flight(scenario: &Scenario, work: &Work) -> Option<f64> {
    match &scenario.load {
        Load::Rate { profile, .. } => {
            let time = work.expected_time()?;
            Some(profile.peak().as_per_second() * time.as_secs_f64())
        }
        Load::Users { schedule, .. } => Some(f64::from(schedule.peak()) * work.busy_share()?),
    }
}
