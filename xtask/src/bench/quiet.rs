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
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
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
/// Waits for the end of its input and does what stood there. Whatever ends us ends that input, and
/// Ctrl-C, which reaches this shell too, does not end it before.
const AT_THE_END: &str = "trap '' HUP INT TERM; input=$(cat); eval \"$input\" > /dev/null 2>&1";

/// A core is quiet as long as this lives.
pub(crate) struct Quiet {
    latency: Option<File>,
    away: Away,
}

/// Threads that were sent away from a core. They may run where they could before when this is
/// dropped, or when we die, in whatever way: nobody's machine should keep a core for nobody.
struct Away {
    shell: Child,
    threads: usize,
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
    let away = Away::from(CORE.parse()?, threads_of_others())?;
    let threads = away.threads;
    say(format!(
        "core {CORE} is kept from {threads} other threads until this proof is over"
    ));
    Ok(Quiet {
        latency: latency.ok(),
        away,
    })
}

impl Away {
    /// Keeps threads off a core, but those that were made for it or that may not be moved. To make
    /// the core busy for a while sends them away too, but they come back within minutes.
    fn from(core: usize, threads: impl Iterator<Item = Pid>) -> Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", AT_THE_END]).stdin(Stdio::piped());
        let shell = shell.spawn().context("cannot start sh")?;
        let mut away = Self { shell, threads: 0 };
        for thread in threads {
            if let Ok(before) = sched_getaffinity(Some(thread)) {
                away.send(thread, core, &before)?;
            }
        }
        Ok(away)
    }

    fn send(&mut self, thread: Pid, core: usize, before: &CpuSet) -> Result<()> {
        let mut elsewhere = *before;
        elsewhere.unset(core);
        let movable = before.is_set(core) && elsewhere.count() > 0;
        if movable && sched_setaffinity(Some(thread), &elsewhere).is_ok() {
            let input = self.shell.stdin.as_mut().context("the shell is gone")?;
            let (cores, thread) = (list(before), thread.as_raw_nonzero());
            writeln!(input, "taskset -p -c {cores} {thread}")?;
            self.threads += 1;
        }
        Ok(())
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Cores as taskset reads them.
fn list(cores: &CpuSet) -> String {
    let numbers = (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core));
    let numbers: Vec<String> = numbers.map(|core| core.to_string()).collect();
    numbers.join(",")
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
        if self.away.threads > 0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_back_when_the_quiet_is_over() {
        let mut sleeper = Command::new("sleep").arg("20").spawn().expect("sleep");
        let thread = Pid::from_child(&sleeper);
        let cores = || sched_getaffinity(Some(thread)).expect("the sleeper sleeps");
        let before = cores();
        let core = (0..CpuSet::MAX_CPU).rfind(|core| before.is_set(*core));
        let core = core.expect("it may run somewhere");

        let away = Away::from(core, std::iter::once(thread)).expect("a shell");
        // Who has one core keeps it.
        assert_eq!(cores().is_set(core), before.count() == 1);
        drop(away);
        assert_eq!(cores(), before);

        sleeper.kill().expect("the sleeper sleeps");
        sleeper.wait().expect("it was killed");
    }
}
