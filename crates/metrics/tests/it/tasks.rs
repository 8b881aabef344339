//! Tasks, arrivals and users.

use gatecrash_metrics::task::OTHER_TASKS;
use gatecrash_metrics::{EndpointId, Level, Limits, Missed, Shard, TaskId};

#[test]
fn a_task_tells_how_it_went_and_how_late_it_began() {
    let mut shard = Shard::new(100.0);
    shard.define_task(TaskId(0), "reader", "ask");
    shard.define_task(TaskId(7), "writer", "ask");
    shard.task_started(TaskId(0), Some(1.5));
    shard.task_started(TaskId(0), None);
    shard.task_started(TaskId(7), Some(0.5));
    shard.task_ended(TaskId(0), 20.0, true);
    shard.task_ended(TaskId(7), 30.0, false);
    let snapshot = shard.snapshot();
    let told: Vec<_> = snapshot
        .tasks
        .iter()
        .map(|t| (&*t.user, &*t.name, t.started, t.ended, t.failed))
        .collect();
    assert_eq!(
        told,
        [("reader", "ask", 2, 1, 0), ("writer", "ask", 1, 1, 1)]
    );
    assert_eq!(snapshot.tasks[0].start_lag_ms.count(), 1);
    assert_eq!(snapshot.tasks[0].start_lag_ms.max(), Some(1.5));
    assert_eq!(snapshot.tasks[1].time_ms.mean(), Some(30.0));
}

#[test]
fn tasks_merge_by_user_and_name() {
    let shard = |names: &[(&str, &str)]| {
        let mut shard = Shard::new(100.0);
        for (at, (user, name)) in names.iter().enumerate() {
            shard.define_task(TaskId(at as u32), user, name);
            shard.task_ended(TaskId(at as u32), 10.0, true);
        }
        shard.snapshot()
    };
    let mut merged = shard(&[("a", "x"), ("a", "y")]);
    merged.merge(&shard(&[("b", "x"), ("a", "y")]));
    let told: Vec<_> = merged
        .tasks
        .iter()
        .map(|t| (&*t.user, &*t.name, t.ended, t.time_ms.count()))
        .collect();
    assert_eq!(told, [("a", "x", 1, 1), ("a", "y", 2, 2), ("b", "x", 1, 1)]);
}

#[test]
fn tasks_beyond_the_limit_share_an_entry() {
    let limits = Limits {
        tasks: 1,
        ..Limits::default()
    };
    let mut shard = Shard::with_limits(100.0, limits);
    for n in 0..3 {
        shard.define_task(TaskId(n), "user", &format!("task {n}"));
        shard.task_started(TaskId(n), None);
    }
    shard.task_started(TaskId(99), None);
    let tasks = shard.snapshot().tasks;
    assert_eq!(tasks.len(), 2);
    assert_eq!((&*tasks[1].name, tasks[1].started), (OTHER_TASKS, 3));
}

#[test]
fn arrivals_are_counted_with_the_reason_they_are_missing_for() {
    let mut shard = Shard::new(100.0);
    shard.planned(10);
    (0..4).for_each(|n| shard.arrival_started(f64::from(n)));
    shard.missed(Missed::Cap, 5);
    shard.missed(Missed::Stopped, 1);
    shard.user_started(3.0);
    shard.user_started(5.0);
    let arrivals = shard.snapshot().arrivals;
    assert_eq!((arrivals.planned, arrivals.started), (10, 4));
    assert_eq!((arrivals.missed_cap, arrivals.missed_stopped), (5, 1));
    assert_eq!(arrivals.missed(), 6);
    assert_eq!(arrivals.schedule_lag_ms.max(), Some(3.0));
    assert_eq!(arrivals.on_start_ms.mean(), Some(4.0));
}

#[test]
fn levels_keep_their_peak_and_add_up_over_lanes() {
    let lane = |levels: &[(u64, u64)]| {
        let mut shard = Shard::new(100.0);
        levels.iter().for_each(|&(u, f)| shard.occupied(u, f));
        shard
    };
    let mut one = lane(&[(2, 1), (9, 4), (3, 0)]);
    let mut merged = one.snapshot();
    merged.merge(&lane(&[(4, 4)]).snapshot());
    let level = |now, peak| Level { now, peak };
    assert_eq!(merged.arrivals.users, level(7, 13));
    assert_eq!(merged.arrivals.in_flight, level(4, 8));
    // After a reset the users are still there.
    one.reset(200.0);
    assert_eq!(one.snapshot().arrivals.users, level(3, 3));
}

#[test]
fn reset_keeps_the_names_of_tasks() {
    let mut shard = Shard::new(100.0);
    shard.define(EndpointId(0), "GET", "/");
    shard.define_task(TaskId(0), "reader", "ask");
    shard.task_started(TaskId(0), Some(1.0));
    shard.planned(3);
    shard.reset(200.0);
    let snapshot = shard.snapshot();
    assert_eq!(&*snapshot.tasks[0].name, "ask");
    assert_eq!(snapshot.tasks[0].started, 0);
    assert_eq!(snapshot.arrivals.planned, 0);
}
