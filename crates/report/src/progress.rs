//! One line on how far the run is, for a person at a terminal.
//!
//! In: elapsed time, users, rates. Out: the text of the line, and the control
//! sequences that draw it over the one before. Whether there is a terminal, and
//! whether it wants colours, is the caller's to know.

use gatecrash_metrics::Snapshot;

use crate::locust::{Rounding, total};

/// Moves to the start of the line and clears it.
pub const ERASE: &str = "\r\x1b[K";

const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// What the line tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Since the run began, seconds.
    pub elapsed_s: f64,
    /// How long it is to last, seconds; `None` without an end.
    pub run_time_s: Option<f64>,
    /// How many users run.
    pub users: u64,
    /// Requests per second lately.
    pub rps: f64,
    /// Requests so far.
    pub requests: u64,
    /// Failures so far.
    pub failures: u64,
}

impl Progress {
    /// The progress that a snapshot shows.
    pub fn of(
        snapshot: &Snapshot,
        elapsed_s: f64,
        run_time_s: Option<f64>,
        users: u64,
    ) -> Progress {
        // The rate does not depend on how times are rounded.
        let entry = total(snapshot, &Rounding::TwoDigits);
        Progress {
            elapsed_s,
            run_time_s,
            users,
            rps: entry.current_rps(),
            requests: snapshot.total.requests,
            failures: snapshot.total.failures,
        }
    }

    /// The line, without its end. With `color`, failures are red.
    pub fn line(&self, color: bool) -> String {
        let elapsed = match self.run_time_s {
            Some(total_s) => format!(
                "{} of {}",
                clock(self.elapsed_s.min(total_s)),
                clock(total_s)
            ),
            None => clock(self.elapsed_s),
        };
        let failures = match self.failures {
            0 => "no failures".to_string(),
            1 => "1 failure".to_string(),
            n => format!("{n} failures"),
        };
        let (on, off) = if color && self.failures > 0 {
            (RED, PLAIN)
        } else {
            ("", "")
        };
        let users = if self.users == 1 { "user" } else { "users" };
        format!(
            "{elapsed} · {} {users} · {:.1} req/s · {} requests · {on}{failures}{off}",
            self.users, self.rps, self.requests
        )
    }
}

/// `42s`, `1:05`, `2:00:09`.
fn clock(seconds: f64) -> String {
    let s = seconds.max(0.0) as u64;
    match (s / 3600, s / 60 % 60, s % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}:{s:02}"),
        (h, m, s) => format!("{h}:{m:02}:{s:02}"),
    }
}
