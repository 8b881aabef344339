//! Scenarios, as meant.

use std::time::Duration;

use super::Resolver;
use super::users::ClassList;
use crate::draw::Stream;
use crate::file::node::quoted;
use crate::file::read::{At, Entries};
use crate::file::scalar::{Arrivals, Count};
use crate::file::source::Span;
use crate::file::written::{RateFile, RateStageFile, ScenarioFile, UserStageFile};
use crate::file::written::{Scenarios, UsersFile, WhoFile};
use crate::hint::nearest;
use crate::model::{Iterations, Load, Scenario, Start};
use crate::rate::Rate;
use crate::schedule::{RatePiece, RateProfile, Spacing, UserSchedule, UserStage};

const DEFAULT_GRACE: Duration = Duration::from_secs(30);
const DEFAULT_MAX_IN_FLIGHT: u32 = 10_000;
/// The most users that a scenario can ask for.
const MOST_USERS: u64 = 10_000_000;
/// The most rungs of a ladder, and stages of a load.
const MOST_STAGES: usize = 1000;

/// A scenario and how it stands to the others, before these are counted.
struct Drafted {
    name: String,
    start: Option<At<String>>,
    span: Span,
    /// The scenario, or one for each rung of its ladder.
    rungs: Vec<Scenario>,
}

/// What both models share.
struct Common {
    who: Vec<(usize, f64)>,
    duration: Option<Duration>,
    grace: Duration,
    measured: bool,
    seed: Option<u64>,
    expected_time: Option<Duration>,
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
            let span = key.span;
            let start = file.value.after.clone();
            let rungs = self.scenario(&key.name, file, users, seed);
            drafted.push(rungs.map(|rungs| Drafted {
                name: key.name,
                start,
                span,
                rungs,
            }));
        }
        let drafted: Option<Vec<Drafted>> = drafted.into_iter().collect();
        self.started(drafted?, &names, parallel)
    }

    fn scenario(
        &mut self,
        name: &str,
        file: At<ScenarioFile>,
        users: &ClassList,
        seed: u64,
    ) -> Option<Vec<Scenario>> {
        let At { value: file, span } = file;
        let common = Common {
            who: self.who(file.who.as_ref(), users, span)?,
            duration: file
                .duration
                .as_ref()
                .and_then(|at| self.positive(Some(at.clone()))),
            grace: file.grace.as_ref().map_or(DEFAULT_GRACE, |at| at.value),
            measured: file.measure.as_ref().is_none_or(|at| at.value),
            seed: file.seed.as_ref().map(|at| at.value.0),
            expected_time: self.positive(file.expected_time.clone()),
        };
        let loads = match (&file.users, &file.rate) {
            (Some(users), None) => vec![(name.to_owned(), self.closed(users, &file, &common)?)],
            (None, Some(rate)) => self.open(name, rate, &file, &common, seed)?,
            _ => return None,
        };
        let make = |(name, load): (String, Load)| Scenario {
            start: Start::InTurn,
            who: common.who.clone(),
            duration: common.duration.or_else(|| ends(&load)),
            grace: common.grace,
            measured: common.measured,
            seed: common.seed.unwrap_or_else(|| seed_of(seed, &name)),
            expected_time: common.expected_time,
            name,
            load,
        };
        Some(loads.into_iter().map(make).collect())
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
                places?
                    .into_iter()
                    .map(|place| (place, weight(place)))
                    .collect()
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

    fn missing(&mut self, span: Span, what: String, name: &str, names: &[String]) {
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

    fn closed(
        &mut self,
        users: &At<UsersFile>,
        file: &ScenarioFile,
        common: &Common,
    ) -> Option<Load> {
        self.refuse_under(
            "users",
            [
                (
                    "max_in_flight",
                    file.max_in_flight.as_ref().map(|at| at.span),
                ),
                ("arrivals", file.arrivals.as_ref().map(|at| at.span)),
            ],
        );
        let iterations = self.iterations(file);
        let schedule = match &users.value {
            UsersFile::Number(Count(number)) => {
                self.check_number(u64::from(*number), users.span);
                let has_end = file.duration.is_some() || iterations.is_some();
                if !has_end {
                    let hint = "add for example `for: 5m`, or `iterations: 1`";
                    let what = "the scenario has no end: it needs `for` or iterations";
                    self.reader.fault_with_hint(users.span, what, hint);
                }
                let spawn = file.spawn.as_ref().map(|spawn| spawn.value);
                if spawn == Some(Rate::ZERO) {
                    let span = file.spawn.as_ref().map_or(users.span, |spawn| spawn.span);
                    self.reader.fault(span, "at 0/s no user would ever start");
                    return None;
                }
                UserSchedule::constant(*number, spawn, common.duration)
            }
            UsersFile::Stages(stages) => {
                if let Some(spawn) = &file.spawn {
                    let hint = "the stages say how fast users start";
                    self.reader.fault_with_hint(
                        spawn.span,
                        "`spawn` does not go with stages",
                        hint,
                    );
                }
                UserSchedule::stages(&self.user_stages(stages, users.span)?)
            }
        };
        match schedule {
            Ok(schedule) => Some(Load::Users {
                schedule,
                iterations,
            }),
            Err(why) => {
                self.reader.fault(users.span, why.to_string());
                None
            }
        }
    }

    fn iterations(&mut self, file: &ScenarioFile) -> Option<Iterations> {
        match (&file.iterations, &file.total_iterations) {
            (Some(_), Some(total)) => {
                let what = "a scenario has `iterations` or `total_iterations`, not both";
                self.reader.fault(total.span, what);
                None
            }
            (Some(each), None) => Some(Iterations::PerUser(u64::from(each.value.0))),
            (None, Some(total)) => Some(Iterations::Total(u64::from(total.value.0))),
            (None, None) => None,
        }
    }

    fn user_stages(&mut self, stages: &[At<UserStageFile>], span: Span) -> Option<Vec<UserStage>> {
        self.check_stages(stages.len(), span)?;
        let mut made = Vec::new();
        for stage in stages {
            let (to, lasts) = (stage.value.to.as_ref()?, stage.value.duration.as_ref()?);
            self.check_number(to.value.0, to.span);
            made.push(UserStage {
                to: u32::try_from(to.value.0).unwrap_or(u32::MAX),
                lasts: Some(lasts.value),
            });
        }
        if made.iter().all(|stage| stage.to == 0) {
            self.reader
                .fault(span, "with these stages there is never a user");
        }
        Some(made)
    }

    fn check_number(&mut self, users: u64, span: Span) {
        if users > MOST_USERS {
            let what = format!("{users} users are too many; the limit is {MOST_USERS}");
            self.reader.fault(span, what);
        }
    }

    fn check_stages(&mut self, number: usize, span: Span) -> Option<()> {
        if number == 0 && self.reader.is_sound() {
            self.reader.fault(span, "the list is empty");
        }
        if number > MOST_STAGES {
            self.reader
                .fault(span, format!("more than {MOST_STAGES} stages are too many"));
        }
        (1..=MOST_STAGES).contains(&number).then_some(())
    }

    /// Faults keys that only the other model has.
    fn refuse_under<const N: usize>(&mut self, model: &str, given: [(&str, Option<Span>); N]) {
        for (key, span) in given {
            if let Some(span) = span {
                self.reader
                    .fault(span, format!("`{key}` does not go with `{model}`"));
            }
        }
    }

    fn open(
        &mut self,
        name: &str,
        rate: &At<RateFile>,
        file: &ScenarioFile,
        common: &Common,
        seed: u64,
    ) -> Option<Vec<(String, Load)>> {
        self.refuse_under(
            "rate",
            [
                ("spawn", file.spawn.as_ref().map(|at| at.span)),
                ("iterations", file.iterations.as_ref().map(|at| at.span)),
                (
                    "total_iterations",
                    file.total_iterations.as_ref().map(|at| at.span),
                ),
            ],
        );
        let profiles = self.profiles(name, rate, common.duration)?;
        let max_in_flight = file
            .max_in_flight
            .as_ref()
            .map_or(DEFAULT_MAX_IN_FLIGHT, |at| at.value.0);
        let arrivals = file.arrivals.as_ref().map_or(Arrivals::Even, |at| at.value);
        let load = |(name, profile): (String, RateProfile)| {
            let spacing = match arrivals {
                Arrivals::Even => Spacing::Even,
                Arrivals::Poisson => Spacing::Poisson {
                    seed: common.seed.unwrap_or_else(|| seed_of(seed, &name)),
                },
            };
            let load = Load::Rate {
                profile,
                spacing,
                max_in_flight,
            };
            (name, load)
        };
        Some(profiles.into_iter().map(load).collect())
    }

    /// The rate over time, under the scenario's name; for a ladder one for each rung.
    fn profiles(
        &mut self,
        name: &str,
        rate: &At<RateFile>,
        lasts: Option<Duration>,
    ) -> Option<Vec<(String, RateProfile)>> {
        let has_stages = matches!(rate.value, RateFile::Stages(_));
        if lasts.is_none() && !has_stages {
            if self.reader.is_sound() {
                let hint = "add for example `for: 2m`";
                self.reader
                    .fault_with_hint(rate.span, "the scenario needs `for`", hint);
            }
            return None;
        }
        let pieces = match &rate.value {
            RateFile::Constant(rate) => vec![RatePiece::constant(*rate, lasts)],
            RateFile::Ramp(from, to) => vec![RatePiece::ramp(*from, *to, lasts?)],
            RateFile::Stages(stages) => self.rate_stages(stages, rate.span)?,
            RateFile::Ladder(rungs) => {
                self.check_stages(rungs.len(), rate.span)?;
                let rungs = rungs.iter().map(|rung| {
                    let pieces = [RatePiece::constant(rung.value, lasts)];
                    let profile = self.profile(&pieces, rung.span)?;
                    Some((format!("{name} {}", rung.value), profile))
                });
                return rungs.collect();
            }
        };
        let profile = self.profile(&pieces, rate.span)?;
        Some(vec![(name.to_owned(), profile)])
    }

    fn rate_stages(&mut self, stages: &[At<RateStageFile>], span: Span) -> Option<Vec<RatePiece>> {
        self.check_stages(stages.len(), span)?;
        let mut from = Rate::ZERO;
        let mut pieces = Vec::new();
        for stage in stages {
            let to = stage.value.to.as_ref()?.value;
            pieces.push(RatePiece::ramp(
                from,
                to,
                stage.value.duration.as_ref()?.value,
            ));
            from = to;
        }
        Some(pieces)
    }

    fn profile(&mut self, pieces: &[RatePiece], span: Span) -> Option<RateProfile> {
        match RateProfile::new(pieces) {
            Ok(profile) if profile.peak() == Rate::ZERO => {
                self.reader
                    .fault(span, "at this rate nothing would ever begin");
                None
            }
            Ok(profile) => Some(profile),
            Err(why) => {
                self.reader.fault(span, why.to_string());
                None
            }
        }
    }

    /// Puts the rungs in a row and says when each begins.
    fn started(
        &mut self,
        drafted: Vec<Drafted>,
        names: &[String],
        parallel: bool,
    ) -> Option<Vec<Scenario>> {
        let waits = self.waits(&drafted, names, parallel)?;
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

    /// For which other one each scenario waits.
    fn waits(
        &mut self,
        drafted: &[Drafted],
        names: &[String],
        parallel: bool,
    ) -> Option<Vec<Option<usize>>> {
        let waits = drafted.iter().enumerate().map(|(place, one)| {
            let Some(after) = &one.start else {
                return Some(if parallel { None } else { place.checked_sub(1) });
            };
            let other = drafted.iter().position(|other| other.name == after.value);
            if other.is_none() {
                let what = format!("there is no scenario {}", quoted(&after.value));
                self.missing(after.span, what, &after.value, names);
                return None;
            }
            Some(other)
        });
        let waits: Vec<Option<Option<usize>>> = waits.collect();
        waits.into_iter().collect()
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

/// When a load ends by itself.
fn ends(load: &Load) -> Option<Duration> {
    match load {
        Load::Users { schedule, .. } => schedule.duration(),
        Load::Rate { profile, .. } => profile.duration(),
    }
}

/// A seed of its own for each scenario: its name's FNV-1a hash (Fowler, Noll, Vo) picks the
/// stream.
fn seed_of(seed: u64, name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    Stream::splitmix(seed).fork(hash).at(0)
}
