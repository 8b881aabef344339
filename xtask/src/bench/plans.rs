//! Runs of plans and of users in Rust: started on the generators' core, and read from the record
//! that they leave.
//!
//! In: a file of `bench/plans` or a program of `bench/users`, and options. Out: what the record says. Its
//! figures are taken as they are; whether they are true is for the proofs to find out.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::Bench;
use super::generator::{Load, TARGET_CORE, pinned, start_logged};
use crate::process::{Running, Service};
use crate::{http, workspace};

/// The exit codes of a run: all well, requests failed, not driven as asked.
pub(crate) const FINE: i32 = 0;
pub(crate) const FAILED: i32 = 1;
pub(crate) const INVALID: i32 = 98;

/// A plan that runs.
pub(crate) struct PlanRun {
    pub(crate) running: Running,
    folder: TempDir,
}

/// What a run left behind.
pub(crate) struct Told {
    record: Value,
}

impl PlanRun {
    /// Starts `file` of `bench/plans` against `url`.
    pub(crate) fn start(bench: &Bench, file: &str, url: &str, options: &[&str]) -> Result<PlanRun> {
        let mut command = pinned();
        push_plan_to(&mut command, bench, file, url);
        PlanRun::launch(&mut command, options)
    }

    /// Starts the users `name` of `bench/users` against `url`.
    pub(crate) fn start_users(
        bench: &Bench,
        name: &str,
        url: &str,
        options: &[&str],
    ) -> Result<PlanRun> {
        let mut command = pinned();
        push_users_to(&mut command, bench, name, url);
        PlanRun::launch(&mut command, options)
    }

    fn launch(command: &mut Command, options: &[&str]) -> Result<PlanRun> {
        let folder = tempfile::tempdir()?;
        command.args(options);
        command.arg("--results").arg(folder.path().join("results"));
        let running = start_logged(command, &folder.path().join("log"))?;
        Ok(PlanRun { running, folder })
    }

    /// Waits until `limit` after the start for its end, and reads the record.
    pub(crate) fn finish(self, limit: Duration) -> Result<Told> {
        let PlanRun { running, folder } = self;
        let said = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let ended = running
            .wait(limit)
            .with_context(|| format!("the run said:\n{}", said()))?;
        ensure!(
            matches!(ended.status.code(), Some(FINE | FAILED | INVALID)),
            "the run ended with {}:\n{}",
            ended.status,
            said()
        );
        let record = std::fs::read_to_string(folder.path().join("results/run.json"))
            .context("the run left no run.json")?;
        let record = serde_json::from_str(&record).context("run.json is no JSON")?;
        Ok(Told { record })
    }
}

impl Told {
    /// The number at a JSON pointer (RFC 6901) below scenario `place`.
    pub(crate) fn number(&self, place: usize, pointer: &str) -> Result<f64> {
        let value = self
            .record
            .pointer(&format!("/scenarios/{place}{pointer}"))
            .and_then(Value::as_f64);
        value.with_context(|| format!("run.json tells no {pointer} of scenario {place}"))
    }

    /// The number at a JSON pointer below the endpoint `name` of the first scenario.
    pub(crate) fn number_of(&self, name: &str, pointer: &str) -> Result<f64> {
        let endpoints = self.record.pointer("/scenarios/0/endpoints");
        let endpoints = endpoints.and_then(Value::as_array);
        let endpoint = endpoints.and_then(|all| all.iter().find(|one| one["name"] == name));
        let value = endpoint.and_then(|one| one.pointer(pointer)?.as_f64());
        value.with_context(|| format!("run.json tells no {pointer} of {name}"))
    }

    /// What the run says of how it was driven: `valid`, `doubtful`, `INVALID`.
    pub(crate) fn validity(&self) -> &str {
        let verdict = self.record.pointer("/validity/verdict");
        verdict.and_then(Value::as_str).unwrap_or("unknown")
    }
}

/// Appends the run of a plan against `url`.
pub(crate) fn push_plan_to(command: &mut Command, bench: &Bench, file: &str, url: &str) {
    let path = workspace::root().join("bench/plans").join(file);
    command.arg(&bench.binary).arg("run").arg(path);
    command.args(["--quiet", "--no-color", "--set", &format!("host={url}")]);
}

/// Appends the run of users in Rust against `url`.
pub(crate) fn push_users_to(command: &mut Command, bench: &Bench, name: &str, url: &str) {
    command.arg(bench.rust_user(name));
    command.args(["--quiet", "--no-color", "--host", url]);
}

/// Appends the load; a plan must have one scenario.
pub(crate) fn push_load_to(command: &mut Command, load: &Load<'_>) {
    command.args(["--for", &format!("{}s", load.seconds)]);
    match load.rate_per_s {
        Some(rate) => command.args(["--rate", &format!("{rate}/s")]),
        None => command.args(["--users", &load.users.to_string()]),
    };
}

/// The number at a JSON pointer of the target's truth.
pub(crate) fn of_truth(truth: &Value, pointer: &str) -> Result<f64> {
    let value = truth.pointer(pointer).and_then(Value::as_f64);
    value.with_context(|| format!("/truth tells no {pointer}"))
}

/// What `url/truth` says.
pub(crate) fn truth(url: &str) -> Result<Value> {
    Ok(serde_json::from_str(&http::get(url, "/truth")?)?)
}

/// `gatecrash target plain` on the targets' core.
pub(crate) fn target(bench: &Bench, options: &[&str]) -> Result<Service> {
    target_on(TARGET_CORE, bench, options)
}

/// Starts our target on this core.
pub(crate) fn target_on(core: &str, bench: &Bench, options: &[&str]) -> Result<Service> {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    command
        .arg(&bench.binary)
        .args(["target", "plain", "--port", "0"]);
    Service::start(command.args(options))
}
