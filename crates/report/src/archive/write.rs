//! From the record to the shape of the file.

use gatecrash_metrics::objective::{Judgement, Outcome, Severity, Sighting, Tier, Verdict};
use gatecrash_metrics::record::{HookRecord, Machine, Origin, OriginKind, PlanText, When};
use gatecrash_metrics::{
    Change, Driven, Ended, Lag, Model, Point, Reason, RunRecord, ScenarioRecord, Validity,
};

use super::books::{Books, Second};
use super::number::Number;
use super::slice::Slices;
use super::{FORMAT, VERSION, shape};

pub(super) fn number(value: Option<f64>) -> Option<Number> {
    value.map(Number)
}

impl shape::Run {
    pub(super) fn of(record: &RunRecord) -> shape::Run {
        let (ended_by, ended_why) = match &record.ended_by {
            Ended::Done => ("done", None),
            Ended::Stopped => ("stopped", None),
            Ended::Interrupted(signal) => ("interrupted", Some(signal.clone())),
            Ended::Failed(why) => ("failed", Some(why.clone())),
            Ended::Unknown => ("unknown", None),
        };
        shape::Run {
            format: FORMAT.to_owned(),
            version: VERSION,
            name: record.name.clone(),
            started_epoch_s: record.started_epoch_s,
            ended_epoch_s: record.ended_epoch_s,
            ended_by: ended_by.to_owned(),
            ended_why,
            seed: record.seed,
            plan_fingerprint: record.plan_fingerprint.clone(),
            origin: shape::Origin::of(&record.origin),
            currency: record.currency.as_deref().map(str::to_owned),
            per_month_at: number(record.per_month_at),
            validity: shape::Judged::of(&record.validity),
            verdicts: record.verdicts.iter().map(shape::Verdict::of).collect(),
            notes: record.notes.clone(),
            scenarios: record.scenarios.iter().map(shape::Scenario::of).collect(),
        }
    }
}

impl shape::Origin {
    fn of(origin: &Origin) -> shape::Origin {
        let Origin {
            kind,
            gatecrash,
            command,
            python,
            machine,
            plan,
            host,
        } = origin.clone();
        let kind = match kind {
            OriginKind::Plan => "plan",
            OriginKind::Locust => "locust",
            OriginKind::Rust => "rust",
        };
        let plan = plan.map(|PlanText { format, text }| shape::PlanText { format, text });
        shape::Origin {
            kind: kind.to_owned(),
            gatecrash,
            command,
            python,
            machine: shape::Machine::of(machine),
            host,
            plan,
        }
    }
}

impl shape::Machine {
    fn of(machine: Machine) -> shape::Machine {
        let Machine {
            os,
            cpus,
            memory_bytes,
            hostname,
        } = machine;
        shape::Machine {
            os,
            cpus,
            memory_bytes,
            hostname,
        }
    }
}

impl shape::Judged {
    fn of(validity: &Validity) -> shape::Judged {
        let told = |reason: &Reason| shape::Reason {
            key: reason.key.to_owned(),
            text: reason.text.clone(),
        };
        shape::Judged {
            verdict: validity.name().to_owned(),
            reasons: validity.reasons().iter().map(told).collect(),
        }
    }
}

impl shape::Verdict {
    fn of(verdict: &Verdict) -> shape::Verdict {
        let outcome = match verdict.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::NoData => "no data",
        };
        let judgement = match verdict.judgement() {
            Judgement::Pass => "pass",
            Judgement::Warn => "warn",
            Judgement::Fail => "fail",
        };
        let severity = match verdict.severity {
            Severity::Fail => "fail",
            Severity::Warn => "warn",
        };
        let tier = verdict.tier.map(|tier| match tier {
            Tier::Met => "met",
            Tier::Tolerable => "tolerable",
            Tier::Broken => "broken",
        });
        let breaking = verdict.breaking.as_ref().map(|found| shape::Breaking {
            held: number(found.held),
            broke: Number(found.broke),
            unit: found.unit.name().to_owned(),
        });
        shape::Verdict {
            objective: verdict.objective.clone(),
            scenario: verdict.scenario.clone(),
            endpoint: verdict.endpoint.clone(),
            outcome: outcome.to_owned(),
            judgement: judgement.to_owned(),
            severity: severity.to_owned(),
            tier: tier.map(str::to_owned),
            grade: verdict.grade.clone(),
            observed: number(verdict.observed),
            limit: number(verdict.limit),
            unit: verdict.unit.name().to_owned(),
            why: verdict.why.clone(),
            broke_epoch_s: number(verdict.broke_epoch_s),
            breaking,
        }
    }
}

impl shape::Scenario {
    fn of(record: &ScenarioRecord) -> shape::Scenario {
        let Books {
            total,
            endpoints,
            arrivals,
            tasks,
            metrics,
            classes,
            errors,
            exceptions,
            window_s,
            limits,
        } = Books::of(&record.snapshot);
        let change = |change: &Change| shape::Change {
            at_epoch_s: change.at_epoch_s,
            what: change.what.clone(),
        };
        shape::Scenario {
            name: record.name.clone(),
            load: record.load.clone(),
            measured: record.measured,
            started_epoch_s: record.started_epoch_s,
            ended_epoch_s: record.ended_epoch_s,
            validity: shape::Judged::of(&record.validity),
            driven: shape::Driven::of(&record.driven),
            changes: record.changes.iter().map(change).collect(),
            abandoned: record.abandoned,
            hooks: record.hooks.iter().map(shape::Hook::of).collect(),
            sightings: record.sightings.iter().map(shape::Sighting::of).collect(),
            total,
            endpoints,
            arrivals,
            tasks,
            metrics,
            classes,
            errors,
            exceptions,
            window_s,
            limits,
            history: record.history.iter().map(Second::of).collect(),
            slices: Slices::of(&record.slices),
        }
    }
}

impl shape::Hook {
    fn of(hook: &HookRecord) -> shape::Hook {
        let when = match hook.when {
            When::Before => "before",
            When::Beside => "beside",
            When::After => "after",
        };
        shape::Hook {
            name: hook.name.clone(),
            when: when.to_owned(),
            ok: hook.ok,
            told: hook.told.clone(),
            elapsed_s: hook.elapsed_s,
            file: hook.file.clone(),
        }
    }
}

impl shape::Driven {
    fn of(driven: &Driven) -> shape::Driven {
        let model = match driven.model {
            Model::Open => "open",
            Model::Closed => "closed",
            Model::Locust => "locust",
        };
        let lag = |lag: Lag| shape::Lag {
            p50_ms: lag.p50_ms,
            p99_ms: lag.p99_ms,
            max_ms: lag.max_ms,
        };
        let lanes = driven.lanes.iter();
        shape::Driven {
            model: model.to_owned(),
            achieved: Number(driven.achieved()),
            planned: driven.planned,
            started: driven.started,
            missed_cap: driven.missed_cap,
            missed_stopped: driven.missed_stopped,
            max_in_flight: driven.max_in_flight,
            schedule_lag: driven.schedule_lag.map(lag),
            response_p99_ms: number(driven.response_p99_ms),
            lane_cpu_shares: lanes.map(|lane| Number(lane.cpu_share)).collect(),
            throttled_share: number(driven.throttled_share),
            retransmitted_share: number(driven.retransmitted_share),
            ports_exhausted: driven.ports_exhausted,
            files_exhausted: driven.files_exhausted,
            interpreter_share: number(driven.interpreter_share),
        }
    }
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

impl shape::Sighting {
    fn of(sighting: &Sighting) -> shape::Sighting {
        shape::Sighting {
            objective: sighting.objective.clone(),
            endpoint: sighting.endpoint.clone(),
            worst: number(sighting.worst),
            limit: number(sighting.limit),
            unit: sighting.unit.as_ref().map(|unit| unit.name().to_owned()),
            longest_s: number(sighting.longest_s),
            broke_epoch_s: number(sighting.broke_epoch_s),
            complete: sighting.complete,
        }
    }
}
