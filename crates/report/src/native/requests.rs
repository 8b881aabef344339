//! Requests, their phases and their errors.
//!
//! In: a snapshot. Out: tables, none where there is nothing to tell. Where response times
//! count from the instant a request was due, the time from the send stands beside them:
//! in columns of its own, or on a narrow page in a row of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatecrash_metrics::{Endpoint, FailureKind, Measure, Measures, Snapshot, Values};

use super::figure::{NOTHING, count, share, value, value_or_dash};
use super::table::{Cell, Group, Table};
use super::{Look, Paint, cut, harmless};
use crate::locust::readable_error;

/// The quantiles of all tables; 1 is the maximum.
pub const QUANTILES: [f64; 4] = [0.5, 0.95, 0.99, 1.0];

/// Their heads.
pub const QUANTILE_HEADS: [&str; 4] = ["P50", "P95", "P99", "max"];

/// So many errors are shown; the rest is counted.
const ERRORS_SHOWN: usize = 20;

/// An error text takes about so many lines at most.
const ERROR_LINES: usize = 3;

/// An endpoint needs so many characters before the page is wide enough for more columns.
const NAME_WIDE: usize = 24;

/// One row: an endpoint, or all of them, with what it was measured by.
pub(super) struct Row<'a> {
    pub(super) label: String,
    pub(super) paint: Paint,
    pub(super) endpoint: &'a Endpoint,
    pub(super) measures: &'a Measures,
}

/// The endpoints in the order of first sight, then all together.
pub(super) fn rows<'a>(snapshot: &'a Snapshot, all: &'a Measures) -> Vec<Row<'a>> {
    let row = |endpoint: &'a Arc<Endpoint>| Row {
        label: label(&endpoint.method, &endpoint.name),
        paint: Paint::Plain,
        endpoint,
        measures: &endpoint.measures,
    };
    let mut rows: Vec<Row<'a>> = snapshot.endpoints.iter().map(row).collect();
    if rows.len() != 1 {
        rows.push(Row {
            label: "all".into(),
            paint: Paint::Bold,
            endpoint: &snapshot.total,
            measures: all,
        });
    }
    rows
}

/// `GET /path`.
pub fn label(method: &str, name: &str) -> String {
    harmless(format!("{method} {name}").trim_start())
}

/// The table of requests, in the width that the page has.
pub fn request_table(snapshot: &Snapshot, elapsed_s: f64, look: &Look) -> Vec<String> {
    let wide = requests(snapshot, elapsed_s);
    if wide.width_with(NAME_WIDE) <= look.width {
        return wide.lines(look);
    }
    let all = snapshot.measures();
    let beside = match all.get(Measure::ServiceTime) {
        Some(_) => Beside::Rows,
        None => Beside::Nothing,
    };
    table(&rows(snapshot, &all), elapsed_s, beside).lines(look)
}

/// The table of requests, as wide as it needs to be.
pub fn requests(snapshot: &Snapshot, elapsed_s: f64) -> Table {
    let all = snapshot.measures();
    let beside = match all.get(Measure::ServiceTime) {
        Some(_) => Beside::Columns,
        None => Beside::Nothing,
    };
    table(&rows(snapshot, &all), elapsed_s, beside)
}

/// Where the service times stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Columns,
    Rows,
}

fn table(rows: &[Row<'_>], elapsed_s: f64, beside: Beside) -> Table {
    let head = match beside {
        Beside::Nothing => "response time, ms",
        Beside::Columns | Beside::Rows => "response time from due, ms",
    };
    let mut table = Table {
        heads: vec!["", "requests", "/s", "failed"],
        groups: vec![Group {
            from: 4,
            to: 8,
            head,
        }],
        texts: 1,
        apart: &[3],
        ..Table::default()
    };
    table.heads.extend(QUANTILE_HEADS);
    if beside == Beside::Columns {
        table.heads.extend(QUANTILE_HEADS);
        table.groups.push(Group {
            from: 8,
            to: 12,
            head: "service time from send, ms",
        });
    }
    for row in rows {
        let service = row.measures.get(Measure::ServiceTime);
        let mut cells = request_cells(row, elapsed_s);
        if beside == Beside::Columns {
            cells.extend(quantile_cells(service));
        }
        table.rows.push(cells);
        if beside == Beside::Rows {
            let mut cells: Vec<Cell> = ["  service time", "", "", ""].map(Cell::from).into();
            cells.extend(quantile_cells(service));
            let dim = |cell: Cell| cell.painted(Paint::Dim);
            table.rows.push(cells.into_iter().map(dim).collect());
        }
    }
    table
}

fn request_cells(row: &Row<'_>, elapsed_s: f64) -> Vec<Cell> {
    let endpoint = row.endpoint;
    let failed = match endpoint.failures {
        0 => Cell::from("0"),
        n => Cell::from(share(n, endpoint.requests.max(n))).painted(Paint::Bad),
    };
    let per_s = value(endpoint.requests as f64 / elapsed_s.max(0.001));
    let mut cells = vec![
        Cell::from(row.label.clone()).painted(row.paint),
        count(endpoint.requests).into(),
        per_s.into(),
        failed,
    ];
    let times = QUANTILES.map(|q| value_or_dash(endpoint.quantile_ms(q)));
    cells.extend(times.map(Cell::from));
    cells
}

/// The quantiles of a distribution, dashes for none.
pub fn quantile_cells(values: Option<&Values>) -> [Cell; 4] {
    QUANTILES.map(|q| value_or_dash(values.and_then(|v| v.quantile(q))).into())
}

/// The table of phases: P50 and P99 of each. Empty where none were measured.
pub fn phase_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    phases(snapshot).lines(look)
}

/// The phases of requests; without rows where none were measured.
pub fn phases(snapshot: &Snapshot) -> Table {
    const PHASES: [Measure; 5] = [
        Measure::Dns,
        Measure::Connect,
        Measure::Tls,
        Measure::FirstByte,
        Measure::Receive,
    ];
    let mut table = Table {
        heads: vec!["phases", "dns", "connect", "tls", "first byte", "receive"],
        groups: vec![Group {
            from: 1,
            to: 6,
            head: "P50/P99, ms",
        }],
        texts: 1,
        ..Table::default()
    };
    let all = snapshot.measures();
    if PHASES.iter().all(|&phase| all.get(phase).is_none()) {
        return table;
    }
    for row in rows(snapshot, &all) {
        let mut cells = vec![Cell::from(row.label).painted(row.paint)];
        cells.extend(PHASES.map(|phase| Cell::from(pair(row.measures.get(phase)))));
        table.rows.push(cells);
    }
    table
}

fn pair(values: Option<&Values>) -> String {
    let figures = values.and_then(|v| Some((v.quantile(0.5)?, v.quantile(0.99)?)));
    match figures {
        Some((p50, p99)) => format!("{}/{}", value(p50), value(p99)),
        None => NOTHING.into(),
    }
}

/// How often requests failed in which way, the most frequent first, as far as that is known.
pub fn failure_kinds(snapshot: &Snapshot) -> Vec<(FailureKind, u64)> {
    let mut kinds: BTreeMap<FailureKind, u64> = BTreeMap::new();
    for failure in &snapshot.failures {
        *kinds.entry(failure.kind).or_default() += failure.occurrences;
    }
    if kinds.keys().all(|kind| *kind == FailureKind::Other) {
        return Vec::new();
    }
    let mut kinds: Vec<(FailureKind, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    kinds
}

/// [`failure_kinds`] in words: `12 × status 500, 3 × timeout`; empty for none.
pub fn failure_kinds_text(snapshot: &Snapshot) -> String {
    let kinds = failure_kinds(snapshot);
    let told = kinds
        .iter()
        .map(|(kind, times)| format!("{} × {}", count(*times), kind.name()));
    told.collect::<Vec<String>>().join(", ")
}

/// One kind of thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// How often.
    pub times: u64,
    /// In which way, of a request that failed.
    pub kind: Option<FailureKind>,
    /// Of which requests, or in which part of a user.
    pub place: String,
    /// What was told.
    pub text: String,
}

/// The errors of requests, the most frequent first.
pub fn errors(snapshot: &Snapshot) -> Vec<Mishap> {
    let errors = snapshot.failures.iter().map(|failure| Mishap {
        times: failure.occurrences,
        kind: Some(failure.kind),
        place: label(&failure.method, &failure.name),
        text: harmless(&readable_error(&failure.error)),
    });
    most_frequent_first(errors.collect())
}

/// What users of a plan or of a program could not even send or judge, the most frequent
/// first.
pub fn exceptions(snapshot: &Snapshot) -> Vec<Mishap> {
    let exceptions = snapshot.exceptions.iter().map(|group| Mishap {
        times: group.count,
        kind: None,
        // Where a plan's fault lies is one line; of a program's the message tells enough.
        place: harmless(group.traceback.lines().next().unwrap_or_default()),
        text: harmless(&group.message),
    });
    most_frequent_first(exceptions.collect())
}

fn most_frequent_first(mut mishaps: Vec<Mishap>) -> Vec<Mishap> {
    mishaps.sort_by_key(|mishap| std::cmp::Reverse(mishap.times));
    mishaps
}

/// How many exceptions there were, those in no table included.
pub fn exception_count(snapshot: &Snapshot) -> u64 {
    let kept: u64 = snapshot.exceptions.iter().map(|group| group.count).sum();
    kept + snapshot.overflow.exceptions
}

/// The errors, after how often requests failed in which way. Empty where there were none.
pub fn error_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    let heading = format!("{:<12}{}", "errors", failure_kinds_text(snapshot));
    mishap_lines(heading.trim_end(), &errors(snapshot), look)
}

/// The exceptions. Empty where there were none.
pub fn exception_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    mishap_lines("exceptions", &exceptions(snapshot), look)
}

fn mishap_lines(heading: &str, mishaps: &[Mishap], look: &Look) -> Vec<String> {
    if mishaps.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![look.paint(Paint::Dim, &format!("  {heading}"))];
    for Mishap {
        times, place, text, ..
    } in mishaps.iter().take(ERRORS_SHOWN)
    {
        let times = format!("{:>11}", count(*times));
        let text = cut(&format!("{place}: {text}"), ERROR_LINES * look.text_width());
        lines.extend(look.paragraph(&times, Paint::Bad, &text));
    }
    let more = mishaps.len().saturating_sub(ERRORS_SHOWN);
    if more > 0 {
        lines.push(format!("              and {more} more kinds"));
    }
    lines
}
