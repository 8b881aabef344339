//! What a request of a Locust file costs, beside wrk and real Locust.
//!
//! In: generators that take turns on one core, nginx on the other. Out: rows and ratios of medians.

use std::fmt::Write as _;

use anyhow::Result;

use super::generator::{Generator, Load, Tool};
use super::peers::Peer;
use super::turn::{self, Turn};
use super::{Bench, Found};

const USERS: u32 = 64;

pub(crate) const WRK: Generator = Generator {
    name: "wrk",
    tool: Tool::Peer(Peer::Wrk),
};

const SMALLEST: &[Generator] = &[
    WRK,
    Generator {
        name: "Gatecrash HttpUser",
        tool: Tool::Gatecrash("http_user.py"),
    },
    Generator {
        name: "Gatecrash FastHttpUser",
        tool: Tool::Gatecrash("fast_http_user.py"),
    },
    Generator {
        name: "Locust FastHttpUser",
        tool: Tool::Locust("fast_http_user.py"),
    },
    Generator {
        name: "Locust HttpUser",
        tool: Tool::Locust("http_user.py"),
    },
];

const LIFELIKE: &[Generator] = &[
    WRK,
    Generator {
        name: "Gatecrash HttpUser",
        tool: Tool::Gatecrash("lifelike.py"),
    },
    Generator {
        name: "Locust HttpUser",
        tool: Tool::Locust("lifelike.py"),
    },
];

/// `self.client.get("/")` by 64 users without a wait.
pub(crate) fn smallest(bench: &Bench) -> Result<Found> {
    contest(bench, SMALLEST)
}

/// A file with names, headers, JSON, checks and a listener, by 64 users without a wait.
pub(crate) fn lifelike(bench: &Bench) -> Result<Found> {
    contest(bench, LIFELIKE)
}

fn contest(bench: &Bench, generators: &'static [Generator]) -> Result<Found> {
    let load = Load {
        users: USERS,
        spawn_rate: USERS,
        seconds: bench.seconds,
        ..Load::default()
    };
    let turns = turn::contest(bench, generators, &load)?;
    Ok(Found::without_bounds(
        turn::csv(&turns)?,
        summary(&turns, generators)?,
    ))
}

fn summary(turns: &[Turn], generators: &[Generator]) -> Result<String> {
    let middle = |name: &str, of: fn(&Turn) -> f64| turn::middle(turns, name, of);
    let ours = middle("Gatecrash HttpUser", Turn::cpu_us);
    let wrk = middle("wrk", Turn::cpu_us);
    let rounds = turns.len() / generators.len();
    let mut text = format!(
        "{USERS} users without a wait, medians of {rounds} rounds taken in turn. CPU is user + system time of the \
         generator's whole process, start-up included; `steady` leaves start-up and end out.\n\n\
         | generator | CPU µs per request | steady | requests/s | × wrk | × Gatecrash HttpUser |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    for generator in generators {
        let cpu = middle(generator.name, Turn::cpu_us);
        writeln!(
            text,
            "| {} | {cpu:.2} | {:.2} | {:.0} | {:.2} | {:.2} |",
            generator.name,
            middle(generator.name, Turn::steady_cpu_us),
            middle(generator.name, Turn::steady_per_s),
            cpu / wrk,
            cpu / ours,
        )?;
    }
    Ok(text)
}
