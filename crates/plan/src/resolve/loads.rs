//! Loads, as meant: the two models.
//!
//! In: what a scenario says of users or of a rate. Out: a [`Load`], or one for each rung of
//! a ladder. Never: when the scenario begins.

use std::time::Duration;

use super::Resolver;
use super::scenarios::{Common, seed_of};
use crate::file::read::At;
use crate::file::scalar::{Arrivals, Count};
use crate::file::source::Span;
use crate::file::written::{RateFile, RateStageFile, ScenarioFile, UserStageFile, UsersFile};
use crate::model::{Iterations, Load};
use crate::rate::Rate;
use crate::schedule::{RatePiece, RateProfile, Spacing, UserSchedule, UserStage};

const DEFAULT_MAX_IN_FLIGHT: u32 = 10_000;
/// The most users that a scenario can ask for.
const MOST_USERS: u64 = 10_000_000;
/// The most rungs of a ladder, and stages of a load.
const MOST_STAGES: usize = 1000;

impl Resolver<'_> {
    pub(super) fn closed(
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
                if !has_end && self.reader.is_sound(common.span) {
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
                self.refuse_end_of_stages(file);
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
        if number == 0 && self.reader.is_sound(span) {
            self.reader.fault(span, "the list is empty");
        }
        if number > MOST_STAGES {
            self.reader
                .fault(span, format!("more than {MOST_STAGES} stages are too many"));
        }
        (1..=MOST_STAGES).contains(&number).then_some(())
    }

    fn refuse_end_of_stages(&mut self, file: &ScenarioFile) {
        if let Some(duration) = &file.duration {
            let hint = "leave it out, or change the `in` of a stage";
            let what = "stages say how long they take; `for` does not go with them";
            self.reader.fault_with_hint(duration.span, what, hint);
        }
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

    pub(super) fn open(
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
        if matches!(rate.value, RateFile::Stages(_)) {
            self.refuse_end_of_stages(file);
        }
        let profiles = self.profiles(name, rate, common)?;
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
        common: &Common,
    ) -> Option<Vec<(String, RateProfile)>> {
        let lasts = common.duration;
        let has_stages = matches!(rate.value, RateFile::Stages(_));
        if lasts.is_none() && !has_stages {
            if self.reader.is_sound(common.span) {
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
}

/// When a load ends by itself.
pub(super) fn ends(load: &Load) -> Option<Duration> {
    match load {
        Load::Users { schedule, .. } => schedule.duration(),
        Load::Rate { profile, .. } => profile.duration(),
    }
}
