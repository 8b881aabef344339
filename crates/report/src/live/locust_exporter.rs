//! The metrics that dashboards for Locust ask for: names and labels of
//! `containersol/locust_exporter` (<https://github.com/ContainerSolutions/locust_exporter>).
//!
//! In: a [`RunState`]. Out: [`Family`]s with the numbers that Locust's page shows, rounded as
//! it rounds: times in milliseconds, rates of the last ten seconds, all of them gauges. There
//! is no scenario among the labels, so scenarios that run beside each other are told together;
//! when none runs, the last one stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatecrash_metrics::Snapshot;

use super::family::{BaseUnit, Families, Family, FamilyKind, Labels, Value};
use super::state::{Phase, RunState, ScenarioState};
use crate::locust::{Entry, Rounding, Rules, normalise_error, readable_error, sorted, total};

/// The longest error text in a label, characters.
const ERROR_MAX: usize = 200;

/// So many errors are told.
const MOST_ERRORS: usize = 500;

/// `locust_running` while users work.
const RUNNING: f64 = 2.0;

/// The metrics of a run.
pub fn families(run: &RunState) -> Vec<Family> {
    let told = told(run);
    let mut all = Gauges::default();
    let is_running = told.iter().any(|one| one.phase != Phase::Ended);
    let users = told.iter().map(|one| one.snapshot.arrivals.users.now);
    let users: u64 = users.sum();
    all.set("up", "1: this is the run itself", 1.0);
    let running = if is_running { RUNNING } else { 0.0 };
    all.set("running", "0 when it has stopped, 2 while it runs", running);
    all.set("users", "Users that exist", users as f64);
    for workers in ["", "_running", "_hatching", "_missing"] {
        let name = format!("workers{workers}_count");
        all.set(&name, "Other processes that run users for this one", 0.0);
    }
    if let Some(snapshot) = together(&told) {
        all.requests(&snapshot, &Rules::default());
        all.errors(&snapshot);
    }
    all.families.done()
}

/// The scenarios that run, or else the one that ended last.
fn told(run: &RunState) -> Vec<&Arc<ScenarioState>> {
    let all = run.scenarios.iter();
    let running: Vec<_> = all.filter(|one| one.phase != Phase::Ended).collect();
    if !running.is_empty() {
        return running;
    }
    let mut ended: Vec<_> = run.scenarios.iter().collect();
    ended.sort_by(|one, other| one.at_epoch_s.total_cmp(&other.at_epoch_s));
    ended.pop().into_iter().collect()
}

fn together(scenarios: &[&Arc<ScenarioState>]) -> Option<Snapshot> {
    let mut snapshots = scenarios.iter().map(|one| &one.snapshot);
    let mut all = snapshots.next()?.clone();
    snapshots.for_each(|more| all.merge(more));
    Some(all)
}

#[derive(Default)]
struct Gauges {
    families: Families,
}

impl Gauges {
    fn set(&mut self, name: &str, help: &str, number: f64) {
        self.add(name, help, Vec::new(), number);
    }

    fn add(&mut self, name: &str, help: &str, labels: Labels, number: f64) {
        let name = format!("locust_{name}");
        let family = (FamilyKind::Gauge, BaseUnit::None);
        let place = self.families.family(&name, family.0, family.1, help);
        self.families.add(place, labels, 0.0, Value::Number(number));
    }

    fn requests(&mut self, snapshot: &Snapshot, rules: &Rules) {
        let all = total(snapshot, &rules.rounding);
        let lately = |share| lately(snapshot, &rules.rounding, share);
        self.set(
            "requests_fail_ratio",
            "Failures by requests",
            all.fail_ratio(),
        );
        for (name, share) in [
            ("requests_current_response_time_percentile_50", 0.5),
            ("requests_current_response_time_percentile_95", 0.95),
        ] {
            let help = "Response times of the last ten seconds, milliseconds";
            self.set(name, help, lately(share));
        }
        for entry in sorted(snapshot, &rules.rounding).iter().chain([&all]) {
            self.entry(entry);
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        let endpoint = entry.endpoint;
        let numbers = [
            ("num_requests", "Requests", endpoint.requests as f64),
            ("num_failures", "Failures", endpoint.failures as f64),
            (
                "avg_response_time",
                "Mean response time, milliseconds",
                entry.avg_response_time_ms(),
            ),
            (
                "min_response_time",
                "Shortest response time, milliseconds",
                entry.min_or_zero_ms().value,
            ),
            (
                "max_response_time",
                "Longest response time, milliseconds",
                entry.max_ms().value,
            ),
            (
                "median_response_time",
                "Median response time, milliseconds",
                entry.median_ms().value,
            ),
            (
                "current_rps",
                "Requests per second lately",
                entry.current_rps(),
            ),
            (
                "current_fail_per_sec",
                "Failures per second lately",
                entry.current_fail_per_sec(),
            ),
            (
                "avg_content_length",
                "Mean length of an answer, bytes",
                entry.avg_content_length().value,
            ),
        ];
        let labels = vec![
            ("method", endpoint.method.to_string()),
            ("name", endpoint.name.to_string()),
        ];
        for (name, help, number) in numbers {
            self.add(&format!("requests_{name}"), help, labels.clone(), number);
        }
    }

    fn errors(&mut self, snapshot: &Snapshot) {
        let mut errors: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
        for failure in &snapshot.failures {
            let error = normalise_error(&failure.error);
            let error = readable_error(&error).chars().take(ERROR_MAX).collect();
            let key = (&*failure.method, &*failure.name, error);
            *errors.entry(key).or_default() += failure.occurrences;
        }
        for ((method, name, error), count) in errors.into_iter().take(MOST_ERRORS) {
            let labels = vec![
                ("method", method.to_owned()),
                ("name", name.to_owned()),
                ("error", error),
            ];
            self.add("errors", "Failures by their text", labels, count as f64);
        }
    }
}

/// A percentile of the last ten seconds, milliseconds; 0 without times.
fn lately(snapshot: &Snapshot, rounding: &Rounding, share: f64) -> f64 {
    let total = &snapshot.total;
    let now_epoch_s = total.last_request_epoch_s.unwrap_or(0.0);
    let hist = total.window.hist(now_epoch_s, snapshot.window_s);
    crate::locust::RoundedTimes::new(&hist, rounding).percentile(share)
}
