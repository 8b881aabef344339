//! A target that stands still for two seconds: who tells, and who does not.
//!
//! In: 100 requests per second for 20 s at a target that is stopped (SIGSTOP) on the way: once as
//! arrivals, once as ten users who wait for their answers. Out: response and service times of both,
//! and the target's own record.
//!
//! The truth is arithmetic. Of 2,000 arrivals the 200 that are due while the target stands wait
//! for the rest of its two seconds, evenly spread: P99 is 1.8 s, and 5 % wait longer than 1 s,
//! which is to say that P95 is 1 s.

use std::fmt::Write as _;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::generator;
use super::plans::{self, PlanRun};
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::http;
use crate::process::Service;
use crate::shell::say;

/// The scenarios of the plan: the open model, and the closed one beside it.
const MODELS: [&str; 2] = ["open", "closed"];
const FROZEN_AT_S: f64 = 8.0;
const FROZEN: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(70);
const FIGURES: [&str; 4] = ["p50", "p95", "p99", "max"];
/// What P95 and P99 are in truth, in milliseconds.
const TRUE_P95_MS: f64 = 1000.0;
const TRUE_P99_MS: f64 = 1800.0;
/// How far the reported figures may be from it.
const ALLOWED_SHARE: f64 = 0.02;
const ALLOWED_MS: f64 = 20.0;

struct Row {
    model: &'static str,
    round: usize,
    requests: f64,
    /// For how long the target stood.
    frozen_ms: f64,
    response_ms: [f64; FIGURES.len()],
    service_ms: [f64; FIGURES.len()],
    /// As the target timed its own answers.
    target_ms: [f64; FIGURES.len()],
    validity: String,
}

/// Both models, every round.
pub(crate) fn freeze(bench: &Bench) -> Result<Found> {
    let target = plans::target(bench, &[])?;
    let mut rows = Vec::new();
    for round in 1..=bench.rounds {
        for model in MODELS {
            let row = run(bench, &target, model, round)?;
            say(format!(
                "round {round}: {model}: P95 {} ms, P99 {} ms",
                figure(row.response_ms[1]),
                figure(row.response_ms[2])
            ));
            rows.push(row);
        }
    }
    Ok(Found {
        csv: csv(&rows)?,
        summary: summary(&rows, bench.rounds)?,
        verdicts: vec![
            bound(&rows, 2, TRUE_P99_MS, "P99 1.8 s"),
            bound(&rows, 1, TRUE_P95_MS, "5 % over 1 s, which is P95 1 s"),
            all_sent(&rows),
        ],
    })
}

fn run(bench: &Bench, target: &Service, model: &'static str, round: usize) -> Result<Row> {
    http::post(&target.url, "/truth/reset")?;
    let options = ["--scenario", model];
    let run = PlanRun::start(bench, "freeze.yaml", &target.url, &options)?;
    generator::until(&run.running, FROZEN_AT_S);
    let frozen_ms = stand_still(target)?;
    let told = run.finish(LIMIT)?;
    let truth = plans::truth(&target.url)?;
    let figures = |time: &str| -> Result<[f64; FIGURES.len()]> {
        let mut values = [0.0; FIGURES.len()];
        for (value, figure) in values.iter_mut().zip(FIGURES) {
            *value = match time {
                "target" => plans::of_truth(&truth, &format!("/latency_ms/{figure}"))?,
                time => told.number(0, &format!("/total/{time}/{figure}"))?,
            };
        }
        Ok(values)
    };
    Ok(Row {
        model,
        round,
        requests: told.number(0, "/total/requests")?,
        frozen_ms,
        response_ms: figures("response_time_ms")?,
        service_ms: figures("service_time_ms")?,
        target_ms: figures("target")?,
        validity: told.validity().to_owned(),
    })
}

/// Stops the target for [`FROZEN`]; gives for how long it really stood.
fn stand_still(target: &Service) -> Result<f64> {
    let signal = |name: &str| -> Result<()> {
        let id = target.id().to_string();
        let status = Command::new("kill").args([name, &id]).status()?;
        ensure!(status.success(), "cannot send {name} to the target");
        Ok(())
    };
    signal("-STOP")?;
    let stopped = Instant::now();
    sleep(FROZEN);
    signal("-CONT")?;
    Ok(stopped.elapsed().as_secs_f64() * 1e3)
}

fn middle(rows: &[Row], model: &str, of: impl Fn(&Row) -> f64) -> f64 {
    let mine = rows.iter().filter(|row| row.model == model);
    median(&mine.map(of).collect::<Vec<_>>())
}

fn bound(rows: &[Row], place: usize, true_ms: f64, name: &str) -> Verdict {
    let reported_ms = middle(rows, "open", |row| row.response_ms[place]);
    let allowed_ms = true_ms * ALLOWED_SHARE + ALLOWED_MS;
    Verdict::new(
        format!("arrivals: {name}, ± 2 % + {ALLOWED_MS} ms"),
        format!("{reported_ms:.0} ms"),
        (reported_ms - true_ms).abs() <= allowed_ms,
    )
}

fn all_sent(rows: &[Row]) -> Verdict {
    const ARRIVALS: f64 = 2000.0;
    let mut open = rows.iter().filter(|row| row.model == "open");
    let least = open
        .clone()
        .map(|row| row.requests)
        .fold(f64::NAN, f64::min);
    let all = open.all(|row| row.requests == ARRIVALS);
    Verdict::new("arrivals: all 2,000 were sent", format!("{least}"), all)
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut text =
        String::from("model,round,requests,frozen_ms,time,p50_ms,p95_ms,p99_ms,max_ms,validity\n");
    for row in rows {
        let times = [
            ("response", row.response_ms),
            ("service", row.service_ms),
            ("target", row.target_ms),
        ];
        for (time, [p50, p95, p99, max]) in times {
            let (model, round, requests) = (row.model, row.round, row.requests);
            writeln!(
                text,
                "{model},{round},{requests},{:.1},{time},{p50},{p95},{p99},{max},{}",
                row.frozen_ms, row.validity
            )?;
        }
    }
    Ok(text)
}

fn summary(rows: &[Row], rounds: usize) -> Result<String> {
    let mut text = format!(
        "100 requests per second asked for 20 s, the target stopped for 2 s on the way; medians of {rounds} rounds, in \
         milliseconds.\n\n| load | figure | requests | P50 | P95 | P99 | max |\n|---|---|---:|---:|---:|---:|---:|\n"
    );
    type Of = fn(&Row) -> [f64; FIGURES.len()];
    let lines: [(&str, &str, &str, Of); 4] = [
        (
            "open",
            "arrivals at a rate",
            "response time, from due",
            |row| row.response_ms,
        ),
        (
            "open",
            "arrivals at a rate",
            "service time, from the send",
            |row| row.service_ms,
        ),
        (
            "open",
            "arrivals at a rate",
            "the target's own record",
            |row| row.target_ms,
        ),
        (
            "closed",
            "ten users, a request each 100 ms",
            "service time, from the send",
            |row| row.service_ms,
        ),
    ];
    for (model, load, time, of) in lines {
        let requests = middle(rows, model, |row| row.requests);
        write!(text, "| {load} | {time} | {requests} |")?;
        for place in 0..FIGURES.len() {
            write!(
                text,
                " {} |",
                figure(middle(rows, model, |row| of(row)[place]))
            )?;
        }
        text.push('\n');
    }
    text.push_str(
        "\nThe first line is the truth. The second does not flatter here: nothing but the cap holds an arrival back, so \
         it is sent when it is due, on a connection of its own if need be, and waits in the kernel of the target's \
         machine. A service time flatters where a request is not sent while another waits: that is the last line, of \
         the same load by users who wait for their answers. The third is what the target itself would log: it counts \
         from when it reads a request, and it read nothing while it stood.\n",
    );
    Ok(text)
}
