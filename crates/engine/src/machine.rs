//! How the generator itself fares: CPU of its lanes, what its cgroup took from it, what
//! its machine's network had to send again.
//!
//! In: counters of Linux (`clock_gettime`, those that `monitor` reads). Out: shares over a
//! scenario, for its validity. What cannot be read is left out.

use std::path::Path;
use std::time::{Duration, Instant};

use gatecrash_metrics::Snapshot;
use gatecrash_metrics::validity::{self, Driven, LaneUse, Model, Validity};
use gatecrash_monitor::cgroup::{self, Cgroup};
use gatecrash_monitor::proc::{Proc, Segments};
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
/// a core. `None` where the kernel does not tell.
fn busy_time_of(tid: u32) -> Option<Duration> {
    schedule_of(tid).map(|(ran, waited)| ran + waited)
}

/// CPU time of another thread of this process; `None` where the kernel does not tell.
pub(crate) fn cpu_time_of(tid: u32) -> Option<Duration> {
    schedule_of(tid).map(|(ran, _)| ran)
}

/// For how long a thread of this process ran, and waited for a core (Linux, `sched-stats`:
/// the first two fields, nanoseconds).
fn schedule_of(tid: u32) -> Option<(Duration, Duration)> {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/schedstat")).ok()?;
    let mut fields = stat.split_whitespace().map(str::parse::<u64>);
    let (ran, waited) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some((Duration::from_nanos(ran), Duration::from_nanos(waited)))
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
            throttled: own_cgroup().throttled_time(),
            segments: Proc::default().segments(),
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

/// The control group of this process.
fn own_cgroup() -> Cgroup {
    let told = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    Cgroup::of_process(Path::new(cgroup::ROOT), &told)
}

#[cfg(test)]
mod tests {
    use super::*;

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
