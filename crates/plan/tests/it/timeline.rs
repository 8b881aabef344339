//! The schedule's clock: what pauses do to due times.

use std::time::Duration;

use gatecrash_plan::schedule::Timeline;
use proptest::prelude::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn without_pauses_both_clocks_are_one() {
    let timeline = Timeline::default();
    assert_eq!(timeline.schedule_time(secs(5)), secs(5));
    assert_eq!(timeline.run_time(secs(5)), Some(secs(5)));
    assert!(!timeline.is_paused());
}

#[test]
fn a_pause_shifts_what_was_due_in_it() {
    let mut timeline = Timeline::default();
    timeline.pause(secs(10));
    timeline.pause(secs(11));
    assert!(timeline.is_paused());
    assert_eq!(timeline.schedule_time(secs(15)), secs(10));
    assert_eq!(timeline.run_time(secs(9)), Some(secs(9)));
    assert_eq!(timeline.run_time(secs(10)), None);
    assert_eq!(timeline.paused(secs(15)), secs(5));
    timeline.resume(secs(30));
    timeline.resume(secs(31));
    assert_eq!(timeline.schedule_time(secs(31)), secs(11));
    assert_eq!(timeline.run_time(secs(9)), Some(secs(9)));
    assert_eq!(timeline.run_time(secs(10)), Some(secs(30)));
    assert_eq!(timeline.run_time(secs(12)), Some(secs(32)));
    assert_eq!(timeline.paused(secs(31)), secs(20));
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn the_two_directions_agree(gaps in prop::collection::vec(1u64..100, 1..10)) {
        let mut timeline = Timeline::default();
        let mut run_time = 0;
        for (turn, gap) in gaps.iter().enumerate() {
            run_time += gap;
            match turn % 2 {
                0 => timeline.pause(secs(run_time)),
                _ => timeline.resume(secs(run_time)),
            }
            let due = timeline.schedule_time(secs(run_time));
            let back = timeline.run_time(due);
            prop_assert_eq!(back, (!timeline.is_paused()).then_some(secs(run_time)));
            let earlier: Vec<_> = (0..due.as_secs()).map(|due| timeline.run_time(secs(due))).collect();
            prop_assert!(earlier.iter().all(Option::is_some));
            prop_assert!(earlier.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
