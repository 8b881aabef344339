//! The closed model of a plan: how many users when.

use std::time::Duration;

use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::{ProfileError, UserSchedule, UserStage};
use proptest::prelude::*;

fn rate(text: &str) -> Rate {
    text.parse().expect(text)
}

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn stage(to: u32, seconds: u64) -> UserStage {
    UserStage {
        to,
        lasts: Some(Duration::from_secs(seconds)),
    }
}

fn stages(stages: &[UserStage]) -> UserSchedule {
    UserSchedule::stages(stages).expect("a schedule")
}

fn crowd(users: u32, spawn: &str, seconds: u64) -> UserSchedule {
    let lasts = Some(Duration::from_secs(seconds));
    UserSchedule::constant(users, Some(rate(spawn)), lasts).expect("a schedule")
}

/// Every change, the first instant included.
fn changes(schedule: &UserSchedule) -> Vec<(f64, u32)> {
    let mut at = Duration::ZERO;
    let mut all = vec![(0.0, schedule.users_at(at))];
    while let Some((next, users)) = schedule.next_change(at) {
        assert!(next > at, "a change at {next:?} after {at:?}");
        all.push((next.as_secs_f64(), users));
        at = next;
    }
    all
}

#[test]
fn users_come_at_their_spawn_rate() {
    let schedule = crowd(5, "10/s", 60);
    let all = changes(&schedule);
    assert_eq!(all, [(0.0, 1), (0.1, 2), (0.2, 3), (0.3, 4), (0.4, 5)]);
    assert_eq!(schedule.duration(), Some(secs(60.0)));
    assert_eq!(schedule.peak(), 5);
    assert_eq!(schedule.users_at(secs(59.0)), 5);
}

#[test]
fn without_a_spawn_rate_all_come_at_once() {
    let schedule = UserSchedule::constant(100, None, None).expect("a schedule");
    assert_eq!(changes(&schedule), [(0.0, 100)]);
    assert_eq!((schedule.duration(), schedule.peak()), (None, 100));
    let none = UserSchedule::constant(0, Some(rate("1/s")), None).expect("a schedule");
    assert_eq!(changes(&none), [(0.0, 0)]);
}

#[test]
fn a_run_shorter_than_its_ramp_never_has_all_users() {
    let schedule = crowd(100, "10/s", 5);
    assert_eq!(schedule.peak(), 50);
    assert_eq!(schedule.users_at(secs(4.95)), 50);
    assert_eq!(changes(&schedule).len(), 50);
    assert_eq!(schedule.duration(), Some(secs(5.0)));
}

#[test]
fn stages_lead_from_one_number_to_the_next() {
    let schedule = stages(&[stage(4, 4), stage(4, 10), stage(0, 2)]);
    assert_eq!(
        changes(&schedule),
        [
            (0.0, 1),
            (1.0, 2),
            (2.0, 3),
            (3.0, 4),
            (14.5, 3),
            (15.0, 2),
            (15.5, 1),
            (16.0, 0)
        ]
    );
    assert_eq!(schedule.duration(), Some(secs(16.0)));
    assert_eq!(schedule.users_at(secs(100.0)), 0);
    let ends: Vec<_> = schedule.boundaries().collect();
    assert_eq!(ends, [4.0, 14.0, 16.0].map(secs));
}

#[test]
fn a_stage_without_time_is_a_jump() {
    let endless = UserStage { to: 7, lasts: None };
    let schedule = stages(&[
        stage(50, 0),
        stage(50, 5),
        stage(10, 0),
        stage(10, 5),
        endless,
    ]);
    assert_eq!(changes(&schedule), [(0.0, 50), (5.0, 10), (10.0, 7)]);
    assert_eq!((schedule.duration(), schedule.peak()), (None, 50));
    let at_the_end = stages(&[stage(3, 0), stage(3, 5), stage(9, 0)]);
    assert_eq!(changes(&at_the_end), [(0.0, 3), (5.0, 9)]);
}

#[test]
fn stages_that_do_not_follow_each_other_are_refused() {
    let endless = UserStage { to: 1, lasts: None };
    let age = UserStage {
        to: 1,
        lasts: Some(Duration::from_secs(10_000_000_000)),
    };
    let cases: [(&[UserStage], ProfileError); 3] = [
        (&[], ProfileError::Empty),
        (&[endless, endless], ProfileError::EndlessNotLast),
        (&[age, age], ProfileError::TooLong),
    ];
    for (stages, error) in cases {
        assert_eq!(UserSchedule::stages(stages), Err(error), "{stages:?}");
    }
    let never = UserSchedule::constant(5, Some(Rate::ZERO), None);
    assert_eq!(never, Err(ProfileError::TooLong));
}

#[test]
fn users_can_be_changed_on_the_way() {
    let mut schedule = crowd(10, "1/s", 60);
    schedule.retarget(secs(4.5), 7, Some(rate("2/s")));
    assert_eq!(schedule.users_at(secs(4.4)), 5);
    assert_eq!(changes(&schedule)[5..], [(4.5, 6), (5.0, 7)]);
    assert_eq!(schedule.duration(), Some(secs(60.0)));
    schedule.retarget(secs(30.0), 6, None);
    assert_eq!(changes(&schedule)[5..], [(4.5, 6), (5.0, 7), (30.0, 6)]);
    schedule.retarget(secs(40.0), 4, Some(rate("0.5/s")));
    assert_eq!(changes(&schedule)[8..], [(42.0, 5), (44.0, 4)]);
    let before = schedule.clone();
    schedule.retarget(secs(60.0), 99, None);
    assert_eq!(schedule, before, "the run is over");
}

#[test]
fn users_can_be_changed_at_the_very_start_and_without_end() {
    let mut schedule = UserSchedule::constant(10, None, None).expect("a schedule");
    schedule.retarget(Duration::ZERO, 3, None);
    assert_eq!(changes(&schedule), [(0.0, 3)]);
    schedule.retarget(secs(1.0), 4, Some(rate("1/s")));
    assert_eq!(changes(&schedule), [(0.0, 3), (1.0, 4)]);
    assert_eq!(schedule.duration(), None);
}

#[test]
fn the_next_stage_can_begin_early() {
    let mut schedule = stages(&[stage(10, 10), stage(0, 4), stage(6, 6)]);
    assert!(schedule.next_stage(secs(1.5)));
    // Two users then, who leave within 4 s.
    assert_eq!(
        changes(&schedule)[..4],
        [(0.0, 1), (1.0, 2), (3.5, 1), (6.5, 2)]
    );
    assert_eq!(schedule.duration(), Some(secs(11.5)));
    assert!(schedule.next_stage(secs(2.0)));
    assert_eq!(schedule.duration(), Some(secs(8.0)));
    assert_eq!(schedule.users_at(secs(7.9)), 6);
    assert!(!schedule.next_stage(secs(3.0)));
}

fn schedules() -> impl Strategy<Value = UserSchedule> {
    let stage = (0u32..50, 0u64..10_000_000_000).prop_map(|(to, ns)| UserStage {
        to,
        lasts: Some(Duration::from_nanos(ns)),
    });
    prop::collection::vec(stage, 1..6)
        .prop_map(|stages| UserSchedule::stages(&stages).expect("fits"))
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn the_number_changes_exactly_where_it_says(schedule in schedules(), at_ns in 0u64..50_000_000_000) {
        let at = Duration::from_nanos(at_ns);
        let now = schedule.users_at(at);
        let Some((next, users)) = schedule.next_change(at) else {
            prop_assert_eq!(schedule.users_at(secs(1e6)), now);
            return Ok(());
        };
        let just_before = next - Duration::from_nanos(1);
        prop_assert!(next > at);
        prop_assert_eq!(schedule.users_at(just_before), now);
        prop_assert_eq!(schedule.users_at(next), users);
        prop_assert_ne!(users, now);
        prop_assert!(next <= schedule.duration().expect("an end"));
    }

    #[test]
    fn the_peak_is_reached_and_never_passed(schedule in schedules()) {
        let highest = changes(&schedule).iter().map(|(_, users)| *users).max();
        prop_assert_eq!(highest, Some(schedule.peak()));
    }
}
