//! The contents of the four CSV files, byte for byte as Locust writes them.
//!
//! In: a snapshot. Out: text with `\r\n` at the end of each row. A field is quoted
//! only if it must be (<https://docs.python.org/3/library/csv.html>, `QUOTE_MINIMAL`).

use std::sync::Arc;

use gatecrash_metrics::{ExceptionGroup, Failure, Snapshot};
use sha2::{Digest, Sha256};

use crate::format::{float_repr, percent_label, str_repr, utc_timestamp};
use crate::locust::{Entry, RoundedTimes, Rules, normalise_error, rounded, sorted, total};

/// `_stats.csv`: a row for each endpoint, then one for all.
pub fn requests(snapshot: &Snapshot, rules: &Rules) -> String {
    let mut text = String::new();
    push_row(&mut text, requests_header(rules));
    for entry in sorted(snapshot, &rules.rounding) {
        push_row(&mut text, requests_row(&entry, rules));
    }
    push_row(
        &mut text,
        requests_row(&total(snapshot, &rules.rounding), rules),
    );
    text
}

/// The columns of `_stats.csv`.
pub fn requests_header(rules: &Rules) -> Vec<String> {
    let fixed = [
        "Type",
        "Name",
        "Request Count",
        "Failure Count",
        "Median Response Time",
        "Average Response Time",
        "Min Response Time",
        "Max Response Time",
        "Average Content Size",
        "Requests/s",
        "Failures/s",
    ];
    fixed
        .map(String::from)
        .into_iter()
        .chain(percentile_labels(rules))
        .collect()
}

fn percentile_labels(rules: &Rules) -> impl Iterator<Item = String> {
    rules.percentiles.iter().map(|&share| percent_label(share))
}

fn requests_row(entry: &Entry<'_>, rules: &Rules) -> Vec<String> {
    let endpoint = entry.endpoint;
    let mut row = vec![endpoint.method.to_string(), endpoint.name.to_string()];
    row.extend(times_and_counts(entry));
    row.push(float_repr(entry.total_rps()));
    row.push(float_repr(entry.total_fail_per_sec()));
    row.extend(percentiles(entry, &entry.times, rules));
    row
}

/// From the count of requests to the mean length, the same in both files.
fn times_and_counts(entry: &Entry<'_>) -> [String; 7] {
    [
        entry.endpoint.requests.to_string(),
        entry.endpoint.failures.to_string(),
        entry.median_ms().to_string(),
        float_repr(entry.avg_response_time_ms()),
        entry.min_or_zero_ms().to_string(),
        entry.max_ms().to_string(),
        entry.avg_content_length().to_string(),
    ]
}

fn percentiles(entry: &Entry<'_>, times: &RoundedTimes, rules: &Rules) -> Vec<String> {
    let cell = |&share| match entry.endpoint.requests {
        0 => "N/A".into(),
        _ => rounded(times.percentile(share).trunc()).to_string(),
    };
    rules.percentiles.iter().map(cell).collect()
}

/// The columns of `_stats_history.csv`, as a line.
pub fn history_header(rules: &Rules) -> String {
    let before = [
        "Timestamp",
        "User Count",
        "Type",
        "Name",
        "Requests/s",
        "Failures/s",
    ];
    let after = [
        "Total Request Count",
        "Total Failure Count",
        "Total Median Response Time",
        "Total Average Response Time",
        "Total Min Response Time",
        "Total Max Response Time",
        "Total Average Content Size",
    ];
    let before = before.map(String::from).into_iter();
    let mut text = String::new();
    push_row(
        &mut text,
        before
            .chain(percentile_labels(rules))
            .chain(after.map(String::from)),
    );
    text
}

/// What `_stats_history.csv` gains at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Now, seconds since the Unix epoch.
    pub epoch_s: f64,
    /// How many users run.
    pub users: u64,
    /// Whether there is a row for each endpoint, whose percentiles are those of the
    /// last seconds; else one row for all with those of the whole run.
    pub full: bool,
}

/// The rows of `_stats_history.csv` for one instant.
pub fn history_rows(snapshot: &Snapshot, rules: &Rules, moment: Moment) -> String {
    let mut entries = match moment.full {
        true => sorted(snapshot, &rules.rounding),
        false => Vec::new(),
    };
    entries.push(total(snapshot, &rules.rounding));
    let mut text = String::new();
    for entry in entries {
        push_row(
            &mut text,
            history_row(&entry, snapshot.window_s, rules, moment),
        );
    }
    text
}

fn history_row(entry: &Entry<'_>, window_s: u32, rules: &Rules, moment: Moment) -> Vec<String> {
    let endpoint = entry.endpoint;
    let mut row = vec![
        (moment.epoch_s as i64).to_string(),
        moment.users.to_string(),
        endpoint.method.to_string(),
        endpoint.name.to_string(),
        format!("{:.6}", entry.current_rps()),
        format!("{:.6}", entry.current_fail_per_sec()),
    ];
    row.extend(if moment.full {
        let lately = endpoint.window.hist(moment.epoch_s, window_s);
        percentiles(entry, &RoundedTimes::new(&lately, &rules.rounding), rules)
    } else {
        percentiles(entry, &entry.times, rules)
    });
    row.extend(times_and_counts(entry));
    row
}

/// `_failures.csv`, in the order of the keys that Locust gives to failures.
pub fn failures(snapshot: &Snapshot) -> String {
    let header = [
        "Method",
        "Name",
        "Error",
        "Occurrences",
        "First Seen",
        "Last Seen",
    ];
    let mut sorted: Vec<&Arc<Failure>> = snapshot.failures.iter().collect();
    sorted.sort_by_cached_key(|failure| failure_key(failure));
    let mut text = String::new();
    push_row(&mut text, header);
    for failure in sorted {
        push_row(&mut text, failure_row(failure));
    }
    text
}

fn failure_row(failure: &Failure) -> [String; 6] {
    [
        failure.method.to_string(),
        failure.name.to_string(),
        normalise_error(&failure.error).into_owned(),
        failure.occurrences.to_string(),
        utc_timestamp(failure.first_seen_epoch_s),
        utc_timestamp(failure.last_seen_epoch_s),
    ]
}

/// Locust's key of a failure: SHA-256 of method, name and the quoted error text.
pub fn failure_key(failure: &Failure) -> String {
    let error = str_repr(&normalise_error(&failure.error));
    let text = format!("{}.{}.{error}", failure.method, failure.name);
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `_exceptions.csv`.
pub fn exceptions(groups: &[Arc<ExceptionGroup>]) -> String {
    let mut text = String::new();
    push_row(&mut text, ["Count", "Message", "Traceback", "Nodes"]);
    for group in groups {
        let nodes = group.nodes.join(", ");
        let count = group.count.to_string();
        push_row(
            &mut text,
            [&*count, &group.message, &group.traceback, &nodes],
        );
    }
    text
}

pub(crate) fn push_row(text: &mut String, fields: impl IntoIterator<Item = impl AsRef<str>>) {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_field(text, field.as_ref());
    }
    text.push_str("\r\n");
}

fn push_field(text: &mut String, field: &str) {
    if field.contains([',', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(field);
    }
}
