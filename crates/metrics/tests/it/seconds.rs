//! The series per second against a plain map.

use std::collections::BTreeMap;

use gatecrash_metrics::Seconds;

use crate::Numbers;

/// A series and a map that saw the same: mostly in order, some of it late, with gaps.
fn both(seed: u64, count: u32) -> (Seconds, BTreeMap<u32, u32>) {
    let mut numbers = Numbers(seed);
    let (mut seconds, mut map) = (Seconds::default(), BTreeMap::new());
    for n in 0..count {
        let late = if numbers.next().is_multiple_of(10) {
            numbers.next() % 400
        } else {
            0
        };
        let at = 10_000 + n * 2 - late as u32;
        seconds.at(f64::from(at) + 0.7, usize::MAX).requests += 1;
        *map.entry(at).or_default() += 1;
    }
    (seconds, map)
}

fn told(seconds: &Seconds) -> Vec<(u32, u32)> {
    seconds.iter().map(|s| (s.epoch_s, s.requests)).collect()
}

#[test]
fn late_instants_find_their_second_however_long_ago() {
    for count in [1, 63, 64, 65, 128, 129, 1000] {
        let (seconds, map) = both(u64::from(count), count);
        assert_eq!(told(&seconds), map.clone().into_iter().collect::<Vec<_>>());
        for at in 9_500..10_100 + 2 * count {
            let expected = map.get(&at).copied().unwrap_or_default();
            assert_eq!(seconds.get(at).requests, expected);
        }
    }
}

#[test]
fn merging_adds_second_by_second() {
    let (mut one, mut expected) = both(1, 700);
    let (two, other) = both(2, 900);
    let before = told(&two);
    one.merge(&two);
    for (at, count) in other {
        *expected.entry(at).or_default() += count;
    }
    assert_eq!(told(&one), expected.into_iter().collect::<Vec<_>>());
    assert_eq!(told(&two), before);
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let mut seconds = Seconds::default();
    for n in 0..1000u32 {
        seconds.at(f64::from(n), 300).requests = n;
        let kept = seconds.iter().count();
        assert!(kept <= 300 && kept > 300 - 65 || n < 300, "{kept} at {n}");
        assert_eq!(kept as u64 + seconds.dropped(), u64::from(n) + 1);
    }
    assert_eq!(seconds.iter().last().unwrap().requests, 999);
    // Late ones count as well.
    (0..100).for_each(|n| {
        seconds.at(f64::from(n), 300);
    });
    seconds.at(2000.0, 300);
    let kept = seconds.iter().count() as u64;
    assert!(kept <= 300, "{kept}");
    assert_eq!(kept + seconds.dropped(), 1101);
}

#[test]
fn a_copy_stays_as_it_was() {
    let (mut seconds, _) = both(5, 500);
    let copy = seconds.clone();
    let before = told(&copy);
    // In a block that both share, in the recent ones, and before everything.
    for at in [10_010.0, 10_998.0, 1.0] {
        seconds.at(at, usize::MAX).requests += 100;
    }
    assert_eq!(told(&copy), before);
    assert_eq!(seconds.iter().next().unwrap().epoch_s, 1);
    assert_ne!(seconds, copy);
}
