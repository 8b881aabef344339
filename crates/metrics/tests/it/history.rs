//! A run second by second.

use gatecrash_metrics::{EndpointId, History, Missed, Point, Sample, Shard};

const PAGE: EndpointId = EndpointId(0);

/// A history of `seconds` seconds, in second `n` of which there are `n` requests of
/// `n` ms, and its shard.
fn history(seconds: u32, limit: usize) -> History {
    let mut shard = Shard::new(1000.0);
    shard.define(PAGE, "GET", "/");
    let mut history = History::new(1000.0, &shard.snapshot(), limit);
    for second in 0..seconds {
        let at = 1000.0 + f64::from(second);
        for _ in 0..second {
            shard.planned(1);
            shard.arrival_started(f64::from(second) / 10.0);
            shard.record(&Sample {
                endpoint: PAGE,
                at_epoch_s: at + 0.5,
                response_time_ms: Some(f64::from(second)),
                whole_ms: false,
                response_length: 1,
            });
        }
        shard.missed(Missed::Cap, 1);
        shard.occupied(u64::from(second), 1);
        history.push(at + 1.0, &shard.snapshot());
    }
    history
}

#[test]
fn each_point_tells_its_second_alone() {
    let history = history(4, 100);
    let expected = Point {
        from_epoch_s: 1003.0,
        to_epoch_s: 1004.0,
        users: 3,
        in_flight: 1,
        planned: 3,
        started: 3,
        missed: 1,
        requests: 3,
        failures: 0,
        p50_ms: Some(3.0),
        p95_ms: Some(3.0),
        p99_ms: Some(3.0),
        lag_p99_ms: Some(0.3),
    };
    assert_eq!(history.points()[3], expected);
    assert_eq!(history.points()[0].p50_ms, None);
    assert_eq!(history.points()[0].requests, 0);
}

#[test]
fn it_grows_coarser_rather_than_longer_and_loses_nothing() {
    for limit in [2, 3, 7, 8] {
        for seconds in [1, 7, 8, 9, 50, 64] {
            let history = history(seconds, limit);
            let points = history.points();
            assert!(points.len() <= limit, "{} of {limit}", points.len());
            let requests: u64 = points.iter().map(|p| p.requests).sum();
            assert_eq!(requests, u64::from((0..seconds).sum::<u32>()));
            let joined = points
                .windows(2)
                .all(|p| p[0].to_epoch_s == p[1].from_epoch_s);
            assert!(joined, "{points:?}");
            assert_eq!(points[0].from_epoch_s, 1000.0);
            let last = points[points.len() - 1];
            assert_eq!(last.to_epoch_s, 1000.0 + f64::from(seconds));
            assert_eq!(last.users, u64::from(seconds - 1));
        }
    }
}

#[test]
fn points_of_a_coarse_history_are_equally_long_but_the_last() {
    let history = history(50, 8);
    let lengths: Vec<f64> = history
        .points()
        .iter()
        .map(|p| p.to_epoch_s - p.from_epoch_s)
        .collect();
    assert_eq!(lengths, [8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 2.0]);
}
