//! The clocks of this crate: one to measure with, and one to tell others when it was.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[allow(
    clippy::disallowed_methods,
    reason = "this is where the target reads the clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Since 1970.
#[allow(
    clippy::disallowed_methods,
    reason = "this is where the target reads the clock"
)]
pub(crate) fn unix_time() -> Duration {
    // Only a clock that is set before 1970 has no such time.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
