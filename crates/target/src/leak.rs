//! Memory that a leaky target takes and never gives back.
//!
//! In: bytes per second. Out: memory in use, all of it touched, so that the system counts it as
//! resident. Has a limit: a target that nobody stops must not fill the machine.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// How often a piece is taken.
const EVERY: Duration = Duration::from_millis(100);

/// Where a leak ends.
const LEAKED_MAX: usize = 2 << 30;

/// Leaks for ever; drop it to end that and to give everything back.
pub(crate) async fn leak(bytes_per_s: u64) {
    let piece = usize::try_from(bytes_per_s / 10).unwrap_or(LEAKED_MAX);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut leaked: Vec<Vec<u8>> = Vec::new();
    while leaked.len() * piece < LEAKED_MAX && piece > 0 {
        ticks.tick().await;
        leaked.push(vec![1; piece]);
    }
    std::hint::black_box(&leaked);
    std::future::pending().await
}
