//! Native users of the plainest kind, and runs of them against a target that knows the truth.

use std::sync::Arc;
use std::time::Duration;

use gatecrash_engine::journey::{Failed, Journey, Seat, TaskKind, Turn, User};
use gatecrash_engine::{Around, Run, ScenarioSetup, Setup, Users};
use gatecrash_metrics::record::RunRecord;
use gatecrash_net::{Origin, Request, now};
use gatecrash_plan::model::{Iterations, Load, Start, Wait};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::{RateProfile, Spacing, UserSchedule};
use gatecrash_target::{Server, Service, TargetOptions, serve};

/// Users that get one path over and over.
pub(crate) struct Getters {
    pub(crate) origin: Arc<Origin>,
    pub(crate) path: &'static str,
    pub(crate) wait: Wait,
    pub(crate) tasks: Vec<TaskKind>,
}

/// One of them.
pub(crate) struct Getter {
    seat: Seat,
    request: Request,
    path: &'static str,
}

impl Journey for Getters {
    type User = Getter;

    fn class(&self) -> &str {
        "Getter"
    }

    fn tasks(&self) -> &[TaskKind] {
        &self.tasks
    }

    fn wait(&self) -> Wait {
        self.wait
    }

    fn user(&self, seat: Seat) -> Getter {
        Getter {
            seat,
            request: super::support::get(&self.origin, self.path),
            path: self.path,
        }
    }
}

impl User for Getter {
    fn seat(&self) -> &Seat {
        &self.seat
    }

    async fn start(&mut self) -> Result<(), Failed> {
        Ok(())
    }

    async fn perform(&mut self, turn: &Turn) -> Result<(), Failed> {
        assert!(self.path != "/panic", "as the test wants it");
        for _ in 0..=turn.task {
            let endpoint = self.seat.endpoint("GET", self.path);
            let answer = self.seat.fetch(endpoint, &self.request).await;
            answer.record(None);
        }
        Ok(())
    }

    async fn stop(&mut self) {}
}

/// A target with the general routes.
pub(crate) fn target() -> Server {
    serve(TargetOptions {
        service: Service::Plain,
        port: 0,
        ..TargetOptions::default()
    })
    .expect("a target")
}

/// Users that get `path`, with one task.
pub(crate) fn getters(server: &Server, path: &'static str) -> Getters {
    Getters {
        origin: super::support::origin(server.address()),
        path,
        wait: Wait::None,
        tasks: vec![task("get", 1.0)],
    }
}

pub(crate) fn task(name: &str, weight: f64) -> TaskKind {
    TaskKind {
        name: name.to_owned(),
        weight,
    }
}

/// A scenario of one class.
pub(crate) fn scenario(
    users: impl Journey,
    load: Load,
    duration: Option<Duration>,
) -> ScenarioSetup {
    ScenarioSetup {
        name: "main".to_owned(),
        start: Start::InTurn,
        users: vec![(Users::of(users), 1.0)],
        load,
        load_text: String::new(),
        duration,
        grace: Duration::from_secs(5),
        measured: true,
        seed: 7,
        around: Around::default(),
    }
}

pub(crate) fn crowd(users: u32, iterations: Option<Iterations>) -> Load {
    Load::Users {
        schedule: UserSchedule::constant(users, None, None).expect("a schedule"),
        iterations,
    }
}

pub(crate) fn rate(per_second: f64, lasts: Duration, max_in_flight: u32) -> Load {
    let rate = Rate::per_second(per_second).expect("a rate");
    Load::Rate {
        profile: RateProfile::constant(rate, Some(lasts)).expect("a profile"),
        spacing: Spacing::Even,
        max_in_flight,
    }
}

/// Runs scenarios to their end.
pub(crate) fn run(scenarios: Vec<ScenarioSetup>, lanes: usize) -> RunRecord {
    start(scenarios, lanes).wait()
}

pub(crate) fn start(scenarios: Vec<ScenarioSetup>, lanes: usize) -> Run {
    let setup = Setup {
        name: "test".to_owned(),
        scenarios,
        lanes,
        seed: 7,
        ..Setup::default()
    };
    Run::start(setup, |_| {}).expect("a run")
}

/// Requests of the whole run that the target received.
pub(crate) fn received(server: &Server) -> u64 {
    let _ = now();
    server.truth().total.received
}
