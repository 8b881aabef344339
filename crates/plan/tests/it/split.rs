//! Exact splits over lanes, and users over classes.

use gatecrash_plan::split::{ClassOrder, Part, split};
use proptest::prelude::*;

fn first(weights: &[f64], users: usize) -> Vec<usize> {
    ClassOrder::new(weights)
        .expect("weights")
        .take(users)
        .collect()
}

#[test]
fn parts_differ_by_one_at_most() {
    let parts: Vec<u64> = (0..4).map(|part| split(10, part, 4)).collect();
    assert_eq!(parts, [3, 3, 2, 2]);
    assert_eq!(split(0, 0, 3), 0);
    assert_eq!(split(u64::MAX, 1, 2), u64::MAX / 2);
}

#[test]
fn users_are_mixed_from_the_first_on() {
    assert_eq!(first(&[1.0, 1.0], 4), [0, 1, 0, 1]);
    assert_eq!(first(&[4.0, 1.0], 10), [0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(first(&[0.0, 3.0, 0.0], 3), [1, 1, 1]);
    assert_eq!(first(&[0.5, 0.25, 0.25], 4), [0, 1, 2, 0]);
}

#[test]
fn weights_that_give_nobody_are_refused() {
    let bad: [&[f64]; 5] = [&[], &[0.0], &[1.0, -1.0], &[f64::NAN], &[2e9]];
    for weights in bad {
        assert!(ClassOrder::new(weights).is_none(), "{weights:?}");
    }
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn parts_make_up_the_whole(whole in 0u64..1000, workers in 1u64..7, lanes in 1u64..7) {
        let mut sum = 0;
        for worker in 0..workers {
            let share = Part::new(worker, workers);
            let mut of_worker = 0;
            for lane in 0..lanes {
                let own = share.share(lane, lanes);
                let numbers = (0..whole).filter(|number| own.has(*number));
                prop_assert_eq!(numbers.count() as u64, own.of(whole));
                prop_assert!(own.first_from(whole) >= whole && own.has(own.first_from(whole)));
                of_worker += own.of(whole);
            }
            prop_assert_eq!(of_worker, split(whole, worker, workers));
            sum += of_worker;
        }
        prop_assert_eq!(sum, whole);
    }

    #[test]
    fn no_class_is_ever_a_user_off(weights in prop::collection::vec(0.1f64..100.0, 2..12)) {
        let total: f64 = weights.iter().sum();
        // Tijdeman's bound for as many classes, and the rounding of the weights.
        let bound = 1.0 - 1.0 / (2.0 * weights.len() as f64 - 2.0) + 0.01;
        let mut given = vec![0.0; weights.len()];
        for (before, class) in ClassOrder::new(&weights).expect("weights").take(500).enumerate() {
            given[class] += 1.0;
            for (weight, users) in weights.iter().zip(&given) {
                let due = weight / total * (before + 1) as f64;
                prop_assert!((due - users).abs() < bound, "{} users, {:?} of {:?}", before + 1, given, weights);
            }
        }
        prop_assert_eq!(given.iter().sum::<f64>(), 500.0);
    }
}
