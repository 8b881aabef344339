//! The planned load over time, to be drawn.
//!
//! In: a plan and how many points are wanted. Out: arrivals per second and users, summed over
//! the scenarios that run at the same time. A point stands for the piece of time around it
//! and has the highest value of it, so that a short peak is not lost between two points.

use std::time::Duration;

use super::timing::Timing;
use crate::model::{Load, Plan, Scenario};

/// The highest load in pieces of time of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedLoad {
    /// From the start of the run to the end of the last piece.
    pub lasts: Duration,
    /// Whether the run goes on after that.
    pub goes_on: bool,
    /// Arrivals per second in each piece; empty without an open scenario.
    pub arrivals_per_s: Vec<f64>,
    /// Users in each piece; empty without a closed scenario.
    pub users: Vec<f64>,
}

/// Shown of a load without an end after its last change.
const GLIMPSE: Duration = Duration::from_secs(60);

/// Looks at each piece beside those at which something changes.
const LOOKS_PER_PIECE: u32 = 4;

/// The load of `plan` in so many pieces of time. What begins after a scenario whose end is
/// not known is left out.
pub fn planned_load(plan: &Plan, pieces: usize) -> PlannedLoad {
    let timing = Timing::of(plan);
    let starts = timing.starts.iter().zip(&plan.scenarios);
    let scenarios: Vec<(Duration, &Scenario)> = starts
        .filter_map(|(start, scenario)| Some(((*start)?, scenario)))
        .collect();
    let changes = changes(&scenarios);
    let last = changes.iter().max().copied().unwrap_or_default();
    let lasts = timing.duration().unwrap_or(last + GLIMPSE);
    let is_open = |scenario: &Scenario| matches!(scenario.load, Load::Rate { .. });
    let empty = |wanted: bool| vec![0.0; if wanted { pieces } else { 0 }];
    let mut load = PlannedLoad {
        lasts,
        goes_on: timing.duration().is_none(),
        arrivals_per_s: empty(scenarios.iter().any(|(_, one)| is_open(one))),
        users: empty(scenarios.iter().any(|(_, one)| !is_open(one))),
    };
    for at in looks(&changes, lasts, pieces) {
        let piece = (at.as_secs_f64() / lasts.as_secs_f64() * pieces as f64) as usize;
        let (arrivals_per_s, users) = load_at(&scenarios, at);
        raise(&mut load.arrivals_per_s, piece, arrivals_per_s);
        raise(&mut load.users, piece, users);
    }
    load
}

fn raise(pieces: &mut [f64], piece: usize, value: f64) {
    if let Some(highest) = pieces.get_mut(piece) {
        *highest = highest.max(value);
    }
}

/// Instants to look at: evenly, and at and just before every change.
fn looks(changes: &[Duration], lasts: Duration, pieces: usize) -> Vec<Duration> {
    let even = pieces as u32 * LOOKS_PER_PIECE;
    let even = (0..even).map(|look| lasts.mul_f64(f64::from(look) / f64::from(even)));
    let just_before = |at: &Duration| at.saturating_sub(Duration::from_nanos(1));
    even.chain(changes.iter().copied())
        .chain(changes.iter().map(just_before))
        .filter(|at| *at < lasts)
        .collect()
}

/// Arrivals per second and users at an instant.
fn load_at(scenarios: &[(Duration, &Scenario)], at: Duration) -> (f64, f64) {
    let (mut arrivals_per_s, mut users) = (0.0, 0.0);
    for (start, scenario) in scenarios {
        let Some(within) = at.checked_sub(*start) else {
            continue;
        };
        if scenario.duration.is_some_and(|lasts| within >= lasts) {
            continue;
        }
        match &scenario.load {
            Load::Rate { profile, .. } => arrivals_per_s += profile.rate_at(within),
            Load::Users { schedule, .. } => users += f64::from(schedule.users_at(within)),
        }
    }
    (arrivals_per_s, users)
}

/// When the load of a scenario changes its course.
fn changes(scenarios: &[(Duration, &Scenario)]) -> Vec<Duration> {
    let of_one = |(start, scenario): &(Duration, &Scenario)| {
        let boundaries: Vec<Duration> = match &scenario.load {
            Load::Rate { profile, .. } => profile.boundaries().collect(),
            Load::Users { schedule, .. } => schedule.boundaries().collect(),
        };
        let start = *start;
        let ends = scenario
            .duration
            .map(move |lasts| start.saturating_add(lasts));
        let inside = boundaries
            .into_iter()
            .map(move |at| start.saturating_add(at));
        inside.chain(ends).chain([start]).collect::<Vec<_>>()
    };
    scenarios.iter().flat_map(of_one).collect()
}
