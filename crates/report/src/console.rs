//! The tables of the console, byte for byte as Locust prints them.
//!
//! In: a snapshot. Out: lines without their ends. Nothing is printed here.

use gatecrash_metrics::failure::OTHER_ERRORS;
use gatecrash_metrics::hist::HIGHEST_US;
use gatecrash_metrics::shard::OTHER_NAMES;
use gatecrash_metrics::{Overflow, Snapshot};

use crate::format::percent_label;
use crate::locust::{Entry, Rules, readable_error, sorted, total};

/// Widths of the first two columns, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// The request's type.
    pub kind: usize,
    /// The name; longer ones push the rest of their row to the right.
    pub name: usize,
}

impl Default for Widths {
    fn default() -> Widths {
        Widths { kind: 8, name: 80 }
    }
}

impl Widths {
    /// Width of the name in the table of requests: four characters wider than what
    /// the type column leaves of the name's width. Where that is negative, Locust's
    /// rows take the amount as a width and its separator is empty.
    fn request_name(&self) -> usize {
        (self.name + 4).abs_diff(self.kind)
    }

    fn request_name_rule(&self) -> usize {
        (self.name + 4).saturating_sub(self.kind)
    }
}

/// Which rates a table of requests shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rates {
    /// Of the last seconds.
    Current,
    /// Of the whole run.
    Whole,
}

/// The table of requests, a row for each endpoint and one for all.
pub fn request_table(
    snapshot: &Snapshot,
    rules: &Rules,
    widths: Widths,
    rates: Rates,
) -> Vec<String> {
    let (kind, name) = (widths.kind, widths.request_name());
    let header = format!(
        "{:<kind$} {:<name$} {:>7} {:>12} |{:>7} {:>7} {:>7}{:>7} | {:>7} {:>11}",
        "Type", "Name", "# reqs", "# fails", "Avg", "Min", "Max", "Med", "req/s", "failures/s"
    );
    let rule = separator(&[kind, widths.request_name_rule(), 7, 13, 7, 7, 7, 7, 8, 11]);
    let row = |entry: &Entry<'_>| request_row(entry, widths, rates);
    let mut lines = vec![header, rule.clone()];
    lines.extend(sorted(snapshot, &rules.rounding).iter().map(row));
    lines.push(rule);
    lines.push(row(&total(snapshot, &rules.rounding)));
    lines
}

/// One row of the table of requests.
pub fn request_row(entry: &Entry<'_>, widths: Widths, rates: Rates) -> String {
    let endpoint = entry.endpoint;
    let (kind, name) = (widths.kind, widths.request_name());
    let method = match &*endpoint.method {
        "" => String::new(),
        method => format!("{method} "),
    };
    let fails = format!("{}({:.2}%)", endpoint.failures, entry.fail_ratio() * 100.0);
    let (rps, fails_per_s) = match rates {
        Rates::Current => (entry.current_rps(), entry.current_fail_per_sec()),
        Rates::Whole => (entry.total_rps(), entry.total_fail_per_sec()),
    };
    format!(
        "{method:<kind$} {:<name$} {:>7} {fails:>12} |{:>7} {:>7} {:>7}{:>7} | {rps:>7.2} {fails_per_s:>11.2}",
        endpoint.name,
        endpoint.requests,
        cut(entry.avg_response_time_ms()),
        cut(entry.min_or_zero_ms().value),
        cut(entry.max_ms().value),
        cut(entry.median_ms().value),
    )
}

/// The table of percentiles, a row for each endpoint that has times.
pub fn percentile_table(snapshot: &Snapshot, rules: &Rules, widths: Widths) -> Vec<String> {
    let Widths { kind, name } = widths;
    let columns = rules.percentiles.len();
    let mut labels: Vec<String> = rules
        .percentiles
        .iter()
        .map(|&p| percent_label(p))
        .collect();
    labels.push("# reqs".into());
    let header = format!(
        "{:<kind$} {:<name$} {}",
        "Type",
        "Name",
        percentile_cells(&labels)
    );
    let rule = separator(&[&[kind, name, 8], vec![6; columns].as_slice()].concat());
    let mut lines = vec![
        "Response time percentiles (approximated)".into(),
        header,
        rule.clone(),
    ];
    let timed = |entry: &Entry<'_>| !entry.times.is_empty();
    let row = |entry: &Entry<'_>| percentile_row(entry, rules, widths);
    lines.extend(
        sorted(snapshot, &rules.rounding)
            .iter()
            .filter(|e| timed(e))
            .map(row),
    );
    lines.push(rule);
    lines.extend(
        Some(total(snapshot, &rules.rounding))
            .iter()
            .filter(|e| timed(e))
            .map(row),
    );
    lines
}

/// One row of the table of percentiles.
pub fn percentile_row(entry: &Entry<'_>, rules: &Rules, widths: Widths) -> String {
    let Widths { kind, name } = widths;
    let percentile = |&share| cut(entry.percentile_ms(share).value).to_string();
    let mut cells: Vec<String> = rules.percentiles.iter().map(percentile).collect();
    cells.push(entry.endpoint.requests.to_string());
    let (method, label) = (&entry.endpoint.method, &entry.endpoint.name);
    format!(
        "{method:<kind$} {label:<name$} {}",
        percentile_cells(&cells)
    )
}

/// The first number takes eight characters, the others six.
fn percentile_cells(cells: &[String]) -> String {
    let width = |at| if at == 0 { 8 } else { 6 };
    let padded = cells
        .iter()
        .enumerate()
        .map(|(at, cell)| format!("{cell:>0$}", width(at)));
    padded.collect::<Vec<String>>().join(" ")
}

/// The report of errors, and an empty line after it.
pub fn error_report(snapshot: &Snapshot, widths: Widths) -> Vec<String> {
    let rule = separator(&[18, (80 + widths.name).saturating_sub(19)]);
    let mut lines = vec![
        "Error report".into(),
        format!("{:<18} {:<100}", "# occurrences", "Error"),
        rule.clone(),
    ];
    lines.extend(snapshot.failures.iter().map(|failure| {
        let error = format!(
            "{} {}: {}",
            failure.method,
            failure.name,
            readable_error(&failure.error)
        );
        format!("{:<18} {error:<100}", failure.occurrences)
    }));
    lines.push(rule);
    lines.push(String::new());
    lines
}

/// A sentence for each limit that the run went beyond; none in an ordinary run.
pub fn overflow_notes(overflow: &Overflow) -> Vec<String> {
    let told = [
        (
            overflow.names,
            format!(
                "requests beyond the limit on distinct names are counted as `{OTHER_NAMES}`: give requests with changing URLs a `name=`"
            ),
        ),
        (
            overflow.errors,
            format!("failures beyond the limit on distinct errors are counted as `{OTHER_ERRORS}`"),
        ),
        (
            overflow.exceptions,
            "exceptions beyond the limit on distinct exceptions are in no table".into(),
        ),
        (
            overflow.clamped_times,
            format!(
                "response times above {} years are counted as that in percentiles",
                HIGHEST_US / (365 * 24 * 3_600_000_000)
            ),
        ),
        (
            overflow.forgotten_seconds,
            "of the oldest seconds are missing in the counts per second".into(),
        ),
        (
            overflow.unusable_values,
            "measured values are in no table: not finite, or of a metric that was not declared or is beyond the limit".into(),
        ),
    ];
    let reached = told.into_iter().filter(|(count, _)| *count > 0);
    reached
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
}

fn separator(widths: &[usize]) -> String {
    let dashes: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    dashes.join("|")
}

/// Without its fraction.
fn cut(value: f64) -> i64 {
    value as i64
}
