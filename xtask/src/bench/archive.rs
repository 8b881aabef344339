//! What the record of an hour costs: its size, and the time to read it and tell it again.
//!
//! In: the example `archive_cost` of `gatecrash-report`, which makes up an hour of a hundred
//! endpoints. Out: its figures, against the promised bounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::{shell, workspace};

/// Megabytes of `run.json`.
const SIZE_MAX_MB: f64 = 30.0;
/// Seconds to read it and make every report of it.
const REPORT_MAX_S: f64 = 2.0;

/// The figures of an hour.
pub(crate) fn hour(bench: &Bench) -> Result<Found> {
    let mut csv = String::from("round,what,value\n");
    let mut told: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for round in 1..=bench.rounds {
        for row in told_by_example()?.lines() {
            writeln!(csv, "{round},{row}")?;
            let (what, value) = row.split_once(',').context("a row of the example")?;
            told.entry(what.to_owned())
                .or_default()
                .push(value.parse()?);
        }
    }
    let of = |what: &str| told.get(what).map_or(f64::NAN, |values| median(values));
    let size_mb = of("run.json MB");
    let report_s = of("read s") + of("report s");
    let summary = format!(
        "An hour of 100 endpoints with 10 requests per second each, medians of {} rounds: `run.json` has {} MB, \
         written in {} s; read and told again in every format in {} s. The journal takes {} ms of a core per \
         second, and {} MB in the hour.\n",
        bench.rounds,
        figure(size_mb),
        figure(of("write s")),
        figure(report_s),
        figure(of("journal ms per second")),
        figure(of("journal MB")),
    );
    let verdicts = vec![
        Verdict::at_most(
            "`run.json` of an hour has less than 30 MB",
            size_mb,
            SIZE_MAX_MB,
            " MB",
        ),
        Verdict::at_most(
            "an hour is read and told in less than 2 s",
            report_s,
            REPORT_MAX_S,
            " s",
        ),
    ];
    Ok(Found {
        csv,
        summary,
        verdicts,
    })
}

fn told_by_example() -> Result<String> {
    shell::output(shell::cargo().args(EXAMPLE).current_dir(workspace::root()))
}

const EXAMPLE: [&str; 7] = [
    "run",
    "--quiet",
    "--release",
    "--package",
    "gatecrash-report",
    "--example",
    "archive_cost",
];
