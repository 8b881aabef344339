//! The load at which an objective broke, where the load rose.
//!
//! In: a broken objective and the slices of its scenario. Out: the largest load that held
//! before, and the one that broke it. Only where the load rose over a good part of the time:
//! users that are spawned in the first seconds are no ramp.

use super::tally::{Piece, Tally};
use super::term::Subject;
use super::verdict::{Breaking, Verdict};
use super::{Objective, Window};
use crate::measure::Unit;
use crate::record::ScenarioRecord;
use crate::slices::Slice;
use crate::validity::Model;

/// A step has at least so many seconds, so that it has requests enough.
const STEP_MIN_S: f64 = 5.0;

/// … and there are at most so many steps.
const STEPS_MAX: usize = 60;

/// The fewest steps that make a ramp.
const STEPS_MIN: usize = 4;

/// A ramp begins with at most this share of its largest load …
const BEGINS_AT: f64 = 0.5;

/// … and reaches this share of it …
const REACHES: f64 = 0.9;

/// … not before this share of its time.
const RISES_FOR: f64 = 0.2;

/// Some slices together, and their load.
struct Step<'a> {
    slices: &'a [Slice],
    load: f64,
}

impl Step<'_> {
    fn begin_epoch_s(&self) -> f64 {
        self.slices[0].from_epoch_s
    }

    fn to_epoch_s(&self) -> f64 {
        self.slices[self.slices.len() - 1].to_epoch_s
    }
}

/// The load that held and the one that broke a failed objective, and when that was.
pub(super) fn of(
    objective: &Objective,
    record: &ScenarioRecord,
    verdict: &Verdict,
) -> Option<(Breaking, f64)> {
    if !tells(&objective.terms()[0].subject) {
        return None;
    }
    let steps = steps(record);
    if !rises(&steps) {
        return None;
    }
    let (at, at_epoch_s) = match (objective.rule.window(), verdict.broke_epoch_s) {
        (Window::EverySecond(span) | Window::Within(span), Some(broke)) => {
            let began = broke - span.as_secs_f64();
            (
                steps.iter().position(|step| step.to_epoch_s() > began)?,
                broke,
            )
        }
        _ => {
            let at = first_broken(objective, verdict, &steps)?;
            (at, steps[at].begin_epoch_s())
        }
    };
    let held = steps[..at].iter().map(|step| step.load).reduce(f64::max);
    let breaking = Breaking {
        held,
        broke: steps[at].load,
        unit: unit(record),
    };
    Some((breaking, at_epoch_s))
}

/// Whether the value of some seconds stands beside the limit of them all: a share or a
/// time does, a number that grows does not.
fn tells(subject: &Subject) -> bool {
    matches!(
        subject,
        Subject::Quantile(..)
            | Subject::Mean(_)
            | Subject::Max(_)
            | Subject::Min(_)
            | Subject::Share(_)
            | Subject::ErrorRate
            | Subject::SuccessRate
            | Subject::CacheHitRate
            | Subject::Lag
    )
}

/// What the load counts.
fn unit(record: &ScenarioRecord) -> Unit {
    match record.driven.model {
        Model::Open => Unit::PerSecond,
        Model::Closed | Model::Locust => Unit::Named("users".into()),
    }
}

fn steps(record: &ScenarioRecord) -> Vec<Step<'_>> {
    let slices = &record.slices;
    let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
        return Vec::new();
    };
    let span_s = last.to_epoch_s - first.from_epoch_s;
    let least_s = STEP_MIN_S.max(span_s / STEPS_MAX as f64);
    let mut steps = Vec::new();
    let mut from = 0;
    for (at, slice) in slices.iter().enumerate() {
        // Half a slice is what a clock may be off.
        if slice.to_epoch_s - slices[from].from_epoch_s >= least_s - slice.span_s() / 2.0 {
            steps.push(step(record, &slices[from..=at]));
            from = at + 1;
        }
    }
    steps
}

fn step<'a>(record: &ScenarioRecord, slices: &'a [Slice]) -> Step<'a> {
    let span_s: f64 = slices.iter().map(Slice::span_s).sum();
    let load = match record.driven.model {
        Model::Open => {
            let planned: u64 = slices.iter().map(|slice| slice.planned).sum();
            planned as f64 / span_s.max(f64::MIN_POSITIVE)
        }
        Model::Closed | Model::Locust => {
            slices.iter().map(|slice| slice.users).max().unwrap_or(0) as f64
        }
    };
    Step { slices, load }
}

/// Whether the load rose over a good part of the time.
fn rises(steps: &[Step<'_>]) -> bool {
    let peak = steps.iter().map(|step| step.load).fold(0.0, f64::max);
    let reached = steps.iter().position(|step| step.load >= REACHES * peak);
    let (Some(first), Some(reached)) = (steps.first(), reached) else {
        return false;
    };
    steps.len() >= STEPS_MIN
        && first.load <= BEGINS_AT * peak
        && reached as f64 >= RISES_FOR * steps.len() as f64
}

/// The first step that does not hold, and after which the next one with a value does not
/// either: a single bad one may be chance.
fn first_broken(objective: &Objective, verdict: &Verdict, steps: &[Step<'_>]) -> Option<usize> {
    let limit = verdict.limit?;
    let term = objective.terms()[0];
    let mut before = None;
    for (at, step) in steps.iter().enumerate() {
        let mut tally = Tally::new(term);
        for slice in step.slices {
            let part = verdict.endpoint.as_deref().map(|name| part(slice, name));
            tally.add(&Piece::of(term, slice, part.as_ref()));
        }
        let Ok(seen) = tally.value(term) else {
            continue;
        };
        let holds = objective.test(&seen.unit).holds(seen.value, limit);
        match (holds, before) {
            (true, _) => before = None,
            (false, Some(_)) => return before,
            (false, None) => before = Some(at),
        }
    }
    before
}

/// What one endpoint had of a slice.
fn part(slice: &Slice, name: &str) -> crate::slices::Part {
    let same = |part: &&crate::slices::Part| super::watch::label(&part.method, &part.name) == name;
    slice
        .endpoints
        .iter()
        .find(same)
        .cloned()
        .unwrap_or_default()
}
