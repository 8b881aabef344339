//! A plan in YAML, run to its end.

use std::path::Path;
use std::sync::Arc;

use gatecrash_engine::journey::{Feeds, PlanJourney};
use gatecrash_engine::{Around, Hook, Run, ScenarioSetup, Setup, Users};
use gatecrash_metrics::record::RunRecord;
use gatecrash_metrics::{Endpoint, Measure, Snapshot};
use gatecrash_plan::file::Format;
use gatecrash_plan::model::{self, Plan};
use gatecrash_plan::{Overrides, Sources, load};

/// Reads a plan; `ENV_X` is in its environment.
pub(crate) fn plan(yaml: &str, folder: &Path) -> Plan {
    let sources = Sources {
        file_name: "plan.yaml",
        text: yaml,
        format: Format::Yaml,
        environment: &|name| (name == "ENV_X").then(|| "of the environment".to_owned()),
        overrides: &Overrides::default(),
        folder,
    };
    load(&sources).unwrap_or_else(|faults| panic!("{faults}\n{yaml}"))
}

/// The same, where the plan cannot be run.
pub(crate) fn fault(plan: &Plan) -> String {
    let feeds = Feeds::load(&plan.feeds).map(Arc::new);
    match feeds {
        Err(fault) => fault.to_string(),
        Ok(feeds) => PlanJourney::new(plan, 0, feeds)
            .expect_err("a plan that cannot be run")
            .to_string(),
    }
}

/// Runs all scenarios of a plan.
pub(crate) fn run(plan: &Plan, lanes: usize) -> RunRecord {
    let run = Run::start(setup(plan, lanes), |_| {});
    run.expect("a run").wait()
}

/// What a plan asks for.
pub(crate) fn setup(plan: &Plan, lanes: usize) -> Setup {
    let feeds = Arc::new(Feeds::load(&plan.feeds).unwrap_or_else(|fault| panic!("{fault}")));
    let journey = |class: usize| {
        let journey = PlanJourney::new(plan, class, feeds.clone());
        Users::of(journey.unwrap_or_else(|fault| panic!("{fault}")))
    };
    let classes: Vec<Users> = (0..plan.users.len()).map(journey).collect();
    let scenarios = plan.scenarios.iter().map(|scenario| ScenarioSetup {
        name: scenario.name.clone(),
        start: scenario.start.clone(),
        users: scenario
            .who
            .iter()
            .map(|&(class, weight)| (classes[class].clone(), weight))
            .collect(),
        load: scenario.load.clone(),
        load_text: String::new(),
        duration: scenario.duration,
        grace: scenario.grace,
        measured: scenario.measured,
        seed: scenario.seed,
        around: Around {
            pause: scenario.pause_before,
            before: hooks(&scenario.before, plan),
            after: hooks(&scenario.after, plan),
        },
    });
    Setup {
        watches: plan.watches.clone(),
        name: "test".to_owned(),
        scenarios: scenarios.collect(),
        lanes,
        seed: plan.seed,
        objectives: plan.all_objectives(),
        prices: plan.prices.clone().map(Arc::new),
        budget: plan.budget,
        around: Around {
            before: hooks(&plan.before, plan),
            after: hooks(&plan.after, plan),
            ..Around::default()
        },
        ..Setup::default()
    }
}

fn hooks(hooks: &[model::Hook], plan: &Plan) -> Vec<Hook> {
    Hook::compile_all(hooks, plan).unwrap_or_else(|fault| panic!("{fault}"))
}

/// What a run of one scenario has in its books.
pub(crate) struct Played(pub(crate) Snapshot);

/// Lets one user of `users` (a class in YAML, without its host) perform once.
pub(crate) fn play(host: &str, class: &str) -> Played {
    play_plan(host, class, "", "{ users: 1, iterations: 1 }")
}

/// The same with data and a scenario.
pub(crate) fn play_plan(host: &str, class: &str, data: &str, scenario: &str) -> Played {
    let yaml = written(host, class, data, scenario);
    let mut record = run(&plan(&yaml, &folder()), 1);
    assert_eq!(record.scenarios.len(), 1);
    Played(record.scenarios.remove(0).snapshot)
}

/// The text of a plan.
pub(crate) fn written(host: &str, class: &str, data: &str, scenario: &str) -> String {
    let indented = class.replace('\n', "\n    ");
    let data = match data {
        "" => String::new(),
        rows => format!("data:\n  {}\n", rows.replace('\n', "\n  ")),
    };
    format!(
        "host: {host}\n{data}users:\n  tester:\n    {indented}\nscenarios:\n  main: {scenario}\n"
    )
}

/// Where files of tests are.
pub(crate) fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/plans")
}

impl Played {
    /// Lets nothing have gone wrong.
    pub(crate) fn well(self) -> Played {
        assert_eq!(self.failures(), Vec::<String>::new());
        assert_eq!(self.exceptions(), Vec::<String>::new());
        self
    }

    /// Each failure as `METHOD name: error`, with its count where that is not one.
    pub(crate) fn failures(&self) -> Vec<String> {
        let told = self.0.failures.iter().map(|failure| {
            let times = match failure.occurrences {
                1 => String::new(),
                times => format!(" ({times} times)"),
            };
            let (method, name) = (&failure.method, &failure.name);
            format!("{method} {name}: {}{times}", failure.error)
        });
        told.collect()
    }

    pub(crate) fn exceptions(&self) -> Vec<String> {
        let told = self.0.exceptions.iter();
        told.map(|group| group.message.to_string()).collect()
    }

    /// Each endpoint as `METHOD name: requests`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let told = self.0.endpoints.iter();
        told.map(|one| format!("{} {}: {}", one.method, one.name, one.requests))
            .collect()
    }

    pub(crate) fn endpoint(&self, method: &str, name: &str) -> &Endpoint {
        self.0
            .find(method, name)
            .unwrap_or_else(|| panic!("{method} {name} is not among {:?}", self.requests()))
    }

    /// How many values of a measure there are, the least and the greatest.
    pub(crate) fn measure(&self, method: &str, name: &str, measure: Measure) -> (u64, f64, f64) {
        let values = self.endpoint(method, name).measures.get(measure);
        values.map_or((0, 0.0, 0.0), |values| {
            let extreme = |value: Option<f64>| value.unwrap_or(f64::NAN);
            (values.count(), extreme(values.min()), extreme(values.max()))
        })
    }
}
