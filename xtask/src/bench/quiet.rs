//! A quiet core, for times of fractions of a millisecond.
//!
//! In: the machine. Out: until it is dropped, cores that do not halt, since a virtual core that
//! halts is woken by its host, which takes up to milliseconds; and one core without the machine's
//! own work, since a thread of the kernel that reclaims memory holds a core for milliseconds and
//! lets nothing in between. Both belong to neither the generator nor the target, which share that
//! core. Never a share of their time: nothing runs there beside them.

use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::thread::{CpuSet, sched_setaffinity};

use super::generator::CORE;
use crate::process::Running;
use crate::shell::say;

/// What a process holds open that wants its cores awake: how late a core may wake, microseconds,
/// as an `s32` (Linux, PM QoS interface).
const LATENCY: &str = "/dev/cpu_dma_latency";
/// How long the core is kept busy, so that what else has it goes to the other and stays there.
const PUSH_S: &str = "2";
const PUSHED_WITHIN: Duration = Duration::from_secs(20);
/// How often it is looked whether the core runs, and from which delay on it stood still: the host
/// gives it to others for several milliseconds at a time.
const LOOK_EVERY: Duration = Duration::from_millis(1);
const STOOD_STILL: Duration = Duration::from_millis(4);

/// A core is quiet as long as this lives.
pub(crate) struct Quiet {
    latency: Option<File>,
}

/// Makes the generator's core quiet.
pub(crate) fn quiet() -> Result<Quiet> {
    let latency = File::options().write(true).open(LATENCY);
    let latency = latency.and_then(|mut file| {
        file.write_all(&0i32.to_ne_bytes())?;
        Ok(file)
    });
    if let Err(fault) = &latency {
        say(format!("cores may halt: {LATENCY}: {fault}"));
    }
    let busy = [
        "-c",
        CORE,
        "timeout",
        PUSH_S,
        "sh",
        "-c",
        "while :; do :; done",
    ];
    Running::start(Command::new("taskset").args(busy))?.wait(PUSHED_WITHIN)?;
    Ok(Quiet {
        latency: latency.ok(),
    })
}

impl Quiet {
    /// Runs `what`, and counts how often the core stood still meanwhile: a bare sleep on it was
    /// late. It cannot tell the host from somebody who holds the core for as long in one piece:
    /// when the generator was traced it held it for 3.4 ms at the most, and that after its load.
    pub(crate) fn watched<T>(&self, what: impl FnOnce() -> Result<T>) -> Result<(T, usize)> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let stalls = scope.spawn(|| stalls_until(&over));
            let done = what();
            over.store(true, Ordering::Relaxed);
            let stalls = stalls.join().expect("counting does not panic")?;
            Ok((done?, stalls))
        })
    }

    /// What a summary says of figures that were taken so.
    pub(crate) fn told(&self) -> &'static str {
        match self.latency {
            Some(_) => {
                "Generator and target share a core from which the machine's own work was pushed away, and no core halts: \
                 waking a virtual core is its host's time."
            }
            None => {
                "Generator and target share a core from which the machine's own work was pushed away."
            }
        }
    }
}

fn stalls_until(over: &AtomicBool) -> Result<usize> {
    let mut core = CpuSet::new();
    core.set(CORE.parse()?);
    sched_setaffinity(None, &core)?;
    let mut stalls = 0;
    while !over.load(Ordering::Relaxed) {
        let asleep = Instant::now();
        std::thread::sleep(LOOK_EVERY);
        if asleep.elapsed() > LOOK_EVERY + STOOD_STILL {
            stalls += 1;
        }
    }
    Ok(stalls)
}
