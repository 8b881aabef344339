//! The closed model: how many users, how many turns, and what becomes of them at the end.

use std::time::Duration;

use gatecrash_engine::{Change, Command};
use gatecrash_metrics::record::Ended;
use gatecrash_plan::model::{Iterations, Wait};

use crate::native::{crowd, getters, received, run, scenario, start, target, task};

#[test]
fn each_user_has_its_turns() {
    for lanes in [1, 3] {
        let server = target();
        let load = crowd(5, Some(Iterations::PerUser(4)));
        let record = run(vec![scenario(getters(&server, "/"), load, None)], lanes);
        let snapshot = &record.scenarios[0].snapshot;
        assert_eq!(snapshot.total.requests, 20);
        assert_eq!(snapshot.total.failures, 0);
        assert_eq!(received(&server), 20);
        assert_eq!(snapshot.tasks[0].ended, 20);
        assert_eq!(snapshot.arrivals.users.peak, 5);
        assert_eq!(snapshot.arrivals.users.now, 0);
        assert_eq!(record.ended_by, Ended::Done);
    }
}

#[test]
fn all_users_together_have_their_turns() {
    let server = target();
    let load = crowd(7, Some(Iterations::Total(100)));
    let record = run(vec![scenario(getters(&server, "/"), load, None)], 2);
    assert_eq!(record.scenarios[0].snapshot.total.requests, 100);
    assert_eq!(received(&server), 100);
}

#[test]
fn tasks_come_by_weight_and_the_seed_repeats_them() {
    let chosen = || {
        let server = target();
        let mut users = getters(&server, "/");
        users.tasks = vec![task("one", 3.0), task("two", 1.0)];
        let load = crowd(2, Some(Iterations::PerUser(200)));
        let record = run(vec![scenario(users, load, None)], 2);
        let tasks = record.scenarios[0].snapshot.tasks.clone();
        (tasks[0].started, tasks[1].started)
    };
    let (one, two) = chosen();
    assert_eq!(one + two, 400);
    assert!((260..340).contains(&one), "{one} of 400");
    assert_eq!(chosen(), (one, two));
}

#[test]
fn what_is_under_way_at_the_end_is_counted() {
    let server = target();
    let mut users = getters(&server, "/delay/300");
    users.wait = Wait::Between(Duration::from_secs(60), Duration::from_secs(60));
    let load = crowd(10, None);
    let duration = Some(Duration::from_millis(100));
    let record = run(vec![scenario(users, load, duration)], 2);
    assert_eq!(record.scenarios[0].snapshot.total.requests, 10);
    assert_eq!(record.scenarios[0].abandoned, 0);
    assert_eq!(received(&server), 10);
}

#[test]
fn what_outlives_the_grace_is_abandoned() {
    let server = target();
    let load = crowd(10, None);
    let duration = Some(Duration::from_millis(200));
    let mut slow = scenario(getters(&server, "/delay/60000"), load, duration);
    slow.grace = Duration::from_millis(100);
    let record = run(vec![slow], 2);
    assert_eq!(record.scenarios[0].snapshot.total.requests, 0);
    assert_eq!(record.scenarios[0].abandoned, 10);
}

#[test]
fn a_panic_is_an_exception_and_the_user_lives_on() {
    let server = target();
    let load = crowd(1, Some(Iterations::PerUser(2)));
    let record = run(vec![scenario(getters(&server, "/panic"), load, None)], 1);
    let snapshot = &record.scenarios[0].snapshot;
    assert_eq!(snapshot.tasks[0].failed, 2);
    assert_eq!(snapshot.exceptions.len(), 1);
    assert_eq!(snapshot.exceptions[0].count, 2);
}

#[test]
fn users_are_added_and_taken_while_it_runs() {
    let server = target();
    let mut users = getters(&server, "/");
    let minute = Duration::from_secs(60);
    users.wait = Wait::Between(minute, minute);
    let run = start(vec![scenario(users, crowd(3, None), Some(minute))], 2);
    let handle = run.handle();
    handle.ask(Command::Change(Change::Users(8)));
    while received(&server) < 8 {
        std::thread::yield_now();
    }
    handle.ask(Command::Change(Change::Users(1)));
    handle.ask(Command::Stop(Ended::Stopped));
    let record = run.wait();
    assert_eq!(record.ended_by, Ended::Stopped);
    assert_eq!(record.scenarios[0].snapshot.total.requests, 8);
    let changes: Vec<_> = record.scenarios[0]
        .changes
        .iter()
        .map(|c| c.what.as_str())
        .collect();
    assert_eq!(changes, ["users: 8", "users: 1", "stopped"]);
}
