//! Runs that Locust has written down, read back to be judged.
//!
//! In: the text of `PREFIX_stats.csv`, with `PREFIX_stats_history.csv` where it lies beside it,
//! or of the page that Locust's `--html` writes. Out: a record with what they tell: counts,
//! means, extremes, and the quantiles that they name. What they do not tell stays unknown,
//! so that an objective on it has no data; nothing is worked out between two quantiles.

pub mod locust_csv;
pub mod locust_html;

use std::sync::Arc;

use gatecrash_metrics::endpoint::ToldQuantiles;
use gatecrash_metrics::record::{Origin, OriginKind};
use gatecrash_metrics::shard::TOTAL_NAME;
use gatecrash_metrics::slices::Slice;
use gatecrash_metrics::{
    Arrivals, Driven, Endpoint, Model, Point, RunRecord, ScenarioRecord, Shard, Snapshot, Validity,
};

/// The name of the one scenario of such a run.
pub const SCENARIO: &str = "locust";

/// Why a file is not what Locust writes, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotLocusts(String);

/// What Locust tells of one endpoint, or of all together.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    method: String,
    name: String,
    requests: u64,
    failures: u64,
    mean_ms: f64,
    min_ms: f64,
    max_ms: f64,
    mean_bytes: f64,
    /// Requests per second of the whole run.
    per_second: f64,
    /// Shares and their times, milliseconds.
    quantiles: Vec<(f64, f64)>,
}

impl Row {
    fn is_total(&self) -> bool {
        self.method.is_empty() && self.name == TOTAL_NAME
    }

    fn endpoint(&self) -> Endpoint {
        let has_requests = self.requests > 0;
        Endpoint {
            requests: self.requests,
            failures: self.failures,
            total_response_time_ms: self.mean_ms * self.requests as f64,
            min_ms: has_requests.then_some(self.min_ms),
            max_ms: self.max_ms,
            total_content_length: (self.mean_bytes * self.requests as f64) as u64,
            told: Some(ToldQuantiles::new(self.quantiles.clone())),
            ..Endpoint::new(self.method.as_str(), self.name.as_str(), 0.0)
        }
    }

    /// How long the run took, seconds, as its rate has it.
    fn elapsed_s(&self) -> f64 {
        match self.per_second > 0.0 {
            true => self.requests as f64 / self.per_second,
            // Too short for Locust to have a rate.
            false => 1.0,
        }
    }
}

/// What a file tells beside its rows.
#[derive(Debug, Default)]
struct Beside {
    /// The most users at once; 0 where nobody told.
    users: u64,
    /// Second by second, all endpoints together, as counts only.
    seconds: Vec<Slice>,
    /// What a reader must know of the file.
    notes: Vec<String>,
    host: Option<String>,
}

fn point(second: &Slice) -> Point {
    Point {
        from_epoch_s: second.from_epoch_s,
        to_epoch_s: second.to_epoch_s,
        users: second.users,
        requests: second.total.requests,
        failures: second.total.failures,
        ..Point::default()
    }
}

/// The record of a run that was told in these rows, one of which is the total.
fn record(rows: &[Row], beside: Beside) -> Result<RunRecord, NotLocusts> {
    let Some(total) = rows.iter().find(|row| row.is_total()) else {
        let what = format!("it has no row {TOTAL_NAME}, so it is not complete");
        return Err(NotLocusts(what));
    };
    let endpoints = rows.iter().filter(|row| !row.is_total());
    let mut arrivals = Arrivals::default();
    arrivals.users.set(beside.users);
    let snapshot = Snapshot {
        endpoints: endpoints.map(|row| Arc::new(row.endpoint())).collect(),
        total: Arc::new(total.endpoint()),
        arrivals: Arc::new(arrivals),
        ..Shard::new(0.0).snapshot()
    };
    let started_epoch_s = beside
        .seconds
        .first()
        .map_or(0.0, |second| second.from_epoch_s);
    let ended_epoch_s = started_epoch_s + total.elapsed_s();
    let scenario = ScenarioRecord {
        name: SCENARIO.to_owned(),
        load: String::new(),
        measured: true,
        started_epoch_s,
        ended_epoch_s,
        driven: Driven::of(Model::Locust, None, &snapshot),
        snapshot,
        abandoned: 0,
        validity: Validity::Valid,
        changes: Vec::new(),
        history: beside.seconds.iter().map(point).collect(),
        slices: beside.seconds,
        sightings: Vec::new(),
        hooks: Vec::new(),
    };
    Ok(RunRecord {
        name: SCENARIO.to_owned(),
        started_epoch_s,
        ended_epoch_s,
        scenarios: vec![scenario],
        origin: Origin {
            kind: OriginKind::Locust,
            host: beside.host,
            ..Origin::default()
        },
        notes: beside.notes,
        ..RunRecord::default()
    })
}
