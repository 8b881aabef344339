//! Freezes: for a while the whole service does nothing at all, as a process that is stopped.
//!
//! In: a plan (`5s,2s,every=30s`), or a call now and then. Out: threads that stand still, and
//! the truth about when and how long. Never: a connection refused; the kernel still takes them.

use std::str::FromStr;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::alarm::Alarm;
use crate::clock::now;
use crate::options::{OptionError, parse_duration};
use crate::truth::Truth;

/// How often a frozen thread looks whether the target is to stop.
const GLANCE: Duration = Duration::from_millis(20);

/// When a target freezes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StallPlan {
    /// From the first request, since the start or the last reset of the truth, to the freeze.
    pub after: Duration,
    /// How long nothing happens.
    pub lasting: Duration,
    /// From the beginning of one freeze to that of the next; `None` freezes once.
    pub every: Option<Duration>,
}

const FORM: &str =
    "a stall: AFTER,FOR as in 5s,2s, or repeated as in 5s,2s,every=30s (more than FOR)";

impl FromStr for StallPlan {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        parse(text).ok_or_else(|| OptionError::new(text, FORM))
    }
}

fn parse(text: &str) -> Option<StallPlan> {
    let mut parts = text.split(',');
    let (after, lasting) = (
        parse_duration(parts.next()?)?,
        parse_duration(parts.next()?)?,
    );
    let every = match parts.next() {
        None => None,
        Some(every) => Some(parse_duration(every.trim().strip_prefix("every=")?)?),
    };
    let sound = every.is_none_or(|every| every > lasting) && !lasting.is_zero();
    (sound && parts.next().is_none()).then_some(StallPlan {
        after,
        lasting,
        every,
    })
}

/// One freeze of all threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    pub(crate) number: u64,
    pub(crate) from: Instant,
    until: Instant,
}

/// Where freezes are asked for, and where every thread learns of them.
#[derive(Debug, Default)]
pub(crate) struct Stalls(watch::Sender<Option<Stall>>);

impl Stalls {
    /// Freezes all threads for `lasting` as soon as what they are at lets go of them. An earlier
    /// freeze that lasts longer is not cut short.
    pub(crate) fn freeze(&self, lasting: Duration) {
        let from = now();
        self.0.send_modify(|stall| {
            let before = stall.map_or((0, from), |stall| (stall.number, stall.until));
            *stall = Some(Stall {
                number: before.0 + 1,
                from,
                until: before.1.max(from + lasting),
            });
        });
    }

    /// Freezes the thread that this runs on whenever a freeze is asked for.
    pub(crate) async fn obey(&self, truth: &Truth, stopped: watch::Receiver<bool>) {
        let mut asked = self.0.subscribe();
        while asked.changed().await.is_ok() {
            let stall = *asked.borrow_and_update();
            if let Some(stall) = stall {
                stand_still(stall.until, &stopped);
                truth.stalled(&stall, now());
            }
        }
    }

    /// Freezes when the plan says so, and anew after every reset of the truth.
    pub(crate) async fn follow(&self, plan: StallPlan, truth: &Truth, alarm: &Alarm) {
        let mut first = truth.first_request();
        while let Ok(began) = first.wait_for(Option::is_some).await.map(|began| *began) {
            let mut due = began.map(|began| began + plan.after);
            while let Some(moment) = due {
                tokio::select! {
                    () = alarm.until(moment) => self.freeze(plan.lasting),
                    _ = first.changed() => break,
                }
                due = plan.every.map(|every| moment + every);
            }
            if due.is_none() && first.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Blocks the thread: tokio's own waits would let other tasks go on.
fn stand_still(until: Instant, stopped: &watch::Receiver<bool>) {
    loop {
        let left = until.saturating_duration_since(now());
        if left.is_zero() || *stopped.borrow() {
            return;
        }
        std::thread::sleep(left.min(GLANCE));
    }
}
