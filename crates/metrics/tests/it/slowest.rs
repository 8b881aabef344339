//! The slowest requests, by the ids of their traces.

use gatecrash_metrics::slowest::{ENDPOINTS, PER_ENDPOINT, Slow, Slowest, Traced};
use gatecrash_metrics::{EndpointId, Sample, Shard};

use crate::Numbers;

fn slow(trace: u128, response_time_ms: f64) -> Slow {
    let status = Some(200);
    Slow {
        traced: Traced { trace, status },
        at_epoch_s: 5.0,
        response_time_ms,
        failed: false,
    }
}

fn traces(slowest: &Slowest) -> Vec<u128> {
    slowest.iter().map(|one| one.traced.trace).collect()
}

#[test]
fn the_slowest_are_kept_in_order() {
    let mut numbers = Numbers(7);
    let all: Vec<Slow> = (1..500)
        .map(|id| slow(id, numbers.unit() * 100.0))
        .collect();
    let mut sorted = all.clone();
    sorted.sort_by(|one, other| other.response_time_ms.total_cmp(&one.response_time_ms));
    let expected: Vec<u128> = sorted[..PER_ENDPOINT]
        .iter()
        .map(|one| one.traced.trace)
        .collect();
    let kept = Slowest::restored(all.clone());
    assert_eq!(traces(&kept), expected);
    // Two lanes together keep the same.
    let (one, other) = all.split_at(170);
    let mut merged = Slowest::restored(one.to_vec());
    merged.merge(&Slowest::restored(other.to_vec()));
    assert_eq!(merged, kept);
}

#[test]
fn a_time_that_is_none_is_not_kept() {
    let mut kept = Slowest::default();
    kept.note(slow(1, f64::NAN));
    kept.note(slow(2, f64::INFINITY));
    assert!(kept.is_empty());
    kept.note(slow(3, 1.0));
    kept.note(slow(4, 1.0));
    assert_eq!(traces(&kept), [3, 4]);
}

#[test]
fn endpoints_keep_their_own_within_a_limit() {
    let mut shard = Shard::new(0.0);
    for id in 0..ENDPOINTS + 50 {
        shard.define(EndpointId(id), "GET", &format!("/{id}"));
        let sample = Sample {
            endpoint: EndpointId(id),
            at_epoch_s: 1.0,
            response_time_ms: Some(f64::from(id)),
            whole_ms: false,
            response_length: 0,
        };
        shard.record(&sample);
        let trace = u128::from(id) + 1;
        shard.traced(
            &sample,
            Traced {
                trace,
                status: None,
            },
            true,
        );
    }
    let snapshot = shard.snapshot();
    let kept = snapshot
        .endpoints
        .iter()
        .filter(|one| !one.slowest.is_empty());
    assert_eq!(kept.count() as u32, ENDPOINTS);
    assert!(snapshot.total.slowest.is_empty());
    let one = snapshot.find("GET", "/7").unwrap();
    assert_eq!(traces(&one.slowest), [8]);
    shard.reset(2.0);
    assert!(shard.snapshot().endpoints[7].slowest.is_empty());
}
