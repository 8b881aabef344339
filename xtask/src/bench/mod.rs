//! `cargo xtask bench`: the proofs of speed and of honest times, measured here and now.
//!
//! In: which proofs, how many rounds, how long. Out: raw rows, the machine's description and a
//! summary in `bench/runs/DATE-MACHINE/`. All load stays on 127.0.0.1 and ends by itself. Never
//! judges a figure that it did not measure in the same run.

mod generator;
mod honest;
mod lean;
mod machine;
mod nginx;
mod speed;
mod summary;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::shell::{self, say};
use crate::{develop, python, workspace};

/// Fewer rounds make no median that means anything.
const FEWEST_ROUNDS: usize = 3;
/// Shorter runs have no steady part between start-up and end.
const SHORTEST_S: u64 = 6;

/// What can be asked of the bench.
#[derive(Args)]
pub(crate) struct Options {
    /// One proof only.
    #[arg(long)]
    only: Option<Proof>,
    /// How often each generator takes its turn (at least 3).
    #[arg(long, default_value_t = FEWEST_ROUNDS)]
    rounds: usize,
    /// How long each turn lasts, in seconds (at least 6).
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// The folder for the results, in place of `bench/runs/DATE-MACHINE`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Put the figures of a speed run into README.md.
    #[arg(long)]
    readme: bool,
}

/// One thing that is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Proof {
    /// CPU per request of the smallest file, against wrk and Locust.
    Speed,
    /// CPU per request of a file as teams write them, against Locust.
    Lifelike,
    /// Memory per user at 2,000 users.
    Memory,
    /// From the start of the process to its first request.
    Start,
    /// Reported against true times while user code computes.
    Honest,
    /// Reported against true percentiles of known distributions.
    Latency,
}

/// What a proof leaves behind.
struct Found {
    /// The raw rows, with a header line.
    csv: String,
    /// What they say, in Markdown without a heading.
    summary: String,
}

/// What every proof needs.
struct Bench {
    rounds: usize,
    seconds: u64,
    /// `bin/gatecrash` of the release build.
    gatecrash: PathBuf,
    /// The native binary, for `gatecrash target`.
    binary: PathBuf,
    locust: PathBuf,
}

/// Measures what was asked for, writing each proof's results as soon as it is done.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(
        options.rounds >= FEWEST_ROUNDS,
        "--rounds must be at least {FEWEST_ROUNDS}"
    );
    ensure!(
        options.seconds >= SHORTEST_S,
        "--seconds must be at least {SHORTEST_S}"
    );
    for program in ["wrk", "nginx", "taskset"] {
        ensure!(
            shell::has(program),
            "`{program}` is not installed (on Debian: apt-get install wrk nginx util-linux)"
        );
    }
    let developed = develop::run("release")?;
    let bench = Bench {
        rounds: options.rounds,
        seconds: options.seconds,
        gatecrash: developed.environment.join("bin/gatecrash"),
        binary: developed.binary,
        locust: python::locust()?.join("bin/locust"),
    };
    let folder = match &options.out {
        Some(folder) => folder.clone(),
        None => workspace::root()
            .join("bench/runs")
            .join(machine::run_name()?),
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    summary::write(&folder.join("machine.txt"), &machine::description(&bench)?)?;
    let proofs = options
        .only
        .map_or_else(|| Proof::value_variants().to_vec(), |proof| vec![proof]);
    for proof in proofs {
        say(format!("bench: {}", proof.name()));
        let found = proof.measure(&bench)?;
        summary::write(&folder.join(format!("{}.csv", proof.name())), &found.csv)?;
        summary::put_section(&folder.join("summary.md"), proof.name(), &found.summary)?;
        println!("\n{}\n", found.summary);
        if proof == Proof::Speed && options.readme {
            summary::fill_readme(&found.summary)?;
        }
    }
    say(format!("results: {}", folder.display()));
    Ok(())
}

impl Proof {
    fn name(self) -> &'static str {
        match self {
            Proof::Speed => "speed",
            Proof::Lifelike => "lifelike",
            Proof::Memory => "memory",
            Proof::Start => "start",
            Proof::Honest => "honest",
            Proof::Latency => "latency",
        }
    }

    fn measure(self, bench: &Bench) -> Result<Found> {
        match self {
            Proof::Speed => speed::smallest(bench),
            Proof::Lifelike => speed::lifelike(bench),
            Proof::Memory => lean::memory(bench),
            Proof::Start => lean::start(bench),
            Proof::Honest => honest::computing(bench),
            Proof::Latency => honest::distributions(bench),
        }
    }
}

/// The middle value; the mean of the two middle ones of an even number. NaN of nothing.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}
