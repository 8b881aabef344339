//! The time, read in one place: monotonic instants and the epoch that belongs
//! to them. A change of the system's date during a run does not move samples.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A pairing of the monotonic clock with the epoch, made once per lane.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    origin_epoch_s: f64,
}

impl Clock {
    /// Pairs the two clocks now.
    #[allow(clippy::disallowed_methods, reason = "the one clock of this crate")]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Clock {
            origin: Instant::now(),
            origin_epoch_s: since_epoch.as_secs_f64(),
        }
    }

    /// The epoch (seconds since 1970) of an instant.
    pub fn epoch_s(&self, at: Instant) -> f64 {
        match at.checked_duration_since(self.origin) {
            Some(later) => self.origin_epoch_s + later.as_secs_f64(),
            None => self.origin_epoch_s - self.origin.duration_since(at).as_secs_f64(),
        }
    }

    /// The epoch of this moment.
    pub fn now_epoch_s(&self) -> f64 {
        self.epoch_s(gatecrash_net::now())
    }
}
