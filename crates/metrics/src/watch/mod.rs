//! What is watched beside the load: sources of gauges, and the gauges that each gives, as
//! data.
//!
//! In: what a plan or an option asks for. Out: for each source its gauges with name, unit and
//! meaning. Never: a reading; those who read give [`Gauge`]s.

pub mod profile;
pub mod selector;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use profile::{Profile, Sampler};
pub use selector::{Matcher, Operator, Reduce, Selector, SelectorFault};

use crate::measure::{Kind, Metric, Unit};
use crate::objective::Objective;

/// The name under which the generator watches itself.
pub const GENERATOR: &str = "generator";

/// One value that a source had at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Which gauge: its place among all that are watched ([`gauges`]).
    pub place: usize,
    /// When it had that value, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// The value, in the gauge's unit.
    pub value: f64,
}

/// Something that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// What its gauges begin with: `api` of `api.cpu`.
    pub name: String,
    /// Where its numbers come from.
    pub source: Source,
    /// How often it is read.
    pub every: Duration,
}

/// Where numbers come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Processes of this machine, all that fit together.
    Process(ProcessBy),
    /// A container or another control group of this machine: its name, its id, or the path of
    /// its group.
    Container(String),
    /// This machine.
    Host,
    /// The GPUs of this machine together, or the one with this number.
    Gpu(Option<u32>),
    /// A program that prints numbers.
    Command(Command),
    /// A page of metrics in the text format of Prometheus, or in OpenMetrics.
    Exposition(Exposition),
    /// What a Prometheus answers.
    Prometheus(Prometheus),
    /// The process that makes the load.
    Generator,
}

/// What says which processes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessBy {
    /// The process with this number.
    Pid(u32),
    /// All whose program, or whose script, has this name.
    Name(String),
    /// All that listen at this TCP port.
    Port(u16),
}

/// A program that prints numbers: lines of a name and a number, or a single number.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// The names that it prints and their units; a single number goes by [`SINGLE`].
    pub gives: Vec<(String, Unit)>,
}

/// The name of the number of a program that prints one alone.
pub const SINGLE: &str = "value";

/// A page of metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposition {
    /// Where it is, absolute.
    pub url: String,
    /// Names and values of headers that are sent along.
    pub headers: Vec<(String, String)>,
    /// What is taken of it.
    pub takes: Vec<Take>,
}

/// A number that is taken of a page of metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The gauge's name, behind that of the watch.
    pub name: String,
    /// Which series, and what becomes of them.
    pub selector: Selector,
    /// The gauge's unit.
    pub unit: Unit,
}

/// A Prometheus server.
#[derive(Clone, Debug, PartialEq)]
pub struct Prometheus {
    /// Where its API is, without `/api/v1`.
    pub url: String,
    /// Names and values of headers that are sent along.
    pub headers: Vec<(String, String)>,
    /// What it is asked.
    pub queries: Vec<Query>,
}

/// A question to a Prometheus.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The gauge's name, behind that of the watch.
    pub name: String,
    /// PromQL.
    pub promql: String,
    /// The gauge's unit.
    pub unit: Unit,
    /// Asked for all points at this distance since the last answer (a range query); without
    /// it for the value of the moment.
    pub step: Option<Duration>,
}

/// What is said about a gauge of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name behind that of the watch.
    pub name: &'static str,
    /// The name of its unit, as [`Unit::name`] has it.
    pub unit: &'static str,
    /// What it means.
    pub doc: &'static str,
}

const fn about(name: &'static str, unit: &'static str, doc: &'static str) -> About {
    About { name, unit, doc }
}

/// Bytes per second.
const RATE_OF_BYTES: &str = "B/s";

/// Gauges of [`Source::Process`].
pub static PROCESS: &[About] = &[
    about(
        "cpu",
        "share",
        "CPU time by elapsed time; 100 % is one core (proc_pid_stat(5): utime + stime)",
    ),
    about(
        "memory",
        "bytes",
        "resident memory (proc_pid_stat(5): rss); pages that processes share count for each",
    ),
    about("threads", "count", "threads"),
    about("files", "count", "open file descriptors"),
    about(
        "read",
        RATE_OF_BYTES,
        "bytes that storage had to read for it (proc_pid_io(5): read_bytes)",
    ),
    about(
        "written",
        RATE_OF_BYTES,
        "bytes that it had storage write (proc_pid_io(5): write_bytes)",
    ),
];

/// Gauges of [`Source::Container`].
pub static CONTAINER: &[About] = &[
    about(
        "cpu",
        "share",
        "CPU time by elapsed time; 100 % is one core (cpu.stat: usage_usec; cpuacct.usage)",
    ),
    about(
        "throttled",
        "share",
        "share of the time for which its CPU limit held it still (cpu.stat)",
    ),
    about(
        "memory",
        "bytes",
        "memory without file pages that can be had back: memory.current − inactive_file, as the working set of Kubernetes",
    ),
    about(
        "memory_share",
        "share",
        "that memory by its limit; nothing where it has none",
    ),
    about(
        "oom_kills",
        "count",
        "processes that were killed for want of memory since the watching began",
    ),
];

/// Gauges of [`Source::Host`].
pub static HOST: &[About] = &[
    about(
        "cpu",
        "share",
        "time that was not idle, of all cores together; 100 % is the whole machine (proc_stat(5))",
    ),
    about(
        "steal",
        "share",
        "time that the hypervisor gave to others, of all cores together",
    ),
    about(
        "memory",
        "bytes",
        "MemTotal − MemAvailable (proc_meminfo(5))",
    ),
    about("memory_share", "share", "that memory by MemTotal"),
    about(
        "received",
        RATE_OF_BYTES,
        "bytes that came by all interfaces but the loopback",
    ),
    about(
        "sent",
        RATE_OF_BYTES,
        "bytes that went by all interfaces but the loopback",
    ),
    about(
        "retransmitted",
        "share",
        "TCP segments that were sent again by those sent (RFC 4022: tcpRetransSegs, tcpOutSegs)",
    ),
];

/// Gauges of [`Source::Gpu`].
pub static GPU: &[About] = &[
    about(
        "utilization",
        "share",
        "time in which a kernel ran, the mean of the devices (NVML, nvmlDeviceGetUtilizationRates)",
    ),
    about("memory", "bytes", "memory in use, the sum of the devices"),
    about(
        "memory_share",
        "share",
        "memory in use by the memory that there is",
    ),
    about(
        "power",
        "W",
        "power drawn, the sum of the devices (NVML, nvmlDeviceGetPowerUsage)",
    ),
];

/// Gauges of [`Source::Generator`].
pub static SELF: &[About] = &[
    about(
        "cpu",
        "share",
        "CPU time of the whole process by elapsed time; 100 % is one core",
    ),
    about(
        "busiest_lane",
        "share",
        "CPU time of the lane that had most of it; above 95 % times may contain the generator's own queueing",
    ),
    about(
        "throttled",
        "share",
        "share of the time for which a CPU limit held the generator still",
    ),
    about("memory", "bytes", "resident memory"),
    about("files", "count", "open file descriptors"),
    about(
        "retransmitted",
        "share",
        "TCP segments of its machine that were sent again by those sent",
    ),
];

/// The unit of that name.
fn unit_named(name: &str) -> Unit {
    let known = [
        Unit::Ms,
        Unit::Count,
        Unit::PerSecond,
        Unit::Bytes,
        Unit::Share,
        Unit::Seconds,
    ];
    let found = known.into_iter().find(|unit| unit.name() == name);
    found.unwrap_or_else(|| Unit::Named(name.into()))
}

impl Source {
    /// The gauges that such a source always has; none where the plan names them.
    pub fn fixed(&self) -> &'static [About] {
        match self {
            Source::Process(_) => PROCESS,
            Source::Container(_) => CONTAINER,
            Source::Host => HOST,
            Source::Gpu(_) => GPU,
            Source::Generator => SELF,
            Source::Command(_) | Source::Exposition(_) | Source::Prometheus(_) => &[],
        }
    }

    /// Names and units of its gauges, in the order in which it is read.
    fn gives(&self) -> Vec<(&str, Unit)> {
        match self {
            Source::Command(command) => {
                let gives = command.gives.iter();
                gives
                    .map(|(name, unit)| (name.as_str(), unit.clone()))
                    .collect()
            }
            Source::Exposition(page) => {
                let takes = page.takes.iter();
                takes
                    .map(|take| (take.name.as_str(), take.unit.clone()))
                    .collect()
            }
            Source::Prometheus(server) => {
                let queries = server.queries.iter();
                queries
                    .map(|query| (query.name.as_str(), query.unit.clone()))
                    .collect()
            }
            fixed => {
                let all = fixed.fixed().iter();
                all.map(|about| (about.name, unit_named(about.unit)))
                    .collect()
            }
        }
    }
}

impl Watch {
    /// The generator itself.
    pub fn generator() -> Watch {
        Watch {
            name: GENERATOR.to_owned(),
            source: Source::Generator,
            every: Duration::from_secs(1),
        }
    }

    /// Its gauges, as metrics: `api.cpu`, `api.memory` …
    pub fn gauges(&self) -> Vec<Metric> {
        let gives = self.source.gives().into_iter();
        gives
            .map(|(name, unit)| Metric {
                name: Arc::from(format!("{}.{name}", self.name)),
                unit,
                kind: Kind::Gauge,
            })
            .collect()
    }
}

/// Takes what stands behind `of` in objectives for gauges where it is one: of these watches, or
/// of the generator; see [`Objective::name_gauges`].
pub fn name_gauges(objectives: &mut [Objective], watches: &[Watch]) {
    let mut known = gauges(watches);
    known.extend(Watch::generator().gauges());
    for objective in objectives {
        objective.name_gauges(|name| known.iter().any(|gauge| *gauge.name == *name));
    }
}

/// The gauges of all that is watched, in order: their places are what a [`Gauge`] names.
pub fn gauges(watches: &[Watch]) -> Vec<Metric> {
    watches.iter().flat_map(Watch::gauges).collect()
}
