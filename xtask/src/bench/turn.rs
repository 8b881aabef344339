//! Turns: one generator after the other on the same core, each timed the same way.
//!
//! In: generators, a load, nginx. Out: for each turn the CPU time of the generator's whole process
//! tree and the requests that nginx counted.

use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::generator::{self, Generator, Load};
use super::nginx::Nginx;
use super::{Bench, median};
use crate::shell::say;

/// When start-up and ramp are over, in seconds after the process began.
const STEADY_FROM_S: f64 = 3.0;
/// How long before its planned end the steady part is closed, in seconds.
const STEADY_MARGIN_S: f64 = 0.5;

/// One turn of one generator.
pub(crate) struct Turn {
    pub(crate) generator: &'static str,
    users: u32,
    round: usize,
    requests: u64,
    user_s: f64,
    system_s: f64,
    steady_requests: u64,
    steady_cpu_s: f64,
    steady_s: f64,
    /// It says itself that it was not driven as asked.
    pub(crate) invalid: bool,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "requests of a run are far below 2^53"
)]
impl Turn {
    /// CPU µs per request of the whole life of the process, start-up included.
    pub(crate) fn cpu_us(&self) -> f64 {
        (self.user_s + self.system_s) * 1e6 / self.requests as f64
    }

    /// CPU µs in user mode per request, likewise.
    pub(crate) fn user_us(&self) -> f64 {
        self.user_s * 1e6 / self.requests as f64
    }

    /// CPU µs per request between start-up and end.
    pub(crate) fn steady_cpu_us(&self) -> f64 {
        self.steady_cpu_s * 1e6 / self.steady_requests as f64
    }

    pub(crate) fn steady_per_s(&self) -> f64 {
        self.steady_requests as f64 / self.steady_s
    }
}

/// All rounds of all generators, in turns: A B A B.
pub(crate) fn contest(
    bench: &Bench,
    generators: &[Generator],
    load: &Load<'_>,
) -> Result<Vec<Turn>> {
    let nginx = Nginx::start()?;
    let load = Load {
        url: &nginx.url,
        ..*load
    };
    let mut turns = Vec::new();
    for round in 1..=bench.rounds {
        for generator in generators {
            let turn = take(bench, &nginx, generator, &load, round)?;
            say(format!(
                "round {round}: {}: {:.2} µs per request",
                turn.generator,
                turn.cpu_us()
            ));
            turns.push(turn);
        }
    }
    Ok(turns)
}

fn take(
    bench: &Bench,
    nginx: &Nginx,
    generator: &Generator,
    load: &Load<'_>,
    round: usize,
) -> Result<Turn> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let before = nginx.requests()?;
    let running = generator.start(bench, load, &log)?;
    let id = running.id();

    generator::until(&running, STEADY_FROM_S);
    let (from, requests_from, cpu_from) = (
        running.started.elapsed(),
        nginx.requests()?,
        generator::cpu_so_far_s(id)?,
    );
    #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
    generator::until(&running, load.seconds as f64 - STEADY_MARGIN_S);
    let (to, requests_to, cpu_to) = (
        running.started.elapsed(),
        nginx.requests()?,
        generator::cpu_so_far_s(id)?,
    );

    let ended = generator.finish(running, load, &log)?;
    let requests = nginx.requests()?.saturating_sub(before);
    ensure!(
        requests > 0 && requests_to > requests_from,
        "{} sent no requests",
        generator.name
    );
    Ok(Turn {
        generator: generator.name,
        users: load.users,
        round,
        requests,
        user_s: ended.user_s,
        system_s: ended.system_s,
        steady_requests: requests_to - requests_from,
        steady_cpu_s: cpu_to - cpu_from,
        steady_s: (to - from).as_secs_f64(),
        invalid: generator.is_told_invalid(&ended),
    })
}

/// The median of a figure over the turns of the generator `name`; NaN where it took none.
pub(crate) fn middle(turns: &[Turn], name: &str, of: fn(&Turn) -> f64) -> f64 {
    let mine = turns.iter().filter(|turn| turn.generator == name);
    median(&mine.map(of).collect::<Vec<_>>())
}

/// The raw rows.
pub(crate) fn csv<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Result<String> {
    let mut text = String::from(
        "generator,round,users,requests,user_s,system_s,cpu_us_per_request,\
         steady_requests,steady_s,steady_cpu_s,steady_cpu_us_per_request,said\n",
    );
    for turn in turns {
        writeln!(
            text,
            "{},{},{},{},{:.3},{:.3},{:.3},{},{:.3},{:.3},{:.3},{}",
            turn.generator,
            turn.round,
            turn.users,
            turn.requests,
            turn.user_s,
            turn.system_s,
            turn.cpu_us(),
            turn.steady_requests,
            turn.steady_s,
            turn.steady_cpu_s,
            turn.steady_cpu_us(),
            if turn.invalid { "INVALID" } else { "fine" },
        )?;
    }
    Ok(text)
}
