//! The load generators: how each is started, pinned and timed.
//!
//! In: a generator and a [`Load`]. Out: a running process on its own core, and what it cost.
//! Never interprets a generator's figures.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Bench;
use crate::process::{Ended, Running};
use crate::workspace;

/// The core that generators run on; targets have core 0.
pub(crate) const CORE: &str = "1";
/// The core that targets run on.
pub(crate) const TARGET_CORE: &str = "0";
/// How long after its time a generator may take to end.
const GRACE: Duration = Duration::from_secs(30);

/// A program that makes load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Wrk,
    Locust,
    Gatecrash,
}

/// A program with the file that it runs.
#[derive(Clone, Copy)]
pub(crate) struct Generator {
    pub(crate) name: &'static str,
    pub(crate) tool: Tool,
    /// A file of `bench/locustfiles`; none for wrk.
    pub(crate) file: &'static str,
}

/// What is asked of a generator.
pub(crate) struct Load<'a> {
    pub(crate) url: &'a str,
    pub(crate) users: u32,
    /// Users started per second.
    pub(crate) spawn_rate: u32,
    pub(crate) seconds: u64,
    /// Where `--csv` writes, if anywhere.
    pub(crate) csv: Option<&'a Path>,
}

impl Generator {
    /// Starts the generator on its core; what it prints goes to `log`.
    pub(crate) fn start(&self, bench: &Bench, load: &Load<'_>, log: &Path) -> Result<Running> {
        let mut command = Command::new("taskset");
        command.args(["-c", CORE]);
        match self.tool {
            Tool::Wrk => wrk(&mut command, load),
            Tool::Locust => locust(&mut command, &bench.locust, self.file, load),
            Tool::Gatecrash => locust(&mut command, &bench.gatecrash, self.file, load),
        }
        let output =
            File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        command.stdout(output.try_clone()?).stderr(output);
        Running::start(&mut command)
    }

    /// Runs to the end, which must be a good one.
    pub(crate) fn finish(&self, running: Running, load: &Load<'_>, log: &Path) -> Result<Ended> {
        let said = || std::fs::read_to_string(log).unwrap_or_default();
        let limit = Duration::from_secs(load.seconds) + GRACE;
        let ended = running
            .wait(limit)
            .with_context(|| format!("{} said:\n{}", self.name, said()))?;
        let said = said();
        ensure!(
            ended.status.success(),
            "{} ended with {}:\n{said}",
            self.name,
            ended.status
        );
        let wrk_failed = said.contains("Socket errors") || said.contains("Non-2xx");
        ensure!(
            self.tool != Tool::Wrk || !wrk_failed,
            "wrk met errors:\n{said}"
        );
        Ok(ended)
    }
}

fn wrk(command: &mut Command, load: &Load<'_>) {
    let (connections, duration) = (format!("-c{}", load.users), format!("-d{}s", load.seconds));
    command.args([
        "wrk",
        "-t1",
        &connections,
        &duration,
        &format!("{}/", load.url),
    ]);
}

fn locust(command: &mut Command, program: &Path, file: &str, load: &Load<'_>) {
    command.arg(program).arg("-f").arg(file_path(file)).args([
        "--headless",
        "--only-summary",
        "-H",
        load.url,
    ]);
    command.args([
        "-u",
        &load.users.to_string(),
        "-r",
        &load.spawn_rate.to_string(),
    ]);
    command.args(["-t", &format!("{}s", load.seconds)]);
    if let Some(prefix) = load.csv {
        command.arg("--csv").arg(prefix);
    }
}

fn file_path(file: &str) -> PathBuf {
    workspace::root().join("bench/locustfiles").join(file)
}

/// CPU seconds that the process `id` has used so far, with all its threads.
///
/// Source: fields 14 and 15 of `/proc/ID/stat` (proc(5)), in ticks of 10 ms. Children are not in
/// it; none of the generators has any.
pub(crate) fn cpu_so_far_s(id: u32) -> Result<f64> {
    const TICKS_PER_S: f64 = 100.0;
    let stat =
        std::fs::read_to_string(format!("/proc/{id}/stat")).context("the generator ended early")?;
    // The second field is the program's name in brackets and may hold blanks.
    let (_, fields) = stat
        .rsplit_once(')')
        .context("/proc/ID/stat has an unknown shape")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let (user, system) = ticks(11)
        .zip(ticks(12))
        .context("/proc/ID/stat has an unknown shape")?;
    Ok((user + system) / TICKS_PER_S)
}

/// Resident memory of the process `id` in KiB (`VmRSS` of proc(5)).
pub(crate) fn resident_kib(id: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))
        .context("the generator ended early")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .context("no VmRSS in /proc/ID/status")
}

/// Sleeps until `seconds` after the process was started.
pub(crate) fn until(running: &Running, seconds: f64) {
    let moment = running.started + Duration::from_secs_f64(seconds);
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}
