//! Requests, their phases and their errors.
//!
//! In: a snapshot. Out: tables, none where there is nothing to tell. Where response times
//! count from the instant a request was due, the time from the send stands beside them:
//! in columns of its own, or on a narrow page in a row of its own.

use std::sync::Arc;

use gatecrash_metrics::{Endpoint, Measure, Measures, Snapshot, Values};

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
struct Row<'a> {
    label: String,
    paint: Paint,
    endpoint: &'a Endpoint,
    measures: &'a Measures,
}

/// The endpoints in the order of first sight, then all together.
fn rows<'a>(snapshot: &'a Snapshot, all: &'a Measures) -> Vec<Row<'a>> {
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

/// The table of requests.
pub fn request_table(snapshot: &Snapshot, elapsed_s: f64, look: &Look) -> Vec<String> {
    let all = snapshot.measures();
    let rows = rows(snapshot, &all);
    if all.get(Measure::ServiceTime).is_none() {
        return table("response time, ms", &rows, elapsed_s, Beside::Nothing).lines(look);
    }
    const HEAD: &str = "response time from due, ms";
    let wide = table(HEAD, &rows, elapsed_s, Beside::Columns);
    if wide.width_with(NAME_WIDE) <= look.width {
        wide.lines(look)
    } else {
        table(HEAD, &rows, elapsed_s, Beside::Rows).lines(look)
    }
}

/// Where the service times stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Columns,
    Rows,
}

fn table(head: &'static str, rows: &[Row<'_>], elapsed_s: f64, beside: Beside) -> Table {
    let mut table = Table {
        heads: vec!["", "requests", "/s", "failed"],
        groups: vec![Group {
            from: 4,
            to: 8,
            head,
        }],
        texts: 1,
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
    const PHASES: [Measure; 5] = [
        Measure::Dns,
        Measure::Connect,
        Measure::Tls,
        Measure::FirstByte,
        Measure::Receive,
    ];
    let all = snapshot.measures();
    if PHASES.iter().all(|&phase| all.get(phase).is_none()) {
        return Vec::new();
    }
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
    for row in rows(snapshot, &all) {
        let mut cells = vec![Cell::from(row.label).painted(row.paint)];
        cells.extend(PHASES.map(|phase| Cell::from(pair(row.measures.get(phase)))));
        table.rows.push(cells);
    }
    table.lines(look)
}

fn pair(values: Option<&Values>) -> String {
    let figures = values.and_then(|v| Some((v.quantile(0.5)?, v.quantile(0.99)?)));
    match figures {
        Some((p50, p99)) => format!("{}/{}", value(p50), value(p99)),
        None => NOTHING.into(),
    }
}

/// The errors, the most frequent first. Empty where there were none.
pub fn error_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    let kinds = snapshot.failures.iter().map(|failure| Kind {
        times: failure.occurrences,
        who: label(&failure.method, &failure.name),
        what: harmless(&readable_error(&failure.error)),
    });
    kinds_table("errors", kinds.collect(), look)
}

/// What users of a plan or of a program could not even send or judge, the most frequent
/// first. Empty where there was nothing.
pub fn exception_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    let kinds = snapshot.exceptions.iter().map(|group| Kind {
        times: group.count,
        // Where a plan's fault lies is one line; of a program's the message tells enough.
        who: harmless(group.traceback.lines().next().unwrap_or_default()),
        what: harmless(&group.message),
    });
    kinds_table("exceptions", kinds.collect(), look)
}

/// How many exceptions there were, those in no table included.
pub fn exception_count(snapshot: &Snapshot) -> u64 {
    let kept: u64 = snapshot.exceptions.iter().map(|group| group.count).sum();
    kept + snapshot.overflow.exceptions
}

/// One kind of thing that went wrong.
struct Kind {
    times: u64,
    who: String,
    what: String,
}

fn kinds_table(heading: &str, mut kinds: Vec<Kind>, look: &Look) -> Vec<String> {
    if kinds.is_empty() {
        return Vec::new();
    }
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.times));
    let mut lines = vec![look.paint(Paint::Dim, &format!("  {heading}"))];
    for Kind { times, who, what } in kinds.iter().take(ERRORS_SHOWN) {
        let times = format!("{:>11}", count(*times));
        let text = cut(&format!("{who}: {what}"), ERROR_LINES * look.text_width());
        lines.extend(look.paragraph(&times, Paint::Bad, &text));
    }
    let more = kinds.len().saturating_sub(ERRORS_SHOWN);
    if more > 0 {
        lines.push(format!("              and {more} more kinds"));
    }
    lines
}
