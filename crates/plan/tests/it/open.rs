//! The open model: totals, order, shares, changes on the way.

use std::time::Duration;

use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::{
    Arrival, OpenSchedule, ProfileError, RatePiece, RateProfile, Spacing,
};
use proptest::prelude::*;

const POISSON: Spacing = Spacing::Poisson { seed: 7 };

fn rate(text: &str) -> Rate {
    text.parse().expect(text)
}

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn constant(text: &str, seconds: u64) -> RateProfile {
    RateProfile::constant(rate(text), Some(Duration::from_secs(seconds))).expect("a profile")
}

fn ramp(from: &str, to: &str, seconds: u64) -> RateProfile {
    let piece = RatePiece::ramp(rate(from), rate(to), Duration::from_secs(seconds));
    RateProfile::new(&[piece]).expect("a profile")
}

fn even(profile: RateProfile) -> OpenSchedule {
    OpenSchedule::new(profile, Spacing::Even)
}

fn dues(schedule: OpenSchedule) -> Vec<f64> {
    schedule.map(|arrival| arrival.due.as_secs_f64()).collect()
}

/// All arrivals up to one that is not due before `until`, which stays.
fn take_until(schedule: &mut OpenSchedule, until: Duration) -> Vec<Arrival> {
    let mut taken = Vec::new();
    while schedule.peek().is_some_and(|next| next.due < until) {
        taken.extend(schedule.next());
    }
    taken
}

#[test]
fn a_constant_rate_begins_at_once_and_has_its_exact_total() {
    let cases = [
        ("10/s", 10, 100),
        ("100/s", 10, 1000),
        ("1000/s", 10, 10_000),
        ("10000/s", 10, 100_000),
        ("1000/h", 3600, 1000),
        ("7/m", 3600, 420),
        ("0.3/s", 10, 3),
        ("1/h", 10, 1),
        ("0/s", 10, 0),
    ];
    for (text, seconds, total) in cases {
        for spacing in [Spacing::Even, POISSON] {
            let schedule = OpenSchedule::new(constant(text, seconds), spacing);
            assert_eq!(schedule.total(), Some(total), "{text} {spacing:?}");
            assert_eq!(schedule.count() as u64, total, "{text} {spacing:?}");
        }
    }
    assert_eq!(dues(even(constant("4/s", 1))), [0.0, 0.25, 0.5, 0.75]);
}

#[test]
fn arrivals_are_due_where_the_integral_leaves_their_number() {
    // 0/s to 10/s in 10 s: k = t²/2.
    let up = dues(even(ramp("0/s", "10/s", 10)));
    assert_eq!(up.len(), 50);
    for (k, due) in up.iter().enumerate() {
        assert!((due - (2.0 * k as f64).sqrt()).abs() < 2e-9, "{k}: {due}");
    }
    // And down: 50 − k = (10 − t)²/2.
    let down = dues(even(ramp("10/s", "0/s", 10)));
    assert_eq!(down.len(), 50);
    for (k, due) in down.iter().enumerate() {
        let right = 10.0 - (2.0 * (50 - k) as f64).sqrt();
        assert!((due - right).abs() < 2e-9, "{k}: {due}");
    }
}

#[test]
fn stages_follow_each_other_without_a_seam() {
    let stages = RateProfile::new(&[
        RatePiece::constant(Rate::ZERO, Some(secs(5.0))),
        RatePiece::constant(rate("2/s"), Some(secs(1.0))),
        RatePiece::constant(Rate::ZERO, Some(secs(10.0))),
        RatePiece::constant(rate("1/s"), Some(secs(2.0))),
        RatePiece::constant(rate("100/s"), Some(Duration::ZERO)),
    ])
    .expect("a profile");
    assert_eq!(stages.peak(), rate("2/s"));
    let ends: Vec<_> = stages.boundaries().collect();
    assert_eq!(ends, [5.0, 6.0, 16.0, 18.0, 18.0].map(secs));
    assert_eq!(dues(even(stages)), [5.0, 5.5, 16.0, 17.0]);
}

#[test]
fn a_part_of_an_arrival_is_carried_over() {
    let stages = RateProfile::new(&[
        RatePiece::constant(rate("0.5/s"), Some(secs(3.0))),
        RatePiece::constant(rate("1/s"), Some(secs(2.0))),
    ])
    .expect("a profile");
    assert_eq!(dues(even(stages)), [0.0, 2.0, 3.5, 4.5]);
}

#[test]
fn the_rate_and_its_integral_can_be_drawn() {
    let profile = RateProfile::new(&[
        RatePiece::ramp(rate("0/s"), rate("10/s"), secs(10.0)),
        RatePiece::constant(rate("4/s"), Some(secs(5.0))),
    ])
    .expect("a profile");
    for (at, per_second, expected) in [
        (0.0, 0.0, 0.0),
        (5.0, 5.0, 12.5),
        (10.0, 4.0, 50.0),
        (12.0, 4.0, 58.0),
        (15.0, 0.0, 70.0),
        (99.0, 0.0, 70.0),
    ] {
        assert!(
            (profile.rate_at(secs(at)) - per_second).abs() < 1e-9,
            "{at}"
        );
        assert!(
            (profile.expected_at(secs(at)) - expected).abs() < 1e-9,
            "{at}"
        );
    }
    assert_eq!(profile.expected(), Some(70.0));
    assert_eq!(profile.duration(), Some(secs(15.0)));
    assert_eq!(profile.peak(), rate("10/s"));
}

#[test]
fn nothing_drifts_in_a_day_at_a_hundred_thousand_per_second() {
    let day = even(constant("100000/s", 86_400));
    assert_eq!(day.total(), Some(8_640_000_000));
    let thousandth = day.share(8_639_999_999 % 1_000_003, 1_000_003);
    let last = thousandth.last().expect("an arrival");
    assert_eq!(last.index, 8_639_999_999);
    assert_eq!(last.due, Duration::from_nanos(86_399_999_990_000));

    let climb = even(ramp("0/s", "200000/s", 86_400)).share(1_000_000, 1_000_003);
    for arrival in climb {
        // k = t²·(200000/86400)/2, in whole numbers of ns: t² = k·86400·10¹⁸/100000.
        let square = u128::from(arrival.index) * 864 * 1_000_000_000_000_000;
        let due = arrival.due.as_nanos();
        assert!(
            due * due <= square && square < (due + 1) * (due + 1),
            "{arrival:?}"
        );
    }
}

#[test]
fn a_load_without_end_goes_on() {
    let profile = RateProfile::constant(rate("10/s"), None).expect("a profile");
    for spacing in [Spacing::Even, POISSON] {
        let mut schedule = OpenSchedule::new(profile.clone(), spacing);
        assert_eq!(schedule.total(), None);
        assert_eq!(schedule.duration(), None);
        let far = schedule.nth(100_000).expect("an arrival").due.as_secs_f64();
        assert!((far - 10_000.0).abs() < 200.0, "{far}");
    }
    let never = RateProfile::constant(Rate::ZERO, None).expect("a profile");
    for spacing in [Spacing::Even, POISSON] {
        let mut schedule = OpenSchedule::new(never.clone(), spacing);
        assert_eq!((schedule.peek(), schedule.total()), (None, Some(0)));
    }
}

#[test]
fn pieces_that_do_not_follow_each_other_are_refused() {
    let endless = RatePiece::constant(rate("1/s"), None);
    let endless_ramp = RatePiece {
        to: rate("2/s"),
        ..endless
    };
    let age = RatePiece::constant(rate("1/s"), Some(Duration::from_secs(10_000_000_000)));
    let cases: [(&[RatePiece], ProfileError); 5] = [
        (&[], ProfileError::Empty),
        (&[endless, endless], ProfileError::EndlessNotLast),
        (&[endless_ramp], ProfileError::EndlessRamp),
        (&[age, age], ProfileError::TooLong),
        (
            &[RatePiece::constant(rate("1/s"), Some(Duration::MAX))],
            ProfileError::TooLong,
        ),
    ];
    for (pieces, error) in cases {
        assert_eq!(RateProfile::new(pieces), Err(error), "{pieces:?}");
    }
}

#[test]
fn poisson_gaps_are_exponential_and_even_ones_are_not() {
    let spread = |spacing| {
        let schedule = OpenSchedule::new(constant("1000/s", 100), spacing);
        let dues = dues(schedule);
        let gaps: Vec<f64> = dues.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let long = gaps.iter().filter(|gap| **gap > 2.0 * mean).count() as f64;
        (mean, square.sqrt() / mean, long / gaps.len() as f64)
    };
    let (mean, deviation, long) = spread(POISSON);
    assert!((mean - 0.001).abs() < 1e-6, "{mean}");
    assert!((deviation - 1.0).abs() < 0.02, "{deviation}");
    assert!((long - (-2f64).exp()).abs() < 0.005, "{long}");
    assert!(spread(Spacing::Even).1 < 1e-3);
}

#[test]
fn poisson_counts_vary_as_they_should_on_the_way() {
    // Of 1000 arrivals in 10 s those of any one second are 100 ± √(1000 · 0.1 · 0.9).
    let counts: Vec<f64> = (0..400)
        .map(|seed| {
            let profile = constant("100/s", 10);
            let schedule = OpenSchedule::new(profile, Spacing::Poisson { seed });
            let second = |due: f64| (6.0..7.0).contains(&due);
            dues(schedule)
                .into_iter()
                .filter(|due| second(*due))
                .count() as f64
        })
        .collect();
    let mean = counts.iter().sum::<f64>() / 400.0;
    let variance = counts
        .iter()
        .map(|count| (count - mean).powi(2))
        .sum::<f64>()
        / 400.0;
    assert!((mean - 100.0).abs() < 2.0, "{mean}");
    assert!((variance - 90.0).abs() < 20.0, "{variance}");
}

#[test]
fn a_seed_means_the_same_arrivals_for_ever() {
    let first = |spacing| -> Vec<u128> {
        let schedule = OpenSchedule::new(constant("100/s", 10), spacing);
        schedule
            .take(3)
            .map(|arrival| arrival.due.as_nanos())
            .collect()
    };
    assert_eq!(first(POISSON), [402_155, 838_522, 13_806_921]);
    assert_ne!(first(POISSON), first(Spacing::Poisson { seed: 8 }));
}

#[test]
fn another_rate_on_the_way_moves_only_what_is_not_due() {
    for spacing in [Spacing::Even, POISSON] {
        let mut schedule = OpenSchedule::new(constant("100/s", 10), spacing);
        let before = schedule.clone();
        let mut all = take_until(&mut schedule, secs(4.0));
        schedule.peek();
        schedule.retarget(secs(4.0), rate("10/s"));
        assert_eq!(schedule.duration(), Some(secs(10.0)));
        let total = schedule.total();
        let early = all.len();
        all.extend(schedule);
        assert_eq!(total, Some(all.len() as u64), "{spacing:?}");
        assert_eq!(all.len() - early, 60, "{spacing:?}");
        assert!(before.zip(&all[..early]).all(|(old, new)| old == *new));
        assert!(all[early..].iter().all(|arrival| arrival.due >= secs(4.0)));
        assert!(all.windows(2).all(|pair| pair[0].due <= pair[1].due));
        assert!(
            all.iter()
                .enumerate()
                .all(|(k, arrival)| arrival.index == k as u64)
        );
    }
}

#[test]
fn a_lane_that_lags_still_gets_what_was_due_before_the_change() {
    for spacing in [Spacing::Even, POISSON] {
        let whole = OpenSchedule::new(constant("100/s", 10), spacing);
        let mut prompt = whole.clone();
        let mut late = whole;
        let mut all = take_until(&mut prompt, secs(4.0));
        take_until(&mut late, secs(1.0));
        let already = late.peek().expect("an arrival").index as usize;
        for schedule in [&mut prompt, &mut late] {
            schedule.retarget(secs(4.0), rate("200/s"));
        }
        assert_eq!(prompt.total(), late.total());
        all.extend(prompt);
        assert!(late.eq(all[already..].iter().copied()), "{spacing:?}");
    }
}

#[test]
fn a_rate_can_be_changed_often_and_even_to_none() {
    for spacing in [Spacing::Even, POISSON] {
        let profile = RateProfile::constant(rate("10/s"), None).expect("a profile");
        let mut schedule = OpenSchedule::new(profile, spacing);
        schedule.retarget(secs(1.0), Rate::ZERO);
        schedule.retarget(secs(2.0), rate("50/s"));
        schedule.retarget(secs(3.0), Rate::ZERO);
        let total = schedule.total().expect("an end, for none follows");
        let all = dues(schedule);
        assert_eq!(all.len() as u64, total);
        let between =
            |from: f64, to: f64| all.iter().filter(|due| (from..to).contains(*due)).count();
        assert_eq!(between(1.0, 2.0), 0, "{spacing:?}");
        assert_eq!(between(0.0, 1.0) + between(2.0, 3.0), all.len());
        // By chance without an end: what is asked for a while is not a fixed number.
        let right = match spacing {
            Spacing::Even => 50..=50,
            Spacing::Poisson { .. } => 35..=65,
        };
        assert!(right.contains(&between(2.0, 3.0)), "{spacing:?}");
    }
    let mut over = even(constant("10/s", 1));
    over.retarget(secs(5.0), rate("10/s"));
    assert_eq!(over.total(), Some(10));
}

#[test]
fn a_ramp_that_is_left_keeps_what_it_had() {
    let mut schedule = even(ramp("0/s", "10/s", 10));
    let before = dues(schedule.clone());
    schedule.retarget(secs(5.0), rate("2/s"));
    assert!((schedule.profile().rate_at(secs(4.0)) - 4.0).abs() < 1e-9);
    let after = dues(schedule);
    // 12.5 until then, 10 after it: place 13 comes 0.25 s later.
    assert_eq!(after.len(), 23);
    assert_eq!(after[..13], before[..13]);
    assert!((after[13] - 5.25).abs() < 2e-9);
}

#[test]
fn the_next_stage_can_begin_early() {
    let stages = RateProfile::new(&[
        RatePiece::constant(rate("10/s"), Some(secs(10.0))),
        RatePiece::ramp(rate("0/s"), rate("10/s"), secs(10.0)),
        RatePiece::constant(rate("1/s"), Some(secs(5.0))),
    ])
    .expect("a profile");
    for spacing in [Spacing::Even, POISSON] {
        let mut schedule = OpenSchedule::new(stages.clone(), spacing);
        assert_eq!(schedule.total(), Some(155));
        let early = take_until(&mut schedule, secs(2.0)).len();
        assert!(schedule.next_stage(secs(2.0)));
        assert_eq!(schedule.duration(), Some(secs(17.0)));
        assert_eq!(schedule.profile().boundaries().next(), Some(secs(2.0)));
        assert!(schedule.next_stage(secs(4.0)));
        // Of the ramp 2 are expected in its first 2 s, then 5 at 1/s.
        let rest = schedule.clone().count();
        assert_eq!(schedule.total(), Some((early + rest) as u64));
        assert_eq!(schedule.duration(), Some(secs(9.0)));
        assert!(!schedule.next_stage(secs(5.0)));
        assert_eq!(schedule.duration(), Some(secs(9.0)));
        if spacing == Spacing::Even {
            assert_eq!((early, rest), (20, 7));
        }
    }
}

#[test]
fn where_a_stage_begins_it_is_the_present_one() {
    let second = |text| RatePiece::constant(rate(text), Some(secs(1.0)));
    let stages = RateProfile::new(&[second("1/s"), second("2/s"), second("3/s")]);
    let mut schedule = even(stages.expect("a profile"));
    assert!(schedule.next_stage(secs(1.0)));
    assert_eq!(schedule.duration(), Some(secs(2.0)));
    assert_eq!(schedule.total(), Some(4));
}

#[test]
#[should_panic(expected = "part 2 of 2")]
fn a_part_that_does_not_exist_is_a_mistake() {
    even(constant("1/s", 1)).share(2, 2);
}

/// A few pieces of up to 50/s and 10 s each.
fn profiles() -> impl Strategy<Value = RateProfile> {
    let rates = (0u32..50_000, 0u32..50_000);
    let piece = (rates, 0u64..10_000_000_000, any::<bool>()).prop_map(|((a, b), ns, level)| {
        let milli = |number: u32| rate(&format!("{}.{:03}/s", number / 1000, number % 1000));
        let to = if level { a } else { b };
        RatePiece::ramp(milli(a), milli(to), Duration::from_nanos(ns))
    });
    prop::collection::vec(piece, 1..5).prop_map(|pieces| RateProfile::new(&pieces).expect("fits"))
}

fn spacings() -> impl Strategy<Value = Spacing> {
    prop_oneof![
        Just(Spacing::Even),
        any::<u64>().prop_map(|seed| Spacing::Poisson { seed })
    ]
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn arrivals_ascend_within_the_duration_and_are_as_many_as_planned(
        profile in profiles(), spacing in spacings(),
    ) {
        let expected = profile.expected().expect("an end");
        let end = profile.duration().expect("an end");
        let schedule = OpenSchedule::new(profile, spacing);
        let total = schedule.total().expect("an end");
        prop_assert!((total as f64 - expected) < 1.0 && total as f64 >= expected - 1e-9);
        let all: Vec<Arrival> = schedule.collect();
        prop_assert_eq!(all.len() as u64, total);
        prop_assert!(all.iter().all(|arrival| arrival.due < end));
        prop_assert!(all.windows(2).all(|pair| pair[0].due <= pair[1].due));
        prop_assert!(all.iter().enumerate().all(|(k, arrival)| arrival.index == k as u64));
    }

    #[test]
    fn even_arrivals_lie_where_the_integral_says(profile in profiles()) {
        for arrival in OpenSchedule::new(profile.clone(), Spacing::Even) {
            let number = arrival.index as f64;
            let next = arrival.due + Duration::from_nanos(1);
            prop_assert!(profile.expected_at(arrival.due) <= number + 1e-9);
            prop_assert!(profile.expected_at(next) >= number - 1e-9);
        }
    }

    #[test]
    fn shares_make_up_the_whole(
        profile in profiles(), spacing in spacings(), workers in 1u64..4, lanes in 1u64..4,
    ) {
        let whole = OpenSchedule::new(profile, spacing);
        let mut union = Vec::new();
        let mut planned = 0;
        for worker in 0..workers {
            for lane in 0..lanes {
                let share = whole.share(worker, workers).share(lane, lanes);
                let total = share.total().expect("an end");
                planned += total;
                let own: Vec<Arrival> = share.collect();
                prop_assert_eq!(own.len() as u64, total);
                union.extend(own);
            }
        }
        union.sort_by_key(|arrival| arrival.index);
        prop_assert_eq!(Some(planned), whole.total());
        prop_assert_eq!(union, whole.collect::<Vec<_>>());
    }

    #[test]
    fn shares_make_up_the_whole_also_when_the_rate_changes(
        profile in profiles(), spacing in spacings(), parts in 1u64..5, changes in prop::collection::vec((0u64..20_000, 0u32..100), 1..4),
    ) {
        let mut changes = changes;
        changes.sort();
        let run = |mut share: OpenSchedule| {
            let mut taken = Vec::new();
            for &(at_ms, per_second) in &changes {
                let at = Duration::from_millis(at_ms);
                taken.extend(take_until(&mut share, at));
                share.retarget(at, rate(&format!("{per_second}/s")));
            }
            let total = share.total();
            taken.extend(share);
            (taken, total)
        };
        let whole = OpenSchedule::new(profile, spacing);
        let (all, total) = run(whole.clone());
        prop_assert_eq!(total, Some(all.len() as u64));
        let mut union = Vec::new();
        for part in 0..parts {
            let (taken, total) = run(whole.share(part, parts));
            prop_assert_eq!(total, Some(taken.len() as u64));
            union.extend(taken);
        }
        union.sort_by_key(|arrival| arrival.index);
        prop_assert_eq!(union, all);
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals(profile in profiles(), seed: u64) {
        let run = || OpenSchedule::new(profile.clone(), Spacing::Poisson { seed });
        prop_assert!(run().eq(run()));
    }
}
