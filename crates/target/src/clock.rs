//! The clock of this crate.

use std::time::Instant;

#[allow(
    clippy::disallowed_methods,
    reason = "this is where the target reads the clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
