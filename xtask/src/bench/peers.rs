//! The generators of others: how each is asked for the same load, and whether it is here.
//!
//! In: a [`Load`]. Out: a command line. None of them but wrk is needed: one that is not installed
//! is named so in the tables. How to install them stands in `bench/peers/README.md`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::Bench;
use super::generator::Load;
use crate::shell::{self, say};
use crate::workspace;

/// A generator that somebody else wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Wrk,
    H2load,
    Ab,
    Oha,
    Goose,
}

/// More requests than `ab` can make in its time, which it needs to be told; it keeps 32 bytes
/// for each that it makes.
const AB_REQUESTS: &str = "50000000";

impl Peer {
    /// Those that machines may lack, in the order of the tables.
    pub(crate) const OTHERS: [Peer; 4] = [Peer::H2load, Peer::Ab, Peer::Oha, Peer::Goose];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Peer::Wrk => "wrk",
            Peer::H2load => "h2load",
            Peer::Ab => "ab",
            Peer::Oha => "oha",
            Peer::Goose => "Goose",
        }
    }

    /// Whether it can be started here.
    pub(crate) fn is_here(self, bench: &Bench) -> bool {
        match self {
            Peer::Goose => bench.goose.is_some(),
            other => shell::has(other.name()),
        }
    }

    /// Appends the command line for `load`.
    pub(crate) fn push_to(
        self,
        command: &mut Command,
        bench: &Bench,
        load: &Load<'_>,
    ) -> Result<()> {
        let (users, seconds) = (load.users.to_string(), load.seconds.to_string());
        let time = format!("{seconds}s");
        match self {
            Peer::Wrk => {
                command.args(["wrk", "-t1", "-c", &users, "-d", &time]);
            }
            Peer::H2load => {
                command.args(["h2load", "--h1", "-t1", "-c", &users, "-D", &seconds]);
            }
            Peer::Ab => {
                command.args(["ab", "-q", "-k", "-c", &users]);
                command.args(["-t", &seconds, "-n", AB_REQUESTS]);
            }
            Peer::Oha => {
                command.args(["oha", "--no-tui", "-c", &users, "-z", &time]);
                if let Some(rate) = load.rate_per_s {
                    command.args(["-q", &rate.to_string(), "--latency-correction"]);
                }
            }
            Peer::Goose => {
                let program = bench.goose.as_ref().context("Goose is not built")?;
                command.arg(program).args(["--no-reset-metrics", "--host"]);
                command.args([load.url, "--users", &users, "--hatch-rate", &users]);
                command.args(["--run-time", &time]);
                return Ok(());
            }
        }
        command.arg(format!("{}/", load.url));
        Ok(())
    }

    /// Whether what it printed tells of requests that failed.
    pub(crate) fn tells_failures(self, said: &str) -> bool {
        let value_of = |label: &str| {
            let line = said
                .lines()
                .find_map(|line| line.trim().strip_prefix(label));
            line.map(|rest| rest.trim().to_owned())
        };
        match self {
            Peer::Wrk => said.contains("Socket errors") || said.contains("Non-2xx"),
            Peer::H2load => !said.contains(" 0 failed, 0 errored"),
            Peer::Ab => value_of("Failed requests:").is_none_or(|failed| failed != "0"),
            // Those that the end of its time cuts off are told, and are no failures.
            Peer::Oha => !said.contains("[200]"),
            Peer::Goose => !said.contains("Aggregated"),
        }
    }

    /// What it says of its version.
    pub(crate) fn version(self, bench: &Bench) -> Option<Command> {
        let (program, argument) = match self {
            Peer::Wrk => ("wrk", "-v"),
            Peer::Ab => ("ab", "-V"),
            Peer::H2load | Peer::Oha => (self.name(), "--version"),
            Peer::Goose => return None,
        };
        let mut command = Command::new(program);
        command.arg(argument);
        self.is_here(bench).then_some(command)
    }
}

/// Builds the small user of Goose in `bench/peers/goose`; `None` where that fails, which is told.
pub(crate) fn build_goose() -> Option<PathBuf> {
    let mut build = shell::cargo();
    build
        .args(["build", "--quiet", "--release", "--locked", "--target-dir"])
        .arg(goose_folder())
        .current_dir(workspace::root().join("bench/peers/goose"));
    say("building the user of Goose (some minutes the first time)");
    if let Err(error) = shell::run(&mut build) {
        say(format!("Goose is left out: {error:#}"));
        return None;
    }
    built_goose()
}

/// The small user of Goose, if it was built before.
pub(crate) fn built_goose() -> Option<PathBuf> {
    let program = goose_folder().join("release/goose-peer");
    program.is_file().then_some(program)
}

fn goose_folder() -> PathBuf {
    workspace::root().join("target/peers")
}

/// The version of Goose that its lock file names.
pub(crate) fn goose_version() -> Option<String> {
    let lock = workspace::root().join("bench/peers/goose/Cargo.lock");
    version_in_lock(&std::fs::read_to_string(lock).ok()?)
}

fn version_in_lock(lock: &str) -> Option<String> {
    let (_, rest) = lock.split_once("name = \"goose\"\nversion = \"")?;
    rest.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Peer, version_in_lock};

    #[test]
    fn failures_are_seen_in_what_each_peer_prints() {
        let check = |peer: Peer, fine: &str, failed: &str| {
            assert!(!peer.tells_failures(fine), "{fine}");
            assert!(peer.tells_failures(failed), "{failed}");
        };
        check(Peer::Wrk, "Requests/sec: 9", "Socket errors: connect 1");
        check(
            Peer::H2load,
            "requests: 9 total, 9 succeeded, 0 failed, 0 errored, 0 timeout",
            "requests: 9 total, 8 succeeded, 1 failed, 0 errored, 0 timeout",
        );
        check(
            Peer::Ab,
            "Failed requests:        0\n",
            "Failed requests:   3\n",
        );
        check(Peer::Oha, "  [200] 9 responses", "  [9] connection error");
    }

    #[test]
    fn the_version_of_goose_is_that_of_its_lock() {
        let lock = "[[package]]\nname = \"goose\"\nversion = \"0.18.1\"\nsource";
        assert_eq!(version_in_lock(lock).as_deref(), Some("0.18.1"));
    }
}
