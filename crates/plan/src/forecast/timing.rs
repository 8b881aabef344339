//! When scenarios begin and end, and which of them run at once.
//!
//! In: a plan. Out: the start of each scenario as far as it is known, and the largest sum of
//! whatever they need at the same time. Grace is not in it: unfinished work may go on while
//! the next scenario begins.

use std::time::Duration;

use crate::model::{Plan, Start};

/// Starts and ends, from the start of the run.
#[derive(Debug)]
pub(super) struct Timing {
    pub(super) starts: Vec<Option<Duration>>,
    ends: Vec<Option<Duration>>,
}

impl Timing {
    pub(super) fn of(plan: &Plan) -> Self {
        let none = vec![None; plan.scenarios.len()];
        let mut timing = Self {
            starts: none.clone(),
            ends: none,
        };
        // A scenario may wait for one that stands further down: once for each is enough.
        for _ in &plan.scenarios {
            timing.look(plan);
        }
        timing
    }

    fn look(&mut self, plan: &Plan) {
        for (place, scenario) in plan.scenarios.iter().enumerate() {
            let starts = match scenario.start {
                Start::AtOnce => Some(Duration::ZERO),
                Start::InTurn if place == 0 => Some(Duration::ZERO),
                Start::InTurn => self.ends[place - 1],
                Start::After(other) => self.ends.get(other).copied().flatten(),
            };
            self.starts[place] = starts;
            self.ends[place] = starts
                .zip(scenario.duration)
                .map(|(start, lasts)| start.saturating_add(lasts));
        }
    }

    /// When the last scenario ends.
    pub(super) fn duration(&self) -> Option<Duration> {
        let ends: Option<Vec<Duration>> = self.ends.iter().copied().collect();
        ends?.into_iter().max()
    }

    /// The largest sum of `needs` of scenarios that run at once, and which ones they are.
    /// Where the times are not known, all of those that do not wait for one another.
    pub(super) fn most_at_once(&self, plan: &Plan, needs: &[u64]) -> (u64, Vec<usize>) {
        let sum = |places: Vec<usize>| (places.iter().map(|place| needs[*place]).sum(), places);
        let sets = match self.duration() {
            Some(_) => self.sets_at_starts(),
            None if plan.scenarios.iter().all(|one| one.start == Start::InTurn) => {
                (0..needs.len()).map(|place| vec![place]).collect()
            }
            None => vec![(0..needs.len()).collect()],
        };
        let all = sets.into_iter().map(sum);
        all.reduce(|most, other| if other.0 > most.0 { other } else { most })
            .unwrap_or_default()
    }

    /// For each scenario all that run at its start, itself among them.
    fn sets_at_starts(&self) -> Vec<Vec<usize>> {
        let runs = |place: usize, at: Duration| {
            self.starts[place].is_some_and(|start| start <= at)
                && self.ends[place].is_none_or(|end| end > at)
        };
        let starts = self.starts.iter().flatten();
        let set = |at: &Duration| {
            (0..self.starts.len())
                .filter(|&place| runs(place, *at))
                .collect()
        };
        starts.map(set).collect()
    }
}
