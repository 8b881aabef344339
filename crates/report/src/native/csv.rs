//! Two CSV files beside those of Locust: every measure of every endpoint, and what
//! happened second by second.
//!
//! In: the scenarios of a record. Out: text with `\r\n` at the end of each row (RFC 4180).
//! Scenarios that were not measured have no rows.

use std::sync::Arc;

use gatecrash_metrics::{
    Endpoint, Measure, Measures, Point, ScenarioRecord, Series, Snapshot, Task, Values,
};

use crate::csv::push_row;
use crate::format::float_repr;

/// Name of the response time, which is no [`Measure`].
pub const RESPONSE_TIME: &str = "response_time";

/// The quantiles of `measures.csv`.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// The columns of `measures.csv`.
pub const MEASURES_HEADER: [&str; 14] = [
    "scenario", "method", "name", "measure", "unit", "count", "avg", "min", "p50", "p90", "p95",
    "p99", "p99.9", "max",
];

/// The columns of `arrivals.csv`.
pub const ARRIVALS_HEADER: [&str; 14] = [
    "scenario",
    "from_epoch_s",
    "to_epoch_s",
    "users",
    "in_flight",
    "planned",
    "started",
    "missed",
    "requests",
    "failures",
    "response_time_p50_ms",
    "response_time_p95_ms",
    "response_time_p99_ms",
    "schedule_lag_p99_ms",
];

/// What a row of `measures.csv` is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    scenario: &'a str,
    method: &'a str,
    name: &'a str,
}

/// `measures.csv`: a row for each measure of each endpoint, of all endpoints together
/// (`Aggregated`), of each task (method `TASK`), and of the scenario (no method, no name).
/// Where nothing was due before it was sent, the service time is the response time.
pub fn measures(scenarios: &[ScenarioRecord]) -> String {
    let mut text = String::new();
    push_row(&mut text, MEASURES_HEADER);
    for scenario in scenarios.iter().filter(|scenario| scenario.measured) {
        push_scenario(&mut text, &scenario.name, &scenario.snapshot);
    }
    text
}

fn push_scenario(text: &mut String, scenario: &str, snapshot: &Snapshot) {
    for endpoint in &snapshot.endpoints {
        push_endpoint(text, scenario, endpoint, &endpoint.measures);
    }
    push_endpoint(text, scenario, &snapshot.total, &snapshot.measures());
    for task in &snapshot.tasks {
        push_task(text, scenario, task);
    }
    let subject = Subject {
        scenario,
        method: "",
        name: "",
    };
    let arrivals = &snapshot.arrivals;
    push_values(
        text,
        subject,
        "schedule_lag",
        "ms",
        &arrivals.schedule_lag_ms,
    );
    push_values(text, subject, "on_start", "ms", &arrivals.on_start_ms);
    push_series(text, subject, snapshot.metrics.iter());
}

fn push_endpoint(text: &mut String, scenario: &str, endpoint: &Arc<Endpoint>, of: &Measures) {
    let subject = Subject {
        scenario,
        method: &endpoint.method,
        name: &endpoint.name,
    };
    push_figures(text, subject, RESPONSE_TIME, "ms", &times(endpoint));
    if of.get(Measure::ServiceTime).is_none() {
        let name = Measure::ServiceTime.name().unwrap_or_default();
        push_figures(text, subject, name, "ms", &times(endpoint));
    }
    push_series(text, subject, of.iter());
}

fn push_task(text: &mut String, scenario: &str, task: &Arc<Task>) {
    let name = format!("{}: {}", task.user, task.name);
    let subject = Subject {
        scenario,
        method: "TASK",
        name: &name,
    };
    push_values(text, subject, "task_time", "ms", &task.time_ms);
    push_values(text, subject, "start_lag", "ms", &task.start_lag_ms);
}

fn push_series<'a>(
    text: &mut String,
    subject: Subject<'_>,
    series: impl Iterator<Item = &'a Series>,
) {
    for series in series {
        let (name, unit) = (series.name(), series.unit());
        push_values(text, subject, name, unit.name(), &series.values);
    }
}

fn push_values(
    text: &mut String,
    subject: Subject<'_>,
    measure: &str,
    unit: &str,
    values: &Values,
) {
    if !values.is_empty() {
        push_figures(text, subject, measure, unit, &figures(values));
    }
}

/// Count, mean, minimum, the quantiles, maximum.
struct Figures {
    count: u64,
    all: [Option<f64>; 8],
}

fn figures(values: &Values) -> Figures {
    let [p50, p90, p95, p99, p999] = QUANTILES.map(|q| values.quantile(q));
    let (mean, min, max) = (values.mean(), values.min(), values.max());
    Figures {
        count: values.count(),
        all: [mean, min, p50, p90, p95, p99, p999, max],
    }
}

/// The figures of an endpoint's response times.
fn times(endpoint: &Endpoint) -> Figures {
    let [p50, p90, p95, p99, p999] = QUANTILES.map(|q| endpoint.quantile_ms(q));
    let (mean, min, max) = (
        endpoint.mean_ms(),
        endpoint.min_ms,
        endpoint.quantile_ms(1.0),
    );
    Figures {
        count: endpoint.timed_requests(),
        all: [mean, min, p50, p90, p95, p99, p999, max],
    }
}

fn push_figures(
    text: &mut String,
    subject: Subject<'_>,
    measure: &str,
    unit: &str,
    figures: &Figures,
) {
    let Subject {
        scenario,
        method,
        name,
    } = subject;
    let mut row = [scenario, method, name, measure, unit]
        .map(String::from)
        .to_vec();
    row.push(figures.count.to_string());
    row.extend(figures.all.map(or_empty));
    push_row(text, row);
}

fn or_empty(figure: Option<f64>) -> String {
    figure.map_or_else(String::new, |figure| float_repr(rounded(figure)))
}

/// A figure with six decimals, a nanosecond in milliseconds: what comes behind them is
/// noise of the arithmetic.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

/// `arrivals.csv`: a row for each second of each scenario; of a long run, for as many
/// seconds as its history joined.
pub fn arrivals(scenarios: &[ScenarioRecord]) -> String {
    let mut text = String::new();
    push_row(&mut text, ARRIVALS_HEADER);
    for scenario in scenarios.iter().filter(|scenario| scenario.measured) {
        for point in &scenario.history {
            push_row(&mut text, point_row(&scenario.name, point));
        }
    }
    text
}

fn point_row(scenario: &str, point: &Point) -> Vec<String> {
    let mut row = vec![
        scenario.to_owned(),
        float_repr(point.from_epoch_s),
        float_repr(point.to_epoch_s),
    ];
    let counts = [
        point.users,
        point.in_flight,
        point.planned,
        point.started,
        point.missed,
        point.requests,
        point.failures,
    ];
    row.extend(counts.map(|count| count.to_string()));
    row.extend([point.p50_ms, point.p95_ms, point.p99_ms, point.lag_p99_ms].map(or_empty));
    row
}
