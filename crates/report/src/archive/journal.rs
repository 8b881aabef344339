//! A run that has not ended, second by second: what is left of it when its process is killed.
//!
//! In: the snapshots of each second. Out: lines to be appended to a file, each with what
//! changed since the line before; and from these lines the scenarios as they stood at the
//! last one. `run.json` is written when a scenario ends, which may be hours away; a line a
//! second costs a few kilobytes however long the run is.

use std::collections::BTreeMap;

use gatecrash_metrics::history::{History, POINTS, Room};
use gatecrash_metrics::{Driven, Model, Point, ScenarioRecord, Shard, Slice, Snapshot, judge};
use serde::{Deserialize, Serialize};

use super::books::Books;

/// The name of the file in a folder of results.
pub const FILE: &str = "seconds.jsonl";

/// What is known of a scenario from its beginning on.
#[derive(Clone, Debug, PartialEq)]
pub struct Beginning {
    /// Its place among all.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// The load that was asked for, as a person reads it.
    pub load: String,
    /// Whether its numbers count.
    pub measured: bool,
    /// When it began, seconds since the Unix epoch.
    pub started_epoch_s: f64,
    /// Which promise it makes about its load.
    pub model: Model,
    /// How many arrivals may be in flight.
    pub max_in_flight: Option<u64>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// A scenario began; or goes on from where `run.json` has it.
    Began(Began),
    /// Another second of it.
    Second(Box<Second>),
}

#[derive(Serialize, Deserialize)]
struct Began {
    place: usize,
    name: String,
    load: String,
    measured: bool,
    started_epoch_s: f64,
    model: String,
    max_in_flight: Option<u64>,
    goes_on: bool,
}

#[derive(Serialize, Deserialize)]
struct Second {
    place: usize,
    at_epoch_s: f64,
    /// What changed.
    books: Books,
}

const MODELS: [(&str, Model); 3] = [
    ("open", Model::Open),
    ("closed", Model::Closed),
    ("locust", Model::Locust),
];

/// Makes the lines of a run.
#[derive(Debug, Default)]
pub struct Journal {
    /// The running scenarios as the last lines have them, by their places.
    running: BTreeMap<usize, Snapshot>,
    /// Of these the ones that the file has a beginning of.
    begun: Vec<usize>,
}

impl Journal {
    /// The lines for another second of a scenario.
    pub fn second(
        &mut self,
        beginning: &Beginning,
        at_epoch_s: f64,
        snapshot: &Snapshot,
    ) -> String {
        let place = beginning.place;
        let requests = |snapshot: &Snapshot| snapshot.total.requests;
        let before = self.running.get(&place);
        if before.is_some_and(|before| requests(before) > requests(snapshot)) {
            // The numbers were set back: the scenario begins anew.
            self.ended(place);
        }
        let before = self.running.get(&place);
        let mut lines = String::new();
        if !self.begun.contains(&place) {
            self.begun.push(place);
            push_line(&mut lines, &Line::began(beginning, before.is_some()));
        }
        let change = match before {
            Some(before) => snapshot.since(before),
            None => snapshot.since(&Shard::new(beginning.started_epoch_s).snapshot()),
        };
        let books = Books::of(&change).without_figures();
        push_line(
            &mut lines,
            &Line::Second(Box::new(Second {
                place,
                at_epoch_s,
                books,
            })),
        );
        self.running.insert(place, snapshot.clone());
        lines
    }

    /// A scenario ended, and `run.json` has it.
    pub fn ended(&mut self, place: usize) {
        self.running.remove(&place);
        self.begun.retain(|begun| *begun != place);
    }

    /// The file begins anew, after `run.json` was written with all that it held.
    pub fn restart(&mut self) {
        self.begun.clear();
    }

    /// Whether no scenario is on its way.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }
}

fn push_line(lines: &mut String, line: &Line) {
    // As for `run.json`: nothing can fail.
    lines.push_str(&serde_json::to_string(line).unwrap_or_default());
    lines.push('\n');
}

impl Line {
    fn began(beginning: &Beginning, goes_on: bool) -> Line {
        let model = MODELS.iter().find(|(_, model)| *model == beginning.model);
        Line::Began(Began {
            place: beginning.place,
            name: beginning.name.clone(),
            load: beginning.load.clone(),
            measured: beginning.measured,
            started_epoch_s: beginning.started_epoch_s,
            model: model.map_or("closed", |(name, _)| name).to_owned(),
            max_in_flight: beginning.max_in_flight,
            goes_on,
        })
    }
}

/// A scenario on its way back.
struct Replayed {
    began: Began,
    /// What `run.json` has of it.
    base: Option<ScenarioRecord>,
    snapshot: Snapshot,
    history: History,
    at_epoch_s: f64,
}

/// The scenarios of a run of which `known` is in `run.json` and `lines` in the journal:
/// the complete ones as they are, the others as they stood at their last line. A line that
/// was not written to its end, and what follows it, is left out.
pub fn replay(known: Vec<ScenarioRecord>, lines: &str) -> Vec<ScenarioRecord> {
    let mut replayed: BTreeMap<usize, Replayed> = BTreeMap::new();
    for line in lines.split_inclusive('\n') {
        match serde_json::from_str(line) {
            Ok(Line::Began(began)) => {
                replayed.insert(began.place, Replayed::begin(began, &known));
            }
            Ok(Line::Second(second)) => {
                let Some(scenario) = replayed.get_mut(&second.place) else {
                    continue;
                };
                if scenario.push(*second).is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    together(known, replayed)
}

/// Of a scenario that both have, the one that reaches further.
fn together(
    mut known: Vec<ScenarioRecord>,
    replayed: BTreeMap<usize, Replayed>,
) -> Vec<ScenarioRecord> {
    for scenario in replayed.into_values() {
        let place = known.iter().position(|one| one.name == scenario.began.name);
        match place {
            Some(place) if known[place].ended_epoch_s >= scenario.at_epoch_s => {}
            Some(place) => known[place] = scenario.record(),
            None => known.push(scenario.record()),
        }
    }
    known
}

/// Makes two neighbours one. What was folded together from several journals may be twice as
/// long as what a run keeps by itself.
fn halve<T: Clone>(items: &mut Vec<T>, append: impl Fn(&mut T, &T)) {
    let pairs = items.chunks(2).map(|pair| {
        let mut item = pair[0].clone();
        pair[1..].iter().for_each(|next| append(&mut item, next));
        item
    });
    *items = pairs.collect();
}

impl Replayed {
    fn begin(began: Began, known: &[ScenarioRecord]) -> Replayed {
        let base = known
            .iter()
            .find(|one| began.goes_on && one.name == began.name);
        let (at_epoch_s, snapshot) = match base {
            Some(base) => (base.ended_epoch_s, base.snapshot.clone()),
            None => {
                let at = began.started_epoch_s;
                (at, Shard::new(at).snapshot())
            }
        };
        Replayed {
            history: History::new(at_epoch_s, &snapshot, POINTS),
            base: base.cloned(),
            began,
            snapshot,
            at_epoch_s,
        }
    }

    fn push(&mut self, second: Second) -> Result<(), String> {
        // What `run.json` has already, when the journal could not be begun anew.
        if second.at_epoch_s <= self.at_epoch_s {
            return Ok(());
        }
        self.snapshot.advance(&second.books.snapshot()?);
        self.at_epoch_s = second.at_epoch_s;
        self.history.push(self.at_epoch_s, &self.snapshot);
        Ok(())
    }

    fn record(self) -> ScenarioRecord {
        let Began {
            name,
            load,
            measured,
            started_epoch_s,
            model,
            max_in_flight,
            ..
        } = self.began;
        let model = MODELS.iter().find(|(known, _)| *known == model);
        let model = model.map_or(Model::Closed, |(_, model)| *model);
        let driven = Driven::of(model, max_in_flight, &self.snapshot);
        let (mut history, mut slices) = match &self.base {
            Some(base) => (base.history.clone(), base.slices.clone()),
            None => (Vec::new(), Vec::new()),
        };
        history.extend(self.history.points().iter().copied());
        slices.extend(self.history.all_slices(&self.snapshot));
        while history.len() > 2 * POINTS {
            halve(&mut history, Point::append);
        }
        let parts = |slices: &[Slice]| -> usize { slices.iter().map(|s| s.endpoints.len()).sum() };
        let room = Room::default();
        while parts(&slices) > 2 * room.parts && slices.len() > room.slices {
            halve(&mut slices, Slice::append);
        }
        ScenarioRecord {
            name,
            load,
            measured,
            started_epoch_s,
            ended_epoch_s: self.at_epoch_s,
            snapshot: self.snapshot,
            abandoned: 0,
            validity: judge(&driven),
            driven,
            changes: Vec::new(),
            history,
            slices,
            sightings: Vec::new(),
            hooks: Vec::new(),
        }
    }
}
