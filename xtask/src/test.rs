//! `cargo xtask test`: every test of every language.
//!
//! In: the work tree. Out: the output of each test runner in turn, and an error when one failed
//! (or skipped, where every skip is a failure). Writes only below `target/`, `.venvs/` and
//! temporary folders.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde_json::Value;

use crate::process::{Running, Service};
use crate::shell::{self, say};
use crate::{develop, http, python, workspace};

/// One kind of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The tests of the Rust crates.
    Rust,
    /// The tests in Python: API, outputs, conformance with real Locust, the ready suites.
    Python,
    /// `pip install .` into a fresh environment, and a run from there.
    Install,
}

const ALL: &[Part] = &[Part::Rust, Part::Python, Part::Install];

/// Runs the parts asked for, or all; goes on after a failure, so that one run shows everything.
pub(crate) fn run(only: Option<Part>, pytest_arguments: &[String]) -> Result<()> {
    let parts: Vec<Part> = only.map_or_else(|| ALL.to_vec(), |part| vec![part]);
    let mut failed = Vec::new();
    for part in &parts {
        say(format!("test: {part:?}"));
        let done = match part {
            Part::Rust => rust(),
            Part::Python => python_tests(pytest_arguments),
            Part::Install => install(),
        };
        match done {
            Ok(()) => say(format!("passed: {part:?}")),
            Err(error) => {
                say(format!("FAILED: {part:?}: {error:#}"));
                failed.push(format!("{part:?}"));
            }
        }
    }
    println!(
        "test: {} passed, {} failed",
        parts.len() - failed.len(),
        failed.len()
    );
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The extension itself has no Rust tests: it links into Python, and is tested from there.
fn rust() -> Result<()> {
    let mut test = shell::cargo();
    test.args([
        "test",
        "--quiet",
        "--workspace",
        "--exclude",
        "gatecrash-wheel",
    ]);
    shell::run(test.current_dir(workspace::root()))
}

fn python_tests(arguments: &[String]) -> Result<()> {
    let developed = develop::run("dev")?;
    python::locust()?;
    let root = workspace::root();
    let mut pytest = Command::new(developed.environment.join("bin/python"));
    pytest
        .args(["-m", "pytest", "-p", "require_all", "-rfEs", "-q"])
        .args(arguments);
    pytest
        .env("PYTHONPATH", root.join("tests"))
        .current_dir(&root);
    shell::run(&mut pytest)
}

/// The documented way in: a fresh virtual environment, `pip install .`, the `gatecrash` command.
///
/// The wheel is built with the profile of the other tests, so that what they built is used again.
fn install() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let environment = folder.path().join("venv");
    let root = workspace::root();
    say("pip install . into a fresh virtual environment");
    shell::run(
        Command::new(python::interpreter()?)
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    let mut pip = python::pip(&environment);
    shell::run(
        pip.arg(".")
            .env("MATURIN_PEP517_ARGS", "--profile dev")
            .current_dir(&root),
    )?;

    let gatecrash = environment.join("bin/gatecrash");
    let target =
        Service::start(Command::new(&gatecrash).args(["target", "clinic", "--port", "0"]))?;
    let mut load = Command::new(&gatecrash);
    load.arg("-f").arg(root.join("suites/clinic/locustfile.py"));
    load.args([
        "--headless",
        "-u",
        "5",
        "-r",
        "5",
        "-t",
        "5s",
        "--only-summary",
        "-H",
        &target.url,
    ]);
    // Away from the work tree, so that nothing but what was installed can be imported.
    let ended = Running::start(load.current_dir(folder.path()))?.wait(Duration::from_secs(60))?;
    ensure!(
        ended.status.success(),
        "`gatecrash -f suites/clinic/locustfile.py` ended with {}",
        ended.status
    );
    let truth: Value = serde_json::from_str(&http::get(&target.url, "/truth")?)?;
    let received = truth["received"]
        .as_u64()
        .context("/truth tells no `received`")?;
    ensure!(
        received > 5,
        "the target received {received} requests in 5 s from 5 users"
    );
    Ok(())
}
