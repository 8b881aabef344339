//! What came of the objectives.
//!
//! In: verdicts, and the run that they judge where there is one. Out: for each its outcome as
//! a word, the objective, what was observed and the limit; below one that does not simply
//! hold, why, since when, and on a ramp at which load. Never: a judgement; those are made.

use gatecrash_metrics::objective::verdict::{Breaking, Judgement};
use gatecrash_metrics::objective::{Outcome, Severity, Tier, Verdict};
use gatecrash_metrics::{RunRecord, Unit};

use super::figure::{NOTHING, clock, with_unit};
use super::{Look, Paint, broken, harmless, length};
use crate::format::utc_timestamp;

/// Columns for the outcome.
const LABELS: usize = 7;

/// An objective gets at least so many columns.
const OBJECTIVE_MIN: usize = 24;

/// Between two columns.
const GAP: usize = 2;

/// A verdict in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `PASS`, `WARN`, `FAIL` or `NO DATA`.
    pub label: &'static str,
    /// How that stands out.
    pub paint: Paint,
    /// The objective, with the endpoint where it is one of several.
    pub objective: String,
    /// What was observed; a dash for nothing.
    pub observed: String,
    /// What it was held against.
    pub limit: String,
    /// What else there is to know; empty where the first line says it all.
    pub details: String,
}

impl Told {
    /// A verdict of a run, or of numbers without one.
    pub fn of(verdict: &Verdict, run: Option<&RunRecord>) -> Told {
        let (label, paint) = label(verdict);
        let currency = run.and_then(|run| run.currency.as_deref());
        let (observed, limit) = figures(verdict, currency);
        Told {
            label,
            paint,
            objective: objective(verdict),
            observed,
            limit,
            details: details(verdict, run),
        }
    }
}

fn label(verdict: &Verdict) -> (&'static str, Paint) {
    let (name, paint) = judged(verdict.judgement());
    match verdict.outcome {
        Outcome::NoData => ("NO DATA", paint),
        Outcome::Passed | Outcome::Failed => (name, paint),
    }
}

/// A judgement as a word, and how that stands out.
pub fn judged(judgement: Judgement) -> (&'static str, Paint) {
    match judgement {
        Judgement::Pass => ("PASS", Paint::Good),
        Judgement::Warn => ("WARN", Paint::Warn),
        Judgement::Fail => ("FAIL", Paint::Bad),
    }
}

fn objective(verdict: &Verdict) -> String {
    let text = match &verdict.endpoint {
        Some(endpoint) => format!("{} · {endpoint}", verdict.objective),
        None => verdict.objective.clone(),
    };
    harmless(&text)
}

/// What was observed and its limit, with as many digits as tell them apart.
fn figures(verdict: &Verdict, currency: Option<&str>) -> (String, String) {
    let text = |figure: Option<f64>| {
        let text = figure.map(|figure| with_unit(&verdict.unit, figure, currency));
        text.map_or_else(|| NOTHING.to_owned(), |text| harmless(&text))
    };
    let (observed, limit) = (text(verdict.observed), text(verdict.limit));
    let (observed, limit) = match (verdict.observed, verdict.limit) {
        (Some(exact), Some(held)) if exact != held && observed == limit => {
            (digits(exact, &verdict.unit), digits(held, &verdict.unit))
        }
        _ => (observed, limit),
    };
    match verdict.upper_limit() {
        Some(upper) => (observed, format!("{limit} to {}", text(Some(upper)))),
        None => (observed, limit),
    }
}

/// All digits of a figure that stands too close to another one.
fn digits(figure: f64, unit: &Unit) -> String {
    match unit {
        Unit::Share => format!("{} %", figure * 100.0),
        Unit::Count | Unit::Money => figure.to_string(),
        other => harmless(&format!("{figure} {other}")),
    }
}

fn details(verdict: &Verdict, run: Option<&RunRecord>) -> String {
    let mut parts = Vec::new();
    let grade = verdict.grade.as_ref().map(|grade| format!("grade {grade}"));
    parts.extend(grade);
    let is_plain = verdict.outcome == Outcome::Passed && verdict.tier != Some(Tier::Tolerable);
    if !is_plain {
        parts.push(verdict.why.clone());
    }
    if verdict.tier == Some(Tier::Tolerable) {
        parts.push("tolerable".to_owned());
    }
    if verdict.outcome != Outcome::Passed && verdict.severity == Severity::Warn {
        parts.push("a warning, which does not decide".to_owned());
    }
    parts.extend(verdict.broke_epoch_s.map(|at| since(verdict, at, run)));
    parts.extend(verdict.breaking.as_ref().map(load));
    parts.retain(|part| !part.is_empty());
    harmless(&parts.join("; "))
}

/// When it first broke, since the beginning of its scenario where that is known.
fn since(verdict: &Verdict, at_epoch_s: f64, run: Option<&RunRecord>) -> String {
    let of = |name: &String| {
        let mut scenarios = run?.scenarios.iter();
        scenarios.find(|one| one.name == *name)
    };
    match verdict.scenario.as_ref().and_then(of) {
        Some(scenario) => {
            let after = clock(at_epoch_s - scenario.started_epoch_s);
            format!("first broken after {after}")
        }
        None => format!("first broken at {}", utc_timestamp(at_epoch_s)),
    }
}

/// The load that it held at, and the one that broke it.
fn load(breaking: &Breaking) -> String {
    let load = |load: f64| match &breaking.unit {
        Unit::PerSecond => with_unit(&Unit::PerSecond, load, None),
        unit => format!("{} {unit}", with_unit(&Unit::Count, load, None)),
    };
    match breaking.held {
        Some(held) => format!("held at {}, broke at {}", load(held), load(breaking.broke)),
        None => format!("broke at {}, the first load", load(breaking.broke)),
    }
}

/// Verdicts, grouped by their scenarios. Empty without any.
pub fn verdict_lines(verdicts: &[Verdict], look: &Look) -> Vec<String> {
    lines(verdicts, None, look)
}

/// The verdicts of a run. Empty without any.
pub fn run_verdicts(run: &RunRecord, look: &Look) -> Vec<String> {
    lines(&run.verdicts, Some(run), look)
}

fn lines(verdicts: &[Verdict], run: Option<&RunRecord>, look: &Look) -> Vec<String> {
    if verdicts.is_empty() {
        return Vec::new();
    }
    let told: Vec<Told> = verdicts.iter().map(|one| Told::of(one, run)).collect();
    let columns = Columns::of(&told, look);
    let mut lines = vec![look.paint(Paint::Dim, &columns.heads())];
    let groups = groups(verdicts);
    for (name, places) in &groups {
        if groups.len() > 1 {
            lines.push(look.paint(Paint::Bold, &format!("  {name}")));
        }
        for &place in places {
            lines.extend(columns.lines(&told[place], look));
        }
    }
    lines
}

/// The places of verdicts by the scenarios that they judge, in the order of first sight.
pub fn groups(verdicts: &[Verdict]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, verdict) in verdicts.iter().enumerate() {
        let name = verdict.scenario.as_deref().unwrap_or("across scenarios");
        let name = harmless(name);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, places)) => places.push(place),
            None => groups.push((name, vec![place])),
        }
    }
    groups
}

/// How wide what stands in the columns is.
struct Columns {
    objective: usize,
    observed: usize,
    limit: usize,
}

impl Columns {
    fn of(told: &[Told], look: &Look) -> Columns {
        let widest = |text: fn(&Told) -> &str, head: &str| {
            let widths = told.iter().map(|one| length(text(one)));
            widths.max().unwrap_or(0).max(length(head))
        };
        let observed = widest(|one| &one.observed, OBSERVED);
        let limit = widest(|one| &one.limit, LIMIT);
        let others = GAP + LABELS + GAP + GAP + observed + GAP + limit;
        let room = look.width.saturating_sub(others).max(OBJECTIVE_MIN);
        let objective = widest(|one| &one.objective, "")
            .max(OBJECTIVE_MIN)
            .min(room);
        Columns {
            objective,
            observed,
            limit,
        }
    }

    fn heads(&self) -> String {
        let gap = GAP + LABELS + GAP + self.objective + GAP;
        let start = format!("  {:<1$}", "objectives", gap - GAP);
        format!(
            "{start}{OBSERVED:>0$}  {LIMIT:>1$}",
            self.observed, self.limit
        )
    }

    fn lines(&self, told: &Told, look: &Look) -> Vec<String> {
        let label = look.paint(told.paint, told.label);
        let label = format!("  {label}{}", " ".repeat(LABELS - length(told.label)));
        let indent = " ".repeat(GAP + LABELS + GAP);
        let mut texts = broken(&told.objective, self.objective).into_iter();
        let first = texts.next().unwrap_or_default();
        let mut lines = vec![format!(
            "{label}  {first:<0$}  {1:>2$}  {3:>4$}",
            self.objective, told.observed, self.observed, told.limit, self.limit
        )];
        lines.extend(texts.map(|text| format!("{indent}{text}")));
        if !told.details.is_empty() {
            let width = look.width.saturating_sub(indent.len()).max(OBJECTIVE_MIN);
            let details = broken(&told.details, width);
            lines.extend(details.iter().map(|text| {
                let text = look.paint(Paint::Dim, text);
                format!("{indent}{text}")
            }));
        }
        lines
    }
}

const OBSERVED: &str = "observed";
const LIMIT: &str = "limit";
