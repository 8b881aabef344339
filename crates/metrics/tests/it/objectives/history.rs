//! The slices of a scenario: bounded, and nothing is lost.

use gatecrash_metrics::history::Room;
use gatecrash_metrics::{EndpointId, History, Sample, Shard, Slice, Thin};

const ROOM: Room = Room {
    points: 500,
    parts: 360,
    slices: 6,
    parts_max: 2400,
};

/// A history of so many endpoints, each with a request per second of its number in ms.
fn history(endpoints: u32, seconds: u32) -> (History, Shard) {
    let mut shard = Shard::new(1000.0);
    for id in 0..endpoints {
        shard.define(EndpointId(id), "GET", &format!("/{id}"));
    }
    let mut history = History::within(ROOM, 1000.0, &shard.snapshot());
    for second in 0..seconds {
        let at = 1000.0 + f64::from(second);
        for id in 0..endpoints {
            shard.record(&Sample {
                endpoint: EndpointId(id),
                at_epoch_s: at + 0.5,
                response_time_ms: Some(f64::from(id)),
                whole_ms: false,
                response_length: 3,
            });
        }
        history.push(at + 1.0, &shard.snapshot());
    }
    (history, shard)
}

fn parts(slices: &[Slice]) -> usize {
    slices.iter().map(|slice| slice.endpoints.len()).sum()
}

#[test]
fn a_slice_has_what_each_endpoint_did_in_it() {
    let (history, _) = history(3, 5);
    let slices = history.slices();
    assert_eq!(slices.len(), 5);
    let slice = &slices[4];
    assert_eq!((slice.from_epoch_s, slice.to_epoch_s), (1004.0, 1005.0));
    assert_eq!((slice.total.requests, slice.endpoints.len()), (3, 3));
    let part = &slice.endpoints[2];
    assert_eq!((&*part.method, &*part.name), ("GET", "/2"));
    assert_eq!((part.requests, part.failures, part.bytes), (1, 0, 3));
    assert_eq!((part.times.count(), part.times.sum), (1, 2.0));
}

#[test]
fn endpoints_without_requests_are_in_no_slice() {
    let mut shard = Shard::new(0.0);
    shard.define(EndpointId(0), "GET", "/a");
    shard.define(EndpointId(1), "GET", "/b");
    let mut history = History::new(0.0, &shard.snapshot(), 100);
    for second in 0..4u32 {
        shard.record(&Sample {
            endpoint: EndpointId(second % 2),
            at_epoch_s: f64::from(second),
            response_time_ms: None,
            whole_ms: false,
            response_length: 0,
        });
        history.push(f64::from(second) + 1.0, &shard.snapshot());
    }
    let names: Vec<_> = history
        .slices()
        .iter()
        .map(|s| &*s.endpoints[0].name)
        .collect();
    assert_eq!(names, ["/a", "/b", "/a", "/b"]);
    assert!(history.slices().iter().all(|s| s.endpoints.len() == 1));
}

#[test]
fn slices_grow_coarser_rather_than_many_and_lose_nothing() {
    for (endpoints, seconds) in [(10, 50), (10, 75), (60, 30), (100, 13), (1, 1100), (1, 400)] {
        let (history, shard) = history(endpoints, seconds);
        let slices = history.all_slices(&shard.snapshot());
        let requests: u64 = slices.iter().map(|slice| slice.total.requests).sum();
        assert_eq!(requests, u64::from(endpoints * seconds));
        let by_endpoint: u64 = slices
            .iter()
            .flat_map(|s| &s.endpoints)
            .map(|p| p.requests)
            .sum();
        assert_eq!(by_endpoint, requests);
        let joined = |pair: &[Slice]| pair[0].to_epoch_s == pair[1].from_epoch_s;
        assert!(slices.windows(2).all(joined));
        assert_eq!(slices[0].from_epoch_s, 1000.0);
        let last = &slices[slices.len() - 1];
        assert_eq!(last.to_epoch_s, 1000.0 + f64::from(seconds));
        assert!(slices.len() >= ROOM.slices && slices.len() <= ROOM.points + 1);
        let few = slices.len() <= 2 * ROOM.slices + 1;
        assert!(parts(&slices) <= ROOM.parts + endpoints as usize || few);
    }
}

#[test]
fn very_many_endpoints_leave_few_slices() {
    let (history, shard) = history(500, 20);
    let slices = history.all_slices(&shard.snapshot());
    assert!(parts(&slices) <= ROOM.parts_max + 500, "{}", parts(&slices));
    let requests: u64 = slices.iter().map(|slice| slice.total.requests).sum();
    assert_eq!(requests, 10_000);
}

#[test]
fn after_a_reset_a_slice_has_what_came_since() {
    let (mut history, mut shard) = history(2, 3);
    shard.reset(1003.0);
    shard.record(&Sample {
        endpoint: EndpointId(1),
        at_epoch_s: 1003.5,
        response_time_ms: Some(5.0),
        whole_ms: false,
        response_length: 0,
    });
    history.push(1004.0, &shard.snapshot());
    let last = &history.slices()[3];
    assert_eq!((last.total.requests, last.endpoints.len()), (1, 1));
    assert_eq!(last.endpoints[0].times.sum, 5.0);
}

#[test]
fn a_thin_histogram_reads_back_from_its_bytes_and_merges() {
    let one = Thin::of([(0, 1), (5, 300), (3583, 70_000)]);
    let other = Thin::of([(5, 2), (100, 1)]);
    assert_eq!(one.count(), 70_301);
    assert_eq!(Thin::from_bytes(one.bytes()), Some(one.clone()));
    let both = one.merged(&other);
    let expected = [(0, 1), (5, 302), (100, 1), (3583, 70_000)];
    assert_eq!(both.iter().collect::<Vec<_>>(), expected);
    assert_eq!(Thin::from_bytes(both.bytes()), Some(both));
    for bad in [
        &[1][..],
        &[1, 0],
        &[0, 1, 0, 1],
        &[0x80, 0x80],
        &[0xff, 0xff, 0x7f, 1],
    ] {
        assert_eq!(Thin::from_bytes(bad), None, "{bad:?}");
    }
}
