//! What this machine is and what runs on it, so that a figure can be read years later.
//!
//! In: `/proc` and the versions that programs print. Out: text. Never a host's or a person's name.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Bench;
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
    writeln!(text, "wrk: {}", of(Path::new("wrk"), "-v"))?;
    writeln!(text, "locust: {}", of(&bench.locust, "-V"))?;
    writeln!(
        text,
        "python: {}",
        of(&bench.gatecrash.with_file_name("python"), "-V")
    )?;
    writeln!(text, "rustc: {}", of(Path::new("rustc"), "-V"))?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    writeln!(text, "load average before the run: {}", load.join(" "))?;
    let mut commit = Command::new("git");
    commit
        .args(["describe", "--always", "--dirty"])
        .current_dir(workspace::root());
    writeln!(
        text,
        "gatecrash: {} (release profile)",
        first_line(&mut commit)
    )?;
    writeln!(
        text,
        "target on core 0, generator on core 1; {} rounds of {} s",
        bench.rounds, bench.seconds
    )?;
    Ok(text)
}

fn processor() -> String {
    proc_line("/proc/cpuinfo", "model name")
}

fn cores() -> usize {
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
        return "not there".to_owned();
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
