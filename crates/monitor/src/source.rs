//! Every source in one list, and what reading one gives.
//!
//! In: a source as it is described. Out: its values now, in the order of its gauges. A value
//! that is not there is a gap with its reason, or needs no reason: a rate takes two looks.

use gatecrash_metrics::watch::{Source as Described, Watch};

use crate::command::Program;
use crate::container::{Container, Places};
use crate::exposition::Exposed;
use crate::generator::{Generator, LaneTimes};
use crate::gpu::Gpus;
use crate::host::Host;
use crate::proc::Proc;
use crate::process::Processes;
use crate::prometheus::Server;

/// One value of one reading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// It is known.
    Known(f64),
    /// These are known, each with its instant, seconds since the Unix epoch.
    Dated(Vec<(f64, f64)>),
    /// There is none, and nothing is wrong.
    NotYet,
    /// There is none, with the reason.
    Gap(String),
}

impl Value {
    /// A value, or why it is not there.
    pub(crate) fn or(value: Option<f64>, why: &str) -> Value {
        value.map_or_else(|| Value::Gap(why.to_owned()), Value::Known)
    }
}

/// A value for each gauge, in their order.
pub(crate) type Readings = Vec<Value>;

/// A source that can be read.
#[derive(Debug)]
pub(crate) enum Source {
    Process(Processes),
    Container(Container),
    Host(Host),
    Gpu(Gpus),
    Command(Program),
    Exposition(Exposed),
    Prometheus(Server),
    Generator(Generator),
    /// It cannot even be asked.
    Unusable(String),
}

impl Source {
    /// The source of a watch, not yet read.
    pub(crate) fn of(watch: &Watch, lanes: LaneTimes) -> Source {
        let usable = |source: Result<Source, String>| source.unwrap_or_else(Source::Unusable);
        match &watch.source {
            Described::Process(by) => Source::Process(Processes::new(by, Proc::default())),
            Described::Container(name) => {
                Source::Container(Container::new(name, Places::default()))
            }
            Described::Host => Source::Host(Host::new(Proc::default())),
            Described::Gpu(device) => Source::Gpu(Gpus::new(*device, None)),
            Described::Command(command) => Source::Command(Program::new(command)),
            Described::Exposition(page) => usable(Exposed::new(page).map(Source::Exposition)),
            Described::Prometheus(server) => usable(Server::new(server).map(Source::Prometheus)),
            Described::Generator => Source::Generator(Generator::new(lanes)),
        }
    }

    /// Reads it; `at_s` is now, seconds since the Unix epoch.
    ///
    /// # Errors
    /// Why nothing of it can be read.
    pub(crate) async fn read(&mut self, at_s: f64) -> Result<Readings, String> {
        match self {
            Source::Process(processes) => processes.read(at_s),
            Source::Container(container) => container.read(at_s),
            Source::Host(host) => Ok(host.read(at_s)),
            Source::Gpu(gpus) => gpus.read().await,
            Source::Command(program) => program.read().await,
            Source::Exposition(page) => page.read(at_s).await,
            Source::Prometheus(server) => Ok(server.read(at_s).await),
            Source::Generator(generator) => Ok(generator.read(at_s)),
            Source::Unusable(why) => Err(why.clone()),
        }
    }
}
