//! A core that a busy target uses beside what it serves with.
//!
//! In: a share of a core. Out: so much CPU time, on a thread of its own, so that answers come as
//! before wherever a second core is left. Never more than one core.

use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;

use crate::alarm::spin_until;
use crate::clock::now;
use crate::options::Percent;

/// In each of these the share is kept.
const TURN: Duration = Duration::from_millis(20);

/// Starts to be busy until told to stop; `None` for nothing to do.
pub(crate) fn start(
    share: Percent,
    stopped: watch::Receiver<bool>,
) -> Result<Option<JoinHandle<()>>> {
    if share == Percent::default() {
        return Ok(None);
    }
    let thread = std::thread::Builder::new().name("target-busy".to_owned());
    let thread = thread.spawn(move || {
        let busy = TURN.mul_f64(share.fraction());
        while !*stopped.borrow() {
            spin_until(now() + busy);
            sleep(TURN.saturating_sub(busy));
        }
    });
    Ok(Some(thread.context("cannot start a thread")?))
}
