//! Streams of a known pace: when their chunks came beside when the target sent them.
//!
//! In: `gatecrash target` on its core, a plan that reads its streams. Out: time to the first token
//! and gaps, reported and recorded by the target.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::generator::CORE;
use super::plans::{self, PlanRun};
use super::quiet::quiet;
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::http;
use crate::shell::say;

/// The name of an endpoint, and its route at the target.
const STREAMS: [(&str, &str); 2] = [("sse", "~1sse"), ("openai", "~1v1~1chat~1completions")];
/// A measure of the record, and what the target calls it.
const MEASURES: [(&str, &str); 2] = [("ttft", "first_token_ms"), ("chunk_gap", "gap_ms")];
const FIGURES: [&str; 4] = ["p50", "p90", "p99", "max"];
/// The figures that have a bound; the largest of all is told.
const BOUND: usize = 3;
const ALLOWED_MS: f64 = 2.0;
const LIMIT: Duration = Duration::from_secs(90);

struct Row {
    stream: &'static str,
    measure: &'static str,
    round: usize,
    reported_ms: [f64; FIGURES.len()],
    true_ms: [f64; FIGURES.len()],
}

/// Streams of 50 tokens, one every 20 ms after the first 100 ms.
pub(crate) fn paced(bench: &Bench) -> Result<Found> {
    let target = plans::target_on(CORE, bench, &[])?;
    let quiet = quiet()?;
    let mut rows = Vec::new();
    for round in 1..=bench.rounds {
        rows.extend(run(bench, &target.url, round)?);
        say(format!("round {round}: done"));
    }
    let pairs = STREAMS
        .iter()
        .flat_map(|(stream, _)| MEASURES.iter().map(move |(measure, _)| (*stream, *measure)));
    let pairs: Vec<_> = pairs.collect();
    Ok(Found {
        csv: csv(&rows)?,
        summary: summary(&rows, &pairs, bench.rounds, &quiet.told())?,
        verdicts: pairs.iter().map(|pair| bound(&rows, *pair)).collect(),
    })
}

fn run(bench: &Bench, url: &str, round: usize) -> Result<Vec<Row>> {
    http::post(url, "/truth/reset")?;
    let time = format!("{}s", bench.pick(20, 3));
    let told = PlanRun::start(bench, "streams.yaml", url, &["--for", &time])?.finish(LIMIT)?;
    let truth = plans::truth(url)?;
    let mut rows = Vec::new();
    for (stream, route) in STREAMS {
        for (measure, recorded) in MEASURES {
            let mut row = Row {
                stream,
                measure,
                round,
                reported_ms: [0.0; FIGURES.len()],
                true_ms: [0.0; FIGURES.len()],
            };
            for (place, figure) in FIGURES.iter().enumerate() {
                let pointer = format!("/measures/{measure}/{figure}");
                row.reported_ms[place] = told.number_of(stream, &pointer)?;
                let pointer = format!("/streams/{route}/{recorded}/{figure}");
                row.true_ms[place] = plans::of_truth(&truth, &pointer)?;
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn middle(rows: &[Row], pair: (&str, &str), of: impl Fn(&Row) -> f64) -> f64 {
    let mine = rows.iter().filter(|row| (row.stream, row.measure) == pair);
    median(&mine.map(of).collect::<Vec<_>>())
}

fn bound(rows: &[Row], pair: (&str, &str)) -> Verdict {
    let off = |place: usize| {
        middle(rows, pair, |row| {
            row.reported_ms[place] - row.true_ms[place]
        })
    };
    let off: Vec<f64> = (0..BOUND).map(off).collect();
    let shown: Vec<String> = off.iter().map(|off_ms| format!("{off_ms:+.2}")).collect();
    Verdict::new(
        format!(
            "{} of {}: P50, P90, P99 within {ALLOWED_MS} ms of the target's send times",
            pair.1, pair.0
        ),
        format!("{} ms", shown.join(", ")),
        off.iter().all(|off_ms| off_ms.abs() <= ALLOWED_MS),
    )
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut text = String::from("stream,measure,round,figure,reported_ms,true_ms\n");
    for row in rows {
        for (place, figure) in FIGURES.iter().enumerate() {
            let (reported, truth) = (row.reported_ms[place], row.true_ms[place]);
            let (stream, measure) = (row.stream, row.measure);
            writeln!(
                text,
                "{stream},{measure},{},{figure},{reported},{truth}",
                row.round
            )?;
        }
    }
    Ok(text)
}

fn summary(
    rows: &[Row],
    pairs: &[(&'static str, &'static str)],
    rounds: usize,
    told: &str,
) -> Result<String> {
    let mut text = format!(
        "20 streams started per second for 20 s, each of 50 tokens, one every 20 ms after the first 100 ms; medians of \
         {rounds} rounds, in milliseconds: reported, and as the target sent them. {told}\n\n\
         | stream | measure | P50 | true | P90 | true | P99 | true | max | true |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for pair in pairs {
        write!(text, "| {} | {} |", pair.0, pair.1)?;
        for place in 0..FIGURES.len() {
            let reported = middle(rows, *pair, |row| row.reported_ms[place]);
            let truth = middle(rows, *pair, |row| row.true_ms[place]);
            write!(text, " {} | {} |", figure(reported), figure(truth))?;
        }
        text.push('\n');
    }
    Ok(text)
}
