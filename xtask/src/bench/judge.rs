//! What judging costs: objectives with windows and stops over a thousand endpoints.
//!
//! In: the example `judge_cost` of `gatecrash-metrics`, which makes up a run and times the two
//! parts. Out: milliseconds of a core per second of the run, against the promised bound.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::shell;

/// One percent of a core.
const BOUND_MS: f64 = 10.0;

/// Milliseconds per second that judging and the history take.
pub(crate) fn cost(bench: &Bench) -> Result<Found> {
    let mut csv = String::from("part,endpoints,seconds,ms_per_second\n");
    let (mut judge, mut history) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let told = shell::output(shell::cargo().args(EXAMPLE))?;
        for row in told.lines() {
            writeln!(csv, "{row}")?;
            let (part, ms) = read(row)?;
            match part {
                "judge" => judge.push(ms),
                _ => history.push(ms),
            }
        }
    }
    ensure!(!judge.is_empty(), "the example told nothing of the judge");
    let (judge, history) = (median(&judge), median(&history));
    let summary = format!(
        "Twenty objectives with windows and stops, judged each second over 1,000 endpoints of 10 requests \
         per second, medians of {} rounds: {} ms of a core per second. The history of the run takes {} ms \
         beside them.\n",
        bench.rounds,
        figure(judge),
        figure(history)
    );
    let claim = "20 objectives over 1,000 endpoints cost less than 1 % of a core (10 ms/s)";
    Ok(Found {
        csv,
        summary,
        verdicts: vec![Verdict::at_most(claim, judge, BOUND_MS, " ms/s")],
    })
}

const EXAMPLE: [&str; 7] = [
    "run",
    "--quiet",
    "--release",
    "--package",
    "gatecrash-metrics",
    "--example",
    "judge_cost",
];

/// The part and its milliseconds of a row.
fn read(row: &str) -> Result<(&str, f64)> {
    let (part, rest) = row.split_once(',').context("a row of the example")?;
    let (_, ms) = rest.rsplit_once(',').context("a row of the example")?;
    Ok((part, ms.parse()?))
}
