//! A circuit breaker: a model that fails is left alone for a while.
//!
//! In: how calls of the model ended, and when. Out: whether it may be called now. Never: a timer;
//! how it stands follows from the time that is asked for.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// So many failures in a row open it.
pub(super) const FAILURES_TO_OPEN: u32 = 5;

/// How long it stays open, unless it was opened by hand.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5);

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    /// Calls are let through.
    Closed,
    /// The next call shows whether it closes or opens again.
    HalfOpen,
    /// Calls are refused.
    Open,
}

impl Standing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }

    /// As a gauge: 0 closed, 1 half-open, 2 open.
    pub(super) fn level(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::HalfOpen => 1.0,
            Self::Open => 2.0,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures_in_a_row: u32,
    opened: Option<Opened>,
    trips: u64,
}

#[derive(Clone, Copy, Debug)]
enum Opened {
    Until(Instant),
    ByHand,
}

impl Breaker {
    pub(super) fn standing(&self, at: Instant) -> Standing {
        match self.opened {
            None => Standing::Closed,
            Some(Opened::Until(end)) if end <= at => Standing::HalfOpen,
            Some(_) => Standing::Open,
        }
    }

    /// How a call ended that it had let through.
    pub(super) fn learn(&mut self, failed: bool, at: Instant) {
        if !failed {
            self.close();
            return;
        }
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let opens = self.failures_in_a_row >= FAILURES_TO_OPEN;
        if opens || self.standing(at) == Standing::HalfOpen {
            self.open(Opened::Until(at + OPEN_FOR));
        }
    }

    /// Opens it by hand, until it is closed by hand.
    pub(super) fn hold_open(&mut self) {
        self.open(Opened::ByHand);
    }

    pub(super) fn close(&mut self) {
        self.failures_in_a_row = 0;
        self.opened = None;
    }

    fn open(&mut self, opened: Opened) {
        self.opened = Some(opened);
        self.trips += 1;
    }

    /// After how long it may be worth to come again.
    pub(super) fn retry_after(&self, at: Instant) -> Duration {
        match self.opened {
            Some(Opened::Until(end)) => end.saturating_duration_since(at),
            _ => OPEN_FOR,
        }
    }

    /// How often it has opened.
    pub(super) fn trips(&self) -> u64 {
        self.trips
    }

    pub(super) fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let (mut breaker, at) = (Breaker::default(), now());
        for failed in [true, true, true, true, false, true, true, true, true] {
            breaker.learn(failed, at);
            assert_eq!(breaker.standing(at), Standing::Closed);
        }
        breaker.learn(true, at);
        assert_eq!((breaker.standing(at), breaker.trips()), (Standing::Open, 1));
    }

    #[test]
    fn after_a_while_one_call_decides() {
        let (mut breaker, at) = (Breaker::default(), now());
        for _ in 0..FAILURES_TO_OPEN {
            breaker.learn(true, at);
        }
        let second = Duration::from_secs(1);
        assert_eq!(breaker.standing(at + OPEN_FOR - second), Standing::Open);
        assert_eq!(breaker.retry_after(at + second), OPEN_FOR - second);
        let later = at + OPEN_FOR;
        assert_eq!(breaker.standing(later), Standing::HalfOpen);
        breaker.learn(true, later);
        assert_eq!(breaker.standing(later), Standing::Open);
        breaker.learn(false, later + OPEN_FOR);
        assert_eq!(breaker.standing(later + OPEN_FOR), Standing::Closed);
        assert_eq!((breaker.trips(), breaker.failures_in_a_row()), (2, 0));
    }

    #[test]
    fn what_was_opened_by_hand_is_closed_by_hand() {
        let (mut breaker, at) = (Breaker::default(), now());
        breaker.hold_open();
        assert_eq!(breaker.standing(at + OPEN_FOR * 1000), Standing::Open);
        breaker.close();
        assert_eq!(breaker.standing(at), Standing::Closed);
    }
}
