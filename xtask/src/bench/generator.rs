//! The load generators: how each is started, pinned and timed.
//!
//! In: a generator and a [`Load`]. Out: a running process on its own core, and what it cost.
//! Never interprets a generator's figures.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::peers::Peer;
use super::{Bench, plans};
use crate::process::{Ended, Running};
use crate::workspace;

/// The core that generators run on; targets have core 0.
pub(crate) const CORE: &str = "1";
/// The core that targets run on.
pub(crate) const TARGET_CORE: &str = "0";
/// How long after its time a generator may take to end.
const GRACE: Duration = Duration::from_secs(30);

/// A program that makes load, with the file that it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Peer(Peer),
    /// A file of `bench/locustfiles`, by real Locust.
    Locust(&'static str),
    /// A file of `bench/locustfiles`, by us.
    Gatecrash(&'static str),
    /// A file of `bench/plans`, by us.
    Plan(&'static str),
    /// A program of `bench/users`.
    Rust(&'static str),
}

/// A program under the name that the tables have.
#[derive(Clone, Copy)]
pub(crate) struct Generator {
    pub(crate) name: &'static str,
    pub(crate) tool: Tool,
}

/// What is asked of a generator.
#[derive(Default)]
pub(crate) struct Load<'a> {
    pub(crate) url: &'a str,
    pub(crate) users: u32,
    /// Users started per second; of Locust files only.
    pub(crate) spawn_rate: u32,
    pub(crate) seconds: u64,
    /// Requests per second, if not as many as go; of oha and plans only.
    pub(crate) rate_per_s: Option<u32>,
    /// Where `--csv` writes, if anywhere; of Locust files only.
    pub(crate) csv: Option<&'a Path>,
}

impl Generator {
    /// Starts the generator on its core; what it prints goes to `log`.
    pub(crate) fn start(&self, bench: &Bench, load: &Load<'_>, log: &Path) -> Result<Running> {
        let mut command = pinned();
        match self.tool {
            Tool::Peer(peer) => peer.push_to(&mut command, bench, load)?,
            Tool::Locust(file) => locust(&mut command, &bench.python()?.locust, file, load),
            Tool::Gatecrash(file) => locust(&mut command, &bench.python()?.gatecrash, file, load),
            Tool::Plan(file) => plans::push_plan_to(&mut command, bench, file, load.url),
            Tool::Rust(name) => plans::push_users_to(&mut command, bench, name, load.url),
        }
        if let Tool::Plan(_) | Tool::Rust(_) = self.tool {
            plans::push_load_to(&mut command, load);
        }
        start_logged(&mut command, log)
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
            ended.status.success() || self.is_told_invalid(&ended),
            "{} ended with {}:\n{said}",
            self.name,
            ended.status
        );
        let has_failed = match self.tool {
            Tool::Peer(peer) => peer.tells_failures(&said),
            _ => false,
        };
        ensure!(!has_failed, "{} met errors:\n{said}", self.name);
        Ok(ended)
    }

    /// Whether it says itself that it was not driven as asked, which is a result.
    pub(crate) fn is_told_invalid(&self, ended: &Ended) -> bool {
        matches!(self.tool, Tool::Plan(_) | Tool::Rust(_))
            && ended.status.code() == Some(plans::INVALID)
    }
}

/// A command that runs what is appended to it on the generators' core.
pub(crate) fn pinned() -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]);
    command
}

/// Starts a command; what it prints goes to `log`.
pub(crate) fn start_logged(command: &mut Command, log: &Path) -> Result<Running> {
    let output = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
    command.stdout(output.try_clone()?).stderr(output);
    Running::start(command)
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
