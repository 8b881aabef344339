//! `summary.json`: the run in a few figures per scenario, for scripts.
//!
//! In: a record. Out: one JSON object with the keys that such scripts look for, and no
//! others. Rates are percents from 0 to 100 with one decimal, times are milliseconds with
//! three. What nobody measured is `null`. Only measured scenarios are told.

use gatecrash_metrics::objective::Judgement;
use gatecrash_metrics::{Measure, RunRecord, ScenarioRecord};
use serde::Serialize;

use super::suite::Summary;
use crate::format::utc_timestamp;

#[derive(Serialize)]
struct File {
    /// When the run began, UTC.
    timestamp: String,
    test_results: Vec<Scenario>,
    summary: Totals,
}

#[derive(Serialize)]
struct Scenario {
    scenario: String,
    total_requests: u64,
    successful: u64,
    failed: u64,
    success_rate: Option<f64>,
    cached_responses: u64,
    cache_hit_rate: Option<f64>,
    avg_latency_ms: Option<f64>,
    median_latency_ms: Option<f64>,
    p95_latency_ms: Option<f64>,
    p99_latency_ms: Option<f64>,
}

#[derive(Serialize)]
struct Totals {
    total_scenarios: usize,
    scenarios_passed: usize,
    average_cache_hit_rate: Option<f64>,
}

/// `summary.json`.
pub fn summary(run: &RunRecord) -> String {
    let measured: Vec<&ScenarioRecord> = run.scenarios.iter().filter(|one| one.measured).collect();
    let rates: Vec<f64> = measured.iter().filter_map(|one| hit_rate(one)).collect();
    let average = (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64);
    let file = File {
        timestamp: utc_timestamp(run.started_epoch_s),
        test_results: measured.iter().map(|one| Scenario::of(one)).collect(),
        summary: Totals {
            total_scenarios: measured.len(),
            scenarios_passed: measured.iter().filter(|one| has_passed(one, run)).count(),
            average_cache_hit_rate: average.map(percent),
        },
    };
    // Texts and numbers only: nothing can fail.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// Whether a scenario's objectives hold, warnings included, and it was driven as asked;
/// without objectives, whether no request failed.
pub fn has_passed(scenario: &ScenarioRecord, run: &RunRecord) -> bool {
    let summary = Summary::of(scenario, run);
    let holds = match summary.judgement {
        Some(judgement) => judgement != Judgement::Fail,
        None => summary.failures == 0 && scenario.snapshot.exceptions.is_empty(),
    };
    holds && !scenario.validity.is_invalid()
}

impl Scenario {
    fn of(record: &ScenarioRecord) -> Scenario {
        let total = &record.snapshot.total;
        let hits = record.snapshot.measures();
        let hits = hits.get(Measure::CacheHit).map_or(0.0, |hits| hits.sum);
        let failed = total.failures.min(total.requests);
        let successful = total.requests - failed;
        let success = (total.requests > 0).then(|| successful as f64 / total.requests as f64);
        Scenario {
            scenario: record.name.clone(),
            total_requests: total.requests,
            successful,
            failed,
            success_rate: success.map(percent),
            cached_responses: hits as u64,
            cache_hit_rate: hit_rate(record).map(percent),
            avg_latency_ms: total.mean_ms().map(ms),
            median_latency_ms: total.quantile_ms(0.5).map(ms),
            p95_latency_ms: total.quantile_ms(0.95).map(ms),
            p99_latency_ms: total.quantile_ms(0.99).map(ms),
        }
    }
}

/// Hits by the answers that tell, a share.
fn hit_rate(record: &ScenarioRecord) -> Option<f64> {
    super::cache::hit_rate(&record.snapshot.measures())
}

/// A share as percents with one decimal.
fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

fn ms(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}
