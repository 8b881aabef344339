//! A rate that was asked for: how many requests came, and how late each began.
//!
//! In: a plan under four rates, nginx counting. Out: planned, started and counted arrivals, and the
//! lag of the schedule. The lag is the run's own figure; the count is nginx's.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::nginx::Nginx;
use super::plans::PlanRun;
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::shell::say;

const RATES_PER_S: [u32; 4] = [10, 100, 1000, 10_000];
/// The largest schedule lag P99 while a core is left, in milliseconds.
const LAG_MAX_MS: f64 = 2.0;
/// How long beyond its time a run may take.
const GRACE: Duration = Duration::from_secs(40);

/// One run at one rate.
struct Row {
    rate_per_s: u32,
    round: usize,
    asked: u64,
    planned: f64,
    started: f64,
    counted: u64,
    lag_ms: [f64; 3],
    validity: String,
}

impl Row {
    /// Whether all that was asked for was planned, started and counted, and nothing else.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn is_exact(&self) -> bool {
        let asked = self.asked as f64;
        self.planned == asked && self.started == asked && self.counted == self.asked
    }
}

/// Each rate for ten seconds.
pub(crate) fn rates(bench: &Bench) -> Result<Found> {
    let seconds = bench.pick(10, 3);
    let mut rows = Vec::new();
    for round in 1..=bench.rounds {
        for rate_per_s in RATES_PER_S {
            let row = run(bench, rate_per_s, seconds, round)?;
            say(format!(
                "round {round}: {rate_per_s}/s: {} of {} counted, lag P99 {} ms",
                row.counted,
                row.asked,
                figure(row.lag_ms[1])
            ));
            rows.push(row);
        }
    }
    let verdicts = RATES_PER_S.iter().flat_map(|&rate| bounds(&rows, rate));
    Ok(Found {
        csv: csv(&rows)?,
        summary: summary(&rows, bench.rounds, seconds)?,
        verdicts: verdicts.collect(),
    })
}

fn run(bench: &Bench, rate_per_s: u32, seconds: u32, round: usize) -> Result<Row> {
    let nginx = Nginx::start()?;
    let before = nginx.requests()?;
    let (rate, time) = (format!("{rate_per_s}/s"), format!("{seconds}s"));
    let options = ["--rate", &rate, "--for", &time];
    let run = PlanRun::start(bench, "smallest.yaml", &nginx.url, &options)?;
    let told = run.finish(Duration::from_secs(seconds.into()) + GRACE)?;
    let lag = |figure: &str| told.number(0, &format!("/arrivals/schedule_lag_ms/{figure}"));
    Ok(Row {
        rate_per_s,
        round,
        asked: u64::from(rate_per_s * seconds),
        planned: told.number(0, "/arrivals/planned")?,
        started: told.number(0, "/arrivals/started")?,
        counted: nginx.requests()?.saturating_sub(before),
        lag_ms: [lag("p50")?, lag("p99")?, lag("max")?],
        validity: told.validity().to_owned(),
    })
}

fn of(rows: &[Row], rate_per_s: u32) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.rate_per_s == rate_per_s)
}

fn lag(rows: &[Row], rate_per_s: u32, place: usize) -> f64 {
    let values: Vec<f64> = of(rows, rate_per_s).map(|row| row.lag_ms[place]).collect();
    median(&values)
}

fn bounds(rows: &[Row], rate_per_s: u32) -> [Verdict; 2] {
    let exact = of(rows, rate_per_s).filter(|row| row.is_exact()).count();
    let runs = of(rows, rate_per_s).count();
    [
        Verdict::new(
            format!("{rate_per_s}/s: planned = started = counted"),
            format!("{exact} of {runs} runs"),
            exact == runs,
        ),
        Verdict::at_most(
            format!("{rate_per_s}/s: schedule lag P99 ≤ {LAG_MAX_MS} ms"),
            lag(rows, rate_per_s, 1),
            LAG_MAX_MS,
            " ms",
        ),
    ]
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut text = String::from(
        "rate_per_s,round,asked,planned,started,counted,lag_p50_ms,lag_p99_ms,lag_max_ms,validity\n",
    );
    for row in rows {
        let [p50, p99, max] = row.lag_ms;
        writeln!(
            text,
            "{},{},{},{},{},{},{p50},{p99},{max},{}",
            row.rate_per_s,
            row.round,
            row.asked,
            row.planned,
            row.started,
            row.counted,
            row.validity
        )?;
    }
    Ok(text)
}

fn summary(rows: &[Row], rounds: usize, seconds: u32) -> Result<String> {
    let mut text = format!(
        "A plan with a constant GET under a rate for {seconds} s; medians of {rounds} rounds. Counted by nginx.\n\n\
         | asked | planned | started | counted | lag P50, ms | P99 | max |\n|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for rate in RATES_PER_S {
        for row in of(rows, rate).take(1) {
            write!(
                text,
                "| {rate}/s | {} | {} | {} |",
                row.planned, row.started, row.counted
            )?;
        }
        let shown = [0, 1, 2].map(|place| figure(lag(rows, rate, place)));
        writeln!(text, " {} |", shown.join(" | "))?;
    }
    Ok(text)
}
