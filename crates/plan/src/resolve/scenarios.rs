//! Scenarios, as meant.

use std::collections::BTreeSet;
use std::time::Duration;

use gatecrash_metrics::objective::Objective;

use super::Resolver;
use super::loads::ends;
use super::users::ClassList;
use crate::draw::Stream;
use crate::file::node::quoted;
use crate::file::read::{At, Entries};
use crate::file::source::Span;
use crate::file::written::{ScenarioFile, Scenarios, WhoFile};
use crate::hint::nearest;
use crate::model::{Hook, Load, Scenario, Start};

const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// A scenario and how it stands to the others, before these are counted.
struct Drafted {
    name: String,
    start: Option<At<String>>,
    span: Span,
    /// The scenario, or one for each rung of its ladder.
    rungs: Vec<Scenario>,
}

/// What both models share.
pub(super) struct Common {
    /// The whole scenario.
    pub(super) span: Span,
    who: Vec<(usize, f64)>,
    pub(super) duration: Option<Duration>,
    grace: Duration,
    measured: bool,
    pub(super) seed: Option<u64>,
    expected_time: Option<Duration>,
    objectives: Vec<Objective>,
    pause_before: Duration,
    before: Vec<Hook>,
    after: Vec<Hook>,
}

impl Resolver<'_> {
    /// All scenarios in the order of the file. `None` if one is faulty.
    pub(super) fn scenarios(
        &mut self,
        written: At<Entries<Scenarios, ScenarioFile>>,
        users: &ClassList,
        seed: u64,
        parallel: bool,
    ) -> Option<Vec<Scenario>> {
        let Entries { list, names, .. } = written.value;
        if names.is_empty() {
            self.reader.fault(written.span, "there are no scenarios");
        }
        let mut drafted = Vec::new();
        for (key, file) in list {
            self.check_label(&key, "a scenario");
            let span = key.span;
            let start = file.value.after.clone();
            if let Some(after) = &start {
                self.check_after(after, &names);
            }
            let rungs = self.scenario(&key.name, file, users, seed);
            drafted.push(rungs.map(|rungs| Drafted {
                name: key.name,
                start,
                span,
                rungs,
            }));
        }
        let drafted: Option<Vec<Drafted>> = drafted.into_iter().collect();
        self.started(drafted?, parallel)
    }

    fn scenario(
        &mut self,
        name: &str,
        file: At<ScenarioFile>,
        users: &ClassList,
        seed: u64,
    ) -> Option<Vec<Scenario>> {
        let At {
            value: mut file,
            span,
        } = file;
        self.check_judged(&file);
        let (before, after) = self.around_it(file.hooks.take());
        let common = Common {
            span,
            who: self.who(file.who.as_ref(), users, span)?,
            duration: file
                .duration
                .as_ref()
                .and_then(|at| self.positive(Some(at.clone()))),
            grace: file.grace.as_ref().map_or(DEFAULT_GRACE, |at| at.value),
            measured: file.measure.as_ref().is_none_or(|at| at.value),
            seed: file.seed.as_ref().map(|at| at.value.0),
            expected_time: self.positive(file.expected_time.clone()),
            objectives: self.objectives(file.objectives.take(), file.slo.take()),
            pause_before: file
                .pause_before
                .as_ref()
                .map_or(Duration::ZERO, |at| at.value),
            before,
            after,
        };
        let loads = match (&file.users, &file.rate) {
            (Some(users), None) => vec![(name.to_owned(), self.closed(users, &file, &common)?)],
            (None, Some(rate)) => self.open(name, rate, &file, &common, seed)?,
            _ => return None,
        };
        let profile = file.profile.take();
        let lasts = common
            .duration
            .or_else(|| loads.first().and_then(|(_, load)| ends(load)));
        let profile = profile.and_then(|profile| self.flame_graph(profile, lasts));
        let make = |(name, load): (String, Load)| Scenario {
            start: Start::InTurn,
            who: common.who.clone(),
            duration: common.duration.or_else(|| ends(&load)),
            grace: common.grace,
            measured: common.measured,
            seed: common.seed.unwrap_or_else(|| seed_of(seed, &name)),
            expected_time: common.expected_time,
            objectives: common.objectives.clone(),
            pause_before: common.pause_before,
            before: common.before.iter().chain(&profile).cloned().collect(),
            after: common.after.clone(),
            name,
            load,
        };
        Some(loads.into_iter().map(make).collect())
    }

    /// Faults what must hold in a scenario whose numbers do not count.
    fn check_judged(&mut self, file: &ScenarioFile) {
        let is_measured = file.measure.as_ref().is_none_or(|measure| measure.value);
        let objectives = file.objectives.as_ref().map(|at| at.span);
        let span = objectives.or(file.slo.as_ref().map(|at| at.span));
        if let (false, Some(span)) = (is_measured, span) {
            let what = "a scenario that is not measured has no objectives";
            let hint = "leave them out, or `measure: false`";
            self.reader.fault_with_hint(span, what, hint);
        }
    }

    /// The classes that take part, and their weights.
    fn who(
        &mut self,
        written: Option<&At<WhoFile>>,
        users: &ClassList,
        span: Span,
    ) -> Option<Vec<(usize, f64)>> {
        let place = written.map_or(span, |written| written.span);
        let weight = |place: usize| {
            let class = users.classes.get(place).and_then(Option::as_ref);
            class.map_or(1.0, |class| class.weight)
        };
        let named: Vec<(usize, f64)> = match written.map(|written| &written.value) {
            None => (0..users.names.len())
                .map(|place| (place, weight(place)))
                .collect(),
            Some(WhoFile::Names(names)) => {
                let places = names
                    .iter()
                    .map(|name| self.class_named(&name.value, name.span, users));
                let places: Vec<Option<usize>> = places.collect();
                let places: Option<Vec<usize>> = places.into_iter().collect();
                // A class of weight 0 waits for being named.
                let named = |place| match weight(place) {
                    0.0 => (place, 1.0),
                    weight => (place, weight),
                };
                places?.into_iter().map(named).collect()
            }
            Some(WhoFile::Weights(weights)) => {
                let entries = weights.list.iter().map(|(key, weight)| {
                    Some((
                        self.class_named(&key.name, key.span, users)?,
                        weight.value.0,
                    ))
                });
                let entries: Vec<Option<(usize, f64)>> = entries.collect();
                entries.into_iter().collect::<Option<_>>()?
            }
        };
        let who: Vec<(usize, f64)> = named
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        if who.is_empty() && !users.names.is_empty() {
            let hint = "give a user class a weight above 0";
            self.reader
                .fault_with_hint(place, "no user class takes part: all weights are 0", hint);
            return None;
        }
        Some(who)
    }

    fn class_named(&mut self, name: &str, span: Span, users: &ClassList) -> Option<usize> {
        let place = users.names.iter().position(|class| class == name);
        if place.is_none() {
            let what = format!("there is no user class {}", quoted(name));
            self.missing(span, what, name, &users.names);
        }
        place
    }

    pub(super) fn missing(&mut self, span: Span, what: String, name: &str, names: &[String]) {
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => {
                self.reader
                    .fault_with_hint(span, what, format!("did you mean `{near}`?"));
            }
            None => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let hint = format!("there is {}", crate::file::read::listed(&names));
                self.reader.fault_with_hint(span, what, hint);
            }
        }
    }

    /// Puts the rungs in a row and says when each begins.
    fn started(&mut self, drafted: Vec<Drafted>, parallel: bool) -> Option<Vec<Scenario>> {
        self.check_twins(&drafted)?;
        let waits = waits(&drafted, parallel)?;
        self.check_cycles(&drafted, &waits)?;
        // The last rung of each, which is the one that others wait for.
        let lasts: Vec<usize> = drafted
            .iter()
            .scan(0, |sum, one| {
                *sum += one.rungs.len();
                Some(*sum - 1)
            })
            .collect();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for (place, one) in drafted.into_iter().enumerate() {
            let start = match (one.start, waits.get(place).copied().flatten()) {
                (Some(_), Some(after)) => Start::After(*lasts.get(after)?),
                (None, None) if parallel => Start::AtOnce,
                _ => Start::InTurn,
            };
            for (rung, scenario) in one.rungs.into_iter().enumerate() {
                let start = match rung {
                    0 => start.clone(),
                    _ => Start::After(scenarios.len() - 1),
                };
                scenarios.push(Scenario { start, ..scenario });
            }
        }
        Some(scenarios)
    }

    /// Faults two scenarios of one name, as rungs can bring about.
    fn check_twins(&mut self, drafted: &[Drafted]) -> Option<()> {
        let mut names = BTreeSet::new();
        for one in drafted {
            if let Some(twin) = one.rungs.iter().find(|rung| !names.insert(&rung.name)) {
                let what = format!("two scenarios would be called `{}`", twin.name);
                self.reader
                    .fault_with_hint(one.span, what, "each rung of a ladder is one");
                return None;
            }
        }
        Some(())
    }

    fn check_after(&mut self, after: &At<String>, names: &[String]) {
        if !names.contains(&after.value) {
            let what = format!("there is no scenario {}", quoted(&after.value));
            self.missing(after.span, what, &after.value, names);
        }
    }

    /// Faults scenarios that wait for each other.
    fn check_cycles(&mut self, drafted: &[Drafted], waits: &[Option<usize>]) -> Option<()> {
        for (place, one) in drafted.iter().enumerate() {
            let mut at = place;
            for _ in drafted {
                match waits.get(at).copied().flatten() {
                    Some(next) if next == place => {
                        let span = one.start.as_ref().map_or(one.span, |after| after.span);
                        let what = format!("`{}` waits for itself to end", one.name);
                        let hint =
                            "a scenario without `after` waits for the one before it in the file";
                        self.reader.fault_with_hint(span, what, hint);
                        return None;
                    }
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
        Some(())
    }
}

/// For which other one each scenario waits. `None` if one waits for what is not there.
fn waits(drafted: &[Drafted], parallel: bool) -> Option<Vec<Option<usize>>> {
    let waits = drafted.iter().enumerate().map(|(place, one)| {
        let Some(after) = &one.start else {
            return Some(if parallel { None } else { place.checked_sub(1) });
        };
        let other = drafted.iter().position(|other| other.name == after.value);
        other.map(Some)
    });
    waits.collect()
}

/// A seed of its own for each scenario: its name's FNV-1a hash (Fowler, Noll, Vo) picks the
/// stream.
pub(super) fn seed_of(seed: u64, name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    Stream::splitmix(seed).fork(hash).at(0)
}
