//! This machine.
//!
//! In: `/proc`. Out: its gauges.

use crate::growth::Growth;
use crate::proc::{HostCpu, Proc, Segments};
use crate::source::{Readings, Value};

/// The machine that is watched.
#[derive(Debug)]
pub(crate) struct Host {
    proc: Proc,
    cpu: Option<HostCpu>,
    received: Growth,
    sent: Growth,
    segments: Option<Segments>,
}

impl Host {
    pub(crate) fn new(proc: Proc) -> Host {
        Host {
            proc,
            cpu: None,
            received: Growth::default(),
            sent: Growth::default(),
            segments: None,
        }
    }

    /// Its gauges in the order of [`gatecrash_metrics::watch::HOST`].
    pub(crate) fn read(&mut self, at_s: f64) -> Readings {
        let [cpu, steal] = self.cpu();
        let memory = self.proc.memory();
        let used = memory.map(|(all, free)| all.saturating_sub(free) as f64);
        let share = memory.map(|(all, free)| all.saturating_sub(free) as f64 / all.max(1) as f64);
        let untold = "/proc/meminfo cannot be read";
        let traffic = self.proc.traffic();
        let bytes = |growth: &mut Growth, bytes: Option<u64>| match bytes {
            Some(bytes) => growth
                .per_second(at_s, bytes as f64)
                .map_or(Value::NotYet, Value::Known),
            None => Value::Gap("/proc/net/dev cannot be read".to_owned()),
        };
        vec![
            cpu,
            steal,
            Value::or(used, untold),
            Value::or(share, untold),
            bytes(&mut self.received, traffic.map(|(received, _)| received)),
            bytes(&mut self.sent, traffic.map(|(_, sent)| sent)),
            retransmitted(&self.proc, &mut self.segments),
        ]
    }

    /// Shares of the time since the last look: not idle, and given to others.
    fn cpu(&mut self) -> [Value; 2] {
        let Some(now) = self.proc.cpu() else {
            let gap = Value::Gap("/proc/stat cannot be read".to_owned());
            return [gap.clone(), gap];
        };
        let Some(before) = self.cpu.replace(now) else {
            return [Value::NotYet, Value::NotYet];
        };
        let all = now.all.saturating_sub(before.all);
        let share = |part: u64| match all {
            0 => Value::NotYet,
            all => Value::Known(part as f64 / all as f64),
        };
        let idle = now.idle.saturating_sub(before.idle);
        let steal = now.steal.saturating_sub(before.steal);
        [share(all.saturating_sub(idle)), share(steal)]
    }
}

/// The share of TCP segments since the last look that were sent again.
pub(crate) fn retransmitted(proc: &Proc, before: &mut Option<Segments>) -> Value {
    let Some(now) = proc.segments() else {
        return Value::Gap("/proc/net/snmp cannot be read".to_owned());
    };
    let since = before
        .replace(now)
        .map(|before| now.retransmitted_since(before));
    since.flatten().map_or(Value::NotYet, Value::Known)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn shares_are_of_the_time_between_two_looks() {
        let root = tempfile::tempdir().expect("a folder");
        let stat = |line: &str| fs::write(root.path().join("stat"), line).expect("written");
        stat("cpu  100 0 100 800 0 0 0 0\n");
        let mut host = Host::new(Proc::at(root.path()));
        assert_eq!(host.read(1.0)[0], Value::NotYet);
        stat("cpu  130 0 120 845 0 0 0 5\n");
        let readings = host.read(2.0);
        assert_eq!(readings[0], Value::Known(0.55));
        assert_eq!(readings[1], Value::Known(0.05));
        assert!(matches!(readings[2], Value::Gap(_)), "no meminfo");
    }
}
