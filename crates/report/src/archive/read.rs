//! From a file back to the record, and what can be wrong with a file.
//!
//! In: a text from anywhere. Out: a record, or a message that says what the file is instead.

use gatecrash_metrics::objective::{Breaking, Outcome, Severity, Sighting, Tier, Verdict};
use gatecrash_metrics::record::{HookRecord, Machine, Origin, OriginKind, PlanText, When};
use gatecrash_metrics::validity::KEYS;
use gatecrash_metrics::{
    Change, Driven, Ended, Kind, Lag, LaneUse, Model, Point, Reason, RunRecord, ScenarioRecord,
    Unit, Validity,
};
use serde::Deserialize;

use super::books::{Books, Second};
use super::number::Number;
use super::{FORMAT, VERSION, shape};
use crate::cut::is_cut_off;

/// Why a text is no run that can be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON at all.
    #[error("it is no JSON ({0})")]
    NotJson(serde_json::Error),
    /// It ends in the middle.
    #[error("it ends in the middle: it was cut off while it was written or copied")]
    CutOff,
    /// It is JSON of something else.
    #[error("it is JSON, but no run of Gatecrash: its `format` is not \"{FORMAT}\"")]
    OtherFormat,
    /// Another version of Gatecrash wrote it.
    #[error(
        "it has version {0} of the format, and this Gatecrash reads up to {VERSION}: use a newer \
         Gatecrash"
    )]
    Newer(u32),
    /// It says that it is a run, and is not.
    #[error("it was changed by hand, or is damaged: {0}")]
    Broken(String),
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: serde_json::Value,
    #[serde(default)]
    version: u32,
}

/// The run that a text of `run.json` holds.
///
/// # Errors
/// Anything else.
pub fn read(text: &str) -> Result<RunRecord, Unreadable> {
    let fault = match serde_json::from_str::<shape::Run>(text) {
        Ok(run) if run.format == FORMAT && run.version == VERSION => {
            return run.record().map_err(Unreadable::Broken);
        }
        Ok(_) => None,
        Err(fault) => Some(fault),
    };
    if fault.as_ref().is_some_and(|fault| is_cut_off(text, fault)) {
        return Err(Unreadable::CutOff);
    }
    match (serde_json::from_str::<Head>(text), fault) {
        (Err(fault), _) if !fault.is_data() => Err(Unreadable::NotJson(fault)),
        (Ok(head), _) if head.format == FORMAT && head.version > VERSION => {
            Err(Unreadable::Newer(head.version))
        }
        (Ok(head), Some(fault)) if head.format == FORMAT => {
            Err(Unreadable::Broken(fault.to_string()))
        }
        (Ok(head), None) if head.format == FORMAT => Err(Unreadable::Broken(format!(
            "there is no version {}",
            head.version
        ))),
        _ => Err(Unreadable::OtherFormat),
    }
}

/// What a word of the file stands for.
pub(super) fn word<T: Copy>(what: &str, word: &str, meanings: &[(&str, T)]) -> Result<T, String> {
    let found = meanings.iter().find(|(known, _)| *known == word);
    let meaning = found.map(|&(_, meaning)| meaning);
    meaning.ok_or_else(|| format!("{word:?} is no {what}"))
}

pub(super) fn value(number: Option<Number>) -> Option<f64> {
    number.map(|Number(value)| value)
}

pub(super) const KINDS: [(&str, Kind); 4] = [
    ("trend", Kind::Trend),
    ("counter", Kind::Counter),
    ("gauge", Kind::Gauge),
    ("rate", Kind::Rate),
];

/// The unit of that name.
pub(super) fn unit(name: &str) -> Unit {
    match name {
        "ms" => Unit::Ms,
        "count" => Unit::Count,
        "per second" => Unit::PerSecond,
        "bytes" => Unit::Bytes,
        "share" => Unit::Share,
        "s" => Unit::Seconds,
        "money" => Unit::Money,
        other => Unit::Named(other.into()),
    }
}

/// How a run ended, by its word and the reason.
pub(super) fn ended_by(word: &str, why: Option<String>) -> Result<Ended, String> {
    let why = why.unwrap_or_default();
    Ok(match word {
        "done" => Ended::Done,
        "stopped" => Ended::Stopped,
        "interrupted" => Ended::Interrupted(why),
        "failed" => Ended::Failed(why),
        "unknown" => Ended::Unknown,
        other => return Err(format!("{other:?} is no way to end")),
    })
}

impl shape::Run {
    fn record(self) -> Result<RunRecord, String> {
        let verdicts = self.verdicts.into_iter().map(shape::Verdict::verdict);
        let scenarios = self.scenarios.into_iter().map(shape::Scenario::record);
        Ok(RunRecord {
            name: self.name,
            started_epoch_s: self.started_epoch_s,
            ended_epoch_s: self.ended_epoch_s,
            ended_by: ended_by(&self.ended_by, self.ended_why)?,
            seed: self.seed,
            plan_fingerprint: self.plan_fingerprint,
            scenarios: scenarios.collect::<Result<_, _>>()?,
            validity: self.validity.validity()?,
            origin: self.origin.origin()?,
            verdicts: verdicts.collect::<Result<_, _>>()?,
            notes: self.notes,
            currency: self.currency.map(Into::into),
            per_month_at: value(self.per_month_at),
        })
    }
}

impl shape::Origin {
    fn origin(self) -> Result<Origin, String> {
        let kinds = [
            ("plan", OriginKind::Plan),
            ("locust", OriginKind::Locust),
            ("rust", OriginKind::Rust),
        ];
        let shape::Machine {
            os,
            cpus,
            memory_bytes,
            hostname,
        } = self.machine;
        let plan = self.plan.map(|plan| PlanText {
            format: plan.format,
            text: plan.text,
        });
        Ok(Origin {
            kind: word("origin", &self.kind, &kinds)?,
            gatecrash: self.gatecrash,
            command: self.command,
            python: self.python,
            machine: Machine {
                os,
                cpus,
                memory_bytes,
                hostname,
            },
            plan,
            host: self.host,
        })
    }
}

impl shape::Judged {
    pub(super) fn validity(self) -> Result<Validity, String> {
        let reasons = self.reasons.into_iter().map(|reason| {
            let known = KEYS.into_iter().find(|key| *key == reason.key);
            let key = known.ok_or_else(|| format!("{:?} is no reason", reason.key))?;
            let text = reason.text;
            Ok(Reason { key, text })
        });
        let reasons = reasons.collect::<Result<Vec<Reason>, String>>()?;
        match self.verdict.as_str() {
            "valid" => Ok(Validity::Valid),
            "doubtful" => Ok(Validity::Doubtful(reasons)),
            "invalid" => Ok(Validity::Invalid(reasons)),
            other => Err(format!("{other:?} is no judgement of a run")),
        }
    }
}

const OUTCOMES: [(&str, Outcome); 3] = [
    ("passed", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("no data", Outcome::NoData),
];

const SEVERITIES: [(&str, Severity); 2] = [("fail", Severity::Fail), ("warn", Severity::Warn)];

const TIERS: [(&str, Tier); 3] = [
    ("met", Tier::Met),
    ("tolerable", Tier::Tolerable),
    ("broken", Tier::Broken),
];

impl shape::Verdict {
    pub(super) fn verdict(self) -> Result<Verdict, String> {
        let tier = self.tier.map(|tier| word("tier", &tier, &TIERS));
        let breaking = self.breaking.map(|found| Breaking {
            held: value(found.held),
            broke: found.broke.0,
            unit: unit(&found.unit),
        });
        Ok(Verdict {
            objective: self.objective,
            scenario: self.scenario,
            endpoint: self.endpoint,
            outcome: word("outcome", &self.outcome, &OUTCOMES)?,
            severity: word("severity", &self.severity, &SEVERITIES)?,
            tier: tier.transpose()?,
            grade: self.grade,
            observed: value(self.observed),
            limit: value(self.limit),
            unit: unit(&self.unit),
            why: self.why,
            broke_epoch_s: value(self.broke_epoch_s),
            breaking,
        })
    }
}

impl shape::Scenario {
    fn record(self) -> Result<ScenarioRecord, String> {
        let books = Books {
            total: self.total,
            endpoints: self.endpoints,
            arrivals: self.arrivals,
            tasks: self.tasks,
            metrics: self.metrics,
            classes: self.classes,
            errors: self.errors,
            exceptions: self.exceptions,
            window_s: self.window_s,
            limits: self.limits,
        };
        let changes = self.changes.into_iter().map(|change| Change {
            at_epoch_s: change.at_epoch_s,
            what: change.what,
        });
        let hooks = self.hooks.into_iter().map(shape::Hook::hook);
        Ok(ScenarioRecord {
            name: self.name,
            load: self.load,
            measured: self.measured,
            started_epoch_s: self.started_epoch_s,
            ended_epoch_s: self.ended_epoch_s,
            snapshot: books.snapshot()?,
            abandoned: self.abandoned,
            driven: self.driven.driven()?,
            validity: self.validity.validity()?,
            changes: changes.collect(),
            history: self.history.into_iter().map(Second::point).collect(),
            slices: self.slices.slices()?,
            sightings: self
                .sightings
                .into_iter()
                .map(shape::Sighting::sighting)
                .collect(),
            hooks: hooks.collect::<Result<_, _>>()?,
        })
    }
}

impl shape::Hook {
    fn hook(self) -> Result<HookRecord, String> {
        let sides = [
            ("before", When::Before),
            ("beside", When::Beside),
            ("after", When::After),
        ];
        Ok(HookRecord {
            name: self.name,
            when: word("side of a scenario", &self.when, &sides)?,
            ok: self.ok,
            told: self.told,
            elapsed_s: self.elapsed_s,
            file: self.file,
        })
    }
}

impl shape::Driven {
    fn driven(self) -> Result<Driven, String> {
        let models = [
            ("open", Model::Open),
            ("closed", Model::Closed),
            ("locust", Model::Locust),
        ];
        let lag = self.schedule_lag.map(|lag| Lag {
            p50_ms: lag.p50_ms,
            p99_ms: lag.p99_ms,
            max_ms: lag.max_ms,
        });
        let lanes = self.lane_cpu_shares.into_iter();
        let lanes = lanes.map(|Number(cpu_share)| LaneUse { cpu_share });
        Ok(Driven {
            model: word("model of load", &self.model, &models)?,
            planned: self.planned,
            started: self.started,
            missed_cap: self.missed_cap,
            missed_stopped: self.missed_stopped,
            max_in_flight: self.max_in_flight,
            schedule_lag: lag,
            response_p99_ms: value(self.response_p99_ms),
            lanes: lanes.collect(),
            throttled_share: value(self.throttled_share),
            retransmitted_share: value(self.retransmitted_share),
            ports_exhausted: self.ports_exhausted,
            files_exhausted: self.files_exhausted,
            interpreter_share: value(self.interpreter_share),
        })
    }
}

impl Second {
    fn point(self) -> Point {
        Point {
            from_epoch_s: self.from_epoch_s,
            to_epoch_s: self.to_epoch_s,
            users: self.users,
            in_flight: self.in_flight,
            planned: self.planned,
            started: self.started,
            missed: self.missed,
            requests: self.requests,
            failures: self.failures,
            p50_ms: self.p50_ms,
            p95_ms: self.p95_ms,
            p99_ms: self.p99_ms,
            lag_p99_ms: self.lag_p99_ms,
        }
    }
}

impl shape::Sighting {
    fn sighting(self) -> Sighting {
        Sighting {
            objective: self.objective,
            endpoint: self.endpoint,
            worst: value(self.worst),
            limit: value(self.limit),
            unit: self.unit.as_deref().map(unit),
            longest_s: value(self.longest_s),
            broke_epoch_s: value(self.broke_epoch_s),
            complete: self.complete,
        }
    }
}
