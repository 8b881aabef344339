//! Runs that were asked something: verdicts, caches, costs, hooks.

use gatecrash_metrics::objective::verdict::Breaking;
use gatecrash_metrics::objective::{Outcome, Severity, Tier, Verdict};
use gatecrash_metrics::record::{HookRecord, Machine, Origin, PlanText, When};
use gatecrash_metrics::{
    EndpointId, FailureKind, Measure, RunRecord, Sample, ScenarioRecord, Shard, Unit, Why,
};

use crate::runs::{self, START};

/// An objective on response times that holds in `burst`.
pub(crate) fn held() -> Verdict {
    Verdict {
        objective: "p95 of /retrieve < 900ms".into(),
        scenario: Some("burst".into()),
        endpoint: None,
        outcome: Outcome::Passed,
        severity: Severity::Fail,
        tier: None,
        grade: None,
        observed: Some(420.0),
        limit: Some(900.0),
        unit: Unit::Ms,
        why: "p95 was 420 ms, must be < 900 ms".into(),
        broke_epoch_s: None,
        breaking: None,
    }
}

/// One on errors that does not, after twelve seconds.
pub(crate) fn broken() -> Verdict {
    Verdict {
        objective: "error_rate < 1%".into(),
        outcome: Outcome::Failed,
        observed: Some(0.023),
        limit: Some(0.01),
        unit: Unit::Share,
        why: "error_rate was 2.3 %, must be < 1 %".into(),
        broke_epoch_s: Some(START + 12.0),
        ..held()
    }
}

/// One that broke on a ramp.
pub(crate) fn broken_on_a_ramp() -> Verdict {
    Verdict {
        objective: "p99 < 2s".into(),
        outcome: Outcome::Failed,
        observed: Some(2730.0),
        limit: Some(2000.0),
        why: "p99 was 2730 ms, must be < 2000 ms".into(),
        broke_epoch_s: Some(START + 14.5),
        breaking: Some(Breaking {
            held: Some(40.0),
            broke: 45.5,
            unit: Unit::PerSecond,
        }),
        ..held()
    }
}

/// Worse than its target, still acceptable.
pub(crate) fn tolerable() -> Verdict {
    Verdict {
        objective: "p95: target 3s, acceptable 5s".into(),
        tier: Some(Tier::Tolerable),
        observed: Some(4200.0),
        limit: Some(5000.0),
        why: "p95 was 4200 ms, its target is 3000 ms".into(),
        ..held()
    }
}

/// About requests that never were.
pub(crate) fn without_data() -> Verdict {
    Verdict {
        objective: "p95 of /nowhere < 1s".into(),
        outcome: Outcome::NoData,
        observed: None,
        limit: Some(1000.0),
        why: "no request was called /nowhere".into(),
        ..held()
    }
}

/// A word for a value.
pub(crate) fn graded() -> Verdict {
    Verdict {
        objective: "avg: excellent 100ms, good 500ms, acceptable 1s".into(),
        grade: Some("good".into()),
        observed: Some(212.0),
        limit: Some(500.0),
        why: "avg was 212 ms".into(),
        ..held()
    }
}

/// One that compares two scenarios, and only warns.
pub(crate) fn across() -> Verdict {
    Verdict {
        objective: "p95 in degraded < 0.8 * p95 in burst".into(),
        scenario: None,
        outcome: Outcome::Failed,
        severity: Severity::Warn,
        observed: Some(412.0),
        limit: Some(336.0),
        why: "p95 in degraded was 412 ms, must be < 336 ms".into(),
        ..held()
    }
}

/// Three hundred questions, of which two in three come from a cache; with prices, and with
/// failures of several kinds.
pub(crate) fn cached() -> ScenarioRecord {
    let (ask, list) = (EndpointId(0), EndpointId(1));
    let mut shard = Shard::new(START);
    shard.define(ask, "POST", "/retrieve");
    shard.define(list, "GET", "/documents");
    for n in 0..300u32 {
        let at_epoch_s = START + f64::from(n) / 15.0;
        let is_hit = n % 3 != 0;
        let time_ms = if is_hit { 12.0 } else { 240.0 } + f64::from(n % 10);
        let endpoint = if n % 4 == 3 { list } else { ask };
        shard.record(&Sample {
            endpoint,
            at_epoch_s,
            response_time_ms: Some(time_ms),
            whole_ms: false,
            response_length: 900,
        });
        if endpoint == list {
            continue;
        }
        let times = if is_hit {
            Measure::HitTime
        } else {
            Measure::MissTime
        };
        shard.measure(ask, Measure::CacheHit, f64::from(u8::from(is_hit)));
        shard.measure(ask, times, time_ms);
        shard.measure(ask, Measure::TokensIn, 1200.0);
        shard.measure(
            ask,
            Measure::TokensCached,
            if is_hit { 1000.0 } else { 0.0 },
        );
        shard.measure(ask, Measure::Cost, if is_hit { 0.000_4 } else { 0.002 });
        shard.measure(ask, Measure::CostSaved, if is_hit { 0.001_6 } else { 0.0 });
        if n % 50 == 1 {
            let why = Why {
                kind: FailureKind::Status(503),
                text: "HTTPError('503 Server Error')",
            };
            shard.fail(ask, why, at_epoch_s);
        }
        if n == 60 {
            let why = Why {
                kind: FailureKind::Timeout,
                text: "ReadTimeout('after 5 s')",
            };
            shard.fail(ask, why, at_epoch_s);
        }
    }
    ScenarioRecord {
        name: "degraded".into(),
        load: "15/s for 20s".into(),
        hooks: vec![
            HookRecord {
                name: "switch to degraded mode".into(),
                when: When::Before,
                ok: true,
                told: "200 OK".into(),
                elapsed_s: 0.3,
                file: None,
            },
            HookRecord {
                name: "flame graph".into(),
                when: When::Beside,
                ok: false,
                told: "exit code 1: no such process".into(),
                elapsed_s: 60.2,
                file: Some("flame.svg".into()),
            },
        ],
        ..runs::bare(shard)
    }
}

/// A suite of three scenarios, one of them a warm-up, with these verdicts.
pub(crate) fn suite(verdicts: Vec<Verdict>) -> RunRecord {
    let mut burst = runs::open();
    // As asked: nothing was missed.
    burst.validity = Default::default();
    RunRecord {
        verdicts,
        notes: vec!["the budget of 5 USD was nearly reached".into()],
        currency: Some("USD".into()),
        per_month_at: Some(1000.0),
        origin: Origin {
            gatecrash: "0.4.0".into(),
            command: "gatecrash run kg.yaml --html report.html".into(),
            machine: Machine {
                os: "Linux 6.1".into(),
                cpus: 2,
                memory_bytes: 8 << 30,
                hostname: "bench-1".into(),
            },
            plan: Some(PlanText {
                format: "yaml".into(),
                text: "host: http://127.0.0.1:8000\nusers: { reader: { tasks: [{ get: / }] } }\n"
                    .into(),
            }),
            host: Some("http://127.0.0.1:8000".into()),
            ..Origin::default()
        },
        ..runs::run(vec![runs::warm_up(), burst, cached()])
    }
}

/// A verdict, judged in another scenario.
pub(crate) fn in_scenario(verdict: Verdict, name: &str) -> Verdict {
    Verdict {
        scenario: Some(name.into()),
        ..verdict
    }
}

/// One of everything that may come of an objective.
pub(crate) fn all_kinds() -> Vec<Verdict> {
    vec![
        held(),
        tolerable(),
        broken(),
        broken_on_a_ramp(),
        graded(),
        in_scenario(held(), "degraded"),
        in_scenario(without_data(), "degraded"),
        across(),
    ]
}
