//! `cargo xtask bench`: the proofs of speed, size and honest times, measured here and now.
//!
//! In: which proofs, how many rounds, how long. Out: raw rows, the machine's description and a
//! summary in `bench/runs/DATE-MACHINE/`, and an error where a bound was missed. All load stays on
//! 127.0.0.1 and ends by itself. Never judges a figure that it did not measure in the same run.

mod archive;
mod cost;
mod freeze;
mod generator;
mod honest;
mod judge;
mod lean;
mod machine;
mod nginx;
mod peers;
mod plans;
mod quiet;
mod rate;
mod scale;
mod soak;
mod speed;
mod streams;
mod summary;
mod truth;
mod turn;
mod verdict;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::shell::{self, say};
use crate::{develop, python, workspace};
use verdict::Verdict;

/// Fewer rounds make no median that means anything.
const FEWEST_ROUNDS: usize = 3;
/// Shorter runs have no steady part between start-up and end.
const SHORTEST_S: u64 = 6;
/// The package of our users in Rust.
const RUST_USERS: &str = "gatecrash-bench-users";

/// What can be asked of the bench.
#[derive(Args)]
pub(crate) struct Options {
    /// One proof only, or all whose names begin with this: `truth` takes `truth-freeze` along.
    #[arg(long)]
    only: Option<String>,
    /// How often each generator takes its turn (at least 3).
    #[arg(long, default_value_t = FEWEST_ROUNDS)]
    rounds: usize,
    /// How long each turn of a contest between generators lasts, in seconds (at least 6).
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// The folder for the results, in place of `bench/runs/DATE-MACHINE`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// One round of far smaller loads and shorter times, to see that a proof works. What it
    /// finds means nothing and goes to `target/bench-trial`.
    #[arg(long)]
    trial: bool,
    /// A native binary to measure, in place of the working tree's; our users in Rust are looked
    /// for beside it. Of plans only.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Put the figures into the pages that show them: README.md and docs/performance.md.
    #[arg(long, conflicts_with_all = ["trial", "binary"])]
    publish: bool,
}

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Proof {
    /// CPU per request of the smallest Locust file, against wrk and Locust.
    Speed,
    /// CPU per request of a Locust file as teams write them, against Locust.
    Lifelike,
    /// Memory per user of a Locust file at 2,000 users.
    Memory,
    /// From the start of the process to its first request.
    Start,
    /// Reported against true times while user code computes.
    Honest,
    /// Reported against true percentiles of known distributions, Locust files.
    Latency,
    /// CPU per request of a plan, against the generators of others.
    Cost,
    /// … with templates, an extraction and a check, against wrk's constant GET.
    CostTemplated,
    /// … at a fixed rate, against oha.
    CostPaced,
    /// Arrivals at 10 to 10,000 per second: all of them, and when.
    Rate,
    /// Reported against true percentiles of known distributions, plans.
    Truth,
    /// A target that stands still for two seconds.
    TruthFreeze,
    /// Times of the tokens of paced streams.
    TruthStreams,
    /// 10,000 connected users: memory, CPU, counts.
    ScaleUsers,
    /// 10,000 open WebSockets: memory, CPU, counts.
    ScaleSockets,
    /// 50,000 users that have not connected yet: memory, CPU.
    ScaleWaiting,
    /// 20 million requests: memory over time.
    Soak,
    /// Objectives judged each second over 1,000 endpoints.
    Judge,
    /// The record of an hour: its size, and the time to tell it again.
    Archive,
    /// Ten sources watched once a second beside a load.
    Watch,
}

/// What a proof leaves behind.
#[derive(Default)]
struct Found {
    /// The raw rows, with a header line.
    csv: String,
    /// What they say, in Markdown without a heading.
    summary: String,
    /// The bounds that were tried.
    verdicts: Vec<Verdict>,
}

impl Found {
    fn without_bounds(csv: String, summary: String) -> Found {
        Found {
            csv,
            summary,
            verdicts: Vec::new(),
        }
    }
}

/// What the proofs need.
struct Bench {
    rounds: usize,
    seconds: u64,
    is_trial: bool,
    /// The native binary: the release build of the working tree, unless another was given.
    binary: PathBuf,
    is_given: bool,
    python: Option<PythonSide>,
    /// The small user of Goose, if it is built.
    goose: Option<PathBuf>,
}

/// What runs Locust files.
struct PythonSide {
    /// Our own `bin/gatecrash`.
    gatecrash: PathBuf,
    /// Real Locust.
    locust: PathBuf,
}

impl Bench {
    fn prepare(options: &Options, proofs: &[Proof]) -> Result<Bench> {
        for program in ["wrk", "nginx", "taskset", "chrt"] {
            ensure!(
                shell::has(program),
                "`{program}` is not installed (on Debian: apt-get install wrk nginx util-linux)"
            );
        }
        let needs_python = proofs.iter().any(|proof| proof.needs_python());
        let (binary, python) = match (&options.binary, needs_python) {
            (Some(_), true) => bail!("--binary is of plans only: choose them with --only"),
            (Some(binary), false) => (binary.clone(), None),
            (None, true) => {
                let developed = develop::run("release")?;
                develop::native("release", &[RUST_USERS])?;
                let side = PythonSide {
                    gatecrash: developed.environment.join("bin/gatecrash"),
                    locust: python::locust()?.join("bin/locust"),
                };
                (developed.binary, Some(side))
            }
            (None, false) => {
                let built = develop::native("release", &["gatecrash-cli", RUST_USERS])?;
                (built.join("gatecrash"), None)
            }
        };
        let goose = match proofs.contains(&Proof::Cost) {
            true => peers::build_goose(),
            false => peers::built_goose(),
        };
        Ok(Bench {
            rounds: if options.trial { 1 } else { options.rounds },
            seconds: if options.trial {
                SHORTEST_S
            } else {
                options.seconds
            },
            is_trial: options.trial,
            is_given: options.binary.is_some(),
            binary,
            python,
            goose,
        })
    }

    fn python(&self) -> Result<&PythonSide> {
        self.python.as_ref().context("no Python was prepared")
    }

    /// A program of our users in Rust; it was built beside the native binary.
    fn rust_user(&self, name: &str) -> PathBuf {
        self.binary.with_file_name(name)
    }

    /// The first, or in a trial the second.
    fn pick<T>(&self, whole: T, trial: T) -> T {
        if self.is_trial { trial } else { whole }
    }
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
    let proofs = Proof::chosen(options.only.as_deref())?;
    let bench = Bench::prepare(options, &proofs)?;
    let folder = folder(options)?;
    summary::write(&folder.join("machine.txt"), &machine::description(&bench)?)?;
    let mut missed = Vec::new();
    for proof in proofs {
        let (verdicts, section) = measure(proof, &bench, &folder)?;
        if options.publish {
            summary::publish(&proof.name(), &section)?;
        }
        missed.extend(verdicts.into_iter().filter(|verdict| !verdict.holds));
    }
    say(format!("results: {}", folder.display()));
    let claims: Vec<String> = missed.into_iter().map(|verdict| verdict.claim).collect();
    if !claims.is_empty() {
        bail!("missed:\n  {}", claims.join("\n  "));
    }
    Ok(())
}

fn folder(options: &Options) -> Result<PathBuf> {
    let folder = match &options.out {
        Some(folder) => folder.clone(),
        None if options.trial => workspace::root().join("target/bench-trial"),
        None => workspace::root()
            .join("bench/runs")
            .join(machine::run_name()?),
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Measures one proof and writes down what it found; gives the bounds and the text.
fn measure(proof: Proof, bench: &Bench, folder: &Path) -> Result<(Vec<Verdict>, String)> {
    let name = proof.name();
    say(format!("bench: {name}"));
    let load_average = machine::load_average();
    let found = proof.measure(bench)?;
    let section = format!(
        "{}\n{}{}",
        found.summary.trim_end(),
        verdict::table(&found.verdicts),
        machine::footing(bench, &name, &load_average)?
    );
    summary::write(&folder.join(format!("{name}.csv")), &found.csv)?;
    summary::put_section(&folder.join("summary.md"), &name, &section)?;
    println!("\n{section}\n");
    Ok((found.verdicts, section))
}

impl Proof {
    /// The proof called `only`, and those whose names begin so; all without it.
    fn chosen(only: Option<&str>) -> Result<Vec<Proof>> {
        let all = Proof::value_variants();
        let Some(only) = only else {
            return Ok(all.to_vec());
        };
        let is_meant = |proof: &&Proof| {
            let name = proof.name();
            name == only || name.starts_with(&format!("{only}-"))
        };
        let chosen: Vec<Proof> = all.iter().filter(is_meant).copied().collect();
        let names: Vec<String> = all.iter().map(|proof| proof.name()).collect();
        ensure!(
            !chosen.is_empty(),
            "no proof is called {only}; there are {}",
            names.join(", ")
        );
        Ok(chosen)
    }

    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether it runs Locust files.
    fn needs_python(self) -> bool {
        use Proof::{Honest, Latency, Lifelike, Memory, Speed, Start};
        matches!(self, Speed | Lifelike | Memory | Start | Honest | Latency)
    }

    fn measure(self, bench: &Bench) -> Result<Found> {
        match self {
            Proof::Speed => speed::smallest(bench),
            Proof::Lifelike => speed::lifelike(bench),
            Proof::Memory => lean::memory(bench),
            Proof::Start => lean::start(bench),
            Proof::Honest => honest::computing(bench),
            Proof::Latency => honest::distributions(bench),
            Proof::Cost => cost::smallest(bench),
            Proof::CostTemplated => cost::templated(bench),
            Proof::CostPaced => cost::paced(bench),
            Proof::Rate => rate::rates(bench),
            Proof::Truth => truth::distributions(bench),
            Proof::TruthFreeze => freeze::freeze(bench),
            Proof::TruthStreams => streams::paced(bench),
            Proof::ScaleUsers => scale::users(bench),
            Proof::ScaleSockets => scale::sockets(bench),
            Proof::ScaleWaiting => scale::waiting(bench),
            Proof::Soak => soak::soak(bench),
            Proof::Judge => judge::cost(bench),
            Proof::Archive => archive::hour(bench),
            Proof::Watch => watch::watching(bench),
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

#[cfg(test)]
mod tests {
    use super::Proof;

    #[test]
    fn a_name_takes_those_that_begin_with_it_along() {
        let check = |only, expected: &[Proof]| {
            let chosen = Proof::chosen(Some(only));
            assert_eq!(chosen.ok().as_deref(), Some(expected), "{only}");
        };
        check("rate", &[Proof::Rate]);
        check("truth-freeze", &[Proof::TruthFreeze]);
        let truth = [Proof::Truth, Proof::TruthFreeze, Proof::TruthStreams];
        check("truth", &truth);
        assert!(Proof::chosen(Some("trut")).is_err());
    }
}
