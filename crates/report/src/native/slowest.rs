//! The slowest requests, with the ids by which they can be found in traces.
//!
//! In: a snapshot. Out: a table, none where no request has such an id.

use std::sync::Arc;

use gatecrash_metrics::slowest::Slow;
use gatecrash_metrics::{Endpoint, Snapshot};

use super::figure::value;
use super::table::{Cell, Table};
use super::{Look, Paint, harmless};

/// So many requests are shown; all that are kept stand in `run.json`.
const SHOWN: usize = 10;

/// The slowest requests of all endpoints together, as lines.
pub fn slowest_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    slowest(snapshot).lines(look)
}

/// The slowest requests of all endpoints together.
pub fn slowest(snapshot: &Snapshot) -> Table {
    let endpoints = snapshot.endpoints.iter();
    let mut all: Vec<(&Arc<Endpoint>, &Slow)> = endpoints
        .flat_map(|endpoint| endpoint.slowest.iter().map(move |slow| (endpoint, slow)))
        .collect();
    all.sort_by(|(_, one), (_, other)| other.response_time_ms.total_cmp(&one.response_time_ms));
    let began_epoch_s = snapshot.total.start_epoch_s;
    Table {
        heads: vec!["slowest requests", "trace id", "status", "after s", "ms"],
        texts: 3,
        rows: all
            .into_iter()
            .take(SHOWN)
            .map(|(endpoint, slow)| row(endpoint, slow, began_epoch_s))
            .collect(),
        ..Table::default()
    }
}

fn row(endpoint: &Endpoint, slow: &Slow, began_epoch_s: f64) -> Vec<Cell> {
    let label = format!("{} {}", endpoint.method, endpoint.name);
    let status = slow.traced.status;
    let status = status.map_or_else(|| "–".to_owned(), |status| status.to_string());
    let paint = if slow.failed {
        Paint::Bad
    } else {
        Paint::Plain
    };
    vec![
        harmless(label.trim_start()).into(),
        format!("{:032x}", slow.traced.trace).into(),
        Cell::from(status).painted(paint),
        value((slow.at_epoch_s - began_epoch_s).max(0.0)).into(),
        value(slow.response_time_ms).into(),
    ]
}
