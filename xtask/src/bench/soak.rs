//! Twenty million requests, one of a hundred failing: does the memory stay level?
//!
//! In: users in Rust without a pause, nginx counting. Out: resident memory by requests, once a
//! second. Each failure has words of its own, which a plan's checks never have: the worst case for
//! the books.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use super::generator;
use super::nginx::Nginx;
use super::plans::PlanRun;
use super::verdict::{Verdict, figure};
use super::{Bench, Found};
use crate::shell::say;

const USERS: u64 = 64;
/// After so many requests everything that grows to its limit has grown.
const LEVEL_FROM: u64 = 1_000_000;
/// How much more may be resident from then on, in KiB: a twentieth of a byte per request.
const GROWTH_MAX_KIB: f64 = 1024.0;
const EVERY: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(1200);

/// The memory at one instant.
struct Sample {
    at_s: f64,
    requests: u64,
    resident_kib: f64,
}

/// The run.
pub(crate) fn soak(bench: &Bench) -> Result<Found> {
    let nginx = Nginx::start()?;
    let asked = bench.pick(20_000_000_u64, 1_920_000);
    let (users, each) = (USERS.to_string(), (asked / USERS).to_string());
    let options = ["--users", &users, "--iterations", &each];
    let run = PlanRun::start_users(bench, "bench-soak", &nginx.url, &options)?;
    let samples = watch(&run, &nginx)?;
    let told = run.finish(LIMIT)?;
    let requests = told.number(0, "/total/requests")?;
    let failures = told.number(0, "/total/failures")?;
    say(format!("{requests} requests, {failures} failed"));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let is_all = requests == asked as f64;
    Ok(Found {
        csv: csv(&samples)?,
        summary: summary(&samples, requests, failures)?,
        verdicts: vec![
            Verdict::new(
                format!("{asked} requests, 1 % of them failed"),
                format!("{requests}, {failures} failed"),
                is_all && failures * 100.0 == requests,
            ),
            level(&samples)?,
        ],
    })
}

/// Samples until the run's end.
fn watch(run: &PlanRun, nginx: &Nginx) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let begun = nginx.requests()?;
    // A process that has ended has no memory any more.
    while let Ok(resident_kib) = generator::resident_kib(run.running.id()) {
        samples.push(Sample {
            at_s: run.running.started.elapsed().as_secs_f64(),
            requests: nginx.requests()? - begun,
            resident_kib,
        });
        sleep(EVERY);
    }
    Ok(samples)
}

fn level(samples: &[Sample]) -> Result<Verdict> {
    let (from, later) = since_level(samples)?;
    let most = later.iter().map(|sample| sample.resident_kib);
    let growth_kib = most.fold(from.resident_kib, f64::max) - from.resident_kib;
    Ok(Verdict::at_most(
        format!("≤ {GROWTH_MAX_KIB} KiB more after the first million requests"),
        growth_kib,
        GROWTH_MAX_KIB,
        " KiB",
    ))
}

/// The first sample of the level part, and those after it.
fn since_level(samples: &[Sample]) -> Result<(&Sample, &[Sample])> {
    let is_level = |sample: &Sample| sample.requests >= LEVEL_FROM;
    let place = samples.iter().position(is_level);
    let place = place.context("the run ended before its first million requests")?;
    Ok((&samples[place], &samples[place..]))
}

fn csv(samples: &[Sample]) -> Result<String> {
    let mut text = String::from("at_s,requests,resident_kib\n");
    for sample in samples {
        writeln!(
            text,
            "{:.1},{},{:.0}",
            sample.at_s, sample.requests, sample.resident_kib
        )?;
    }
    Ok(text)
}

fn summary(samples: &[Sample], requests: f64, failures: f64) -> Result<String> {
    let (from, later) = since_level(samples)?;
    let last = later.last().unwrap_or(from);
    let mut text = format!(
        "{requests} requests by {USERS} users without a pause, {failures} of them failed, each in words of its own; resident memory.\n\n\
         | after | requests | resident, MiB |\n|---:|---:|---:|\n"
    );
    let middle = &later[later.len() / 2];
    for sample in [from, middle, last] {
        writeln!(
            text,
            "| {:.0} s | {} | {} |",
            sample.at_s,
            sample.requests,
            figure(sample.resident_kib / 1024.0)
        )?;
    }
    Ok(text)
}
