//! The objects of the file that hold what a scenario counted: requests, times, errors.
//!
//! In and out: nothing but serde, as in [`super::shape`].

use serde::{Deserialize, Serialize};

use super::number::{Buckets, Members, Number};
use super::packed::PackedSeconds;

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a snapshot holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Books {
    pub(super) total: Requests,
    pub(super) endpoints: Vec<Requests>,
    pub(super) arrivals: Arrivals,
    pub(super) tasks: Vec<Task>,
    pub(super) metrics: Members<Distribution>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) classes: Vec<Requests>,
    pub(super) errors: Vec<Failure>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) window_s: u32,
    pub(super) limits: Limits,
}

/// An endpoint, or all of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Requests {
    pub(super) method: String,
    pub(super) name: String,
    pub(super) requests: u64,
    pub(super) failures: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) untimed: u64,
    pub(super) bytes: u64,
    pub(super) started_epoch_s: f64,
    pub(super) last_epoch_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response_time_ms: Option<Distribution>,
    /// The same as the response time where nothing was due before it was sent.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) service_time_ms: Option<Distribution>,
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub(super) measures: Members<Distribution>,
    /// The slowest ones, of requests that can be found in traces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) slowest: Vec<Slow>,
    /// Requests and failures of each second.
    pub(super) seconds: PackedSeconds,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) seconds_dropped: u64,
}

/// A slow request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Slow {
    /// The id of its trace: 32 digits.
    pub(super) trace_id: String,
    pub(super) response_time_ms: f64,
    pub(super) at_epoch_s: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    pub(super) failed: bool,
}

/// The values of one kind. Mean and percentiles follow from the rest.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Distribution {
    /// `trend`, `counter`, `gauge`, `rate`; of measures and metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<String>,
    /// The number of a declared metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) declared: Option<u16>,
    /// Its name, where its key could not be that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The latest value of a gauge, and when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_epoch_s: Option<Number>,
    #[serde(skip_deserializing)]
    pub(super) count: u64,
    pub(super) sum: Number,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) mean: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<Number>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) p50: Option<Number>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) p90: Option<Number>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) p95: Option<Number>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) p99: Option<Number>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) p99_9: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<Number>,
    /// Whether sum, minimum and maximum are of whole numbers only; of Locust users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whole: Option<[bool; 3]>,
    /// Shares and their times, where somebody else has measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) told: Option<Vec<(f64, f64)>>,
    #[serde(default, skip_serializing_if = "Buckets::is_empty")]
    pub(super) histogram: Buckets,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) clamped: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Arrivals {
    pub(super) planned: u64,
    pub(super) started: u64,
    pub(super) missed_cap: u64,
    pub(super) missed_stopped: u64,
    pub(super) users: Level,
    pub(super) in_flight: Level,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schedule_lag_ms: Option<Distribution>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) on_start_ms: Option<Distribution>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Level {
    pub(super) now: u64,
    pub(super) peak: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) user: String,
    pub(super) name: String,
    pub(super) started: u64,
    pub(super) ended: u64,
    pub(super) failed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time_ms: Option<Distribution>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start_lag_ms: Option<Distribution>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) method: String,
    pub(super) name: String,
    /// `timeout`, `status 503`, `check` …
    pub(super) kind: String,
    pub(super) error: String,
    pub(super) occurrences: u64,
    pub(super) first_seen_epoch_s: f64,
    pub(super) last_seen_epoch_s: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Exception {
    pub(super) count: u64,
    pub(super) message: String,
    pub(super) traceback: String,
    pub(super) nodes: Vec<String>,
}

/// What went beyond a limit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Limits {
    pub(super) names: u64,
    pub(super) errors: u64,
    pub(super) exceptions: u64,
    pub(super) clamped_times: u64,
    pub(super) forgotten_seconds: u64,
    pub(super) unusable_values: u64,
}

/// What happened between two instants, mostly a second.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Second {
    pub(super) from_epoch_s: f64,
    pub(super) to_epoch_s: f64,
    pub(super) users: u64,
    pub(super) in_flight: u64,
    pub(super) planned: u64,
    pub(super) started: u64,
    pub(super) missed: u64,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) lag_p99_ms: Option<f64>,
}
