//! One line on how a scenario stands, drawn again each second or printed now and then.
//!
//! In: the scenario's numbers and its last second. Out: the line. Where the page is too
//! narrow, what matters least is left out.

use gatecrash_metrics::{Point, Snapshot};

use super::figure::{clock, count, counted, money, ms, value};
use super::requests::exception_count;
use super::{Look, Paint, cut, length};

/// How a scenario stands.
#[derive(Clone, Copy, Debug)]
pub struct Status<'a> {
    /// Its name.
    pub name: &'a str,
    /// Since its beginning, without pauses, seconds.
    pub elapsed_s: f64,
    /// How long it is to last, seconds; `None` without such an end.
    pub planned_s: Option<f64>,
    /// How many tasks are to run, where that ends it.
    pub planned_tasks: Option<u64>,
    /// Which scenario it is, counted from 1, of how many.
    pub turn: (usize, usize),
    /// What the run has cost so far, where requests have prices.
    pub spent: Option<Spent<'a>>,
    /// What is unusual: `paused`, `ending`; empty otherwise.
    pub state: &'a str,
    /// All its numbers.
    pub snapshot: &'a Snapshot,
    /// What happened in the last second.
    pub last: Option<&'a Point>,
}

/// What a run has cost so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent<'a> {
    /// So much.
    pub amount: f64,
    /// What it may cost.
    pub budget: Option<f64>,
    /// What both are counted in.
    pub currency: &'a str,
}

impl Spent<'_> {
    fn text(&self) -> String {
        let spent = money(self.amount, Some(self.currency));
        match self.budget {
            Some(budget) => format!("{spent} of {} spent", money(budget, Some(self.currency))),
            None => format!("{spent} spent"),
        }
    }
}

/// Schedule lag from which it is worth a colour, milliseconds.
const LAG_TO_SEE_MS: f64 = gatecrash_metrics::validity::LAG_DOUBTFUL_MS;

/// A part of the line; what has the highest rank goes first when there is no room.
struct Part {
    rank: u8,
    paint: Paint,
    text: String,
}

impl Status<'_> {
    /// The line, without its end; never wider than the page.
    pub fn line(&self, look: &Look) -> String {
        let mut parts = self.parts();
        while width(&parts) > look.width {
            let least = parts.iter().enumerate().max_by_key(|(_, part)| part.rank);
            match least {
                Some((at, part)) if part.rank > 0 => parts.remove(at),
                _ => break,
            };
        }
        if width(&parts) > look.width {
            let plain: Vec<String> = parts.into_iter().map(|part| part.text).collect();
            return cut(&plain.join(" · "), look.width);
        }
        let painted = parts.iter().map(|part| look.paint(part.paint, &part.text));
        painted.collect::<Vec<String>>().join(" · ")
    }

    fn parts(&self) -> Vec<Part> {
        let part = |rank, paint, text| Part { rank, paint, text };
        let mut parts = vec![
            part(0, Paint::Bold, super::harmless(self.name)),
            part(0, Paint::Plain, self.elapsed()),
        ];
        if self.turn.1 > 1 {
            let turn = format!("{} of {} scenarios", self.turn.0, self.turn.1);
            parts.push(part(7, Paint::Plain, turn));
        }
        if !self.state.is_empty() {
            parts.push(part(1, Paint::Warn, self.state.to_owned()));
        }
        if let Some((rank, done)) = self.done() {
            parts.push(part(rank, Paint::Plain, done));
        }
        let (arrivals, total) = (&self.snapshot.arrivals, &self.snapshot.total);
        let users = counted(arrivals.users.now, "user", "users");
        parts.push(part(4, Paint::Plain, users));
        let in_flight = format!("{} in flight", count(arrivals.in_flight.now));
        parts.push(part(8, Paint::Plain, in_flight));
        if let Some(last) = self.last {
            let span_s = last.to_epoch_s - last.from_epoch_s;
            if span_s > 0.0 {
                let rate = format!("{} req/s", value(last.requests as f64 / span_s));
                parts.push(part(1, Paint::Plain, rate));
            }
            if let (Some(p50), Some(p95)) = (last.p50_ms, last.p95_ms) {
                parts.push(part(5, Paint::Plain, format!("P50 {}", ms(p50))));
                parts.push(part(3, Paint::Plain, format!("P95 {}", ms(p95))));
            }
        }
        parts.push(match total.failures {
            0 => part(2, Paint::Plain, "no failures".into()),
            n => part(2, Paint::Bad, counted(n, "failure", "failures")),
        });
        if exception_count(self.snapshot) > 0 {
            let text = counted(exception_count(self.snapshot), "exception", "exceptions");
            parts.push(part(2, Paint::Bad, text));
        }
        if arrivals.missed() > 0 {
            let missed = format!("{} missed", count(arrivals.missed()));
            parts.push(part(2, Paint::Bad, missed));
        }
        if let Some(spent) = self.spent {
            parts.push(part(4, Paint::Plain, spent.text()));
        }
        if let Some(lag) = self.last.and_then(|last| last.lag_p99_ms) {
            let paint = if lag > LAG_TO_SEE_MS {
                Paint::Warn
            } else {
                Paint::Plain
            };
            parts.push(part(6, paint, format!("lag P99 {}", ms(lag))));
        }
        parts
    }

    fn elapsed(&self) -> String {
        match self.planned_s {
            Some(planned_s) => {
                let elapsed_s = self.elapsed_s.min(planned_s).floor();
                format!("{} of {}", clock(elapsed_s), clock(planned_s))
            }
            None => clock(self.elapsed_s.floor()),
        }
    }

    /// How many tasks are done where these end the scenario, or how many arrivals were
    /// started, which says little more than the time; with its rank.
    fn done(&self) -> Option<(u8, String)> {
        if let Some(planned) = self.planned_tasks {
            let ended: u64 = self.snapshot.tasks.iter().map(|task| task.ended).sum();
            return Some((3, format!("{} of {} tasks", count(ended), count(planned))));
        }
        let arrivals = &self.snapshot.arrivals;
        let (started, planned) = (count(arrivals.started), count(arrivals.planned));
        (arrivals.planned > 0).then(|| (9, format!("{started} of {planned} arrivals")))
    }
}

fn width(parts: &[Part]) -> usize {
    let texts: usize = parts.iter().map(|part| length(&part.text)).sum();
    texts + 3 * parts.len().saturating_sub(1)
}
