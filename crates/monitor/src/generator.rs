//! The process that makes the load, watched by itself.
//!
//! In: `/proc`, its control group, and the CPU times of its lanes. Out: its gauges.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cgroup::{Cgroup, ROOT};
use crate::growth::Growth;
use crate::host::retransmitted;
use crate::proc::{Proc, Segments};
use crate::source::{Readings, Value};

/// The CPU time of each lane until now.
#[derive(Clone)]
pub struct LaneTimes(Arc<dyn Fn() -> Vec<Duration> + Send + Sync>);

impl LaneTimes {
    /// What tells them.
    pub fn new(tell: impl Fn() -> Vec<Duration> + Send + Sync + 'static) -> LaneTimes {
        LaneTimes(Arc::new(tell))
    }
}

impl fmt::Debug for LaneTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaneTimes")
    }
}

/// The generator.
#[derive(Debug)]
pub(crate) struct Generator {
    proc: Proc,
    group: Cgroup,
    lanes: LaneTimes,
    cpu: Growth,
    throttled: Growth,
    of_lanes: Vec<Growth>,
    segments: Option<Segments>,
}

impl Generator {
    pub(crate) fn new(lanes: LaneTimes) -> Generator {
        let told = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Generator {
            proc: Proc::default(),
            group: Cgroup::of_process(Path::new(ROOT), &told),
            lanes,
            cpu: Growth::default(),
            throttled: Growth::default(),
            of_lanes: Vec::new(),
            segments: None,
        }
    }

    /// Its gauges in the order of [`gatecrash_metrics::watch::SELF`]. What this machine does
    /// not tell of the generator is left out without a word: nobody asked for it.
    pub(crate) fn read(&mut self, at_s: f64) -> Readings {
        let own = std::process::id();
        let stat = self.proc.process(own).ok();
        let throttled = self.group.throttled_time().map(|time| time.as_secs_f64());
        let quiet = |value: Option<f64>| value.map_or(Value::NotYet, Value::Known);
        let again = match retransmitted(&self.proc, &mut self.segments) {
            Value::Gap(_) => Value::NotYet,
            other => other,
        };
        vec![
            quiet(stat.and_then(|stat| self.cpu.per_second(at_s, stat.cpu_s))),
            quiet(self.busiest_lane(at_s)),
            quiet(throttled.and_then(|time| self.throttled.per_second(at_s, time))),
            quiet(stat.map(|stat| stat.resident_bytes as f64)),
            quiet(self.proc.open_files(own).map(|files| files as f64)),
            again,
        ]
    }

    fn busiest_lane(&mut self, at_s: f64) -> Option<f64> {
        let times = (self.lanes.0)();
        self.of_lanes.resize_with(times.len(), Growth::default);
        let lanes = self.of_lanes.iter_mut().zip(times);
        let shares = lanes.filter_map(|(lane, time)| lane.per_second(at_s, time.as_secs_f64()));
        shares.reduce(f64::max)
    }
}
