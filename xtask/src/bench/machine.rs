//! What this machine is and what runs on it, so that a figure can be read years later.
//!
//! In: `/proc` and the versions that programs print. Out: text. Never a host's or a person's name.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::peers::{self, Peer};
use crate::shell;
use crate::workspace;

/// The folder's name for a run of today on this machine: `2026-01-31-2x-amd-epyc`.
pub(crate) fn run_name() -> Result<String> {
    let today = shell::output(Command::new("date").args(["-u", "+%F"]))?;
    let words: Vec<String> = processor()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(3)
        .map(str::to_ascii_lowercase)
        .collect();
    Ok(format!("{today}-{}x-{}", cores(), words.join("-")))
}

/// Hardware, system and versions, one per line.
pub(crate) fn description(bench: &Bench) -> Result<String> {
    let of = |program: &Path, argument: &str| first_line(Command::new(program).arg(argument));
    let mut text = String::new();
    writeln!(text, "processor: {} × {}", cores(), processor())?;
    writeln!(text, "memory: {}", proc_line("/proc/meminfo", "MemTotal:"))?;
    writeln!(
        text,
        "kernel: {}",
        first_line(Command::new("uname").arg("-sr"))
    )?;
    writeln!(
        text,
        "system: {}",
        proc_line("/etc/os-release", "PRETTY_NAME=")
    )?;
    writeln!(text, "nginx: {}", of(Path::new("nginx"), "-v"))?;
    for peer in [&[Peer::Wrk], Peer::OTHERS.as_slice()].concat() {
        writeln!(text, "{}: {}", peer.name(), version(peer, bench))?;
    }
    let environments = workspace::root().join(".venvs");
    let (locust, python) = ("locust/bin/locust", "gatecrash/bin/python");
    writeln!(text, "locust: {}", of(&environments.join(locust), "-V"))?;
    writeln!(text, "python: {}", of(&environments.join(python), "-V"))?;
    writeln!(text, "rustc: {}", of(Path::new("rustc"), "-V"))?;
    writeln!(text, "load average before the run: {}", load_average())?;
    writeln!(text, "gatecrash: {}", state(bench))?;
    writeln!(
        text,
        "target on core 0, generator on core 1, or both on 1 where a table says so; {} rounds of {} s",
        bench.rounds, bench.seconds
    )?;
    Ok(text)
}

/// What was measured when, how, on which state: under every table.
pub(crate) fn footing(bench: &Bench, proof: &str, load_average_before: &str) -> Result<String> {
    let now = shell::output(Command::new("date").args(["-u", "+%F %H:%M UTC"]))?;
    let trial = if bench.is_trial { " --trial" } else { "" };
    Ok(format!(
        "\n`cargo xtask bench --only {proof} --rounds {} --seconds {}{trial}`, done {now} on {} × {}, {}; {}; \
         load average before it {load_average_before}.\n",
        bench.rounds,
        bench.seconds,
        cores(),
        processor(),
        first_line(Command::new("uname").arg("-sr")),
        state(bench)
    ))
}

/// How busy the machine was in the last 1, 5 and 15 minutes.
pub(crate) fn load_average() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The state of the source that is measured.
fn state(bench: &Bench) -> String {
    if bench.is_given {
        return "a binary that was given".to_owned();
    }
    let mut commit = Command::new("git");
    commit
        .args(["describe", "--always", "--dirty"])
        .current_dir(workspace::root());
    format!("commit {} (release profile)", first_line(&mut commit))
}

fn version(peer: Peer, bench: &Bench) -> String {
    match (peer.version(bench), bench.goose.is_some()) {
        (Some(mut command), _) => first_line(&mut command),
        (None, true) if peer == Peer::Goose => peers::goose_version().unwrap_or_default(),
        _ => "not installed".to_owned(),
    }
}

fn processor() -> String {
    proc_line("/proc/cpuinfo", "model name")
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What follows `key` in the first line of `file` that begins with it.
fn proc_line(file: &str, key: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .unwrap_or("unknown");
    line.trim_start_matches([' ', '\t', ':'])
        .trim_matches('"')
        .to_owned()
}

/// What a program says first, on either of its outputs.
fn first_line(command: &mut Command) -> String {
    let Ok(output) = command.output() else {
        return "not installed".to_owned();
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let line = said.lines().next().unwrap_or("unknown");
    // Locust adds where it is installed, which is nobody's business.
    line.split(" from ")
        .next()
        .unwrap_or(line)
        .trim()
        .to_owned()
}
