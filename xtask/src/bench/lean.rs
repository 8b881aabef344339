//! What a user weighs, and how soon the first request is on its way.
//!
//! In: generators on their core. Out: KiB per user beyond the base; seconds from the start of the
//! process to the first request at a listener of our own.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::generator::{self, Generator, Load, Tool};
use super::nginx::Nginx;
use super::{Bench, Found, median};
use crate::shell::say;

const GATECRASH: &str = "Gatecrash HttpUser";
const LOCUST: &str = "Locust HttpUser";

/// The base, and the crowd.
const FEW: u32 = 10;
const MANY: u32 = 2000;
/// Users started per second, so that a crowd stands after ten seconds.
const SPAWN_RATE: u32 = 200;
/// When memory is read, and when the run ends, in seconds after the start.
const WEIGHED_AT_S: f64 = 18.0;
const WEIGHING_S: u64 = 19;

/// Memory per user at 2,000 users beyond the base of 10.
pub(crate) fn memory(bench: &Bench) -> Result<Found> {
    let generators = [
        Generator {
            name: GATECRASH,
            tool: Tool::Gatecrash("resting.py"),
        },
        Generator {
            name: LOCUST,
            tool: Tool::Locust("resting.py"),
        },
    ];
    let nginx = Nginx::start()?;
    let mut csv = String::from(
        "generator,round,resident_kib_10_users,resident_kib_2000_users,kib_per_user\n",
    );
    let mut summary = format!(
        "Resident memory per user at {MANY} users beyond that of {FEW}, each with one kept connection, \
         medians of {} rounds.\n\n| generator | KiB per user |\n|---|---:|\n",
        bench.rounds
    );
    for generator in &generators {
        let mut values = Vec::new();
        for round in 1..=bench.rounds {
            let (few, many) = (
                weigh(bench, &nginx, generator, FEW)?,
                weigh(bench, &nginx, generator, MANY)?,
            );
            let per_user = (many - few) / f64::from(MANY - FEW);
            say(format!(
                "round {round}: {}: {per_user:.1} KiB per user",
                generator.name
            ));
            writeln!(
                csv,
                "{},{round},{few:.0},{many:.0},{per_user:.2}",
                generator.name
            )?;
            values.push(per_user);
        }
        writeln!(summary, "| {} | {:.1} |", generator.name, median(&values))?;
    }
    Ok(Found::without_bounds(csv, summary))
}

/// Resident KiB with so many users, after each of them has sent a request.
fn weigh(bench: &Bench, nginx: &Nginx, generator: &Generator, users: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let load = Load {
        url: &nginx.url,
        users,
        spawn_rate: SPAWN_RATE,
        seconds: WEIGHING_S,
        ..Load::default()
    };
    let before = nginx.requests()?;
    let running = generator.start(bench, &load, &log)?;
    generator::until(&running, WEIGHED_AT_S);
    let resident = generator::resident_kib(running.id())?;
    let requests = nginx.requests()?.saturating_sub(before);
    generator.finish(running, &load, &log)?;
    ensure!(
        requests >= u64::from(users),
        "{}: {requests} requests of {users} users",
        generator.name
    );
    Ok(resident)
}

/// Longer than any generator takes to start.
const START_WITHIN: Duration = Duration::from_secs(30);

/// From the start of the process to the first byte of its first request.
pub(crate) fn start(bench: &Bench) -> Result<Found> {
    let generators = [
        Generator {
            name: GATECRASH,
            tool: Tool::Gatecrash("http_user.py"),
        },
        Generator {
            name: LOCUST,
            tool: Tool::Locust("http_user.py"),
        },
    ];
    for generator in &generators {
        // Once for the disk's cache and Python's compiled files.
        first_request_s(bench, generator)?;
    }
    let mut csv = String::from("generator,round,first_request_s\n");
    let mut values = vec![Vec::new(); generators.len()];
    for round in 1..=bench.rounds {
        for (generator, values) in generators.iter().zip(&mut values) {
            let took_s = first_request_s(bench, generator)?;
            say(format!("round {round}: {}: {took_s:.3} s", generator.name));
            writeln!(csv, "{},{round},{took_s:.4}", generator.name)?;
            values.push(took_s);
        }
    }
    let mut summary = format!(
        "From the start of the process to its first request, one class, one user, medians of {} rounds.\n\n\
         | generator | seconds |\n|---|---:|\n",
        bench.rounds
    );
    for (generator, values) in generators.iter().zip(&values) {
        writeln!(summary, "| {} | {:.3} |", generator.name, median(values))?;
    }
    Ok(Found::without_bounds(csv, summary))
}

fn first_request_s(bench: &Bench, generator: &Generator) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let load = Load {
        url: &url,
        users: 1,
        spawn_rate: 1,
        seconds: 30,
        ..Load::default()
    };
    let running = generator.start(bench, &load, &folder.path().join("log"))?;
    let mut connection = accept(&listener, running.started + START_WITHIN)
        .with_context(|| format!("{} sent no request", generator.name))?;
    connection.read_exact(&mut [0])?;
    let took = running.started.elapsed();
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(took.as_secs_f64())
}

fn accept(listener: &TcpListener, deadline: Instant) -> Result<TcpStream> {
    while Instant::now() < deadline {
        match listener.accept() {
            Ok((connection, _)) => {
                connection.set_nonblocking(false)?;
                connection.set_read_timeout(Some(START_WITHIN))?;
                return Ok(connection);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_micros(200))
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("nothing connected within {} s", START_WITHIN.as_secs())
}
