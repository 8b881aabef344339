//! A record as JSON, for programs: all figures, no histograms.
//!
//! In: a record. Out: one JSON object in a line per level that a person can read. The
//! shape is this file's own, so that the record may change without it. What was not
//! measured is left out, rather than told as 0.

use std::collections::BTreeMap;

use gatecrash_metrics::{
    Arrivals, Driven, Endpoint, Failure, Kind, Level, Measure, Measures, Model, Point, RunRecord,
    ScenarioRecord, Series, Snapshot, Task, Validity, Values,
};
use serde::Serialize;

use super::csv::rounded;

/// The version of the shape; it changes when a reader of the old one would be misled.
pub const VERSION: u32 = 1;

/// `record.json`.
pub fn record(record: &RunRecord) -> String {
    // Names are the only texts and numbers the only values: neither can fail.
    let mut text = serde_json::to_string_pretty(&Run::of(record)).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Run<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    started_epoch_s: f64,
    ended_epoch_s: f64,
    ended_by: String,
    seed: u64,
    plan_fingerprint: &'a str,
    validity: Judged<'a>,
    scenarios: Vec<Scenario<'a>>,
}

impl<'a> Run<'a> {
    fn of(record: &'a RunRecord) -> Run<'a> {
        Run {
            format: "gatecrash-record",
            version: VERSION,
            name: &record.name,
            started_epoch_s: record.started_epoch_s,
            ended_epoch_s: record.ended_epoch_s,
            ended_by: record.ended_by.to_string(),
            seed: record.seed,
            plan_fingerprint: &record.plan_fingerprint,
            validity: Judged::of(&record.validity),
            scenarios: record.scenarios.iter().map(Scenario::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Judged<'a> {
    verdict: &'static str,
    reasons: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    key: &'a str,
    text: &'a str,
}

impl<'a> Judged<'a> {
    fn of(validity: &'a Validity) -> Judged<'a> {
        let told = validity.reasons().iter().map(|reason| Told {
            key: reason.key,
            text: &reason.text,
        });
        Judged {
            verdict: validity.name(),
            reasons: told.collect(),
        }
    }
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    load: &'a str,
    measured: bool,
    started_epoch_s: f64,
    ended_epoch_s: f64,
    validity: Judged<'a>,
    driven: Generator,
    arrivals: Arrived,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Changed<'a>>,
    total: Requests<'a>,
    endpoints: Vec<Requests<'a>>,
    tasks: Vec<Tasks<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metrics: BTreeMap<&'a str, Measured<'a>>,
    errors: Vec<Error<'a>>,
    exceptions: Vec<Exception<'a>>,
    abandoned: u64,
    limits: Limits,
    history: Vec<Second>,
}

impl<'a> Scenario<'a> {
    fn of(record: &'a ScenarioRecord) -> Scenario<'a> {
        let snapshot = &record.snapshot;
        let changes = record.changes.iter().map(|change| Changed {
            at_epoch_s: change.at_epoch_s,
            what: &change.what,
        });
        let exceptions = snapshot.exceptions.iter().map(|group| Exception {
            count: group.count,
            message: &group.message,
            traceback: &group.traceback,
        });
        Scenario {
            name: &record.name,
            load: &record.load,
            measured: record.measured,
            started_epoch_s: record.started_epoch_s,
            ended_epoch_s: record.ended_epoch_s,
            validity: Judged::of(&record.validity),
            driven: Generator::of(&record.driven),
            arrivals: Arrived::of(&snapshot.arrivals),
            changes: changes.collect(),
            total: Requests::of_all(snapshot),
            endpoints: snapshot.endpoints.iter().map(|e| Requests::of(e)).collect(),
            tasks: snapshot.tasks.iter().map(|task| Tasks::of(task)).collect(),
            metrics: named(&snapshot.metrics),
            errors: snapshot.failures.iter().map(|f| Error::of(f)).collect(),
            exceptions: exceptions.collect(),
            abandoned: record.abandoned,
            limits: Limits::of(snapshot),
            history: record.history.iter().map(Second::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Changed<'a> {
    at_epoch_s: f64,
    what: &'a str,
}

#[derive(Serialize)]
struct Exception<'a> {
    count: u64,
    message: &'a str,
    traceback: &'a str,
}

#[derive(Serialize)]
struct Generator {
    model: &'static str,
    achieved: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_in_flight: Option<u64>,
    lane_cpu_shares: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttled_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retransmitted_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interpreter_share: Option<f64>,
    ports_exhausted: u64,
    files_exhausted: u64,
}

impl Generator {
    fn of(driven: &Driven) -> Generator {
        Generator {
            model: match driven.model {
                Model::Open => "open",
                Model::Closed => "closed",
                Model::Locust => "locust",
            },
            achieved: driven.achieved(),
            max_in_flight: driven.max_in_flight,
            lane_cpu_shares: driven.lanes.iter().map(|lane| lane.cpu_share).collect(),
            throttled_share: driven.throttled_share,
            retransmitted_share: driven.retransmitted_share,
            interpreter_share: driven.interpreter_share,
            ports_exhausted: driven.ports_exhausted,
            files_exhausted: driven.files_exhausted,
        }
    }
}

#[derive(Serialize)]
struct Arrived {
    planned: u64,
    started: u64,
    missed_cap: u64,
    missed_stopped: u64,
    users: Peak,
    in_flight: Peak,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_lag_ms: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_start_ms: Option<Figures>,
}

#[derive(Serialize)]
struct Peak {
    now: u64,
    peak: u64,
}

impl Peak {
    fn of(level: Level) -> Peak {
        Peak {
            now: level.now,
            peak: level.peak,
        }
    }
}

impl Arrived {
    fn of(arrivals: &Arrivals) -> Arrived {
        Arrived {
            planned: arrivals.planned,
            started: arrivals.started,
            missed_cap: arrivals.missed_cap,
            missed_stopped: arrivals.missed_stopped,
            users: Peak::of(arrivals.users),
            in_flight: Peak::of(arrivals.in_flight),
            schedule_lag_ms: Figures::of(&arrivals.schedule_lag_ms),
            on_start_ms: Figures::of(&arrivals.on_start_ms),
        }
    }
}

/// The figures of a distribution.
#[derive(Serialize)]
struct Figures {
    count: u64,
    mean: f64,
    min: f64,
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
    p99_9: f64,
    max: f64,
}

impl Figures {
    fn of(values: &Values) -> Option<Figures> {
        Figures::from(values.count(), values.mean(), |q| match q {
            0.0 => values.min(),
            q => values.quantile(q),
        })
    }

    fn of_times(endpoint: &Endpoint) -> Option<Figures> {
        Figures::from(endpoint.timed_requests(), endpoint.mean_ms(), |q| match q {
            0.0 => endpoint.min_ms,
            q => endpoint.quantile_ms(q),
        })
    }

    fn from(
        count: u64,
        mean: Option<f64>,
        quantile: impl Fn(f64) -> Option<f64>,
    ) -> Option<Figures> {
        let quantile = |q| quantile(q).map(rounded);
        Some(Figures {
            count,
            mean: rounded(mean?),
            min: quantile(0.0)?,
            p50: quantile(0.5)?,
            p90: quantile(0.9)?,
            p95: quantile(0.95)?,
            p99: quantile(0.99)?,
            p99_9: quantile(0.999)?,
            max: quantile(1.0)?,
        })
    }
}

#[derive(Serialize)]
struct Requests<'a> {
    method: &'a str,
    name: &'a str,
    requests: u64,
    failures: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_time_ms: Option<Figures>,
    /// The same as the response time where nothing was due before it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_time_ms: Option<Figures>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    measures: BTreeMap<&'a str, Measured<'a>>,
}

impl<'a> Requests<'a> {
    fn of(endpoint: &'a Endpoint) -> Requests<'a> {
        let service_ms = endpoint.measures.get(Measure::ServiceTime);
        Requests {
            method: &endpoint.method,
            name: &endpoint.name,
            requests: endpoint.requests,
            failures: endpoint.failures,
            bytes: endpoint.total_content_length,
            response_time_ms: Figures::of_times(endpoint),
            service_time_ms: match service_ms {
                Some(values) => Figures::of(values),
                None => Figures::of_times(endpoint),
            },
            measures: named(&endpoint.measures),
        }
    }

    /// All endpoints together; of their measures only the service time.
    fn of_all(snapshot: &'a Snapshot) -> Requests<'a> {
        let all = snapshot.measures();
        let service_ms = all.get(Measure::ServiceTime).and_then(Figures::of);
        let total = Requests::of(&snapshot.total);
        Requests {
            service_time_ms: service_ms.or(total.service_time_ms),
            ..total
        }
    }
}

/// The values of a measure, and what they are.
#[derive(Serialize)]
struct Measured<'a> {
    kind: &'static str,
    unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<f64>,
    #[serde(flatten)]
    figures: Option<Figures>,
    #[serde(skip)]
    name: &'a str,
}

impl<'a> Measured<'a> {
    fn of(series: &'a Series) -> Measured<'a> {
        Measured {
            kind: series.kind().name(),
            unit: series.unit().to_string(),
            sum: (series.kind() == Kind::Counter).then_some(series.values.sum),
            last: series.last.map(|(value, _)| value),
            figures: Figures::of(&series.values),
            name: series.name(),
        }
    }
}

/// The measures by name, without the service time, which stands beside the response time.
fn named(measures: &Measures) -> BTreeMap<&str, Measured<'_>> {
    let shown = |series: &&Series| series.measure != Measure::ServiceTime;
    let measured = measures.iter().filter(shown).map(Measured::of);
    measured.map(|measured| (measured.name, measured)).collect()
}

#[derive(Serialize)]
struct Tasks<'a> {
    user: &'a str,
    name: &'a str,
    started: u64,
    ended: u64,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_ms: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_lag_ms: Option<Figures>,
}

impl<'a> Tasks<'a> {
    fn of(task: &'a Task) -> Tasks<'a> {
        Tasks {
            user: &task.user,
            name: &task.name,
            started: task.started,
            ended: task.ended,
            failed: task.failed,
            time_ms: Figures::of(&task.time_ms),
            start_lag_ms: Figures::of(&task.start_lag_ms),
        }
    }
}

#[derive(Serialize)]
struct Error<'a> {
    method: &'a str,
    name: &'a str,
    error: &'a str,
    occurrences: u64,
    first_seen_epoch_s: f64,
    last_seen_epoch_s: f64,
}

impl<'a> Error<'a> {
    fn of(failure: &'a Failure) -> Error<'a> {
        Error {
            method: &failure.method,
            name: &failure.name,
            error: &failure.error,
            occurrences: failure.occurrences,
            first_seen_epoch_s: failure.first_seen_epoch_s,
            last_seen_epoch_s: failure.last_seen_epoch_s,
        }
    }
}

/// What went beyond a limit.
#[derive(Serialize)]
struct Limits {
    names: u64,
    errors: u64,
    exceptions: u64,
    clamped_times: u64,
    forgotten_seconds: u64,
    unusable_values: u64,
}

impl Limits {
    fn of(snapshot: &Snapshot) -> Limits {
        let overflow = snapshot.overflow;
        Limits {
            names: overflow.names,
            errors: overflow.errors,
            exceptions: overflow.exceptions,
            clamped_times: overflow.clamped_times,
            forgotten_seconds: overflow.forgotten_seconds,
            unusable_values: overflow.unusable_values,
        }
    }
}

#[derive(Serialize)]
struct Second {
    from_epoch_s: f64,
    to_epoch_s: f64,
    users: u64,
    in_flight: u64,
    planned: u64,
    started: u64,
    missed: u64,
    requests: u64,
    failures: u64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    lag_p99_ms: Option<f64>,
}

impl Second {
    fn of(point: &Point) -> Second {
        Second {
            from_epoch_s: point.from_epoch_s,
            to_epoch_s: point.to_epoch_s,
            users: point.users,
            in_flight: point.in_flight,
            planned: point.planned,
            started: point.started,
            missed: point.missed,
            requests: point.requests,
            failures: point.failures,
            p50_ms: point.p50_ms,
            p95_ms: point.p95_ms,
            p99_ms: point.p99_ms,
            lag_p99_ms: point.lag_p99_ms,
        }
    }
}
