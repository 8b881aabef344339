//! Reported times against the truth: what a generator says beside what the target recorded.
//!
//! In: `gatecrash target` with a known latency on its core, generators on theirs. Out: percentiles
//! of both, in milliseconds. The target times each answer itself and shares no code with the engine.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::generator::{Generator, Load, Tool};
use super::{Bench, Found, median, plans};
use crate::http;
use crate::process::Service;
use crate::shell::say;

const USERS: u32 = 20;

/// The percentiles that are compared: as Locust's CSV names them, and as the target does.
const PERCENTILES: &[(&str, &str)] = &[("50%", "p50"), ("95%", "p95"), ("99%", "p99")];

/// The latencies that the target is asked for.
const COMPUTING_LATENCY: &[&str] = &["5ms"];
const DISTRIBUTIONS: &[&str] = &["20ms", "uniform:5ms..80ms", "bimodal:10ms,90ms@3%"];

/// One turn: per percentile what was reported and what was true.
struct Turn {
    generator: &'static str,
    latency: &'static str,
    round: usize,
    reported_ms: Vec<f64>,
    true_ms: Vec<f64>,
}

/// Users that compute for 50 ms between requests.
pub(crate) fn computing(bench: &Bench) -> Result<Found> {
    let says = format!("{USERS} users, each computing for 50 ms in Python between requests");
    contest(bench, "computing.py", COMPUTING_LATENCY, &says)
}

/// Users that only ask, at latencies of known distributions.
pub(crate) fn distributions(bench: &Bench) -> Result<Found> {
    let says = format!("{USERS} users that wait 50 ms between requests");
    contest(bench, "waiting.py", DISTRIBUTIONS, &says)
}

fn contest(
    bench: &Bench,
    file: &'static str,
    latencies: &[&'static str],
    says: &str,
) -> Result<Found> {
    let generators = [
        Generator {
            name: "Gatecrash HttpUser",
            tool: Tool::Gatecrash(file),
        },
        Generator {
            name: "Locust HttpUser",
            tool: Tool::Locust(file),
        },
    ];
    let mut turns = Vec::new();
    for latency in latencies {
        let service = plans::target(bench, &["--latency", latency])?;
        for round in 1..=bench.rounds {
            for generator in &generators {
                let turn = take_turn(bench, &service, generator, latency, round)?;
                say(format!(
                    "round {round}: {latency}: {}: {}",
                    turn.generator,
                    turn.shown()
                ));
                turns.push(turn);
            }
        }
    }
    Ok(Found::without_bounds(
        csv(&turns)?,
        summary(&turns, &generators, latencies, says)?,
    ))
}

fn take_turn(
    bench: &Bench,
    service: &Service,
    generator: &Generator,
    latency: &'static str,
    round: usize,
) -> Result<Turn> {
    let folder = tempfile::tempdir()?;
    let (log, prefix) = (folder.path().join("log"), folder.path().join("run"));
    let url = &service.url;
    let load = Load {
        url,
        users: USERS,
        spawn_rate: USERS,
        seconds: bench.seconds,
        csv: Some(&prefix),
        ..Load::default()
    };
    http::post(url, "/truth/reset")?;
    let running = generator.start(bench, &load, &log)?;
    generator.finish(running, &load, &log)?;
    let truth = plans::truth(url)?;
    let table =
        std::fs::read_to_string(folder.path().join("run_stats.csv")).context("no run_stats.csv")?;
    let of_truth = |name: &str| plans::of_truth(&truth, &format!("/latency_ms/{name}"));
    Ok(Turn {
        generator: generator.name,
        latency,
        round,
        reported_ms: PERCENTILES
            .iter()
            .map(|(column, _)| aggregated(&table, column))
            .collect::<Result<_>>()?,
        true_ms: PERCENTILES
            .iter()
            .map(|(_, name)| of_truth(name))
            .collect::<Result<_>>()?,
    })
}

/// A column of the row `Aggregated`. No name of these runs holds a comma.
fn aggregated(table: &str, column: &str) -> Result<f64> {
    let mut lines = table.lines();
    let place = lines
        .next()
        .and_then(|header| header.split(',').position(|name| name == column));
    let place = place.with_context(|| format!("run_stats.csv has no column {column}"))?;
    let row = lines
        .find(|line| line.contains("Aggregated"))
        .context("run_stats.csv has no row Aggregated")?;
    let value = row
        .split(',')
        .nth(place)
        .and_then(|value| value.parse().ok());
    value.with_context(|| format!("run_stats.csv has no number in column {column}"))
}

impl Turn {
    fn shown(&self) -> String {
        let pairs = self.reported_ms.iter().zip(&self.true_ms).zip(PERCENTILES);
        let parts: Vec<_> = pairs
            .map(|((reported, truth), (_, name))| format!("{name} {reported} ms (true {truth:.1})"))
            .collect();
        parts.join(", ")
    }
}

fn csv(turns: &[Turn]) -> Result<String> {
    let mut text = String::from("generator,latency,round,percentile,reported_ms,true_ms\n");
    for turn in turns {
        for (place, (_, name)) in PERCENTILES.iter().enumerate() {
            let (reported, truth) = (turn.reported_ms[place], turn.true_ms[place]);
            // The latency's own text may hold a comma.
            writeln!(
                text,
                "{},\"{}\",{},{name},{reported},{truth}",
                turn.generator, turn.latency, turn.round
            )?;
        }
    }
    Ok(text)
}

fn summary(
    turns: &[Turn],
    generators: &[Generator],
    latencies: &[&str],
    says: &str,
) -> Result<String> {
    ensure!(!turns.is_empty(), "nothing was measured");
    let rounds = turns.len() / (generators.len() * latencies.len());
    let mut text = format!(
        "{says}; medians of {rounds} rounds, in milliseconds: reported by the generator, and the target's own record.\n\n\
         | latency | generator | P50 | true | P95 | true | P99 | true |\n|---|---|---:|---:|---:|---:|---:|---:|\n"
    );
    for latency in latencies {
        for generator in generators {
            let mine = || {
                turns
                    .iter()
                    .filter(|turn| turn.generator == generator.name && turn.latency == *latency)
            };
            write!(text, "| {latency} | {} |", generator.name)?;
            for place in 0..PERCENTILES.len() {
                let reported: Vec<f64> = mine().map(|turn| turn.reported_ms[place]).collect();
                let truth: Vec<f64> = mine().map(|turn| turn.true_ms[place]).collect();
                write!(text, " {:.0} | {:.1} |", median(&reported), median(&truth))?;
            }
            text.push('\n');
        }
    }
    Ok(text)
}
