//! A limit on the requests of a second.
//!
//! In: when a request comes. Out: whether it is let in. Never: a request that waits.

use std::time::{Duration, Instant};

/// How long a count lasts. Whoever is refused may come again after it.
pub(crate) const WINDOW: Duration = Duration::from_secs(1);

/// The second that is counted, which begins with its first request.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    counted: Option<(Instant, u32)>,
}

impl RateLimit {
    /// Whether another request fits into this second, of which there may be `rate`.
    pub(crate) fn admits(&mut self, rate: u32, at: Instant) -> bool {
        let counted = self
            .counted
            .filter(|(from, _)| at.duration_since(*from) < WINDOW);
        let (from, count) = counted.unwrap_or((at, 0));
        self.counted = Some((from, count.saturating_add(1)));
        count < rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    #[test]
    fn a_second_admits_so_many_and_the_next_one_as_many_again() {
        let (mut limit, begin) = (RateLimit::default(), now());
        let mut at = |after_ms| limit.admits(2, begin + Duration::from_millis(after_ms));
        let admitted = [0, 1, 2, 999, 1000, 1001, 1002].map(&mut at);
        assert_eq!(admitted, [true, true, false, false, true, true, false]);
    }
}
