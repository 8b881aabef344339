//! A straight line of rate: how much it sums up to, and when.
//!
//! In: the rates at both ends in millionths of an arrival per hour, and nanoseconds. Out:
//! twice their product (see [`super::profile::ARRIVAL`]), exact, and the inverse of that.
//! Never: where in a scenario the line lies.

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

    /// Twice the integral over the first `ns`, rounded down.
    pub(crate) fn area(self, ns: u64) -> u128 {
        let (bend, rest) = self.bend(ns);
        match self.to >= self.from {
            true => self.straight(ns) + bend,
            false => self.straight(ns) - bend - u128::from(rest),
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
        let mut ns = self.nearly(place).min(last_ns);
        while ns > 0 && self.exceeds(ns, place) {
            ns -= 1;
        }
        while ns < last_ns && !self.exceeds(ns + 1, place) {
            ns += 1;
        }
        ns
    }

    /// Where the inverse lies to a few nanoseconds: the larger root of the quadratic in the
    /// form that loses no digits, from whichever end is the lower one.
    fn nearly(self, place: u128) -> u64 {
        let over = self.over_ns as f64;
        let (low, high) = (self.from.min(self.to) as f64, self.from.max(self.to) as f64);
        let from_low_end = |area: u128| {
            let area = area as f64;
            area / (low + (low * low + (high - low) / over * area).sqrt())
        };
        match self.to > self.from {
            true => from_low_end(place) as u64,
            false => {
                let left = self.area(self.over_ns).saturating_sub(place);
                self.over_ns.saturating_sub(from_low_end(left) as u64)
            }
        }
    }

    /// Whether the integral over the first `ns` is more than `place`.
    fn exceeds(self, ns: u64, place: u128) -> bool {
        let (bend, rest) = self.bend(ns);
        let straight = self.straight(ns);
        match self.to >= self.from {
            true => straight + bend + u128::from(rest) > place,
            false => straight - bend > place,
        }
    }

    fn straight(self, ns: u64) -> u128 {
        2 * u128::from(self.from) * u128::from(ns)
    }

    /// |to − from| · ns² / over, rounded down, and whether there was a rest. In two steps,
    /// because the product has up to 192 bits.
    fn bend(self, ns: u64) -> (u128, bool) {
        let (ns, over) = (u128::from(ns), u128::from(self.over_ns));
        let once = u128::from(self.from.abs_diff(self.to)) * ns;
        let rest = once % over * ns;
        (once / over * ns + rest / over, !rest.is_multiple_of(over))
    }
}
