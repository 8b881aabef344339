//! A run at its end, scenario by scenario.
//!
//! In: the record. Out: lines: what was asked, what came of it, whether the numbers may be
//! believed, and what they say.

use gatecrash_metrics::record::{HookRecord, When};
use gatecrash_metrics::{RunRecord, ScenarioRecord, Snapshot, Validity};

use super::cache::cache;
use super::cost::{costs, month};
use super::figure::{clock, counted, value};
use super::gauges::{Which, gauges};
use super::requests::{error_table, exception_table, phase_table, request_table};
use super::series::{measure_table, metric_table};
use super::slowest::slowest_table;
use super::suite::{sentence_lines, summary_table};
use super::verdicts::run_verdicts;
use super::work::{arrival_lines, task_table};
use super::{Fact, Look, Paint, harmless};
use crate::console::overflow_notes;

/// The whole run.
pub fn run(record: &RunRecord, look: &Look) -> Vec<String> {
    let mut lines = vec![
        look.paint(Paint::Bold, &harmless(&record.name)),
        look.paint(Paint::Dim, &origin(record)),
    ];
    for scenario in &record.scenarios {
        lines.push(String::new());
        lines.extend(self::scenario(scenario, record, look));
    }
    let notes = record.notes.iter();
    let notes = notes.flat_map(|note| look.paragraph("note", Paint::Warn, &harmless(note)));
    let mut end = vec![belief(&record.validity, look)];
    end.extend(sentence_lines(record, look));
    for block in [
        notes.collect(),
        run_verdicts(record, look),
        summary_table(record).lines(look),
        end,
    ] {
        push_block(&mut lines, block);
    }
    lines
}

/// Appends lines after an empty one, if there are any.
fn push_block(lines: &mut Vec<String>, block: Vec<String>) {
    if !block.is_empty() {
        lines.push(String::new());
        lines.extend(block);
    }
}

fn origin(record: &RunRecord) -> String {
    let elapsed_s = record.ended_epoch_s - record.started_epoch_s;
    let ending = harmless(&record.ended_by.to_string());
    let told = format!("{ending} after {}", clock(elapsed_s));
    match cut_short(&record.plan_fingerprint) {
        // Not made by a plan: nothing was drawn from a seed.
        plan if plan.is_empty() => told,
        plan => format!("{told} · seed {} · plan {plan}", record.seed),
    }
}

/// Enough of a number of 64 digits to tell two plans apart; all of it is in the record.
fn cut_short(fingerprint: &str) -> String {
    harmless(fingerprint).chars().take(16).collect()
}

/// Whether the numbers may be believed.
fn belief(validity: &Validity, look: &Look) -> String {
    match validity {
        Validity::Valid => look.paint(Paint::Good, "The run is valid."),
        Validity::Doubtful(_) => {
            let text = "The run is doubtful. The reasons stand above.";
            look.paint(Paint::Warn, text)
        }
        Validity::Invalid(_) => {
            let text = "The run was not driven as asked. The reasons stand above.";
            look.paint(Paint::Bad, text)
        }
    }
}

/// One scenario of a run; in a line if it was not measured.
pub fn scenario(record: &ScenarioRecord, run: &RunRecord, look: &Look) -> Vec<String> {
    let mut lines = vec![heading(record, look)];
    if !record.measured {
        let hooks: Vec<Fact> = record.hooks.iter().map(hook).collect();
        lines.extend(look.facts(&hooks));
        return lines;
    }
    let snapshot = &record.snapshot;
    lines.extend(arrival_lines(&snapshot.arrivals, look));
    for block in [
        request_table(snapshot, record.elapsed_s(), look),
        phase_table(snapshot, look),
        task_table(snapshot, look),
        cache(snapshot).lines(look),
        cost_lines(snapshot, run, look),
        measure_table(snapshot, look),
        metric_table(snapshot, look),
        gauge_lines(record, look),
        error_table(snapshot, look),
        exception_table(snapshot, look),
        slowest_table(snapshot, look),
        look.facts(&notes(record)),
    ] {
        push_block(&mut lines, block);
    }
    lines
}

/// What was watched; the generator itself where its judgement is not the best.
fn gauge_lines(record: &ScenarioRecord, look: &Look) -> Vec<String> {
    let mut lines = gauges(&record.snapshot, Which::Others).lines(look);
    if record.validity != Validity::Valid {
        lines.extend(gauges(&record.snapshot, Which::Generator).lines(look));
    }
    lines
}

fn cost_lines(snapshot: &Snapshot, run: &RunRecord, look: &Look) -> Vec<String> {
    let mut lines = costs(snapshot, run.currency.as_deref()).lines(look);
    let month: Vec<Fact> = month(snapshot, run).into_iter().collect();
    lines.extend(look.facts(&month));
    lines
}

fn heading(record: &ScenarioRecord, look: &Look) -> String {
    let name = look.paint(Paint::Bold, &harmless(&record.name));
    format!("{name} · {}", heading_text(record))
}

/// What a scenario was asked to do, how long it ran, and of one that was not measured what
/// came of it.
pub fn heading_text(record: &ScenarioRecord) -> String {
    let total = &record.snapshot.total;
    let rest = format!(
        "{} · ran {}",
        harmless(&record.load),
        clock(record.elapsed_s())
    );
    if record.measured {
        return rest;
    }
    format!(
        "{rest} · {} ({}/s) · not measured",
        counted(total.requests, "request", "requests"),
        value(total.requests as f64 / record.elapsed_s().max(0.001))
    )
}

/// Changes on the way, limits that were reached, what was cut off, the judgement of the
/// generator.
pub fn notes(record: &ScenarioRecord) -> Vec<Fact> {
    let mut facts = Vec::new();
    for change in &record.changes {
        let after = clock(change.at_epoch_s - record.started_epoch_s);
        let text = format!("after {after}: {}", change.what);
        facts.push(Fact::new("changed", Paint::Plain, &text));
    }
    if record.abandoned > 0 {
        let text = format!(
            "{} cut off at the end, in no table",
            counted(record.abandoned, "request", "requests")
        );
        facts.push(Fact::new("abandoned", Paint::Plain, &text));
    }
    let limits = overflow_notes(&record.snapshot.overflow);
    facts.extend(
        limits
            .iter()
            .map(|note| Fact::new("limit", Paint::Warn, note)),
    );
    facts.extend(validity_facts(&record.validity));
    facts.extend(record.hooks.iter().map(hook));
    facts
}

/// What came of something done before, beside or after the scenario: how it went, what it told, what it
/// left.
fn hook(hook: &HookRecord) -> Fact {
    let (went, paint) = match hook.ok {
        true => ("ok", Paint::Plain),
        false => ("FAILED", Paint::Bad),
    };
    let label = match hook.when {
        When::Before => "before",
        When::Beside => "beside",
        When::After => "after",
    };
    let mut text = format!("{}: {went} after {}", hook.name, clock(hook.elapsed_s));
    if !hook.told.is_empty() {
        text.push_str(&format!(": {}", hook.told));
    }
    if let Some(file) = &hook.file {
        text.push_str(&format!("; kept as {file}"));
    }
    Fact::new(label, paint, &text)
}

/// The judgement of the generator and its reasons.
pub fn validity_lines(validity: &Validity, look: &Look) -> Vec<String> {
    look.facts(&validity_facts(validity))
}

fn validity_facts(validity: &Validity) -> Vec<Fact> {
    let (paint, name) = match validity {
        Validity::Valid => (Paint::Good, "valid"),
        Validity::Doubtful(_) => (Paint::Warn, "doubtful"),
        Validity::Invalid(_) => (Paint::Bad, "INVALID"),
    };
    let reasons = validity.reasons().iter();
    let reasons = reasons.map(|reason| Fact::new("", paint, &reason.text));
    std::iter::once(Fact::new("driven", paint, name))
        .chain(reasons)
        .collect()
}
