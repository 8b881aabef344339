//! Which values stand on an axis.
//!
//! In: the largest value, or how long it lasts. Out: ticks at round values, from 0 on, and
//! how they are written.

use crate::native::figure::{clock, count};

/// A value on an axis, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) text: String,
}

/// An axis of values: its ticks, the last of which is its end. Things have whole numbers.
pub(super) fn values(largest: f64, are_things: bool) -> Vec<Tick> {
    const STEPS: f64 = 4.0;
    let step = round_step(largest.max(1e-6) / STEPS);
    let step = if are_things { step.max(1.0) } else { step };
    let steps = (largest / step - 1e-9).ceil().max(1.0) as usize;
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let text = |value: f64| match decimals {
        0 => count(value.round() as u64),
        _ if value == 0.0 => "0".to_owned(),
        decimals => format!("{value:.decimals$}"),
    };
    let values = (0..=steps).map(|n| n as f64 * step);
    let tick = |value| Tick {
        value,
        text: text(value),
    };
    values.map(tick).collect()
}

/// The smallest of 1, 2, 5 and their tenfolds that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let large_enough = |step: &f64| *step >= least * (1.0 - 1e-9);
    steps.into_iter().find(large_enough).unwrap_or(10.0 * power)
}

/// An axis of time, seconds: ticks within what it lasts.
pub(super) fn times(lasts_s: f64) -> Vec<Tick> {
    const STEPS_S: [f64; 20] = [
        0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
        3600.0, 7200.0, 14_400.0, 28_800.0, 43_200.0, 86_400.0,
    ];
    const MOST: f64 = 6.0;
    let fits = |step: &&f64| lasts_s / **step < MOST;
    let days = (lasts_s / 86_400.0 / MOST).ceil() * 86_400.0;
    let step = STEPS_S.iter().find(fits).copied().unwrap_or(days);
    let ticks = (lasts_s / step + 1e-9).floor() as usize;
    let tick = |value: f64| Tick {
        value,
        text: clock(value),
    };
    (0..=ticks).map(|n| tick(n as f64 * step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn values_are_round_and_reach_the_largest() {
        assert_eq!(texts(&values(0.0, false)).len(), 2);
        assert_eq!(texts(&values(0.9, false)), ["0", "0.5", "1.0"]);
        assert_eq!(texts(&values(4.0, false)), ["0", "1", "2", "3", "4"]);
        assert_eq!(texts(&values(41.0, false)), ["0", "20", "40", "60"]);
        assert_eq!(
            texts(&values(7_900.0, false)),
            ["0", "2,000", "4,000", "6,000", "8,000"]
        );
        assert_eq!(texts(&values(2.0, true)), ["0", "1", "2"]);
        assert_eq!(texts(&values(0.0, true)), ["0", "1"]);
        for largest in [1e-3, 0.3, 1.0, 9.99, 10.0, 12_345.6, 9e9] {
            let end = values(largest, false).last().expect("ticks").value;
            assert!(end >= largest && end <= 2.5 * largest, "{largest} {end}");
        }
    }

    #[test]
    fn times_are_few_and_end_within_the_run() {
        assert_eq!(texts(&times(20.0)), ["0s", "5s", "10s", "15s", "20s"]);
        assert_eq!(
            texts(&times(330.0)),
            ["0s", "1:00", "2:00", "3:00", "4:00", "5:00"]
        );
        for lasts_s in [0.7, 3.0, 59.0, 3600.0, 86_400.0, 1e7] {
            let ticks = times(lasts_s);
            assert!((2..=7).contains(&ticks.len()), "{lasts_s} {ticks:?}");
            assert!(ticks.iter().all(|tick| tick.value <= lasts_s * 1.001));
        }
    }
}
