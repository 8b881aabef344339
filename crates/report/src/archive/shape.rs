//! The objects of the file. Their keys are the public names of `docs/reference/run-json.md`.
//!
//! In and out: nothing but serde. A field that is told for programs and not read back is
//! marked `skip_deserializing`; keys that nobody here knows are passed over.

use serde::{Deserialize, Serialize};

use super::books::{Arrivals, Distribution, Exception, Failure, Limits, Requests, Second, Task};
use super::number::{Members, Number};
use super::slice::Slices;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) started_epoch_s: f64,
    pub(super) ended_epoch_s: f64,
    /// `done`, `stopped`, `interrupted`, `failed`, `unknown`.
    pub(super) ended_by: String,
    /// The signal, or the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended_why: Option<String>,
    pub(super) seed: u64,
    pub(super) plan_fingerprint: String,
    pub(super) origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) per_month_at: Option<Number>,
    pub(super) validity: Judged,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) notes: Vec<String>,
    pub(super) scenarios: Vec<Scenario>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Origin {
    /// `plan`, `locust`, `rust`.
    pub(super) kind: String,
    pub(super) gatecrash: String,
    pub(super) command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) python: Option<String>,
    pub(super) machine: Machine,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<PlanText>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) os: String,
    pub(super) cpus: u32,
    pub(super) memory_bytes: u64,
    pub(super) hostname: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlanText {
    pub(super) format: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Judged {
    /// `valid`, `doubtful`, `invalid`.
    pub(super) verdict: String,
    pub(super) reasons: Vec<Reason>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) key: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Verdict {
    pub(super) objective: String,
    pub(super) scenario: Option<String>,
    pub(super) endpoint: Option<String>,
    /// `passed`, `failed`, `no data`.
    pub(super) outcome: String,
    /// `pass`, `warn`, `fail`: what it comes to.
    #[serde(skip_deserializing)]
    pub(super) judgement: String,
    /// `fail`, `warn`.
    pub(super) severity: String,
    /// `met`, `tolerable`, `broken`.
    pub(super) tier: Option<String>,
    pub(super) grade: Option<String>,
    pub(super) observed: Option<Number>,
    pub(super) limit: Option<Number>,
    pub(super) unit: String,
    pub(super) why: String,
    pub(super) broke_epoch_s: Option<Number>,
    pub(super) breaking: Option<Breaking>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Breaking {
    pub(super) held: Option<Number>,
    pub(super) broke: Number,
    pub(super) unit: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) load: String,
    pub(super) measured: bool,
    pub(super) started_epoch_s: f64,
    pub(super) ended_epoch_s: f64,
    pub(super) validity: Judged,
    pub(super) driven: Driven,
    pub(super) changes: Vec<Change>,
    pub(super) abandoned: u64,
    pub(super) hooks: Vec<Hook>,
    pub(super) sightings: Vec<Sighting>,
    // The members of [`super::books::Books`], by themselves: to have them flattened would
    // mean that each histogram is read twice.
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
    pub(super) history: Vec<Second>,
    pub(super) slices: Slices,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) at_epoch_s: f64,
    pub(super) what: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) name: String,
    /// `before`, `after`.
    pub(super) when: String,
    pub(super) ok: bool,
    pub(super) told: String,
    pub(super) elapsed_s: f64,
    pub(super) file: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Driven {
    /// `open`, `closed`, `locust`.
    pub(super) model: String,
    /// Share of the planned arrivals that started.
    #[serde(skip_deserializing)]
    pub(super) achieved: Number,
    pub(super) planned: u64,
    pub(super) started: u64,
    pub(super) missed_cap: u64,
    pub(super) missed_stopped: u64,
    pub(super) max_in_flight: Option<u64>,
    pub(super) schedule_lag: Option<Lag>,
    pub(super) response_p99_ms: Option<Number>,
    pub(super) lane_cpu_shares: Vec<Number>,
    pub(super) throttled_share: Option<Number>,
    pub(super) retransmitted_share: Option<Number>,
    pub(super) ports_exhausted: u64,
    pub(super) files_exhausted: u64,
    pub(super) interpreter_share: Option<Number>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lag {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

/// What the live judge saw of an objective.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sighting {
    pub(super) objective: String,
    pub(super) endpoint: Option<String>,
    pub(super) worst: Option<Number>,
    pub(super) limit: Option<Number>,
    pub(super) unit: Option<String>,
    pub(super) longest_s: Option<Number>,
    pub(super) broke_epoch_s: Option<Number>,
    pub(super) complete: bool,
}
