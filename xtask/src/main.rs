//! The house's own commands.
//!
//! In: `cargo xtask COMMAND`. Out: progress on the terminal and an exit code that a script can
//! trust (0 all well, 1 something failed, 2 wrong usage). Never part of what is shipped, and no
//! crate of ours depends on it.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the desk: it reads the environment and the clock, and prints"
)]

mod arrows;
mod bans;
mod bench;
mod check;
mod demo;
mod develop;
mod http;
mod process;
mod python;
mod shell;
mod source;
mod test;
#[cfg(test)]
mod tests;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// The commands that work on this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Build, start a clinic's API, load it with a locustfile and with a plan, show the verdicts.
    Demo,
    /// Format, lints, the arrows between crates, the bans, sizes, licences.
    Check,
    /// Write what is made from the source: the schema of plans, the reference pages.
    Gen,
    /// Every test of every language.
    Test {
        /// One kind of tests only.
        only: Option<test::Part>,
        /// Passed on to pytest.
        #[arg(last = true)]
        pytest: Vec<String>,
    },
    /// Measure the proofs of speed and honest times; results go to `bench/runs/`.
    Bench(bench::Options),
    /// Build the binary and the extension, and link them into `.venvs/gatecrash`.
    Develop {
        /// Build with optimisations, as what ships.
        #[arg(long)]
        release: bool,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Demo => demo::run(),
        Command::Check => check::run(),
        Command::Gen => gen_pages(),
        Command::Test { only, pytest } => test::run(only, &pytest),
        Command::Bench(options) => bench::run(&options),
        Command::Develop { release } => {
            develop::run(if release { "release" } else { "dev" }).map(|developed| {
                shell::say(format!(
                    "ready: {}",
                    developed.environment.join("bin/gatecrash").display()
                ));
            })
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the pages that `cargo test` compares with the source.
fn gen_pages() -> anyhow::Result<()> {
    for package in ["gatecrash-plan", "gatecrash-cli"] {
        let example = ["run", "--quiet", "--package", package, "--example", "pages"];
        shell::run(shell::cargo().args(example).current_dir(workspace::root()))?;
    }
    Ok(())
}
