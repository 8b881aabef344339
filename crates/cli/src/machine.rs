//! What this machine allows this process.
//!
//! In: the system's limits. Out: them, after asking for as many open files as the system
//! grants, and how many lanes make sense here. Never: a judgement of a plan; that is the
//! forecast's.

use std::fs;

use gatecrash_plan::forecast::{Forecast, MachineLimits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Where Linux keeps the range of local ports for outgoing connections.
const PORT_RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Where Linux keeps the number of files that may be open on the whole machine.
const SYSTEM_FILES: &str = "/proc/sys/fs/file-max";

/// Unless somebody says how many. Each second the books of all lanes become one; beyond
/// this many the network and the kernel are full long before the lanes are.
const MOST_LANES: usize = 32;

/// The limits, after the one on open files was raised.
pub(crate) fn limits() -> MachineLimits {
    MachineLimits {
        files: raise_open_files().into_iter().chain(system_files()).min(),
        ports: fs::read_to_string(PORT_RANGE)
            .ok()
            .and_then(|text| port_count(&text)),
    }
}

/// How many lanes make the load unless somebody says: one for each core that this process
/// may use, because a lane is a thread and fills a core at most; no more than there can
/// be users, because a user lives on one lane.
pub(crate) fn lanes(forecast: &Forecast) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let users = forecast.scenarios.iter().map(|one| one.at_once).max();
    let users = usize::try_from(users.unwrap_or(1)).unwrap_or(usize::MAX);
    cores.min(MOST_LANES).min(users).max(1)
}

/// How many files all processes may have open; `None` where it cannot be read.
fn system_files() -> Option<u64> {
    let text = fs::read_to_string(SYSTEM_FILES).ok()?;
    text.trim().parse().ok()
}

/// Raises the limit on open files to what the system grants without further rights; the
/// limit from then on.
fn raise_open_files() -> Option<u64> {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: before.maximum,
        maximum: before.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => before.current,
    }
}

/// How many ports there are from the first to the last number of `text`.
fn port_count(text: &str) -> Option<u64> {
    let mut numbers = text.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (last + 1).checked_sub(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_counted_with_both_ends() {
        assert_eq!(port_count("32768\t60999\n"), Some(28_232));
        assert_eq!(port_count("5 5"), Some(1));
        assert_eq!(port_count("9 5"), None);
        assert_eq!(port_count("none"), None);
    }

    #[test]
    fn as_many_files_as_the_system_grants() {
        let limits = limits();
        let granted = getrlimit(Resource::Nofile);
        assert_eq!(limits.files, granted.current);
        assert_eq!(granted.current, granted.maximum);
    }
}
