//! Processes of this machine, all that fit together.
//!
//! In: their number, name or port. Out: their gauges, added up. Who fits is looked up again
//! when one of them ends, and every so often: servers start workers as they need them.

use std::collections::BTreeMap;

use gatecrash_metrics::watch::ProcessBy;

use crate::growth::grown;
use crate::proc::{Proc, ProcessStat};
use crate::source::{Readings, Value};

/// After so many readings it is looked up who fits: it takes a look at every process.
const LOOK_EVERY: u32 = 10;

/// Processes that are watched.
#[derive(Debug)]
pub(crate) struct Processes {
    by: ProcessBy,
    proc: Proc,
    pids: Vec<u32>,
    /// Readings until it is looked up who fits.
    until_look: u32,
    /// Who was there at the last reading, and when that was.
    before: BTreeMap<u32, Seen>,
    before_s: Option<f64>,
}

/// A process at one reading.
#[derive(Clone, Copy, Debug)]
struct Seen {
    stat: ProcessStat,
    files: Option<u64>,
    storage: Option<(u64, u64)>,
}

impl Processes {
    pub(crate) fn new(by: &ProcessBy, proc: Proc) -> Processes {
        Processes {
            by: by.clone(),
            proc,
            pids: Vec::new(),
            until_look: 0,
            before: BTreeMap::new(),
            before_s: None,
        }
    }

    /// Their gauges in the order of [`gatecrash_metrics::watch::PROCESS`].
    pub(crate) fn read(&mut self, at_s: f64) -> Result<Readings, String> {
        let now = self.look();
        if now.is_empty() {
            let had_some = !std::mem::take(&mut self.before).is_empty();
            self.before_s = None;
            return Err(nobody(&self.by, had_some));
        }
        let before = std::mem::replace(&mut self.before, now);
        let before_s = self.before_s.replace(at_s);
        let elapsed_s = before_s
            .map(|before_s| at_s - before_s)
            .filter(|s| *s > 0.0);
        Ok(gauges(&before, &self.before, elapsed_s))
    }

    /// Everybody who fits, as they are now.
    fn look(&mut self) -> BTreeMap<u32, Seen> {
        if self.until_look == 0 {
            self.pids = find(&self.by, &self.proc);
        }
        let mut found = self.see();
        if found.len() < self.pids.len() && self.until_look > 0 {
            self.pids = find(&self.by, &self.proc);
            found = self.see();
        }
        self.until_look = match (found.is_empty(), self.until_look) {
            (true, _) => 0,
            (false, 0) => LOOK_EVERY - 1,
            (false, left) => left - 1,
        };
        found
    }

    fn see(&self) -> BTreeMap<u32, Seen> {
        let seen = |&pid: &u32| {
            let seen = Seen {
                stat: self.proc.process(pid).ok()?,
                files: self.proc.open_files(pid),
                storage: self.proc.storage_bytes(pid),
            };
            Some((pid, seen))
        };
        self.pids.iter().filter_map(seen).collect()
    }
}

/// The numbers of all who fit; of one that is named by its number that number.
pub(crate) fn find(by: &ProcessBy, proc: &Proc) -> Vec<u32> {
    let own = std::process::id();
    match by {
        ProcessBy::Pid(pid) => vec![*pid],
        ProcessBy::Port(port) => proc.listeners(*port),
        ProcessBy::Name(name) => {
            let others = proc.pids().into_iter().filter(|pid| *pid != own);
            others.filter(|pid| proc.is_called(*pid, name)).collect()
        }
    }
}

/// Why nobody is there, or is there any more.
pub(crate) fn nobody(by: &ProcessBy, had_some: bool) -> String {
    match (by, had_some) {
        (ProcessBy::Pid(pid), true) => format!("process {pid} has ended"),
        (ProcessBy::Pid(pid), false) => format!("there is no process {pid}"),
        (ProcessBy::Name(name), true) => format!("no process called {name} is left"),
        (ProcessBy::Name(name), false) => format!("no process is called {name}"),
        (ProcessBy::Port(port), true) => format!("nobody listens at port {port} any more"),
        (ProcessBy::Port(port), false) => format!(
            "no process that may be looked at listens at port {port}; of another user's give its `pid`"
        ),
    }
}

/// CPU seconds since the last reading: of one who is new all that it has used, if it began
/// since then.
fn cpu_since(before: &BTreeMap<u32, Seen>, pid: u32, now: &Seen) -> f64 {
    let newest = before.values().map(|seen| seen.stat.started_ticks).max();
    match before.get(&pid) {
        Some(earlier) if earlier.stat.started_ticks == now.stat.started_ticks => {
            grown(earlier.stat.cpu_s, now.stat.cpu_s)
        }
        _ if newest.is_some_and(|newest| now.stat.started_ticks > newest) => now.stat.cpu_s,
        _ => 0.0,
    }
}

/// Bytes since the last reading, of those who were there.
fn bytes_since(
    before: &BTreeMap<u32, Seen>,
    now: &BTreeMap<u32, Seen>,
    of: impl Fn((u64, u64)) -> u64,
) -> Option<f64> {
    let mut sum = None;
    for (pid, seen) in now {
        let (later, earlier) = (seen.storage, before.get(pid).and_then(|seen| seen.storage));
        if let (Some(later), Some(earlier)) = (later, earlier) {
            let more = of(later).saturating_sub(of(earlier));
            sum = Some(sum.unwrap_or(0.0) + more as f64);
        }
    }
    sum
}

fn gauges(
    before: &BTreeMap<u32, Seen>,
    now: &BTreeMap<u32, Seen>,
    elapsed_s: Option<f64>,
) -> Readings {
    let sum = |of: fn(&Seen) -> u64| now.values().map(of).sum::<u64>() as f64;
    let per_second = |more: Option<f64>| more.zip(elapsed_s).map(|(more, s)| more / s);
    let cpu_s: f64 = now
        .iter()
        .map(|(pid, seen)| cpu_since(before, *pid, seen))
        .sum();
    let is_told = now.values().any(|seen| seen.storage.is_some());
    let storage = |of: fn((u64, u64)) -> u64| match per_second(bytes_since(before, now, of)) {
        Some(rate) => Value::Known(rate),
        None if is_told => Value::NotYet,
        None => Value::Gap("the kernel tells its I/O to its own user and root only".to_owned()),
    };
    let files: Option<u64> = now.values().map(|seen| seen.files).sum();
    vec![
        per_second(Some(cpu_s)).map_or(Value::NotYet, Value::Known),
        Value::Known(sum(|seen| seen.stat.resident_bytes)),
        Value::Known(sum(|seen| seen.stat.threads)),
        Value::or(
            files.map(|files| files as f64),
            "the kernel tells its open files to its own user and root only",
        ),
        storage(|(read, _)| read),
        storage(|(_, written)| written),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A machine with processes that a test has made: ticks of CPU, start and pages.
    struct Machine {
        root: tempfile::TempDir,
    }

    impl Machine {
        fn new() -> Machine {
            let root = tempfile::tempdir().expect("a folder");
            Machine { root }
        }

        fn process(&self, pid: u32, name: &str, cpu_ticks: u64, started: u64) {
            let folder = self.root.path().join(pid.to_string());
            fs::create_dir_all(folder.join("fd")).expect("made");
            let write = |file: &str, text: String| {
                fs::write(folder.join(file), text).expect("written");
            };
            write(
                "stat",
                format!(
                    "{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {cpu_ticks} 0 0 0 20 0 2 0 {started} 1 10 0"
                ),
            );
            write("comm", format!("{name}\n"));
            write(
                "cmdline",
                format!("/usr/bin/python3\0/opt/{name}.py\0--port\0"),
            );
            write(
                "io",
                "rchar: 1\nread_bytes: 100\nwrite_bytes: 7\n".to_owned(),
            );
        }

        fn end(&self, pid: u32) {
            fs::remove_dir_all(self.root.path().join(pid.to_string())).expect("removed");
        }

        fn watch(&self, by: ProcessBy) -> Processes {
            Processes::new(&by, Proc::at(self.root.path()))
        }
    }

    fn known(value: &Value) -> f64 {
        match value {
            Value::Known(value) => *value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn workers_count_together_and_a_new_one_with_all_it_used() {
        let machine = Machine::new();
        machine.process(10, "api", 1000, 50);
        machine.process(11, "api", 2000, 51);
        machine.process(12, "other", 9000, 52);
        let mut api = machine.watch(ProcessBy::Name("api".to_owned()));
        let first = api.read(100.0).expect("there");
        assert_eq!(first[0], Value::NotYet);
        assert_eq!(known(&first[2]), 4.0, "threads of two");
        machine.process(10, "api", 1025, 50);
        machine.process(11, "api", 2025, 51);
        let second = api.read(101.0).expect("there");
        assert!((known(&second[0]) - 0.5).abs() < 1e-9, "{second:?}");
        assert_eq!(known(&second[4]), 0.0);
        // One has ended, so who fits is looked up, and there is a new one.
        machine.end(11);
        machine.process(13, "api", 100, 900);
        let third = api.read(102.0).expect("there");
        assert!((known(&third[0]) - 1.0).abs() < 1e-9, "{third:?}");
    }

    #[test]
    fn a_process_that_ends_leaves_a_gap_and_another_with_its_number_is_another() {
        let machine = Machine::new();
        machine.process(10, "api", 1000, 50);
        let mut api = machine.watch(ProcessBy::Pid(10));
        api.read(1.0).expect("there");
        machine.end(10);
        let why = api.read(2.0).expect_err("gone");
        assert_eq!(why, "process 10 has ended");
        machine.process(10, "api", 5000, 999);
        assert_eq!(api.read(3.0).expect("there")[0], Value::NotYet);
        let nobody = machine.watch(ProcessBy::Pid(77)).read(1.0);
        assert_eq!(nobody.expect_err("nobody"), "there is no process 77");
    }

    #[test]
    fn a_script_is_called_by_its_own_name() {
        let machine = Machine::new();
        machine.process(10, "api", 1000, 50);
        let by = |name: &str| machine.watch(ProcessBy::Name(name.to_owned())).read(1.0);
        assert!(by("api.py").is_ok());
        assert!(by("python3").is_ok());
        assert!(by("ap").is_err());
        assert!(by("--port").is_err());
    }
}
