//! Runs that look like real ones and are the same each time.

use gatecrash_metrics::{
    Change, Driven, Ended, EndpointId, History, Kind, LaneUse, Measure, Metric, MetricId, Missed,
    Model, Phases, RunRecord, Sample, ScenarioRecord, Shard, TaskId, Unit, judge,
};

pub(crate) const START: f64 = 1_700_000_000.0;

const ASK: EndpointId = EndpointId(0);
const CHAT: EndpointId = EndpointId(1);
const METRICS: [(&str, Kind); 4] = [
    ("answer size", Kind::Trend),
    ("cache hits", Kind::Counter),
    ("queue depth", Kind::Gauge),
    ("grounded", Kind::Rate),
];

/// Fifty arrivals per second for twenty seconds on a service that answers well, but for a
/// moment in the middle; a streamed chat beside it.
pub(crate) fn open() -> ScenarioRecord {
    let mut shard = Shard::new(START);
    shard.define(
        ASK,
        "POST",
        "/retrieve with a question that has a long name",
    );
    shard.define(CHAT, "POST", "/chat");
    shard.define_task(TaskId(0), "researcher", "endpoint question");
    shard.define_task(TaskId(1), "researcher", "chat");
    for (at, (name, kind)) in METRICS.into_iter().enumerate() {
        let (name, unit) = (name.into(), Unit::Count);
        shard.declare(MetricId(at as u16), Metric { name, unit, kind });
    }
    let mut history = History::new(START, &shard.snapshot(), 100);
    for second in 0..20 {
        (0..50).for_each(|n| arrive(&mut shard, second * 50 + n));
        shard.occupied(40, 10 + u64::from(second));
        history.push(START + f64::from(second) + 1.0, &shard.snapshot());
    }
    (0..40).for_each(|n| shard.user_started(20.0 + f64::from(n)));
    shard.planned(5);
    shard.missed(Missed::Cap, 4);
    shard.missed(Missed::Stopped, 1);
    let driven = Driven {
        lanes: vec![LaneUse { cpu_share: 0.31 }, LaneUse { cpu_share: 0.28 }],
        throttled_share: Some(0.0),
        ..Driven::of(Model::Open, Some(500), &shard.snapshot())
    };
    ScenarioRecord {
        name: "burst".into(),
        load: "50/s for 20s, at most 500 in flight".into(),
        validity: judge(&driven),
        driven,
        history: history.points().to_vec(),
        changes: vec![Change {
            at_epoch_s: START + 12.0,
            what: "paused".into(),
        }],
        abandoned: 3,
        ..bare(shard)
    }
}

/// One arrival: the `n`-th, due `n` fiftieths of a second after the start.
fn arrive(shard: &mut Shard, n: u32) {
    let due = START + f64::from(n) / 50.0;
    let lag_ms = f64::from(n % 10) / 10.0;
    let is_chat = n % 5 == 4;
    let (task, id) = if is_chat {
        (TaskId(1), CHAT)
    } else {
        (TaskId(0), ASK)
    };
    // For a second the service stands still, and arrivals pile up.
    let stall_ms = if (500..550).contains(&n) {
        f64::from(550 - n) * 20.0
    } else {
        0.0
    };
    let service_ms = 8.0 + f64::from(n * 7919 % 100) / 4.0;
    shard.planned(1);
    shard.arrival_started(lag_ms);
    shard.task_started(task, Some(lag_ms + stall_ms));
    let time_ms = lag_ms + stall_ms + service_ms;
    shard.record(&Sample {
        endpoint: id,
        at_epoch_s: due + time_ms / 1000.0,
        response_time_ms: Some(time_ms),
        whole_ms: false,
        response_length: 1200,
    });
    shard.measure(id, Measure::ServiceTime, service_ms);
    let fresh = |ms| (n < 40).then_some(ms);
    let phases = Phases {
        dns_ms: fresh(0.4),
        connect_ms: fresh(0.25),
        tls_ms: fresh(3.5),
        first_byte_ms: Some(service_ms * 0.8),
        receive_ms: Some(service_ms * 0.2),
    };
    shard.phases(id, &phases);
    if is_chat {
        stream(shard, service_ms);
    }
    let failed = n % 200 == 7;
    if failed {
        shard.fail(
            id,
            "HTTPError('500 Server Error: \x1b[2Jboom\nfor url')",
            due,
        );
    }
    for (at, (_, kind)) in METRICS.into_iter().enumerate() {
        let value = if kind == Kind::Rate {
            f64::from(n % 4)
        } else {
            f64::from(n % 50)
        };
        shard.metric(MetricId(at as u16), value, due);
    }
    shard.task_ended(task, time_ms, !failed);
}

fn stream(shard: &mut Shard, service_ms: f64) {
    for (measure, value) in [
        (Measure::Ttft, service_ms / 2.0),
        (Measure::Ttfo, service_ms / 1.5),
        (Measure::Tpot, 12.5),
        (Measure::ChunkGap, 25.0),
        (Measure::Events, 30.0),
        (Measure::Tokens, 64.0),
        (Measure::TokensPerSecond, 81.5),
    ] {
        shard.measure(CHAT, measure, value);
    }
}

/// Ten users that wait for their answers, as a plan's closed model has them.
pub(crate) fn closed() -> ScenarioRecord {
    let mut shard = Shard::new(START);
    shard.define(ASK, "GET", "/");
    shard.define_task(TaskId(0), "visitor", "home");
    for n in 0..1000u32 {
        shard.task_started(TaskId(0), None);
        shard.record(&Sample {
            endpoint: ASK,
            at_epoch_s: START + f64::from(n) / 100.0,
            response_time_ms: Some(0.2 + f64::from(n % 50) / 100.0),
            whole_ms: false,
            response_length: 195,
        });
        shard.task_ended(TaskId(0), 0.3, true);
    }
    shard.occupied(10, 10);
    let driven = Driven {
        lanes: vec![LaneUse { cpu_share: 0.99 }],
        ..Driven::of(Model::Closed, None, &shard.snapshot())
    };
    ScenarioRecord {
        name: "crowd".into(),
        load: "10 users for 20s".into(),
        validity: judge(&driven),
        driven,
        ..bare(shard)
    }
}

/// What a warm-up leaves.
pub(crate) fn warm_up() -> ScenarioRecord {
    ScenarioRecord {
        name: "warm-up".into(),
        load: "5 users for 20s".into(),
        measured: false,
        ..closed()
    }
}

/// Twenty measured seconds of which nothing is known yet but the numbers.
pub(crate) fn bare(shard: Shard) -> ScenarioRecord {
    let snapshot = shard.snapshot();
    let driven = Driven::of(Model::Closed, None, &snapshot);
    ScenarioRecord {
        name: String::new(),
        load: String::new(),
        measured: true,
        started_epoch_s: START,
        ended_epoch_s: START + 20.0,
        snapshot,
        abandoned: 0,
        validity: judge(&driven),
        driven,
        changes: Vec::new(),
        history: Vec::new(),
        slices: Vec::new(),
        sightings: Vec::new(),
        hooks: Vec::new(),
    }
}

/// A run of these scenarios.
pub(crate) fn run(scenarios: Vec<ScenarioRecord>) -> RunRecord {
    RunRecord {
        name: "Knowledge graph API".into(),
        started_epoch_s: START,
        ended_epoch_s: START + 62.0,
        ended_by: Ended::Done,
        seed: 7,
        plan_fingerprint: "3f2a91c07d55e210".into(),
        validity: RunRecord::judged(&scenarios),
        scenarios,
        ..RunRecord::default()
    }
}
