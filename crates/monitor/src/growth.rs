//! How fast a counter grows.
//!
//! In: its values with their instants. Out: the growth per second between the last two. A
//! counter that is smaller than before has begun anew, as Prometheus takes it, and has grown
//! by its value.

/// A counter between two looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth {
    last: Option<(f64, f64)>,
}

impl Growth {
    /// The growth per second since the last look; `None` at the first one.
    pub(crate) fn per_second(&mut self, at_s: f64, value: f64) -> Option<f64> {
        let (from_s, before) = self.last.replace((at_s, value))?;
        let grown = if value < before {
            value
        } else {
            value - before
        };
        (at_s > from_s).then(|| grown / (at_s - from_s))
    }
}

/// By how much a counter has grown.
pub(crate) fn grown(before: f64, now: f64) -> f64 {
    if now < before { now } else { now - before }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_grows_from_its_second_look_on() {
        let mut growth = Growth::default();
        assert_eq!(growth.per_second(10.0, 100.0), None);
        assert_eq!(growth.per_second(12.0, 110.0), Some(5.0));
        assert_eq!(growth.per_second(12.0, 111.0), None, "no time has gone by");
        assert_eq!(growth.per_second(13.0, 8.0), Some(8.0), "it began anew");
    }
}
