//! What changed between two snapshots gives the later one back.

use std::sync::Arc;

use gatecrash_metrics::{
    EndpointId, Kind, Measure, Metric, MetricId, Sample, Shard, Snapshot, TaskId, Unit, Window,
};

const START: f64 = 1_700_000_000.0;

/// What happens between two snapshots: to which endpoint, when, and how long it took.
type Step = (u8, u8, u16);

fn happen(shard: &mut Shard, (what, at, ms): Step) {
    let id = EndpointId(u32::from(what % 5));
    let at_epoch_s = START + f64::from(at);
    let ms = f64::from(ms) / 7.0;
    shard.define(id, "GET", &format!("/{}", id.0));
    let sample = Sample {
        endpoint: id,
        at_epoch_s,
        response_time_ms: (!what.is_multiple_of(7)).then_some(ms),
        whole_ms: what.is_multiple_of(2),
        response_length: u64::from(what),
    };
    shard.record(&sample);
    if let Some(user) = shard.follow_user("reader", START) {
        shard.record_user(user, &sample, what.is_multiple_of(3));
    }
    shard.measure(id, Measure::Ttft, ms);
    let metric = MetricId(u16::from(what % 2));
    let kind = [Kind::Gauge, Kind::Counter][usize::from(what % 2)];
    shard.declare(
        metric,
        Metric {
            name: format!("metric {}", metric.0).into(),
            unit: Unit::Count,
            kind,
        },
    );
    shard.metric(metric, ms, at_epoch_s);
    if what.is_multiple_of(3) {
        shard.fail(id, format!("error {}", what % 9).as_str(), at_epoch_s);
        shard.exception("boom", &format!("line {}", what % 4), "node");
    }
    shard.define_task(
        TaskId(u32::from(what % 3)),
        "reader",
        &format!("task {}", what % 3),
    );
    shard.task_started(TaskId(u32::from(what % 3)), Some(ms));
    shard.task_ended(TaskId(u32::from(what % 3)), ms, what.is_multiple_of(2));
    shard.planned(2);
    shard.arrival_started(ms);
    shard.user_started(ms);
    shard.occupied(u64::from(what), u64::from(at));
}

fn without_windows(mut snapshot: Snapshot) -> Snapshot {
    let all = snapshot.endpoints.iter_mut().chain(&mut snapshot.users);
    for endpoint in all.chain([&mut snapshot.total]) {
        Arc::make_mut(endpoint).window = Window::default();
    }
    snapshot
}

/// Steps by xorshift (Marsaglia 2003), the same each time.
fn steps(count: usize, state: &mut u64) -> Vec<Step> {
    let mut next = || {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    };
    let mut step = || (next() as u8, next() as u8, next() as u16);
    (0..count).map(|_| step()).collect()
}

#[test]
fn a_change_gives_the_later_snapshot_back() {
    let mut state = 4;
    for case in 0..200 {
        let mut shard = Shard::new(START);
        let (first, then) = (steps(case % 40, &mut state), steps(case % 23, &mut state));
        let count = then.len() as u64;
        first.into_iter().for_each(|step| happen(&mut shard, step));
        let before = shard.snapshot();
        then.into_iter().for_each(|step| happen(&mut shard, step));
        let after = shard.snapshot();
        let change = after.since(&before);
        assert!(change.total.hist.count() <= count, "only what came on top");
        let mut advanced = before.clone();
        advanced.advance(&change);
        assert_eq!(without_windows(advanced), without_windows(after));
    }
}

#[test]
fn what_did_not_change_is_left_out() {
    let mut shard = Shard::new(START);
    (0..10).for_each(|what| happen(&mut shard, (what, 1, 100)));
    let before = shard.snapshot();
    let nothing = before.since(&before);
    assert!(nothing.endpoints.is_empty() && nothing.failures.is_empty());
    assert!(nothing.total.hist.is_empty() && nothing.tasks.is_empty());
    happen(&mut shard, (1, 2, 100));
    let change = shard.snapshot().since(&before);
    let names: Vec<&str> = change.endpoints.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["/1"]);
    assert_eq!(change.endpoints[0].hist.count(), 1);
    assert_eq!(
        change.endpoints[0].requests, 3,
        "of all but histograms how it stands now"
    );
}
