//! What happened in the last ten seconds, against the list of all samples.

use gatecrash_metrics::hist::index_of;
use gatecrash_metrics::window::SPAN_S;
use gatecrash_metrics::{Hist, Window};

use crate::Numbers;

/// Feeds samples of (second, bucket), then compares the window with the list.
fn check(samples: &[(f64, usize)], now: f64) {
    let mut window = Window::default();
    let mut expected = Hist::new();
    for &(at, index) in samples {
        window.record(at, index, SPAN_S);
        if at.floor() > now.floor() - 10.0 {
            expected.add(index, 1);
        }
    }
    assert_eq!(window.hist(now, SPAN_S), expected);
}

#[test]
fn it_holds_ten_seconds_and_no_more() {
    let mut numbers = Numbers(3);
    let samples: Vec<(f64, usize)> = (0..30_000)
        .map(|n| {
            (
                1000.0 + f64::from(n) / 1000.0,
                (numbers.next() % 300) as usize,
            )
        })
        .collect();
    check(&samples, 1029.999);
    check(&samples, 1034.5);
    check(&samples, 1050.0);
    check(&samples[..500], 1000.4);
    check(&[], 1000.0);
}

#[test]
fn a_bucket_that_is_hit_very_often_is_counted_in_full() {
    check(&vec![(7.5, 42); 200_000], 8.0);
}

#[test]
fn it_does_not_grow_with_the_length_of_the_run() {
    let mut window = Window::default();
    for n in 0..200_000u32 {
        window.record(f64::from(n) / 20.0, index_of(u64::from(n % 50)), SPAN_S);
    }
    assert!(
        window.heap_bytes() <= 8 * 20 * 10 * 8,
        "{} bytes",
        window.heap_bytes()
    );
    assert_eq!(window.hist(9_999.9, SPAN_S).count(), 200);
}

#[test]
fn two_windows_merge_into_what_one_would_have_seen() {
    let (mut one, mut two, mut both) = (Window::default(), Window::default(), Window::default());
    for n in 0..2_000usize {
        let (at, index) = (n as f64 / 100.0, n % 37);
        if n % 2 == 0 { &mut one } else { &mut two }.record(at, index, SPAN_S);
        both.record(at, index, SPAN_S);
    }
    one.merge(&two);
    assert_eq!(one.hist(19.9, SPAN_S), both.hist(19.9, SPAN_S));
    // And it goes on counting afterwards.
    one.record(20.0, 5, SPAN_S);
    both.record(20.0, 5, SPAN_S);
    assert_eq!(one.hist(20.0, SPAN_S), both.hist(20.0, SPAN_S));
}
