//! A run at a glance: what a list of runs tells, without its histograms.
//!
//! In: a text of `run.json`. Out: the record without its scenarios, and two figures of these.

use gatecrash_metrics::RunRecord;
use serde::Deserialize;

use super::number::Number;
use super::read::{ended_by, value};
use super::{FORMAT, VERSION, shape};

/// What a list tells of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    /// Its record; scenarios, origin and notes are left out.
    pub record: RunRecord,
    /// Requests per second, of the measured scenario with the most.
    pub per_second: Option<f64>,
    /// Response time P95, milliseconds, of the measured scenario with the longest.
    pub p95_ms: Option<f64>,
}

#[derive(Deserialize)]
struct Run {
    format: String,
    version: u32,
    name: String,
    started_epoch_s: f64,
    ended_epoch_s: f64,
    ended_by: String,
    #[serde(default)]
    ended_why: Option<String>,
    validity: shape::Judged,
    verdicts: Vec<shape::Verdict>,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    measured: bool,
    started_epoch_s: f64,
    ended_epoch_s: f64,
    total: Total,
}

#[derive(Deserialize)]
struct Total {
    requests: u64,
    #[serde(default)]
    response_time_ms: Option<Times>,
}

#[derive(Deserialize)]
struct Times {
    #[serde(default)]
    p95: Option<Number>,
}

/// The run of a text at a glance; `None` if it is none.
pub fn glance(text: &str) -> Option<Glance> {
    let run: Run = serde_json::from_str(text).ok()?;
    if run.format != FORMAT || run.version > VERSION {
        return None;
    }
    let measured: Vec<&Scenario> = run.scenarios.iter().filter(|one| one.measured).collect();
    let per_second = measured.iter().map(|one| {
        let elapsed_s = (one.ended_epoch_s - one.started_epoch_s).max(0.001);
        one.total.requests as f64 / elapsed_s
    });
    let times = measured
        .iter()
        .filter_map(|one| one.total.response_time_ms.as_ref());
    let p95s = times.filter_map(|times| value(times.p95));
    let (per_second, p95_ms) = (per_second.reduce(f64::max), p95s.reduce(f64::max));
    let verdicts = run.verdicts.into_iter().map(shape::Verdict::verdict);
    Some(Glance {
        record: RunRecord {
            name: run.name,
            started_epoch_s: run.started_epoch_s,
            ended_epoch_s: run.ended_epoch_s,
            ended_by: ended_by(&run.ended_by, run.ended_why).ok()?,
            validity: run.validity.validity().ok()?,
            verdicts: verdicts.collect::<Result<_, _>>().ok()?,
            ..RunRecord::default()
        },
        per_second,
        p95_ms,
    })
}
