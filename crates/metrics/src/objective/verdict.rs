//! What came of an objective.
//!
//! In: what [`super::judge`] found. Out: plain data for reports and exit codes.

use super::test::Test;
use super::{Objective, Severity};
use crate::measure::Unit;

/// Whether an objective was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// There was nothing to judge it by, which never counts as passed.
    NoData,
}

/// Where a value with a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// As good as its target.
    Met,
    /// Worse than its target, still acceptable: a warning.
    Tolerable,
    /// Worse than what is acceptable.
    Broken,
}

/// The load that an objective held at, and the one that broke it.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaking {
    /// The largest load before it broke; `None` if it never held.
    pub held: Option<f64>,
    /// The load at which it first broke.
    pub broke: f64,
    /// What both count: `per second` or `users`.
    pub unit: Unit,
}

/// What came of one objective in one scenario, or across them.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The objective's text.
    pub objective: String,
    /// The scenario it was judged in; `None` across scenarios.
    pub scenario: Option<String>,
    /// The endpoint, of an objective for each of several.
    pub endpoint: Option<String>,
    /// Whether it holds.
    pub outcome: Outcome,
    /// Whether that decides.
    pub severity: Severity,
    /// Of tiers, which.
    pub tier: Option<Tier>,
    /// Of grades, which word.
    pub grade: Option<String>,
    /// The value that was observed, in `unit`; of windows the worst.
    pub observed: Option<f64>,
    /// The limit it was held against; of tiers the acceptable one, of two limits the lower
    /// one ([`Verdict::upper_limit`]).
    pub limit: Option<f64>,
    /// The unit of both.
    pub unit: Unit,
    /// One sentence without a full stop: `p95 was 1204 ms, must be < 900 ms`.
    pub why: String,
    /// When it first broke, seconds since the Unix epoch; where that can be told.
    pub broke_epoch_s: Option<f64>,
    /// On a ramp: the load that held, and that which broke it.
    pub breaking: Option<Breaking>,
}

/// What was seen second by second of an objective that the end alone does not tell: one
/// with a window, or one that ended its scenario. The record keeps it, because its slices
/// grow coarser with time and what came after a stop is no part of what was judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sighting {
    /// The objective's text.
    pub objective: String,
    /// The endpoint, of an objective for each of several.
    pub endpoint: Option<String>,
    /// The worst value, in the unit of the term; `None` if there was never one to judge.
    pub worst: Option<f64>,
    /// The limit of that value.
    pub limit: Option<f64>,
    /// The unit of both.
    pub unit: Option<Unit>,
    /// For how long the bad lasted at most, seconds, of [`super::Window::EverySecond`].
    pub longest_s: Option<f64>,
    /// When it broke, seconds since the Unix epoch; `None` if it held.
    pub broke_epoch_s: Option<f64>,
    /// Whether it had a whole window at least once.
    pub complete: bool,
}

/// What a verdict, a scenario or a run comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// All holds.
    #[default]
    Pass,
    /// Something is worth a warning.
    Warn,
    /// Something that decides does not hold, or has no data.
    Fail,
}

impl Verdict {
    /// What it comes to: a missed objective of [`Severity::Warn`] and a tolerable tier warn.
    pub fn judgement(&self) -> Judgement {
        match (self.outcome, self.severity, self.tier) {
            (Outcome::Passed, _, Some(Tier::Tolerable)) => Judgement::Warn,
            (Outcome::Passed, _, _) => Judgement::Pass,
            (_, Severity::Warn, _) => Judgement::Warn,
            (_, Severity::Fail, _) => Judgement::Fail,
        }
    }

    /// The upper one of two limits, in `unit`; `None` where there is only one.
    pub fn upper_limit(&self) -> Option<f64> {
        let objective = Objective::parse(&self.objective).ok()?;
        match objective.test(&self.unit) {
            Test::Between(room) => Some(self.limit? + room),
            Test::Compare(_) => None,
        }
    }
}

/// The worst of several; [`Judgement::Pass`] of none.
pub fn worst<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Judgement {
    let judgements = verdicts.into_iter().map(Verdict::judgement);
    judgements.max().unwrap_or_default()
}
