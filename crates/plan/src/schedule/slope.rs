//! A straight line of rate: how much it sums up to, and when.
//!
//! In: the rates at both ends in millionths of an arrival per hour, and nanoseconds. Out:
//! twice their product (see [`super::profile::ARRIVAL`]), to a whole part, and
//! the inverse of that. Never: where in a scenario the line lies.

/// A rate that changes evenly from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slope {
    /// Millionths of an arrival per hour.
    pub(crate) from: u64,
    /// Likewise.
    pub(crate) to: u64,
    /// How long the change takes, at least 1.
    over_ns: u64,
}

impl Slope {
    pub(crate) fn constant(rate: u64) -> Self {
        Self::new(rate, rate, 1)
    }

    pub(crate) fn new(from: u64, to: u64, over_ns: u64) -> Self {
        Self {
            from,
            to,
            over_ns: over_ns.max(1),
        }
    }

    /// All that decides it.
    pub(crate) fn definition(self) -> [u64; 3] {
        [self.from, self.to, self.over_ns]
    }

    /// The rate after `at_ns`, per second.
    pub(crate) fn rate_at(self, at_ns: u64) -> f64 {
        const PER_SECOND: f64 = 3600.0 * 1e6;
        let (from, to) = (self.from as f64, self.to as f64);
        let part = at_ns as f64 / self.over_ns as f64;
        match self.from == self.to {
            true => from / PER_SECOND,
            false => (from + (to - from) * part) / PER_SECOND,
        }
    }

    /// Twice the integral over the first `ns`, to a whole part.
    pub(crate) fn area(self, ns: u64) -> u128 {
        let straight = 2 * u128::from(self.from) * u128::from(ns);
        match self.to >= self.from {
            true => straight + self.bend(ns),
            false => straight - self.bend(ns),
        }
    }

    /// The last of the nanoseconds 0 … `last_ns` after which the integral is not more than
    /// `place`.
    pub(crate) fn leaves_ns(self, place: u128, last_ns: u64) -> u64 {
        if self.from == self.to {
            return u64::try_from(place / (2 * u128::from(self.from.max(1))))
                .unwrap_or(u64::MAX)
                .min(last_ns);
        }
        let (nearly, error) = self.nearly(place);
        let mut ns = (nearly as u64).min(last_ns);
        let behind = nearly - nearly.floor();
        if ns < last_ns && (error..1.0 - error).contains(&behind) {
            return ns;
        }
        while ns > 0 && self.exceeds(ns, place) {
            ns -= 1;
        }
        while ns < last_ns && !self.exceeds(ns + 1, place) {
            ns += 1;
        }
        ns
    }

    /// The inverse in floating point, and how far it may be off: the larger root of the
    /// quadratic in the form that loses no digits, from whichever end is the lower one.
    fn nearly(self, place: u128) -> (f64, f64) {
        /// Of the whole length. On the way are nine roundings of half an epsilon each.
        const RELATIVE_ERROR: f64 = 8.0 * f64::EPSILON;
        let over = self.over_ns as f64;
        let low = self.from.min(self.to) as f64;
        let bend = self.from.abs_diff(self.to) as f64 / over;
        let from_low_end = |area: u128| {
            let area = area as f64;
            area / (low + (low * low + bend * area).sqrt())
        };
        let nearly = match self.to > self.from {
            true => from_low_end(place),
            false => over - from_low_end(self.area(self.over_ns).saturating_sub(place)),
        };
        (nearly, over * RELATIVE_ERROR)
    }

    fn exceeds(self, ns: u64, place: u128) -> bool {
        self.area(ns) > place
    }

    /// |to − from| · ns² / over, rounded down; in two steps, because the product has up to
    /// 192 bits.
    fn bend(self, ns: u64) -> u128 {
        let (ns, over) = (u128::from(ns), u128::from(self.over_ns));
        let (once, rest) = div_rem(u128::from(self.from.abs_diff(self.to)) * ns, over);
        once * ns + rest * ns / over
    }
}

/// Quotient and rest; with one division, which is the dear part.
fn div_rem(number: u128, by: u128) -> (u128, u128) {
    let quotient = number / by;
    (quotient, number - quotient * by)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Over lengths up to a year and rates up to 10⁶/s, near each other or not.
        #[test]
        fn the_inverse_is_exact(
            low in 0u64..3_600_000_000_000_000, bits in 1u32..52, more: u64, down: bool,
            length_bits in 10u32..55, length: u64, part in 0.0f64..1.0,
        ) {
            let high = low + 1 + (more >> (64 - bits));
            let over = 1 + (length >> (64 - length_bits));
            let slope = match down {
                true => Slope::new(high, low, over),
                false => Slope::new(low, high, over),
            };
            let whole = slope.area(over);
            let place = ((whole as f64 * part) as u128).min(whole - 1);
            let ns = slope.leaves_ns(place, over - 1);
            prop_assert!(!slope.exceeds(ns, place));
            prop_assert!(slope.exceeds(ns + 1, place));
        }
    }
}
