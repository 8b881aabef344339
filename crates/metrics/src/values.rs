//! The distribution of one kind of value: milliseconds, counts, rates.
//!
//! In: values, one at a time, or another distribution to merge. Out: count, sum,
//! extremes, mean and quantiles. The extremes, sum and count are exact; quantiles
//! come from a [`Hist`] and are at most a thousandth off. An empty one allocates nothing.

use crate::hist::Hist;

/// Values of one kind since the start.
///
/// The histogram was made for milliseconds and keeps thousandths of whatever unit the
/// values have. A value below zero or beyond [`crate::hist::HIGHEST_US`] thousandths is
/// counted in its first or last bucket; the exact extremes tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Sum of all values, in their unit.
    pub sum: f64,
    /// Smallest value; infinite before the first.
    min: f64,
    /// Largest value; minus infinite before the first.
    max: f64,
    /// How often which value occurred.
    pub hist: Hist,
}

impl Default for Values {
    fn default() -> Values {
        Values {
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            hist: Hist::new(),
        }
    }
}

impl Values {
    /// Counts one value, which must be finite.
    pub fn record(&mut self, value: f64) {
        debug_assert!(value.is_finite());
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.hist.record_ms(value);
    }

    /// Adds what another distribution holds.
    pub fn merge(&mut self, other: &Values) {
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.hist.merge(&other.hist);
    }

    /// What was written down before: sum, extremes (`None` before the first value) and how
    /// often which value occurred.
    pub fn restored(sum: f64, extremes: Option<(f64, f64)>, hist: Hist) -> Values {
        let (min, max) = extremes.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
        Values {
            sum,
            min,
            max,
            hist,
        }
    }

    /// What changed since they were as `earlier`; see [`crate::Snapshot::since`].
    pub(crate) fn since(&self, earlier: &Values) -> Values {
        Values {
            hist: self.hist.since(&earlier.hist),
            ..*self
        }
    }

    /// Takes over what changed.
    pub(crate) fn advance(&mut self, change: &Values) {
        if !change.is_empty() {
            self.hist.merge(&change.hist);
            (self.sum, self.min, self.max) = (change.sum, change.min, change.max);
        }
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.hist.count()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.hist.is_empty()
    }

    /// The smallest value; `None` before the first.
    pub fn min(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.min)
    }

    /// The largest value; `None` before the first.
    pub fn max(&self) -> Option<f64> {
        (!self.is_empty()).then_some(self.max)
    }

    /// The mean of all values; `None` before the first.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum / self.count() as f64)
    }

    /// The value that the share `q` (0 to 1) of all values does not exceed: rank ⌈q·n⌉,
    /// held between the exact extremes, so that 1 gives the largest value itself.
    /// `None` before the first.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if q >= 1.0 {
            return self.max();
        }
        let value = self.hist.value_at_quantile_ms(q)?;
        Some(value.clamp(self.min, self.max))
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        self.hist.heap_bytes()
    }
}
