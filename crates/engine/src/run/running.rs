//! A scenario that runs, from its first user to its record.
//!
//! In: what its lanes have seen, and what is changed. Out: its record.

use std::time::Instant;

use gatecrash_metrics::history::{self, History};
use gatecrash_metrics::record::{self, HookRecord, ScenarioRecord};
use gatecrash_metrics::watch::Gauge;
use gatecrash_metrics::{Driven, Measure, Shard, Snapshot, validity};
use gatecrash_net::now;
use gatecrash_plan::model::Load;

use crate::clock::Clock;
use crate::fleet::{Fleet, Seen};
use crate::gauges::GaugeBooks;
use crate::guests::Guests;
use crate::hooks::Errand;
use crate::machine::Watch;
use crate::part::Change;
use crate::scenario::ScenarioSetup;

/// A scenario that runs.
pub(super) struct Running {
    began: Instant,
    began_epoch_s: f64,
    /// What lanes have told at their ends.
    ended: Vec<Seen>,
    pub(super) is_paused: bool,
    pub(super) is_ending: bool,
    /// Users that somebody asked for on the way.
    users_asked: Option<u32>,
    pub(super) changes: Vec<record::Change>,
    history: History,
    watch: Watch,
    pub(super) guests: Guests,
    gauges: GaugeBooks,
    /// What was done before it.
    pub(super) hooks: Vec<HookRecord>,
    /// What is done beside it.
    pub(super) beside: Option<Errand>,
}

impl Running {
    pub(super) fn begin(
        scenario: &ScenarioSetup,
        began: Instant,
        fleet: &Fleet,
        clock: &Clock,
        gauges: GaugeBooks,
    ) -> Running {
        let began_epoch_s = clock.epoch_s(began);
        let nothing = Shard::new(began_epoch_s).snapshot();
        Running {
            began,
            began_epoch_s,
            ended: Vec::new(),
            is_paused: false,
            is_ending: false,
            users_asked: None,
            changes: Vec::new(),
            history: History::new(began_epoch_s, &nothing, history::POINTS),
            watch: Watch::start(fleet),
            guests: Guests::of(&scenario.users),
            gauges,
            hooks: Vec::new(),
            beside: None,
        }
    }

    /// What is watched has these values now. Those from before it began are none of its own.
    pub(super) fn note_gauges(&mut self, gauges: &[Gauge]) {
        let own: Vec<Gauge> = gauges
            .iter()
            .filter(|gauge| gauge.at_epoch_s >= self.began_epoch_s)
            .copied()
            .collect();
        self.gauges.note(&own);
    }

    /// Another second: what was seen, with what guests did and what is watched.
    pub(super) fn note_second(&mut self, at_epoch_s: f64, seen: &mut Seen) {
        self.guests.add_to(seen);
        self.gauges.add_to(&mut seen.snapshot);
        self.history.push(at_epoch_s, &seen.snapshot);
    }

    /// What tells how it was driven until it looked like this.
    pub(super) fn watching<'a>(&'a self, seen: &'a Seen, fleet: &'a Fleet) -> Watching<'a> {
        Watching {
            watch: &self.watch,
            seen,
            fleet,
        }
    }

    /// What happened in the last second.
    pub(super) fn last(&self) -> Option<&history::Point> {
        self.history.points().last()
    }

    /// Takes note of a change.
    pub(super) fn note(&mut self, change: Change) {
        match change {
            Change::Users(users) => self.users_asked = Some(users),
            Change::Pause => self.is_paused = true,
            Change::Resume => self.is_paused = false,
            Change::Stop | Change::CutOff => self.is_ending = true,
            Change::Rate(_) | Change::NextStage => {}
        }
    }

    /// So many users more or fewer than are wanted now, if they have a number.
    pub(super) fn more_users(&self, load: &Load, more: i32) -> Option<u32> {
        let Load::Users { schedule, .. } = load else {
            return None;
        };
        let planned = schedule.users_at(now().saturating_duration_since(self.began));
        let wanted = self.users_asked.unwrap_or(planned);
        Some(wanted.saturating_add_signed(more))
    }

    /// A lane's part is over; says whether those of all `lanes` are.
    pub(super) fn note_end(&mut self, seen: Seen, lanes: usize) -> bool {
        self.ended.push(seen);
        self.ended.len() == lanes
    }

    /// What is told of it now that all its lanes have ended; with the hooks that are done, and
    /// with those that still run beside it.
    pub(super) fn record(
        mut self,
        setup: &ScenarioSetup,
        fleet: &Fleet,
        ended_epoch_s: f64,
    ) -> (ScenarioRecord, Vec<HookRecord>, Option<Errand>) {
        let mut seen = std::mem::take(&mut self.ended)
            .into_iter()
            .reduce(Seen::merged)
            .expect("every lane has told its end");
        self.note_second(ended_epoch_s, &mut seen);
        let driven = self.watch.driven(&setup.load, &seen, fleet);
        let record = ScenarioRecord {
            name: setup.name.clone(),
            load: setup.load_text.clone(),
            measured: setup.measured,
            started_epoch_s: self.began_epoch_s,
            ended_epoch_s,
            validity: validity::judge(&driven),
            driven,
            abandoned: seen.abandoned,
            slices: self.history.all_slices(&seen.snapshot),
            snapshot: seen.snapshot,
            changes: self.changes,
            history: self.history.points().to_vec(),
            sightings: Vec::new(),
            hooks: Vec::new(),
        };
        (record, self.hooks, self.beside)
    }
}

/// What tells how a scenario that runs was driven.
#[derive(Debug)]
pub(super) struct Watching<'a> {
    watch: &'a Watch,
    seen: &'a Seen,
    fleet: &'a Fleet,
}

impl Watching<'_> {
    pub(super) fn driven(&self, load: &Load) -> Driven {
        self.watch.driven(load, self.seen, self.fleet)
    }
}

/// What the requests of a scenario have cost, in the currency of its prices.
pub(super) fn cost_of(snapshot: &Snapshot) -> f64 {
    let endpoints = snapshot.endpoints.iter();
    let costs = endpoints.filter_map(|one| one.measures.get(Measure::Cost));
    costs.map(|cost| cost.sum).sum()
}
