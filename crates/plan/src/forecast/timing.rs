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
        for place in order(plan) {
            let starts = match waits_for(plan, place) {
                Some(other) => timing.ends[other],
                None => Some(Duration::ZERO),
            };
            let pause = plan.scenarios[place].pause_before;
            let starts = starts.map(|after: Duration| after.saturating_add(pause));
            let lasts = plan.scenarios[place].duration;
            timing.starts[place] = starts;
            timing.ends[place] = starts
                .zip(lasts)
                .map(|(start, lasts)| start.saturating_add(lasts));
        }
        timing
    }

    /// When the last scenario ends.
    pub(super) fn duration(&self) -> Option<Duration> {
        let ends: Option<Vec<Duration>> = self.ends.iter().copied().collect();
        ends?.into_iter().max()
    }

    /// The largest sum of `needs` of scenarios that run at once, and which ones they are.
    /// Where an end is not known, whatever does not wait for one another may run at once.
    pub(super) fn most_at_once(&self, plan: &Plan, needs: &[u64]) -> (u64, Vec<usize>) {
        match self.duration() {
            Some(_) => self.most_at_a_start(needs),
            None => most_apart(plan, needs),
        }
    }

    /// The sum can only grow where a scenario begins; whatever ends there makes room first.
    fn most_at_a_start(&self, needs: &[u64]) -> (u64, Vec<usize>) {
        let ends = self.ends.iter().flatten().zip(needs);
        let ends = ends.map(|(at, need)| (*at, false, *need));
        let starts = self.starts.iter().flatten().zip(needs);
        let starts = starts.map(|(at, need)| (*at, true, *need));
        let mut changes: Vec<(Duration, bool, u64)> = ends.chain(starts).collect();
        changes.sort();
        let (mut sum, mut most, mut when) = (0i128, 0, Duration::ZERO);
        for (at, begins, need) in changes {
            let need = i128::from(need);
            sum += if begins { need } else { -need };
            if sum > most {
                (most, when) = (sum, at);
            }
        }
        let runs = |place: &usize| {
            self.starts[*place].is_some_and(|start| start <= when)
                && self.ends[*place].is_some_and(|end| end > when)
        };
        let at_once: Vec<usize> = (0..needs.len()).filter(runs).collect();
        (at_once.iter().map(|place| needs[*place]).sum(), at_once)
    }
}

/// Which scenario one waits for.
fn waits_for(plan: &Plan, place: usize) -> Option<usize> {
    match plan.scenarios[place].start {
        Start::AtOnce => None,
        Start::InTurn => place.checked_sub(1),
        Start::After(other) => Some(other),
    }
}

/// For each scenario those that wait for it, and at the end those that wait for none.
fn waiting(plan: &Plan) -> Vec<Vec<usize>> {
    let count = plan.scenarios.len();
    let mut waiting = vec![Vec::new(); count + 1];
    for place in 0..count {
        waiting[waits_for(plan, place).unwrap_or(count).min(count)].push(place);
    }
    waiting
}

/// All scenarios, each behind the one that it waits for.
fn order(plan: &Plan) -> Vec<usize> {
    let waiting = waiting(plan);
    let mut order = waiting[plan.scenarios.len()].clone();
    let mut looked_at = 0;
    while looked_at < order.len() {
        order.extend(&waiting[order[looked_at]]);
        looked_at += 1;
    }
    order
}

/// The largest sum of scenarios of which none waits for another, directly or not: of each
/// either itself, or the best of those after it.
fn most_apart(plan: &Plan, needs: &[u64]) -> (u64, Vec<usize>) {
    let waiting = waiting(plan);
    let mut best = vec![0; needs.len()];
    for place in order(plan).into_iter().rev() {
        let after: u64 = waiting[place].iter().map(|next| best[*next]).sum();
        best[place] = after.max(needs[place]);
    }
    let mut chosen = Vec::new();
    let mut open = waiting[needs.len()].clone();
    while let Some(place) = open.pop() {
        match best[place] == needs[place] {
            true => chosen.push(place),
            false => open.extend(&waiting[place]),
        }
    }
    chosen.sort_unstable();
    (chosen.iter().map(|place| needs[*place]).sum(), chosen)
}
