//! Objectives while the run goes.
//!
//! In: the snapshot of each second of each scenario that runs. Out: which objectives are
//! broken that end their scenario, and at its end what its record must keep
//! ([`Sighting`]). What is true of a window is worked out by the lines that judge a record.

use std::collections::HashMap;

use super::judge::EACH_MAX;
use super::source::{Seen, fits};
use super::tally::Wants;
use super::term::{RESPONSE_TIME, Subject, Term};
use super::verdict::Sighting;
use super::watch::{Watcher, label};
use super::whole::whole;
use super::{Home, Objective, Window};
use crate::endpoint::Endpoint;
use crate::shard::Shard;
use crate::slices::{Slice, Taken};
use crate::snapshot::Snapshot;

/// A value of everything so far is not judged before so many seconds are over: the first
/// requests open connections, and one in three of them may fail without meaning anything.
/// What can only become worse does not wait.
pub const SETTLING_S: f64 = 10.0;

/// An objective without a window that must add up the values of many endpoints is looked at
/// every so many seconds only: what happened since the start changes slowly.
pub const LOOKS_EVERY: u64 = 5;

/// How an objective stands in a scenario that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The objective's text.
    pub objective: String,
    /// The endpoint, of an objective for each of several.
    pub endpoint: Option<String>,
    /// Whether it holds until now: with a window whether it was never broken, without one
    /// what all numbers say. `None` if there is nothing yet to judge it by, or if only the
    /// end can tell.
    pub holds: Option<bool>,
}

/// Judges scenarios while they run.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    objectives: Vec<Objective>,
    scenarios: HashMap<String, Live>,
    /// What holds again is broken no more.
    forgives: bool,
}

/// A scenario that runs.
#[derive(Clone, Debug)]
struct Live {
    started_epoch_s: f64,
    /// All that are judged here.
    objectives: Vec<Objective>,
    /// Objectives with a window.
    watchers: Vec<(Objective, Watcher)>,
    wants: Wants,
    last: Taken,
    /// How many seconds it was looked at.
    seconds: u64,
    /// Objectives without one that end the scenario, and what became of them.
    stops: Vec<(Objective, Option<Sighting>)>,
    /// What holds again is broken no more.
    forgives: bool,
}

impl Judge {
    /// A judge of these objectives.
    pub fn new(objectives: &[Objective]) -> Judge {
        Judge {
            objectives: objectives.to_vec(),
            scenarios: HashMap::new(),
            forgives: false,
        }
    }

    /// A judge for whoever watches, and ends nothing: an objective over the whole of a
    /// scenario is broken only as long as it does not hold.
    pub fn watching(objectives: &[Objective]) -> Judge {
        Judge {
            forgives: true,
            ..Judge::new(objectives)
        }
    }

    /// A scenario begins. `measured` says whether objectives that name no scenario hold
    /// for it.
    pub fn began(&mut self, scenario: &str, at_epoch_s: f64, measured: bool) {
        let here = |objective: &&Objective| match objective.home() {
            Home::Each => measured,
            Home::One(name) => name == scenario,
            Home::Across => false,
        };
        let objectives: Vec<&Objective> = self.objectives.iter().filter(here).collect();
        let live = Live {
            forgives: self.forgives,
            ..Live::new(&objectives, at_epoch_s)
        };
        self.scenarios.insert(scenario.to_owned(), live);
    }

    /// Another second of a scenario is over, or its end has come: which objectives are broken
    /// that end it, by their texts. A scenario that did not begin is a measured one.
    pub fn second(&mut self, scenario: &str, at_epoch_s: f64, snapshot: &Snapshot) -> Vec<String> {
        if !self.scenarios.contains_key(scenario) {
            self.began(scenario, snapshot.total.start_epoch_s, true);
        }
        let live = self.scenarios.get_mut(scenario);
        live.map_or_else(Vec::new, |live| live.second(at_epoch_s, snapshot))
    }

    /// How the objectives of a scenario that runs stand after its last second, in their
    /// order; one for each endpoint where that is asked for.
    pub fn standings(&self, scenario: &str, at_epoch_s: f64, snapshot: &Snapshot) -> Vec<Standing> {
        let live = self.scenarios.get(scenario);
        live.map_or_else(Vec::new, |live| live.standings(at_epoch_s, snapshot))
    }

    /// A scenario has ended, after its last second was told: what its record must keep.
    pub fn ended(&mut self, scenario: &str) -> Vec<Sighting> {
        let live = self.scenarios.remove(scenario);
        live.map_or_else(Vec::new, |live| live.sightings())
    }
}

impl Live {
    fn new(objectives: &[&Objective], at_epoch_s: f64) -> Live {
        let windowed = |one: &&&Objective| one.rule.window() != Window::Whole;
        let watched = objectives.iter().filter(windowed);
        let watchers: Vec<(Objective, Watcher)> = watched
            .map(|one| (Objective::clone(one), Watcher::new(one)))
            .collect();
        let mut wants = Wants::default();
        watchers
            .iter()
            .for_each(|(_, watcher)| watcher.wants(&mut wants));
        let stops = objectives
            .iter()
            .filter(|one| one.stop && !windowed(one) && one.stop_fault().is_none());
        Live {
            started_epoch_s: at_epoch_s,
            objectives: objectives.iter().copied().cloned().collect(),
            watchers,
            wants,
            last: Taken::new(at_epoch_s, &Shard::new(at_epoch_s).snapshot()),
            seconds: 0,
            stops: stops.map(|one| (Objective::clone(one), None)).collect(),
            forgives: false,
        }
    }

    fn second(&mut self, at_epoch_s: f64, snapshot: &Snapshot) -> Vec<String> {
        if !self.watchers.is_empty() {
            let now = Taken::new(at_epoch_s, snapshot);
            let slice = Slice::between(&self.last, &now, &self.wants);
            self.watchers
                .iter_mut()
                .for_each(|(_, watcher)| watcher.push(&slice));
            self.last = now;
        }
        let elapsed_s = (at_epoch_s - self.started_epoch_s).max(0.0);
        self.seconds += 1;
        let every = self.seconds.is_multiple_of(LOOKS_EVERY);
        for (objective, seen) in &mut self.stops {
            if seen.is_some() && !self.forgives {
                continue;
            }
            if !every && sums_up(objective.terms()[0]) {
                continue;
            }
            *seen = broken(objective, at_epoch_s, elapsed_s, snapshot);
        }
        self.broken()
            .map(|objective| objective.text.clone())
            .collect()
    }

    /// The objectives that are broken and end the scenario.
    fn broken(&self) -> impl Iterator<Item = &Objective> {
        let watched = self
            .watchers
            .iter()
            .filter(|(one, w)| one.stop && w.is_broken());
        let stopped = self.stops.iter().filter(|(_, seen)| seen.is_some());
        watched
            .map(|(one, _)| one)
            .chain(stopped.map(|(one, _)| one))
    }

    fn standings(&self, at_epoch_s: f64, snapshot: &Snapshot) -> Vec<Standing> {
        let elapsed_s = (at_epoch_s - self.started_epoch_s).max(0.0);
        let mut standings = Vec::new();
        for objective in &self.objectives {
            let same = |(one, _): &&(Objective, Watcher)| one == objective;
            match self.watchers.iter().find(same) {
                Some((_, watcher)) => {
                    standings.extend(watcher.sightings().iter().map(Standing::seen));
                }
                None => standings.extend(standing_now(objective, elapsed_s, snapshot)),
            }
        }
        standings
    }

    fn sightings(self) -> Vec<Sighting> {
        let watched = self
            .watchers
            .iter()
            .flat_map(|(_, watcher)| watcher.sightings());
        watched
            .chain(self.stops.into_iter().filter_map(|(_, seen)| seen))
            .collect()
    }
}

impl Standing {
    /// Of an objective with a window.
    fn seen(seen: &Sighting) -> Standing {
        let known = seen.complete || seen.broke_epoch_s.is_some();
        Standing {
            objective: seen.objective.clone(),
            endpoint: seen.endpoint.clone(),
            holds: known.then_some(seen.broke_epoch_s.is_none()),
        }
    }
}

/// How an objective without a window stands by all numbers until now.
fn standing_now(objective: &Objective, elapsed_s: f64, snapshot: &Snapshot) -> Vec<Standing> {
    let standing = |only: Option<&Endpoint>| Standing {
        objective: objective.text.clone(),
        endpoint: only.map(|e| label(&e.method, &e.name)),
        holds: match objective.is_told_elsewhere() {
            true => None,
            false => look(objective, elapsed_s, snapshot, only).map(|look| look.holds),
        },
    };
    let scope = &objective.terms()[0].scope;
    match scope.endpoint.as_ref().filter(|_| scope.each) {
        None => vec![standing(None)],
        Some(pattern) => {
            let all = snapshot.endpoints.iter();
            let found = all.filter(|e| fits(pattern, &e.method, &e.name));
            found
                .take(EACH_MAX)
                .map(|endpoint| standing(Some(endpoint)))
                .collect()
        }
    }
}

/// Whether a quantile of many endpoints is asked for, whose histograms must be added up.
fn sums_up(term: &Term) -> bool {
    let Subject::Quantile(_, series) = &term.subject else {
        return false;
    };
    match &term.scope.endpoint {
        Some(pattern) => pattern.contains('*') && !term.scope.each,
        None => term.scope.user.is_none() && **series != *RESPONSE_TIME,
    }
}

/// What makes an objective broken by all numbers until now, if it is.
fn broken(
    objective: &Objective,
    at_epoch_s: f64,
    elapsed_s: f64,
    snapshot: &Snapshot,
) -> Option<Sighting> {
    if elapsed_s < SETTLING_S && !objective.only_grows() {
        return None;
    }
    let scope = &objective.terms()[0].scope;
    let sight = |only| sight(objective, at_epoch_s, elapsed_s, snapshot, only);
    match scope.endpoint.as_ref().filter(|_| scope.each) {
        None => sight(None),
        Some(pattern) => {
            let all = snapshot.endpoints.iter();
            let mut found = all.filter(|e| fits(pattern, &e.method, &e.name));
            found.find_map(|endpoint| sight(Some(endpoint.as_ref())))
        }
    }
}

fn sight(
    objective: &Objective,
    at_epoch_s: f64,
    elapsed_s: f64,
    snapshot: &Snapshot,
    only: Option<&Endpoint>,
) -> Option<Sighting> {
    let look = look(objective, elapsed_s, snapshot, only)?;
    (!look.holds).then(|| Sighting {
        objective: objective.text.clone(),
        endpoint: only.map(|e| label(&e.method, &e.name)),
        worst: Some(look.seen.value),
        limit: Some(look.limit),
        unit: Some(look.seen.unit),
        longest_s: None,
        broke_epoch_s: Some(at_epoch_s),
        complete: true,
    })
}

/// A value by all numbers until now, beside its limit.
struct Look {
    seen: Seen,
    limit: f64,
    holds: bool,
}

fn look(
    objective: &Objective,
    elapsed_s: f64,
    snapshot: &Snapshot,
    only: Option<&Endpoint>,
) -> Option<Look> {
    let term = objective.terms()[0];
    let seen = whole(term, snapshot, elapsed_s, only).ok()?;
    let other = |other: &_| whole(other, snapshot, elapsed_s, None);
    let limit = objective.limit(&seen, other).ok()?;
    let holds = objective.test(&seen.unit).holds(seen.value, limit);
    Some(Look { seen, limit, holds })
}
