//! The instants of one exchange, and the one place of this crate that reads
//! the clock.

use std::time::{Duration, Instant};

use crate::TraceId;

/// The monotonic clock.
#[allow(clippy::disallowed_methods, reason = "the one clock of this crate")]
pub fn now() -> Instant {
    Instant::now()
}

/// When each phase of an exchange ended; `None` where the phase did not
/// happen (a connection that was kept has no `resolved`, `connected`, `secured`).
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// When the caller asked.
    pub started: Instant,
    /// When the addresses of the name were known: at once where they are remembered or
    /// the name is an address.
    pub resolved: Option<Instant>,
    /// When TCP was connected.
    pub connected: Option<Instant>,
    /// When the TLS handshake was done.
    pub secured: Option<Instant>,
    /// When the head of the request had been handed to the system: from then on the
    /// server may know of it.
    pub head_sent: Option<Instant>,
    /// When the last byte of the request had been handed to the system. Stays away when
    /// the server's answer made the rest needless; may come after `first_byte` when a
    /// server answers early.
    pub sent: Option<Instant>,
    /// When the first bytes of the answer were read.
    pub first_byte: Option<Instant>,
    /// When the head of the answer was complete.
    pub head_done: Option<Instant>,
    /// When the exchange ended: the last byte of the body, or the failure.
    pub done: Option<Instant>,
    /// By which the request can be found in traces, where it had such an id.
    pub trace: Option<TraceId>,
}

impl Timings {
    /// An exchange that the caller asked for at `started`.
    pub fn starting_at(started: Instant) -> Self {
        Timings {
            started,
            resolved: None,
            connected: None,
            secured: None,
            head_sent: None,
            sent: None,
            first_byte: None,
            head_done: None,
            done: None,
            trace: None,
        }
    }

    /// From the call until the exchange ended; zero while it has not.
    pub fn total(&self) -> Duration {
        self.done.map_or(Duration::ZERO, |done| {
            done.saturating_duration_since(self.started)
        })
    }

    /// From the call until the head of the answer was complete.
    pub fn until_head(&self) -> Duration {
        self.head_done.map_or(Duration::ZERO, |head| {
            head.saturating_duration_since(self.started)
        })
    }
}
