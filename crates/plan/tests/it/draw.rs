//! Draws: reference numbers, and that they are spread as they should be.

use std::collections::HashSet;
use std::time::Duration;

use gatecrash_plan::draw::{
    Pick, Purpose, Stream, WeightedChoice, below, between, exponential, exponential_wait, unit,
};
use proptest::prelude::*;

/// How often each of `kinds` came up, as shares of all.
fn shares(kinds: usize, draws: u64, mut draw: impl FnMut(u64) -> usize) -> Vec<f64> {
    let mut counts = vec![0u64; kinds];
    (0..draws).for_each(|index| counts[draw(index)] += 1);
    counts
        .iter()
        .map(|&count| count as f64 / draws as f64)
        .collect()
}

#[test]
fn the_generator_is_splitmix64() {
    // The first outputs for this seed, as in the test of Java's and of Vigna's own code.
    let known = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];
    let stream = Stream::splitmix(1_234_567);
    let drawn: Vec<u64> = (0..5).map(|index| stream.at(index)).collect();
    assert_eq!(drawn, known);
}

#[test]
fn a_seed_means_the_same_for_ever() {
    let task = Stream::new(7, Purpose::Task);
    assert_eq!(
        [task.at(0), task.at(1), task.fork(3).at(0)],
        [
            16_250_342_551_169_312_135,
            11_852_997_584_967_285_258,
            7_565_950_067_528_205_501
        ]
    );
    let gaps: Vec<u64> = (0..3)
        .map(|index| exponential(Stream::new(7, Purpose::Arrival).at(index)).to_bits())
        .collect();
    let known = [0.04021636615865736, 0.0435957302446911, 1.295194823517072];
    assert_eq!(gaps, known.map(f64::to_bits));
    let feed = Stream::new(7, Purpose::Row).fork(0);
    let order: Vec<_> = (0..12)
        .filter_map(|draw| Pick::Shuffled.row(feed, draw, 10))
        .collect();
    assert_eq!(order, [0, 1, 4, 2, 8, 7, 6, 9, 5, 3, 3, 6]);
}

#[test]
fn streams_are_apart() {
    let purposes = [
        Purpose::Arrival,
        Purpose::Class,
        Purpose::Task,
        Purpose::Row,
        Purpose::Wait,
        Purpose::Template,
    ];
    let mut seen = HashSet::new();
    for seed in 0..10 {
        for purpose in purposes {
            for branch in 0..10 {
                let stream = Stream::new(seed, purpose).fork(branch);
                (0..10).for_each(|index| assert!(seen.insert(stream.at(index))));
            }
        }
    }
}

#[test]
fn numbers_are_even_and_in_range() {
    let stream = Stream::splitmix(1);
    let mean = (0..100_000).map(|i| unit(stream.at(i))).sum::<f64>() / 100_000.0;
    assert!((mean - 0.5).abs() < 0.005, "{mean}");
    assert_eq!(
        (below(0, 6), below(u64::MAX, 6), below(u64::MAX, 0)),
        (0, 5, 0)
    );
    assert!(unit(u64::MAX) < 1.0);
    for share in shares(6, 60_000, |i| below(stream.at(i), 6) as usize) {
        assert!((share - 1.0 / 6.0).abs() < 0.01, "{share}");
    }
}

#[test]
fn exponential_draws_have_their_mean_and_spread() {
    let stream = Stream::splitmix(2);
    let drawn: Vec<f64> = (0..100_000).map(|i| exponential(stream.at(i))).collect();
    let mean = drawn.iter().sum::<f64>() / 1e5;
    let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    assert!((variance - 1.0).abs() < 0.05, "{variance}");
    assert_eq!(exponential(u64::MAX), 0.0);
    assert!(exponential(0) < 36.8);
    let wait = exponential_wait(stream.at(0), Duration::from_secs(2));
    assert!((wait.as_secs_f64() - 2.0 * drawn[0]).abs() < 1e-9);
}

#[test]
fn waits_lie_between_their_ends() {
    let (least, most) = (Duration::from_secs(1), Duration::from_secs(5));
    assert_eq!(between(0, least, most), least);
    assert_eq!(between(u64::MAX, least, most), most);
    assert_eq!(between(u64::MAX / 2, least, most), Duration::from_secs(3));
    assert_eq!(between(u64::MAX, least, least), least);
    assert_eq!(
        between(u64::MAX, most, least),
        most,
        "ends the wrong way round"
    );
}

#[test]
fn choices_follow_their_weights() {
    let choice = WeightedChoice::new(&[40.0, 0.0, 10.0, 50.0]).expect("weights");
    let stream = Stream::new(3, Purpose::Task);
    let shares = shares(4, 100_000, |i| choice.pick(stream.at(i)));
    for (share, weight) in shares.iter().zip([0.4, 0.0, 0.1, 0.5]) {
        assert!((share - weight).abs() < 0.005, "{shares:?}");
    }
    assert_eq!(shares[1], 0.0);
    assert_eq!(choice.pick(u64::MAX), 3);
    let zeros_outside = WeightedChoice::new(&[0.0, 1.0, 0.0]).expect("weights");
    assert_eq!(
        (zeros_outside.pick(0), zeros_outside.pick(u64::MAX)),
        (1, 1)
    );
}

#[test]
fn weights_that_allow_no_choice_are_refused() {
    let bad: [&[f64]; 5] = [
        &[],
        &[0.0, 0.0],
        &[1.0, -1.0],
        &[f64::NAN],
        &[f64::MAX, f64::MAX],
    ];
    for weights in bad {
        assert_eq!(WeightedChoice::new(weights), None, "{weights:?}");
    }
}

#[test]
fn rows_in_order_and_once() {
    let feed = Stream::new(1, Purpose::Row);
    let rows = |pick: Pick| -> Vec<_> { (0..5).map(|draw| pick.row(feed, draw, 3)).collect() };
    let (a, b, c) = (Some(0), Some(1), Some(2));
    assert_eq!(rows(Pick::Sequential), [a, b, c, a, b]);
    assert_eq!(rows(Pick::Unique), [a, b, c, None, None]);
    for pick in [Pick::Sequential, Pick::Shuffled, Pick::Random, Pick::Unique] {
        assert_eq!(pick.row(feed, 0, 0), None, "{pick:?}");
        assert_eq!(pick.row(feed, 0, 1), a, "{pick:?}");
    }
}

#[test]
fn small_shuffles_reach_every_order_about_as_often() {
    let orders = |rows: u64| {
        let mut seen = std::collections::HashMap::new();
        for seed in 0..6000 {
            let feed = Stream::new(seed, Purpose::Row);
            let order: Vec<_> = (0..rows)
                .map(|d| Pick::Shuffled.row(feed, d, rows))
                .collect();
            *seen.entry(order).or_insert(0u32) += 1;
        }
        seen
    };
    for (rows, count) in [(2, 2), (3, 6), (4, 24)] {
        let seen = orders(rows);
        assert_eq!(seen.len(), count, "{rows} rows");
        for times in seen.values() {
            let share = f64::from(*times) / 6000.0 * count as f64;
            assert!(
                (share - 1.0).abs() < 0.3,
                "{rows} rows: {share} of an even share"
            );
        }
    }
}

#[test]
fn random_rows_are_even() {
    let feed = Stream::new(5, Purpose::Row);
    let row = |draw| Pick::Random.row(feed, draw, 10).expect("a row") as usize;
    for share in shares(10, 50_000, row) {
        assert!((share - 0.1).abs() < 0.01, "{share}");
    }
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn a_round_of_a_shuffle_has_each_row_once(seed: u64, rows in 1u64..3000, round in 0u64..5) {
        let feed = Stream::new(seed, Purpose::Row);
        let first = round * rows;
        let drawn: HashSet<_> = (first..first + rows)
            .filter_map(|draw| Pick::Shuffled.row(feed, draw, rows))
            .collect();
        prop_assert_eq!(drawn.len() as u64, rows);
        prop_assert!(drawn.iter().all(|row| *row < rows));
    }

    #[test]
    fn rounds_of_a_shuffle_differ(seed: u64) {
        let feed = Stream::new(seed, Purpose::Row);
        let round = |n: u64| -> Vec<_> { (0..50).map(|d| Pick::Shuffled.row(feed, n * 50 + d, 50)).collect() };
        prop_assert_ne!(round(0), round(1));
    }
}
