//! What a plan's run reports beside what the target recorded, at latencies of known distributions.
//!
//! In: `gatecrash target` on its core, arrivals at a moderate rate. Out: percentiles of both. The
//! target times each answer itself and shares no code with the engine.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::generator::CORE;
use super::plans::{self, PlanRun};
use super::quiet::{Quiet, quiet};
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::process::Service;
use crate::shell::say;

const DISTRIBUTIONS: [&str; 6] = [
    "20ms",
    "uniform:5ms..80ms",
    "bimodal:10ms,90ms@3%",
    "normal:20ms,5ms",
    "lognormal:20ms,0.5",
    "pareto:10ms,2.5",
];
/// Their keys in the record and in the truth, and how tables call them.
pub(crate) const PERCENTILES: [(&str, &str); 4] = [
    ("p50", "P50"),
    ("p90", "P90"),
    ("p99", "P99"),
    ("p99_9", "P99.9"),
];
const RATE_PER_S: u32 = 200;
/// How far a reported percentile may be from the true one.
const ALLOWED_SHARE: f64 = 0.01;
const ALLOWED_MS: f64 = 0.5;
/// How long beyond its time a run may take.
const GRACE: Duration = Duration::from_secs(40);

/// One percentile of one run.
struct Row {
    latency: &'static str,
    round: usize,
    percentile: usize,
    response_ms: f64,
    service_ms: f64,
    true_ms: f64,
    validity: String,
    /// How often the core stood still.
    stalls: usize,
}

impl Row {
    fn off_ms(&self) -> f64 {
        self.response_ms - self.true_ms
    }

    fn allowed_ms(&self) -> f64 {
        self.true_ms * ALLOWED_SHARE + ALLOWED_MS
    }
}

/// Each distribution in turn, every round: what else the machine does for a while meets a round of
/// each, not every round of one.
pub(crate) fn distributions(bench: &Bench) -> Result<Found> {
    let seconds = bench.pick(45, 3);
    let quiet = quiet()?;
    let mut rows = Vec::new();
    for round in 1..=bench.rounds {
        for latency in DISTRIBUTIONS {
            let target = plans::target_on(CORE, bench, &["--latency", latency])?;
            let found = run(bench, &quiet, &target, latency, seconds, round)?;
            let shown = found.iter().map(|row| {
                let (response, truth) = (figure(row.response_ms), figure(row.true_ms));
                format!("{} {response} ({truth})", PERCENTILES[row.percentile].1)
            });
            let shown: Vec<String> = shown.collect();
            say(format!("round {round}: {latency}: {}", shown.join(", ")));
            rows.extend(found);
        }
    }
    Ok(Found {
        csv: csv(&rows)?,
        summary: summary(&rows, bench.rounds, seconds, &quiet.told())?,
        verdicts: DISTRIBUTIONS.map(|latency| bound(&rows, latency)).into(),
    })
}

fn run(
    bench: &Bench,
    quiet: &Quiet,
    target: &Service,
    latency: &'static str,
    seconds: u64,
    round: usize,
) -> Result<Vec<Row>> {
    let (rate, time) = (format!("{RATE_PER_S}/s"), format!("{seconds}s"));
    let options = ["--rate", &rate, "--for", &time];
    let limit = Duration::from_secs(seconds) + GRACE;
    let (told, stalls) = quiet
        .watched(|| PlanRun::start(bench, "smallest.yaml", &target.url, &options)?.finish(limit))?;
    let truth = plans::truth(&target.url)?;
    let row = |(percentile, (key, _)): (usize, &(&str, &str))| {
        let told_ms = |time: &str| told.number(0, &format!("/total/{time}/{key}"));
        Ok(Row {
            latency,
            round,
            percentile,
            response_ms: told_ms("response_time_ms")?,
            service_ms: told_ms("service_time_ms")?,
            true_ms: plans::of_truth(&truth, &format!("/latency_ms/{key}"))?,
            validity: told.validity().to_owned(),
            stalls,
        })
    };
    PERCENTILES.iter().enumerate().map(row).collect()
}

/// The median over the rounds of a figure of one percentile.
fn middle(rows: &[Row], latency: &str, percentile: usize, of: fn(&Row) -> f64) -> f64 {
    let mine = rows
        .iter()
        .filter(|row| row.latency == latency && row.percentile == percentile);
    median(&mine.map(of).collect::<Vec<_>>())
}

fn bound(rows: &[Row], latency: &str) -> Verdict {
    let places = 0..PERCENTILES.len();
    let off = places.map(|place| {
        let off_ms = middle(rows, latency, place, Row::off_ms);
        (off_ms, middle(rows, latency, place, Row::allowed_ms))
    });
    let off: Vec<(f64, f64)> = off.collect();
    let shown: Vec<String> = off
        .iter()
        .map(|(off_ms, allowed_ms)| format!("{off_ms:+.2} of ±{allowed_ms:.2}"))
        .collect();
    Verdict::new(
        format!("{latency}: P50, P90, P99, P99.9 within 1 % + {ALLOWED_MS} ms of the truth"),
        format!("{} ms", shown.join(", ")),
        off.iter()
            .all(|(off_ms, allowed_ms)| off_ms.abs() <= *allowed_ms),
    )
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut text =
        String::from("latency,round,percentile,response_ms,service_ms,true_ms,validity,stalls\n");
    for row in rows {
        // The latency's own text may hold a comma.
        writeln!(
            text,
            "\"{}\",{},{},{},{},{},{},{}",
            row.latency,
            row.round,
            PERCENTILES[row.percentile].0,
            row.response_ms,
            row.service_ms,
            row.true_ms,
            row.validity,
            row.stalls
        )?;
    }
    Ok(text)
}

fn summary(rows: &[Row], rounds: usize, seconds: u64, told: &str) -> Result<String> {
    let stalls = rows.iter().filter(|row| row.percentile == 0);
    let stalls: usize = stalls.map(|row| row.stalls).sum();
    let mut text = format!(
        "{RATE_PER_S} arrivals per second for {seconds} s, medians of {rounds} rounds, in milliseconds: the response \
         time that the run reported (from the instant an arrival was due), and the target's own record (from the last \
         byte of the request to the answer). {told} A bare sleep on that core was late by over 4 ms {stalls} \
         times in all runs together; none was left out.\n\n| latency |"
    );
    for (_, name) in PERCENTILES {
        write!(text, " {name} | true |")?;
    }
    text.push_str("\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for latency in DISTRIBUTIONS {
        write!(text, "| {latency} |")?;
        for place in 0..PERCENTILES.len() {
            let response = middle(rows, latency, place, |row| row.response_ms);
            let truth = middle(rows, latency, place, |row| row.true_ms);
            write!(text, " {response:.2} | {truth:.2} |")?;
        }
        text.push('\n');
    }
    Ok(text)
}
