//! Many users in one process: what each weighs, and what it costs to start one.
//!
//! In: plans with few users and with many, targets that count. Out: resident memory per user beyond
//! the base, CPU time per started user, requests told and counted.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::generator;
use super::nginx::Nginx;
use super::plans::{self, PlanRun, Told};
use super::verdict::{Verdict, figure};
use super::{Bench, Found, median};
use crate::http;
use crate::process::Service;
use crate::shell::say;

/// The base.
const FEW: u32 = 10;
/// The largest CPU time to start a user, in milliseconds.
const START_MAX_MS: f64 = 0.1;

/// How long it may take until all stand.
const STANDS_WITHIN: Duration = Duration::from_secs(40);

/// One kind of user, and its bound.
struct Crowd {
    name: &'static str,
    file: &'static str,
    many: u32,
    /// How it is known that all are there.
    stands: Stands,
    /// When the memory is read, in seconds after the start.
    weighed_at_s: f64,
    /// Within which the run ends.
    limit: Duration,
    max_kib: f64,
}

/// When a crowd is complete.
#[derive(Clone, Copy)]
enum Stands {
    /// When the target has as many connections.
    Connected,
    /// So many seconds after the start: nobody else can see them.
    After(f64),
}

/// What serves them.
enum Target {
    Nginx(Nginx),
    Own(Service),
}

/// One run with so many users.
struct Weighed {
    resident_kib: f64,
    /// CPU time until all stood.
    start_cpu_s: f64,
    /// Connections or sockets at the target when the memory was read.
    open: f64,
    users: f64,
    requests: f64,
    failures: f64,
    /// What the target counted.
    counted: f64,
}

impl Weighed {
    /// Resident memory of each user beyond those of `few`.
    fn kib_per_user(&self, few: &Weighed) -> f64 {
        (self.resident_kib - few.resident_kib) / (self.users - few.users)
    }

    /// CPU time of each user beyond those of `few`, in milliseconds.
    fn start_ms(&self, few: &Weighed) -> f64 {
        (self.start_cpu_s - few.start_cpu_s) * 1e3 / (self.users - few.users)
    }
}

/// The base, and a run with many in every round.
struct Runs {
    few: Weighed,
    many: Vec<Weighed>,
}

impl Runs {
    fn all(&self) -> impl Iterator<Item = &Weighed> {
        std::iter::once(&self.few).chain(&self.many)
    }

    /// The median of a figure over the rounds.
    fn middle(&self, of: impl Fn(&Weighed) -> f64) -> f64 {
        median(&self.many.iter().map(of).collect::<Vec<_>>())
    }

    fn kib_per_user(&self) -> f64 {
        self.middle(|run| run.kib_per_user(&self.few))
    }

    fn start_ms(&self) -> f64 {
        self.middle(|run| run.start_ms(&self.few))
    }
}

/// HTTP users with a kept connection each, for a minute.
pub(crate) fn users(bench: &Bench) -> Result<Found> {
    let crowd = Crowd {
        name: "HTTP user",
        file: "crowd.yaml",
        many: bench.pick(10_000, 1000),
        stands: Stands::Connected,
        weighed_at_s: bench.pick(65.0, 12.0),
        limit: Duration::from_secs(150),
        max_kib: 8.0,
    };
    let target = Target::Nginx(Nginx::start()?);
    contest(bench, &crowd, &target)
}

/// WebSockets that are open for a minute, with a message each ten seconds.
pub(crate) fn sockets(bench: &Bench) -> Result<Found> {
    let crowd = Crowd {
        name: "WebSocket",
        file: "sockets.yaml",
        many: bench.pick(10_000, 1000),
        stands: Stands::Connected,
        weighed_at_s: bench.pick(65.0, 12.0),
        limit: Duration::from_secs(150),
        max_kib: 16.0,
    };
    let target = Target::Own(plans::target(bench, &[])?);
    contest(bench, &crowd, &target)
}

/// Users who have not connected yet.
pub(crate) fn waiting(bench: &Bench) -> Result<Found> {
    let crowd = Crowd {
        name: "user not yet connected",
        file: "waiting.yaml",
        many: bench.pick(50_000, 5000),
        stands: Stands::After(10.0),
        weighed_at_s: 12.0,
        limit: Duration::from_secs(60),
        max_kib: 2.0,
    };
    let target = Target::Nginx(Nginx::start()?);
    contest(bench, &crowd, &target)
}

fn contest(bench: &Bench, crowd: &Crowd, target: &Target) -> Result<Found> {
    let mut runs = Runs {
        few: weigh(bench, crowd, target, FEW)?,
        many: Vec::new(),
    };
    for round in 1..=bench.rounds {
        let many = weigh(bench, crowd, target, crowd.many)?;
        say(format!(
            "round {round}: {}: {:.2} KiB, {:.4} ms of CPU to start",
            crowd.name,
            many.kib_per_user(&runs.few),
            many.start_ms(&runs.few)
        ));
        runs.many.push(many);
    }
    Ok(Found {
        csv: csv(&runs)?,
        summary: summary(&runs, crowd)?,
        verdicts: bounds(&runs, crowd),
    })
}

fn weigh(bench: &Bench, crowd: &Crowd, target: &Target, users: u32) -> Result<Weighed> {
    let before = target.begin()?;
    let count = users.to_string();
    let options = ["--users", &count];
    let run = PlanRun::start(bench, crowd.file, target.url(), &options)?;
    let id = run.running.id();
    match crowd.stands {
        Stands::Connected => target.wait_for(users)?,
        Stands::After(seconds) => generator::until(&run.running, seconds),
    }
    let start_cpu_s = generator::cpu_so_far_s(id)?;
    generator::until(&run.running, crowd.weighed_at_s);
    let (resident_kib, open) = (generator::resident_kib(id)?, target.open()?);
    let told = run.finish(crowd.limit)?;
    Ok(Weighed {
        resident_kib,
        start_cpu_s,
        open,
        users: told.number(0, "/arrivals/users/peak")?,
        requests: target.requests_told(&told)?,
        failures: told.number(0, "/total/failures")?,
        counted: target.counted_since(before)?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
impl Target {
    fn url(&self) -> &str {
        match self {
            Target::Nginx(nginx) => &nginx.url,
            Target::Own(service) => &service.url,
        }
    }

    /// The count at the beginning of a run.
    fn begin(&self) -> Result<f64> {
        match self {
            Target::Nginx(nginx) => Ok(nginx.requests()? as f64),
            Target::Own(service) => {
                http::post(&service.url, "/truth/reset")?;
                Ok(0.0)
            }
        }
    }

    /// Connections or sockets that are open now.
    fn open(&self) -> Result<f64> {
        match self {
            Target::Nginx(nginx) => Ok(nginx.connections()? as f64),
            Target::Own(service) => {
                let truth = plans::truth(&service.url)?;
                // Before the first one there is no such entry.
                let open = truth.pointer("/sockets/~1ws~1echo/open");
                Ok(open.and_then(Value::as_f64).unwrap_or_default())
            }
        }
    }

    /// Until so many are open.
    fn wait_for(&self, users: u32) -> Result<()> {
        let deadline = Instant::now() + STANDS_WITHIN;
        while self.open()? < f64::from(users) {
            ensure!(
                Instant::now() < deadline,
                "{users} users do not stand after {} s",
                STANDS_WITHIN.as_secs()
            );
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What the run told of what [`Target::counted_since`] counts: requests, or messages.
    fn requests_told(&self, told: &Told) -> Result<f64> {
        match self {
            Target::Nginx(_) => told.number(0, "/total/requests"),
            Target::Own(_) => told.number_of("send", "/requests"),
        }
    }

    /// Requests, or messages, since [`Target::begin`].
    fn counted_since(&self, before: f64) -> Result<f64> {
        match self {
            Target::Nginx(nginx) => Ok(nginx.requests()? as f64 - before),
            Target::Own(service) => {
                let truth = plans::truth(&service.url)?;
                plans::of_truth(&truth, "/sockets/~1ws~1echo/messages_in")
            }
        }
    }
}

fn bounds(runs: &Runs, crowd: &Crowd) -> Vec<Verdict> {
    let (name, many) = (crowd.name, crowd.many);
    let failures: f64 = runs.all().map(|run| run.failures).sum();
    let all = runs.all().count();
    let counted = runs.all().filter(|run| run.requests == run.counted).count();
    let stood = runs.many.iter().map(|run| run.users);
    let stood = stood.fold(f64::NAN, f64::min);
    vec![
        Verdict::at_most(
            format!("{name}: ≤ {} KiB each", crowd.max_kib),
            runs.kib_per_user(),
            crowd.max_kib,
            " KiB",
        ),
        Verdict::at_most(
            format!("{name}: ≤ {START_MAX_MS} ms of CPU to start one"),
            runs.start_ms(),
            START_MAX_MS,
            " ms",
        ),
        Verdict::new(
            format!("{name}: {many} at once"),
            format!("{stood}"),
            stood == f64::from(many),
        ),
        Verdict::new(
            format!("{name}: none failed"),
            format!("{failures} failed"),
            failures == 0.0,
        ),
        Verdict::new(
            format!("{name}: the target's count is ours"),
            format!("in {counted} of {all} runs"),
            counted == all,
        ),
    ]
}

fn csv(runs: &Runs) -> Result<String> {
    let mut text = String::from(
        "round,users,open_at_target,resident_kib,start_cpu_s,requests,failures,counted\n",
    );
    // The base is round 0.
    for (round, run) in runs.all().enumerate() {
        writeln!(
            text,
            "{round},{},{},{:.0},{:.2},{},{},{}",
            run.users,
            run.open,
            run.resident_kib,
            run.start_cpu_s,
            run.requests,
            run.failures,
            run.counted
        )?;
    }
    Ok(text)
}

fn summary(runs: &Runs, crowd: &Crowd) -> Result<String> {
    let mut text = format!(
        "{} users of `bench/plans/{}` in one process beyond {FEW}, medians of {} rounds. Memory is what was resident \
         {} s after the start; the CPU time is that until all stood, their first requests included.\n\n\
         | | KiB each | CPU to start one, ms | open at the target | requests | failed | counted |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
        crowd.many,
        crowd.file,
        runs.many.len(),
        crowd.weighed_at_s
    );
    writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {} |",
        crowd.name,
        figure(runs.kib_per_user()),
        figure(runs.start_ms()),
        runs.middle(|run| run.open),
        runs.middle(|run| run.requests),
        runs.middle(|run| run.failures),
        runs.middle(|run| run.counted)
    )?;
    Ok(text)
}
