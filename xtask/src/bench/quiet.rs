//! A quiet core, for times of fractions of a millisecond.
//!
//! In: the machine. Out: until it is dropped, cores that do not halt, since a virtual core that
//! halts is woken by its host, which takes up to milliseconds; and one core that nobody else may
//! use: a thread of the kernel that looks for memory to give back, or a service that looks at the
//! machine each second, holds a core for milliseconds and lets nothing in between. The generator
//! and the target share that core. Never a share of their time: nothing runs there beside them.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::generator::CORE;
use crate::shell::say;

/// What a process holds open that wants its cores awake: how late a core may wake, microseconds,
/// as an `s32` (Linux, PM QoS interface).
const LATENCY: &str = "/dev/cpu_dma_latency";
/// How often it is looked whether the core runs, and from which delay on it stood still: the host
/// gives it to others for several milliseconds at a time.
const LOOK_EVERY: Duration = Duration::from_millis(1);
const STOOD_STILL: Duration = Duration::from_millis(4);

/// A core is quiet as long as this lives.
pub(crate) struct Quiet {
    latency: Option<File>,
    /// The threads that were sent to other cores, and where they could run before.
    away: Vec<(Pid, CpuSet)>,
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
    let away = send_away(CORE.parse()?);
    if away.is_empty() {
        say(format!(
            "anybody may run on core {CORE}: nobody could be sent away"
        ));
    }
    Ok(Quiet {
        latency: latency.ok(),
        away,
    })
}

/// Keeps the kernel's threads and other programs' off a core, but those that were made for it. To
/// make the core busy for a while sends them away too, but they come back within minutes.
fn send_away(core: usize) -> Vec<(Pid, CpuSet)> {
    let mut away = Vec::new();
    for thread in threads_of_others() {
        let Ok(before) = sched_getaffinity(Some(thread)) else {
            continue;
        };
        let mut elsewhere = before;
        elsewhere.unset(core);
        let movable = before.is_set(core) && elsewhere.count() > 0;
        if movable && sched_setaffinity(Some(thread), &elsewhere).is_ok() {
            away.push((thread, before));
        }
    }
    away
}

/// Every thread of the machine but our own; what starts later is as its parent is.
fn threads_of_others() -> impl Iterator<Item = Pid> {
    let me = std::process::id().cast_signed();
    numbers_in("/proc".into())
        .filter(move |process| *process != me)
        .flat_map(|process| numbers_in(format!("/proc/{process}/task").into()))
        .filter_map(Pid::from_raw)
}

/// Entries of a folder whose names are numbers; none of a folder that is gone.
fn numbers_in(folder: PathBuf) -> impl Iterator<Item = i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

impl Drop for Quiet {
    fn drop(&mut self) {
        for (thread, before) in &self.away {
            // It may have ended meanwhile.
            let _ = sched_setaffinity(Some(*thread), before);
        }
    }
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
    pub(crate) fn told(&self) -> String {
        let mut text = String::from("Generator and target share a core");
        if !self.away.is_empty() {
            text.push_str(" that everybody else on the machine was kept off");
        }
        if self.latency.is_some() {
            text.push_str("; no core halts, since waking a virtual core is its host's time");
        }
        text.push('.');
        text
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
