//! The histogram against the sorted list of everything it was given.

use gatecrash_metrics::Hist;
use gatecrash_metrics::hist::{
    BUCKETS, HIGHEST_US, highest_us, index_of, lowest_us, representative_ms,
};

use crate::Numbers;

/// Records all times and compares count, quantiles and order with the exact list.
fn check(mut times_ms: Vec<f64>) {
    let mut hist = Hist::new();
    for &ms in &times_ms {
        hist.record_ms(ms);
    }
    times_ms.sort_by(f64::total_cmp);
    assert_eq!(hist.count(), times_ms.len() as u64);
    assert_eq!(hist.iter().map(|b| b.count).sum::<u64>(), hist.count());
    assert!(hist.iter().is_sorted_by(|a, b| a.index < b.index));
    for q in [0.0, 0.01, 0.5, 0.66, 0.9, 0.99, 0.999, 1.0] {
        let rank = ((q * times_ms.len() as f64).ceil() as usize).max(1);
        let exact = times_ms[rank - 1];
        let told = hist.value_at_quantile_ms(q).unwrap();
        let allowed = exact * 0.001 + 0.0005;
        assert!(
            (told - exact).abs() <= allowed,
            "q {q}: {told} is not {exact}"
        );
    }
}

#[test]
fn quantiles_are_within_a_thousandth_of_the_exact_ones() {
    let mut numbers = Numbers(1);
    // Uniform, narrow, log-uniform over nine decades, with outliers, few samples.
    check((0..20_000).map(|_| numbers.unit() * 1000.0).collect());
    check((0..20_000).map(|_| 5.0 + numbers.unit() * 0.2).collect());
    check(
        (0..50_000)
            .map(|_| 10f64.powf(numbers.unit() * 9.0 - 3.0))
            .collect(),
    );
    let tail = |n: u64| if n.is_multiple_of(100) { 30_000.0 } else { 0.0 };
    check(
        (0..20_000)
            .map(|n| 4.0 + numbers.unit() + tail(n))
            .collect(),
    );
    check((0..7).map(|_| numbers.unit() * 50.0).collect());
    check(vec![0.0]);
}

#[test]
fn every_bucket_begins_where_the_one_before_it_ends() {
    let mut next = 0;
    for index in 0..BUCKETS {
        assert_eq!(lowest_us(index), next);
        assert_eq!(index_of(lowest_us(index)), index);
        assert_eq!(index_of(highest_us(index)), index);
        let width = highest_us(index) - lowest_us(index);
        assert!(
            width * 1000 <= lowest_us(index),
            "bucket {index} is too wide"
        );
        next = highest_us(index) + 1;
    }
    assert_eq!(next - 1, HIGHEST_US);
    const { assert!(HIGHEST_US > 24 * 3600 * 1_000_000) };
}

#[test]
fn what_does_not_fit_is_clamped_and_told() {
    let mut hist = Hist::new();
    hist.record_ms(-3.0);
    assert_eq!(hist.value_at_quantile_ms(1.0), Some(0.0));
    assert_eq!(hist.clamped(), 0);
    hist.record_ms(HIGHEST_US as f64);
    hist.record_ms(f64::MAX);
    assert_eq!(hist.clamped(), 2);
    assert_eq!(hist.iter().last().unwrap().index, BUCKETS - 1);
}

#[test]
fn a_time_with_few_digits_comes_back_as_it_was() {
    let exact = |ms: f64| representative_ms(index_of((ms * 1000.0).round() as u64));
    for ms in [
        0.0, 0.5, 1.5, 2.345, 12.34, 99.5, 105.0, 115.0, 123.4, 995.0, 1050.0,
    ] {
        assert_eq!(exact(ms), ms);
    }
    for ms in [1150.0, 9950.0, 10_500.0, 11_500.0, 60_000.0, 150_500.0] {
        assert_eq!(exact(ms), ms);
    }
    for index in 0..BUCKETS {
        assert_eq!(
            index_of((representative_ms(index) * 1000.0).round() as u64),
            index
        );
    }
}

#[test]
fn merging_is_the_same_as_recording_everything_in_one() {
    let mut numbers = Numbers(2);
    let (mut one, mut two, mut both) = (Hist::new(), Hist::new(), Hist::new());
    for n in 0..5_000 {
        let ms = 10f64.powf(numbers.unit() * 4.0);
        if n % 3 == 0 {
            one.record_ms(ms)
        } else {
            two.record_ms(ms)
        };
        both.record_ms(ms);
    }
    one.merge(&two);
    assert_eq!(one, both);
    assert_eq!(one.count(), 5_000);
}

#[test]
fn storage_is_the_smaller_form_of_the_two() {
    // Packed values end up in an array of about one word for each bucket.
    let mut packed = Hist::new();
    (0..2000).for_each(|us| {
        packed.record_ms(f64::from(us) / 1000.0);
    });
    assert!(packed.heap_bytes() <= 2000 * 8 * 3 / 2);
    // One far value must not make the array reach to it: 28,000 words otherwise.
    packed.record_ms(f64::MAX);
    assert!(packed.heap_bytes() <= 2001 * 8 * 3 / 2);
    assert_eq!(packed.count(), 2001);
    assert_eq!(packed.iter().count(), 2001);
}

/// Random counts against a plain map, through every form of storage.
#[test]
fn it_holds_what_it_was_given_in_every_form() {
    let mut numbers = Numbers(9);
    for spread in [1, 10, 100, 3_000, BUCKETS as u64] {
        for samples in [1, 15, 63, 64, 65, 500, 20_000] {
            let mut hist = Hist::new();
            let mut map = std::collections::BTreeMap::new();
            for _ in 0..samples {
                let index = (numbers.next() % spread) as usize;
                hist.record_ms(lowest_us(index) as f64 / 1000.0);
                *map.entry(index).or_insert(0) += 1;
            }
            let held: Vec<_> = hist.iter().map(|b| (b.index, b.count)).collect();
            assert_eq!(held, map.into_iter().collect::<Vec<(usize, u64)>>());
            assert_eq!(hist.count(), samples);
            hist.clear();
            assert_eq!(hist.iter().count(), 0);
            hist.record_ms(1.0);
            assert_eq!(hist.value_at_quantile_ms(0.5), Some(1.0));
        }
    }
}

#[test]
fn a_count_outgrows_its_two_bytes_and_nothing_is_lost() {
    // A hundred neighbours, so that they are kept in an array.
    let mut narrow = Hist::new();
    for n in 0..100_000u32 {
        narrow.record_ms(f64::from(n % 100) / 1000.0);
        narrow.record_ms(0.042);
    }
    let at = |hist: &Hist, us: u64| {
        let found = hist.iter().find(|b| b.index == index_of(us));
        found.map_or(0, |b| b.count)
    };
    assert_eq!((at(&narrow, 42), at(&narrow, 43)), (101_000, 1_000));
    let mut merged = Hist::new();
    (0..100).for_each(|us| merged.add(index_of(us), 60_000));
    let two = merged.clone();
    merged.merge(&two);
    assert_eq!((at(&merged, 42), at(&merged, 43)), (120_000, 120_000));
    merged.merge(&narrow);
    assert_eq!((at(&merged, 42), at(&merged, 43)), (221_000, 121_000));
    assert_eq!(merged.count(), 100 * 120_000 + 200_000);
    merged.add(index_of(42), 1 << 40);
    assert_eq!(at(&merged, 42), 221_000 + (1 << 40));
}

#[test]
fn merging_forms_of_every_kind_keeps_every_count() {
    let mut numbers = Numbers(11);
    let mut filled = |from: u64, spread: u64, samples: u64| {
        let mut hist = Hist::new();
        for _ in 0..samples {
            hist.add(
                (from + numbers.next() % spread) as usize,
                1 + numbers.next() % 3,
            );
        }
        hist
    };
    // Nothing, a little, an array, an array beside it, one far away.
    let all = [
        Hist::new(),
        filled(0, 20_000, 30),
        filled(100, 300, 3_000),
        filled(350, 300, 3_000),
        filled(25_000, 300, 3_000),
    ];
    for one in &all {
        for two in &all {
            let mut merged = one.clone();
            merged.merge(two);
            let mut expected = std::collections::BTreeMap::new();
            for bucket in one.iter().chain(two.iter()) {
                *expected.entry(bucket.index).or_insert(0) += bucket.count;
            }
            let held: Vec<_> = merged.iter().map(|b| (b.index, b.count)).collect();
            assert_eq!(held, expected.into_iter().collect::<Vec<_>>());
            assert_eq!(merged.count(), one.count() + two.count());
            assert_eq!(merged.since(one), *two);
        }
    }
}
