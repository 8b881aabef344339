//! What it costs to watch ten sources once a second, and whether a request takes longer for it.
//!
//! In: the same load with and without watching, in turns, against our own target. Out: CPU time of
//! the generator's process, and response times as the runs report them.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::generator;
use super::plans::{self, PlanRun};
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::process::Service;
use crate::shell::say;

const SOURCES: u32 = 10;
const PLANS: [(&str, bool); 2] = [("unwatched.yaml", false), ("watched.yaml", true)];
/// The share of a core that watching may take.
const CPU_MAX: f64 = 0.01;
/// How far response times may differ, in milliseconds: P50 and P99.
const OFF_MAX_MS: [f64; 2] = [0.05, 0.5];
/// The CPU time is read so long before the load ends, in seconds.
const BEFORE_END_S: f64 = 0.5;
/// How long beyond its time a run may take.
const GRACE: Duration = Duration::from_secs(40);

struct Row {
    round: usize,
    watched: bool,
    cpu_share: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Both plans, every round.
pub(crate) fn watching(bench: &Bench) -> Result<Found> {
    let seconds = bench.pick(12, 6);
    let target = plans::target(bench, &["--latency", "2ms"])?;
    let mut rows = Vec::new();
    for round in 1..=bench.rounds {
        for (file, watched) in PLANS {
            let row = run(bench, &target, file, watched, seconds, round)?;
            say(format!(
                "round {round}: {file}: {} of a core, P50 {} ms, P99 {} ms",
                percent(row.cpu_share),
                figure(row.p50_ms),
                figure(row.p99_ms)
            ));
            rows.push(row);
        }
    }
    Ok(Found {
        csv: csv(&rows)?,
        summary: summary(&rows, bench.rounds)?,
        verdicts: bounds(&rows),
    })
}

fn run(
    bench: &Bench,
    target: &Service,
    file: &str,
    watched: bool,
    seconds: u64,
    round: usize,
) -> Result<Row> {
    let time = format!("{seconds}s");
    let run = PlanRun::start(bench, file, &target.url, &["--for", &time])?;
    let read_at_s = seconds as f64 - BEFORE_END_S;
    generator::until(&run.running, read_at_s);
    let cpu_s = generator::cpu_so_far_s(run.running.id())?;
    let told = run.finish(Duration::from_secs(seconds) + GRACE)?;
    let response = |key: &str| told.number(0, &format!("/total/response_time_ms/{key}"));
    Ok(Row {
        round,
        watched,
        cpu_share: cpu_s / read_at_s,
        p50_ms: response("p50")?,
        p99_ms: response("p99")?,
    })
}

/// The median of a figure of the runs that were watched, or of the others.
fn middle(rows: &[Row], watched: bool, of: fn(&Row) -> f64) -> f64 {
    let mine = rows.iter().filter(|row| row.watched == watched);
    median(&mine.map(of).collect::<Vec<_>>())
}

/// By how much a figure is larger where sources are watched.
fn more(rows: &[Row], of: fn(&Row) -> f64) -> f64 {
    middle(rows, true, of) - middle(rows, false, of)
}

fn bounds(rows: &[Row]) -> Vec<Verdict> {
    let cpu = more(rows, |row| row.cpu_share);
    let times = [more(rows, |row| row.p50_ms), more(rows, |row| row.p99_ms)];
    let [p50, p99] = times;
    vec![
        Verdict::new(
            format!(
                "{SOURCES} sources at 1 Hz cost < {} of a core",
                percent(CPU_MAX)
            ),
            percent(cpu),
            cpu < CPU_MAX,
        ),
        Verdict::new(
            format!(
                "no request takes longer: P50 within {} ms, P99 within {} ms",
                OFF_MAX_MS[0], OFF_MAX_MS[1]
            ),
            format!("{p50:+.3}, {p99:+.3} ms"),
            times.iter().zip(OFF_MAX_MS).all(|(off, most)| *off <= most),
        ),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut text = String::from("round,watched,cpu_share,p50_ms,p99_ms\n");
    for row in rows {
        writeln!(
            text,
            "{},{},{:.5},{},{}",
            row.round, row.watched, row.cpu_share, row.p50_ms, row.p99_ms
        )?;
    }
    Ok(text)
}

fn summary(rows: &[Row], rounds: usize) -> Result<String> {
    let mut text = format!(
        "200 arrivals per second with and without {SOURCES} sources that are read once a second \
         (`bench/plans/watched.yaml`), in turns, medians of {rounds} rounds; CPU is that of the generator's whole \
         process, start-up included.\n\n| | of a core | P50, ms | P99, ms |\n|---|---:|---:|---:|\n"
    );
    for (watched, name) in [(false, "nobody looks"), (true, "ten sources are watched")] {
        writeln!(
            text,
            "| {name} | {} | {} | {} |",
            percent(middle(rows, watched, |row| row.cpu_share)),
            figure(middle(rows, watched, |row| row.p50_ms)),
            figure(middle(rows, watched, |row| row.p99_ms))
        )?;
    }
    Ok(text)
}
