//! One line on how far the run is, for a person at a terminal.
//!
//! In: elapsed time, users, counts. Out: the text of the line, and the control
//! sequences that draw it over the one before. Whether there is a terminal, and
//! whether it wants colours, is the caller's to know.

use gatecrash_metrics::Endpoint;

/// Moves to the start of the line and clears it.
pub const ERASE: &str = "\r\x1b[K";

/// How many seconds the rate is taken over.
const RATE_SPAN_S: u32 = 5;

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
    /// The progress that a total shows in a run that began at `span.0` and stands at
    /// `span.1`, seconds since the Unix epoch.
    pub fn of(total: &Endpoint, span: (f64, f64), run_time_s: Option<f64>, users: u64) -> Progress {
        Progress {
            elapsed_s: span.1 - span.0,
            run_time_s,
            users,
            rps: rate(total, span),
            requests: total.requests,
            failures: total.failures,
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

/// Requests per second in the last whole seconds of the clock; before there is one, in
/// the time that has passed.
fn rate(total: &Endpoint, (started, now): (f64, f64)) -> f64 {
    let last = now as u32;
    let first = (started.ceil() as u32).max(last.saturating_sub(RATE_SPAN_S));
    if first >= last {
        return total.requests as f64 / (now - started).max(1.0);
    }
    let counted = |second| u64::from(total.seconds.get(second).requests);
    (first..last).map(counted).sum::<u64>() as f64 / f64::from(last - first)
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
