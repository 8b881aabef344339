//! What a request costs: CPU of the generator's whole process tree per request at the target.
//!
//! In: generators that take turns on one core, nginx on the other. Out: rows and ratios of medians.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::generator::{self, Generator, Load, Tool};
use super::nginx::Nginx;
use super::{Bench, Found, median};
use crate::shell::say;

const USERS: u32 = 64;
/// When start-up and ramp are over, in seconds after the process began.
const STEADY_FROM_S: f64 = 3.0;
/// How long before its planned end the steady part is closed, in seconds.
const STEADY_MARGIN_S: f64 = 0.5;

const WRK: Generator = Generator {
    name: "wrk",
    tool: Tool::Wrk,
    file: "",
};

const SMALLEST: &[Generator] = &[
    WRK,
    Generator {
        name: "Gatecrash HttpUser",
        tool: Tool::Gatecrash,
        file: "http_user.py",
    },
    Generator {
        name: "Gatecrash FastHttpUser",
        tool: Tool::Gatecrash,
        file: "fast_http_user.py",
    },
    Generator {
        name: "Locust FastHttpUser",
        tool: Tool::Locust,
        file: "fast_http_user.py",
    },
    Generator {
        name: "Locust HttpUser",
        tool: Tool::Locust,
        file: "http_user.py",
    },
];

const LIFELIKE: &[Generator] = &[
    WRK,
    Generator {
        name: "Gatecrash HttpUser",
        tool: Tool::Gatecrash,
        file: "lifelike.py",
    },
    Generator {
        name: "Locust HttpUser",
        tool: Tool::Locust,
        file: "lifelike.py",
    },
];

/// One turn of one generator.
struct Turn {
    generator: &'static str,
    round: usize,
    requests: u64,
    user_s: f64,
    system_s: f64,
    steady_requests: u64,
    steady_cpu_s: f64,
    steady_s: f64,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "requests of a run are far below 2^53"
)]
impl Turn {
    /// CPU µs per request of the whole life of the process, start-up included.
    fn cpu_us(&self) -> f64 {
        (self.user_s + self.system_s) * 1e6 / self.requests as f64
    }

    /// CPU µs per request between start-up and end.
    fn steady_cpu_us(&self) -> f64 {
        self.steady_cpu_s * 1e6 / self.steady_requests as f64
    }

    fn steady_per_s(&self) -> f64 {
        self.steady_requests as f64 / self.steady_s
    }
}

/// `self.client.get("/")` by 64 users without a wait.
pub(crate) fn smallest(bench: &Bench) -> Result<Found> {
    contest(bench, SMALLEST)
}

/// A file with names, headers, JSON, checks and a listener, by 64 users without a wait.
pub(crate) fn lifelike(bench: &Bench) -> Result<Found> {
    contest(bench, LIFELIKE)
}

fn contest(bench: &Bench, generators: &'static [Generator]) -> Result<Found> {
    let nginx = Nginx::start()?;
    let mut turns = Vec::new();
    for round in 1..=bench.rounds {
        for generator in generators {
            let turn = take_turn(bench, &nginx, generator, round)?;
            say(format!(
                "round {round}: {}: {:.2} µs per request",
                turn.generator,
                turn.cpu_us()
            ));
            turns.push(turn);
        }
    }
    Ok(Found {
        csv: csv(&turns)?,
        summary: summary(&turns, generators)?,
    })
}

fn take_turn(
    bench: &Bench,
    nginx: &Nginx,
    generator: &'static Generator,
    round: usize,
) -> Result<Turn> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let load = Load {
        url: &nginx.url,
        users: USERS,
        spawn_rate: USERS,
        seconds: bench.seconds,
        csv: None,
    };
    let before = nginx.requests()?;
    let running = generator.start(bench, &load, &log)?;
    let id = running.id();

    generator::until(&running, STEADY_FROM_S);
    let (from, requests_from, cpu_from) = (
        running.started.elapsed(),
        nginx.requests()?,
        generator::cpu_so_far_s(id)?,
    );
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    generator::until(&running, bench.seconds as f64 - STEADY_MARGIN_S);
    let (to, requests_to, cpu_to) = (
        running.started.elapsed(),
        nginx.requests()?,
        generator::cpu_so_far_s(id)?,
    );

    let ended = generator.finish(running, &load, &log)?;
    // Three questions of our own came in between, the last included; one within the steady part.
    let requests = nginx.requests()?.saturating_sub(before + 3);
    ensure!(
        requests > 0 && requests_to > requests_from + 1,
        "{} sent no requests",
        generator.name
    );
    Ok(Turn {
        generator: generator.name,
        round,
        requests,
        user_s: ended.user_s,
        system_s: ended.system_s,
        steady_requests: requests_to - requests_from - 1,
        steady_cpu_s: cpu_to - cpu_from,
        steady_s: (to - from).as_secs_f64(),
    })
}

fn csv(turns: &[Turn]) -> Result<String> {
    let mut text = String::from(
        "generator,round,users,requests,user_s,system_s,cpu_us_per_request,\
         steady_requests,steady_s,steady_cpu_s,steady_cpu_us_per_request\n",
    );
    for turn in turns {
        writeln!(
            text,
            "{},{},{USERS},{},{:.3},{:.3},{:.3},{},{:.3},{:.3},{:.3}",
            turn.generator,
            turn.round,
            turn.requests,
            turn.user_s,
            turn.system_s,
            turn.cpu_us(),
            turn.steady_requests,
            turn.steady_s,
            turn.steady_cpu_s,
            turn.steady_cpu_us(),
        )?;
    }
    Ok(text)
}

fn summary(turns: &[Turn], generators: &[Generator]) -> Result<String> {
    let middle = |name: &str, of: fn(&Turn) -> f64| {
        let values: Vec<f64> = turns
            .iter()
            .filter(|turn| turn.generator == name)
            .map(of)
            .collect();
        median(&values)
    };
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
