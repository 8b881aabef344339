//! `cargo xtask check`: the house rules, held by machine.
//!
//! In: the work tree. Out: every fault of every rule on the terminal, then one line of counts;
//! an error when a rule is broken. Never stops at the first fault, never repairs anything.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::{self, say};
use crate::{arrows, bans, python, workspace};

/// How one rule fared.
enum Outcome {
    Passed,
    /// Could not be looked at here, and why.
    Skipped(&'static str),
}

/// One rule: its name and what looks at it.
type Rule = (&'static str, fn() -> Result<Outcome>);

const RULES: &[Rule] = &[
    ("Rust is formatted", formatted),
    ("the arrows between crates", arrows),
    ("the bans in the source", source_bans),
    ("clippy without a warning", clippy),
    ("Python is formatted and linted", python_style),
    ("licences and sources of dependencies", deny),
];

/// Runs every rule; an error when one is broken.
pub(crate) fn run() -> Result<()> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, rule) in RULES {
        say(format!("check: {name}"));
        match rule() {
            Ok(Outcome::Passed) => passed += 1,
            Ok(Outcome::Skipped(why)) => {
                say(format!("SKIPPED: {name}: {why}"));
                skipped += 1;
            }
            Err(error) => {
                say(format!("FAILED: {name}: {error:#}"));
                failed += 1;
            }
        }
    }
    println!("check: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} of {} checks failed", RULES.len());
    }
    Ok(())
}

fn formatted() -> Result<Outcome> {
    shell::run(
        shell::cargo()
            .args(["fmt", "--all", "--check"])
            .current_dir(workspace::root()),
    )?;
    Ok(Outcome::Passed)
}

fn arrows() -> Result<Outcome> {
    no_faults(arrows::faults(&workspace::root())?)
}

fn source_bans() -> Result<Outcome> {
    let findings = bans::scan(&workspace::root())?;
    findings
        .notices
        .iter()
        .for_each(|notice| println!("    notice: {notice}"));
    no_faults(findings.faults)
}

fn clippy() -> Result<Outcome> {
    let mut command = shell::cargo();
    command.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    shell::run(command.current_dir(workspace::root()))?;
    Ok(Outcome::Passed)
}

fn python_style() -> Result<Outcome> {
    let ruff = python::tools()?.join("bin/ruff");
    let format = shell::run(
        Command::new(&ruff)
            .args(["format", "--check", "."])
            .current_dir(workspace::root()),
    );
    let lint = shell::run(
        Command::new(&ruff)
            .args(["check", "."])
            .current_dir(workspace::root()),
    );
    format.and(lint)?;
    Ok(Outcome::Passed)
}

/// cargo-deny takes minutes to build, so it is asked only where somebody has installed it: its
/// absence stays a named skip even where every skip of a test is a failure.
fn deny() -> Result<Outcome> {
    if !shell::has("cargo-deny") {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed (`cargo install cargo-deny --locked`)",
        ));
    }
    shell::run(
        shell::cargo()
            .args(["deny", "check", "bans", "licenses", "sources"])
            .current_dir(workspace::root()),
    )?;
    Ok(Outcome::Passed)
}

fn no_faults(faults: Vec<String>) -> Result<Outcome> {
    faults.iter().for_each(|fault| println!("    {fault}"));
    if !faults.is_empty() {
        bail!("{} faults", faults.len());
    }
    Ok(Outcome::Passed)
}
