//! A run at its end, scenario by scenario.
//!
//! In: the record. Out: lines: what was asked, what came of it, and whether the numbers
//! may be believed.

use gatecrash_metrics::{RunRecord, ScenarioRecord, Validity};

use super::figure::{clock, counted, value};
use super::requests::{error_table, exception_table, phase_table, request_table};
use super::series::{measure_table, metric_table};
use super::work::{arrival_lines, task_table};
use super::{Look, Paint, harmless};
use crate::console::overflow_notes;

/// The whole run.
pub fn run(record: &RunRecord, look: &Look) -> Vec<String> {
    let mut lines = vec![
        look.paint(Paint::Bold, &harmless(&record.name)),
        look.paint(Paint::Dim, &origin(record)),
    ];
    for scenario in &record.scenarios {
        lines.push(String::new());
        lines.extend(self::scenario(scenario, look));
    }
    lines.push(String::new());
    lines.push(conclusion(&record.validity, look));
    lines
}

fn origin(record: &RunRecord) -> String {
    let elapsed_s = record.ended_epoch_s - record.started_epoch_s;
    format!(
        "{} after {} · seed {} · plan {}",
        harmless(&record.ended_by.to_string()),
        clock(elapsed_s),
        record.seed,
        cut_short(&record.plan_fingerprint)
    )
}

/// Enough of a number of 64 digits to tell two plans apart; all of it is in the record.
fn cut_short(fingerprint: &str) -> String {
    harmless(fingerprint).chars().take(16).collect()
}

fn conclusion(validity: &Validity, look: &Look) -> String {
    match validity {
        Validity::Valid => look.paint(Paint::Good, "The run is valid."),
        Validity::Doubtful(_) => {
            look.paint(Paint::Warn, "The run is doubtful. The reasons stand above.")
        }
        Validity::Invalid(_) => look.paint(
            Paint::Bad,
            "The run is INVALID: its numbers must not be used. The reasons stand above.",
        ),
    }
}

/// One scenario; in a line if it was not measured.
pub fn scenario(record: &ScenarioRecord, look: &Look) -> Vec<String> {
    let mut lines = vec![heading(record, look)];
    if !record.measured {
        return lines;
    }
    lines.extend(arrival_lines(&record.snapshot.arrivals, look));
    let snapshot = &record.snapshot;
    let tables = [
        request_table(snapshot, record.elapsed_s(), look),
        phase_table(snapshot, look),
        task_table(snapshot, look),
        measure_table(snapshot, look),
        metric_table(snapshot, look),
        error_table(snapshot, look),
        exception_table(snapshot, look),
    ];
    for table in tables.into_iter().filter(|table| !table.is_empty()) {
        lines.push(String::new());
        lines.extend(table);
    }
    let notes = notes(record, look);
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes);
    }
    lines
}

fn heading(record: &ScenarioRecord, look: &Look) -> String {
    let total = &record.snapshot.total;
    let name = look.paint(Paint::Bold, &harmless(&record.name));
    let rest = format!(
        "{} · ran {}",
        harmless(&record.load),
        clock(record.elapsed_s())
    );
    if record.measured {
        return format!("{name} · {rest}");
    }
    format!(
        "{name} · {rest} · {} ({}/s) · not measured",
        counted(total.requests, "request", "requests"),
        value(total.requests as f64 / record.elapsed_s().max(0.001))
    )
}

/// Changes on the way, limits that were reached, what was cut off, the judgement.
fn notes(record: &ScenarioRecord, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &record.changes {
        let after = clock(change.at_epoch_s - record.started_epoch_s);
        let text = format!("after {after}: {}", harmless(&change.what));
        lines.extend(look.paragraph("changed", Paint::Plain, &text));
    }
    if record.abandoned > 0 {
        let text = format!(
            "{} cut off at the end, in no table",
            counted(record.abandoned, "request", "requests")
        );
        lines.extend(look.paragraph("abandoned", Paint::Plain, &text));
    }
    for note in overflow_notes(&record.snapshot.overflow) {
        lines.extend(look.paragraph("limit", Paint::Warn, &note));
    }
    lines.extend(validity_lines(&record.validity, look));
    lines
}

/// The judgement and its reasons.
pub fn validity_lines(validity: &Validity, look: &Look) -> Vec<String> {
    let (paint, name) = match validity {
        Validity::Valid => (Paint::Good, "valid"),
        Validity::Doubtful(_) => (Paint::Warn, "doubtful"),
        Validity::Invalid(_) => (Paint::Bad, "INVALID"),
    };
    let mut lines = look.paragraph("driven", paint, name);
    for reason in validity.reasons() {
        lines.extend(look.paragraph("", paint, &reason.text));
    }
    lines
}
