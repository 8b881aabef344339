//! The clock of a schedule: it stands still while the run is paused.
//!
//! In: when the run was paused and resumed. Out: what a moment of the run is on the
//! schedule's clock, and the other way round. So what was due during a pause is due after
//! it, and nothing is missed by pausing. Never: the time itself; moments are arguments.

use std::time::Duration;

/// The pauses of a scenario so far. Run times count from its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Pauses that are over, in order.
    pauses: Vec<Pause>,
    paused_since: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    /// On the schedule's clock.
    at: Duration,
    /// How long this one and those before it took.
    sum: Duration,
}

impl Timeline {
    /// Stops the schedule's clock; nothing happens if it stands already.
    pub fn pause(&mut self, run_time: Duration) {
        self.paused_since.get_or_insert(run_time);
    }

    /// Lets it go on; nothing happens if it goes already.
    pub fn resume(&mut self, run_time: Duration) {
        let Some(since) = self.paused_since.take() else {
            return;
        };
        let before = self.completed();
        let pause = Pause {
            at: since.saturating_sub(before),
            sum: before + run_time.saturating_sub(since),
        };
        self.pauses.push(pause);
    }

    /// Whether it stands.
    pub fn is_paused(&self) -> bool {
        self.paused_since.is_some()
    }

    /// The schedule's clock at a moment that is not before the last change.
    pub fn schedule_time(&self, run_time: Duration) -> Duration {
        let going_until = self.paused_since.unwrap_or(run_time).min(run_time);
        going_until.saturating_sub(self.completed())
    }

    /// When the schedule's clock shows, or showed, `due`; `None` if it stands before that.
    /// What was due at the very moment of a pause comes after it.
    pub fn run_time(&self, due: Duration) -> Option<Duration> {
        let stands_at = self.paused_since.map(|since| self.schedule_time(since));
        if stands_at.is_some_and(|at| due >= at) {
            return None;
        }
        let passed = self.pauses.partition_point(|pause| pause.at <= due);
        let shift = passed.checked_sub(1).map(|last| self.pauses[last].sum);
        Some(due + shift.unwrap_or_default())
    }

    /// How long it stood in all, up to a moment that is not before the last change.
    pub fn paused(&self, run_time: Duration) -> Duration {
        run_time.saturating_sub(self.schedule_time(run_time))
    }

    fn completed(&self) -> Duration {
        self.pauses.last().map(|last| last.sum).unwrap_or_default()
    }
}
