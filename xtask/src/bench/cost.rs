//! What a request of a plan, or of a user in Rust, costs beside the generators of others.
//!
//! In: generators that take turns on one core, nginx on the other, which counts the requests. Out:
//! CPU time of each generator's whole process tree per request, and the bounds on ours. A
//! generator that is not installed is named so.

use std::fmt::Write as _;

use anyhow::Result;

use super::generator::{Generator, Load, Tool};
use super::peers::Peer;
use super::speed::WRK;
use super::turn::{self, Turn};
use super::verdict::{Verdict, figure};
use super::{Bench, Found};

const PLAN: Generator = Generator {
    name: "Gatecrash plan",
    tool: Tool::Plan("smallest.yaml"),
};

const RUST: Generator = Generator {
    name: "Gatecrash user in Rust",
    tool: Tool::Rust("bench-smallest"),
};

const TEMPLATED: Generator = Generator {
    name: "Gatecrash plan, templated",
    tool: Tool::Plan("templated.yaml"),
};

/// How many connections there are.
const CONNECTIONS: [u32; 2] = [64, 1000];
/// What the smallest request, and one with everything, may cost beside wrk's.
const SMALLEST_MAX: f64 = 1.05;
const TEMPLATED_MAX: f64 = 2.0;
/// What a fixed rate may cost beside oha's.
const PACED_MAX: f64 = 0.95;
const RATE_PER_S: u32 = 10_000;

/// The smallest request without a pause, at 64 and at 1,000 connections.
pub(crate) fn smallest(bench: &Bench) -> Result<Found> {
    let others = Peer::OTHERS.map(peer);
    let (here, missing): (Vec<_>, Vec<_>) = others.into_iter().partition(|one| is_here(one, bench));
    let generators = [vec![WRK, PLAN, RUST], here].concat();
    let mut found = Found::default();
    let mut all = Vec::new();
    for users in CONNECTIONS {
        let turns = contest(bench, &generators, users, None)?;
        writeln!(found.summary, "{users} connections, {}.\n", how(bench))?;
        found.summary += &table(&turns, &generators, &missing, "wrk")?;
        found.summary.push('\n');
        found
            .verdicts
            .extend(smallest_bounds(&turns, &generators, users));
        all.extend(turns);
    }
    found.csv = turn::csv(&all)?;
    Ok(found)
}

fn smallest_bounds(turns: &[Turn], generators: &[Generator], users: u32) -> Vec<Verdict> {
    let cpu = |name: &str| turn::middle(turns, name, Turn::cpu_us);
    let mut bounds = Vec::new();
    for ours in [PLAN, RUST] {
        bounds.push(Verdict::at_most(
            format!("{} ≤ {SMALLEST_MAX} × wrk, {users} connections", ours.name),
            cpu(ours.name) / cpu(WRK.name),
            SMALLEST_MAX,
            " ×",
        ));
        let others = generators.iter().filter(|one| is_other(one));
        bounds.extend(others.map(|other| {
            let (our_us, their_us) = (cpu(ours.name), cpu(other.name));
            Verdict::new(
                format!("{} below {}, {users} connections", ours.name, other.name),
                format!("{} against {} µs", figure(our_us), figure(their_us)),
                our_us < their_us,
            )
        }));
    }
    bounds
}

/// A filled-in URL and body, a value taken and a check, beside the smallest request of wrk.
pub(crate) fn templated(bench: &Bench) -> Result<Found> {
    let generators = [WRK, TEMPLATED];
    let turns = contest(bench, &generators, CONNECTIONS[0], None)?;
    let cpu = |name: &str| turn::middle(&turns, name, Turn::cpu_us);
    Ok(Found {
        csv: turn::csv(&turns)?,
        summary: format!(
            "{} connections, {}. wrk sends its constant GET; the plan fills in a URL and a JSON body, takes a value \
             from the answer's JSON and checks another.\n\n{}",
            CONNECTIONS[0],
            how(bench),
            table(&turns, &generators, &[], "wrk")?
        ),
        verdicts: vec![Verdict::at_most(
            format!("{} ≤ {TEMPLATED_MAX} × wrk", TEMPLATED.name),
            cpu(TEMPLATED.name) / cpu(WRK.name),
            TEMPLATED_MAX,
            " ×",
        )],
    })
}

/// A fixed rate that a core keeps with ease, beside oha's.
pub(crate) fn paced(bench: &Bench) -> Result<Found> {
    let oha = peer(Peer::Oha);
    let (here, missing): (Vec<_>, Vec<_>) =
        [oha, PLAN].into_iter().partition(|one| is_here(one, bench));
    let turns = contest(bench, &here, CONNECTIONS[0], Some(RATE_PER_S))?;
    let cpu = |name: &str| turn::middle(&turns, name, Turn::cpu_us);
    let ratio = cpu(PLAN.name) / cpu(oha.name);
    let claim = format!("{} ≤ {PACED_MAX} × oha at {RATE_PER_S}/s", PLAN.name);
    let is_driven = !turns.iter().any(|turn| turn.invalid);
    let verdicts = match missing.is_empty() {
        true => vec![
            Verdict::at_most(claim, ratio, PACED_MAX, " ×"),
            Verdict::new("no run of ours INVALID", said(&turns), is_driven),
        ],
        false => vec![Verdict::new(claim, "oha is not installed", false)],
    };
    Ok(Found {
        csv: turn::csv(&turns)?,
        summary: format!(
            "{RATE_PER_S}/s asked, {}. oha has {} connections and runs with `--latency-correction`; a plan has as many \
             as it takes.\n\n{}",
            how(bench),
            CONNECTIONS[0],
            table(&turns, &here, &missing, "oha")?
        ),
        verdicts,
    })
}

fn said(turns: &[Turn]) -> String {
    let invalid = turns.iter().filter(|turn| turn.invalid).count();
    format!("{invalid} INVALID")
}

fn peer(peer: Peer) -> Generator {
    Generator {
        name: peer.name(),
        tool: Tool::Peer(peer),
    }
}

fn is_here(generator: &Generator, bench: &Bench) -> bool {
    match generator.tool {
        Tool::Peer(peer) => peer.is_here(bench),
        _ => true,
    }
}

fn is_other(generator: &Generator) -> bool {
    matches!(generator.tool, Tool::Peer(peer) if peer != Peer::Wrk)
}

fn how(bench: &Bench) -> String {
    format!(
        "medians of {} rounds of {} s taken in turn; CPU is user + system time of the generator's whole process, \
         start-up included, by the requests that nginx counted; `user` is the part in user mode",
        bench.rounds, bench.seconds
    )
}

fn contest(
    bench: &Bench,
    generators: &[Generator],
    users: u32,
    rate_per_s: Option<u32>,
) -> Result<Vec<Turn>> {
    let load = Load {
        users,
        seconds: bench.seconds,
        rate_per_s,
        ..Load::default()
    };
    turn::contest(bench, generators, &load)
}

/// A row for each generator, with its ratio to the generator `beside`.
fn table(
    turns: &[Turn],
    generators: &[Generator],
    missing: &[Generator],
    beside: &str,
) -> Result<String> {
    let middle = |name: &str, of: fn(&Turn) -> f64| turn::middle(turns, name, of);
    let one = middle(beside, Turn::cpu_us);
    let mut text = format!(
        "| generator | CPU µs per request | user | steady | requests/s | × {beside} |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    for Generator { name, .. } in generators {
        let cpu = middle(name, Turn::cpu_us);
        writeln!(
            text,
            "| {name} | {cpu:.2} | {:.2} | {:.2} | {:.0} | {:.2} |",
            middle(name, Turn::user_us),
            middle(name, Turn::steady_cpu_us),
            middle(name, Turn::steady_per_s),
            cpu / one,
        )?;
    }
    for Generator { name, .. } in missing {
        writeln!(text, "| {name} | not installed | – | – | – | – |")?;
    }
    Ok(text)
}
