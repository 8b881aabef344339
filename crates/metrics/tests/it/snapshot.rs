//! Snapshots: independent of what follows, and mergeable.

use gatecrash_metrics::{EndpointId, Sample, Shard};

/// Books in which each (name, time) was recorded, slow ones with a failure.
fn books(requests: &[(&str, f64)]) -> Shard {
    let mut shard = Shard::new(100.0);
    for (n, &(name, ms)) in requests.iter().enumerate() {
        let endpoint = EndpointId(n as u32);
        shard.define(endpoint, "GET", name);
        shard.record(&Sample {
            endpoint,
            at_epoch_s: 101.0 + n as f64,
            response_time_ms: Some(ms),
            whole_ms: false,
            response_length: 1,
        });
        if ms > 50.0 {
            shard.fail(endpoint, "slow", 101.0 + n as f64);
            shard.exception("slow", "line 1", name);
        }
    }
    shard
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut shard = books(&[("/a", 1.0)]);
    let before = shard.snapshot();
    let kept = before.clone();
    shard.fail(EndpointId(0), "slow", 110.0);
    shard.reset_total(111.0);
    assert_eq!(before, kept);
    assert_eq!(before.endpoints[0].failures, 0);
    assert_eq!(shard.snapshot().endpoints[0].failures, 1);
}

#[test]
fn merged_snapshots_tell_what_one_shard_would_have_told() {
    let mut merged = books(&[("/a", 1.0), ("/b", 80.0)]).snapshot();
    merged.merge(&books(&[("/c", 2.0), ("/a", 90.0), ("/b", 70.0)]).snapshot());
    let names: Vec<_> = merged.endpoints.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["/a", "/b", "/c"]);
    let a = merged.find("GET", "/a").unwrap();
    assert_eq!(
        (a.requests, a.failures, a.min_ms, a.max_ms),
        (2, 1, Some(1.0), 90.0)
    );
    assert_eq!(
        (a.start_epoch_s, a.last_request_epoch_s),
        (101.0, Some(102.0))
    );
    assert_eq!(a.hist.count(), 2);
    assert_eq!((merged.total.requests, merged.total.failures), (5, 3));
    assert_eq!(merged.total.seconds.get(102).requests, 2);
    let failures: Vec<_> = merged
        .failures
        .iter()
        .map(|f| (&*f.name, f.occurrences))
        .collect();
    assert_eq!(failures, [("/b", 2), ("/a", 1)]);
    assert_eq!(merged.exceptions.len(), 1);
    assert_eq!(merged.exceptions[0].count, 3);
    assert_eq!(merged.exceptions[0].nodes.len(), 2);
}
