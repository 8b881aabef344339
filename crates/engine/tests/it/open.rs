//! The open model: what was planned is started, or missed with a reason.

use std::time::Duration;

use gatecrash_engine::Command;
use gatecrash_metrics::record::Ended;

use crate::native::{getters, rate, received, run, scenario, start, target};

#[test]
fn as_many_arrivals_as_planned() {
    for lanes in [1, 3] {
        let server = target();
        let second = Duration::from_secs(1);
        let load = rate(500.0, second, 10_000);
        let users = getters(&server, "/");
        let record = run(vec![scenario(users, load, Some(second))], lanes);
        let snapshot = &record.scenarios[0].snapshot;
        assert_eq!(snapshot.arrivals.planned, 500);
        assert_eq!(snapshot.arrivals.started, 500);
        assert_eq!(snapshot.tasks[0].started, 500);
        assert_eq!(snapshot.total.requests, 500);
        assert_eq!(received(&server), 500);
    }
}

#[test]
fn beyond_the_cap_arrivals_are_missed_and_the_run_is_invalid() {
    let server = target();
    let second = Duration::from_secs(1);
    let load = rate(50.0, second, 10);
    let users = getters(&server, "/delay/3000");
    let record = run(vec![scenario(users, load, Some(second))], 2);
    let arrivals = &record.scenarios[0].snapshot.arrivals;
    assert_eq!((arrivals.planned, arrivals.started), (50, 10));
    assert_eq!(arrivals.missed_cap, 40);
    assert!(record.validity.is_invalid());
    assert_eq!(record.validity.reasons()[0].key, "cap");
}

#[test]
fn stopped_before_its_end_it_plans_no_more() {
    let server = target();
    let minute = Duration::from_secs(60);
    let load = rate(1000.0, minute, 10_000);
    let run = start(vec![scenario(getters(&server, "/"), load, Some(minute))], 2);
    while received(&server) < 100 {
        std::thread::yield_now();
    }
    run.handle().ask(Command::Stop(Ended::Stopped));
    let record = run.wait();
    let snapshot = &record.scenarios[0].snapshot;
    assert!(snapshot.arrivals.planned < 60_000);
    assert_eq!(snapshot.total.requests, snapshot.arrivals.started);
    assert_eq!(received(&server), snapshot.arrivals.started);
}
