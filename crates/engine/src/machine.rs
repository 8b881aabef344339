//! How the generator itself fares: CPU of its lanes, what its cgroup took from it, what
//! its machine's network had to send again.
//!
//! In: counters of Linux (`clock_gettime`, cgroup v1 and v2, `/proc/net/snmp`). Out:
//! shares over a scenario, for its validity. What cannot be read is left out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatecrash_metrics::Snapshot;
use gatecrash_metrics::validity::{self, Driven, LaneUse, Model, Validity};
use gatecrash_net::now;
use gatecrash_plan::model::Load;

use crate::books::Exhausted;
use crate::fleet::{Fleet, Seen};
use crate::lane::Lane;

/// CPU time of the calling thread.
pub(crate) fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes the time behind the pointer, which is valid for it.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    if failed != 0 {
        return Duration::ZERO;
    }
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}

/// For how long another thread of this process had something to do: it ran, or waited for
/// a core (Linux, `sched-stats`: the first two fields, nanoseconds). `None` where the
/// kernel does not tell.
fn busy_time_of(tid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/schedstat")).ok()?;
    let mut fields = stat.split_whitespace().map(str::parse::<u64>);
    let (ran, waited) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(Duration::from_nanos(ran + waited))
}

/// Counters at the beginning of a scenario.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    lanes: Vec<Duration>,
    /// Of the thread of users in another language, if there is one.
    interpreter: Option<Duration>,
    throttled: Option<Duration>,
    segments: Option<Segments>,
}

impl Watch {
    /// Reads all counters.
    pub(crate) fn start(fleet: &Fleet) -> Watch {
        Watch {
            began: now(),
            lanes: fleet.cpu_times(),
            interpreter: fleet.guest_thread().and_then(busy_time_of),
            throttled: throttled_time(Path::new("/sys/fs/cgroup"), &own_cgroups()),
            segments: Segments::read(),
        }
    }

    /// How a scenario with this load was driven since.
    pub(crate) fn driven(&self, load: &Load, seen: &Seen, fleet: &Fleet) -> Driven {
        let (model, max_in_flight) = match load {
            Load::Users { .. } => (Model::Closed, None),
            Load::Rate { max_in_flight, .. } => (Model::Open, Some(u64::from(*max_in_flight))),
        };
        let driven = Driven {
            ports_exhausted: seen.ports_exhausted,
            files_exhausted: seen.files_exhausted,
            ..Driven::of(model, max_in_flight, &seen.snapshot)
        };
        self.with_machine(driven, fleet)
    }

    /// Adds how the machine fared since.
    fn with_machine(&self, driven: Driven, fleet: &Fleet) -> Driven {
        let elapsed_s = (now() - self.began).as_secs_f64().max(1e-9);
        let end = Watch::start(fleet);
        let share = |more: Duration| more.as_secs_f64() / elapsed_s;
        let lanes = end.lanes.iter().zip(&self.lanes);
        Driven {
            lanes: lanes
                .map(|(end, begin)| LaneUse {
                    cpu_share: share(end.saturating_sub(*begin)),
                })
                .collect(),
            throttled_share: end
                .throttled
                .zip(self.throttled)
                .map(|(end, begin)| share(end.saturating_sub(begin))),
            retransmitted_share: end
                .segments
                .zip(self.segments)
                .and_then(|(end, begin)| end.retransmitted_since(begin)),
            interpreter_share: end
                .interpreter
                .zip(self.interpreter)
                .map(|(end, begin)| share(end.saturating_sub(begin))),
            ..driven
        }
    }
}

/// Watches the machine during a Locust-style run, whose requests all go over one lane.
#[derive(Debug)]
pub struct LocustWatch {
    fleet: Fleet,
    watch: Watch,
    before: Exhausted,
}

impl LocustWatch {
    /// From now on.
    pub fn start(lane: &Lane) -> LocustWatch {
        let fleet = Fleet::of(lane.clone());
        LocustWatch {
            watch: Watch::start(&fleet),
            fleet,
            before: lane.ask(|books| books.exhausted),
        }
    }

    /// How long it has watched.
    pub fn elapsed(&self) -> Duration {
        now() - self.watch.began
    }

    /// The judgement of the run with these numbers: never worse than doubtful.
    pub fn judge(&self, snapshot: &Snapshot) -> Validity {
        validity::judge(&self.driven(snapshot))
    }

    /// How the run with these numbers was driven.
    pub fn driven(&self, snapshot: &Snapshot) -> Driven {
        let exhausted = self.fleet.lanes()[0].ask(|books| books.exhausted);
        let driven = Driven {
            ports_exhausted: exhausted.ports - self.before.ports,
            files_exhausted: exhausted.files - self.before.files,
            ..Driven::of(Model::Locust, None, snapshot)
        };
        self.watch.with_machine(driven, &self.fleet)
    }
}

/// The cgroup of this process, per hierarchy, as `/proc/self/cgroup` has them.
fn own_cgroups() -> String {
    std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default()
}

/// For how long the CPU limit of the cgroup held this process still, as its kernel counts
/// (`cpu.stat`: `throttled_usec` in version 2, `throttled_time` in nanoseconds in
/// version 1). `None` where no such file can be read.
fn throttled_time(root: &Path, cgroups: &str) -> Option<Duration> {
    let stat = cpu_stat_files(root, cgroups)
        .iter()
        .find_map(|file| std::fs::read_to_string(file).ok())?;
    let value = |key: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().parse::<u64>().ok()
    };
    value("throttled_usec ")
        .map(Duration::from_micros)
        .or_else(|| value("throttled_time ").map(Duration::from_nanos))
}

/// Where `cpu.stat` may be: in this process's own group, else (in a container that sees
/// only its own) at the root.
fn cpu_stat_files(root: &Path, cgroups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(group)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let group = group.trim_start_matches('/');
        if controllers.is_empty() {
            files.push(root.join(group).join("cpu.stat"));
            files.push(root.join("cpu.stat"));
        } else if controllers.split(',').any(|one| one == "cpu") {
            for mount in [controllers, "cpu", "cpu,cpuacct"] {
                files.push(root.join(mount).join(group).join("cpu.stat"));
                files.push(root.join(mount).join("cpu.stat"));
            }
        }
    }
    files
}

/// TCP segments of this machine (RFC 4022: `tcpOutSegs`, `tcpRetransSegs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segments {
    sent: u64,
    retransmitted: u64,
}

impl Segments {
    fn read() -> Option<Segments> {
        Segments::parse(&std::fs::read_to_string("/proc/net/snmp").ok()?)
    }

    fn parse(snmp: &str) -> Option<Segments> {
        let mut lines = snmp.lines().filter(|line| line.starts_with("Tcp:"));
        let names = lines.next()?.split_whitespace();
        let values: Vec<&str> = lines.next()?.split_whitespace().collect();
        let place = |wanted: &str| names.clone().position(|name| name == wanted);
        let value = |name: &str| values.get(place(name)?)?.parse().ok();
        Some(Segments {
            sent: value("OutSegs")?,
            retransmitted: value("RetransSegs")?,
        })
    }

    fn retransmitted_since(self, begin: Segments) -> Option<f64> {
        let sent = self.sent.saturating_sub(begin.sent);
        let again = self.retransmitted.saturating_sub(begin.retransmitted);
        (sent > 0).then(|| again as f64 / sent as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a tree of cgroups with one `cpu.stat`.
    fn check(file: &str, stat: &str, cgroups: &str, expected: Option<Duration>) {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        std::fs::write(&path, stat).expect("written");
        assert_eq!(throttled_time(root.path(), cgroups), expected, "{file}");
    }

    const V2: &str = "usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 1500\n";
    const V1: &str = "nr_periods 4\nnr_throttled 2\nthrottled_time 2500000\n";

    #[test]
    fn throttling_is_read_in_both_versions_of_cgroups() {
        let v2 = Some(Duration::from_micros(1500));
        let v1 = Some(Duration::from_micros(2500));
        check("app/cpu.stat", V2, "0::/app\n", v2);
        check("cpu.stat", V2, "0::/../../host\n", v2);
        let both = "5:memory:/m\n4:cpu,cpuacct:/docker/x\n";
        check("cpu,cpuacct/docker/x/cpu.stat", V1, both, v1);
        check("cpu/cpu.stat", V1, both, v1);
        check("memory/m/cpu.stat", V1, both, None);
        check("app/cpu.stat", "nr_periods 4\n", "0::/app\n", None);
    }

    #[test]
    fn retransmissions_are_a_share_of_what_was_sent() {
        let snmp = |sent: u64, again: u64| {
            let text =
                format!("Ip: X\nIp: 1\nTcp: RtoMin OutSegs RetransSegs\nTcp: 200 {sent} {again}\n");
            Segments::parse(&text).expect("three fields")
        };
        assert_eq!(snmp(300, 7).retransmitted_since(snmp(100, 5)), Some(0.01));
        assert_eq!(snmp(100, 5).retransmitted_since(snmp(100, 5)), None);
        assert_eq!(Segments::parse("Tcp: OutSegs\nTcp: 1\n"), None);
    }

    #[test]
    fn the_busy_time_of_another_thread_is_known() {
        let own = std::fs::read_link("/proc/thread-self").expect("Linux");
        let tid = own.file_name().and_then(|tid| tid.to_str()?.parse().ok());
        let tid = tid.expect("a number");
        let ran = thread_cpu_time();
        let told = std::thread::spawn(move || busy_time_of(tid)).join();
        let told = told.expect("no panic").expect("the kernel tells");
        let tick = Duration::from_millis(20);
        assert!(ran <= told + tick);
        assert_eq!(busy_time_of(u32::MAX), None);
    }

    #[test]
    fn a_thread_knows_its_cpu_time() {
        let before = thread_cpu_time();
        let mut spent = 0u64;
        while thread_cpu_time() == before {
            spent = std::hint::black_box(spent + 1);
        }
        assert!(thread_cpu_time() > before);
    }
}
