//! The examples of the documentation, run against the target that they are written for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gatecrash_plan::file::Format;
use gatecrash_plan::model::{
    Iterations, Load, Plan, Scenario, SocketStep, Start, Step, UserKind, Wait,
};
use gatecrash_plan::schedule::UserSchedule;
use gatecrash_plan::{Overrides, Sources, load};
use gatecrash_target::{Server, Service, TargetOptions, serve};

use super::play::{Played, run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples")
}

/// An example as it stands, but for where it leads, how long it lasts and its pauses.
fn example(name: &str, server: &Server, turns: u64) -> Plan {
    let text = std::fs::read_to_string(folder().join(name)).expect("an example");
    let overrides = Overrides {
        set: vec![format!("host=http://{}", server.address())],
        ..Overrides::default()
    };
    let sources = Sources {
        file_name: name,
        text: &text,
        format: Format::Yaml,
        environment: &|_| None,
        overrides: &overrides,
        folder: &folder(),
    };
    let mut plan = load(&sources).unwrap_or_else(|faults| panic!("{faults}"));
    for class in &mut plan.users {
        let UserKind::Http(users) = &mut class.kind else {
            panic!("{name} has users of another kind");
        };
        users.wait = Wait::None;
        users
            .tasks
            .iter_mut()
            .for_each(|task| hurry(&mut task.steps));
    }
    plan.scenarios = vec![each_class(&plan, turns)];
    plan
}

/// Takes the pauses out.
fn hurry(steps: &mut [Step]) {
    for step in steps {
        match step {
            Step::Think(wait) | Step::Socket(SocketStep::Hold(wait)) => {
                let short = Duration::from_millis(5);
                *wait = Wait::Between(short, short);
            }
            Step::Repeat { steps, .. } => hurry(steps),
            Step::If {
                then, otherwise, ..
            } => {
                hurry(then);
                hurry(otherwise);
            }
            _ => {}
        }
    }
}

/// A user of each class with so many turns.
fn each_class(plan: &Plan, turns: u64) -> Scenario {
    let classes = plan.users.len();
    Scenario {
        name: "each".to_owned(),
        start: Start::InTurn,
        who: (0..classes).map(|class| (class, 1.0)).collect(),
        load: Load::Users {
            schedule: UserSchedule::constant(classes as u32, None, None).expect("a schedule"),
            iterations: Some(Iterations::PerUser(turns)),
        },
        duration: None,
        grace: Duration::from_secs(5),
        ..plan.scenarios[0].clone()
    }
}

/// Runs an example, each user with enough turns for each of its tasks; gives what is in the
/// books.
fn check(name: &str, service: Service, turns: u64) -> Played {
    let server = serve(TargetOptions {
        service,
        port: 0,
        ..TargetOptions::default()
    })
    .expect("a target");
    let plan = example(name, &server, turns);
    let mut record = run(&plan, 1);
    let played = Played(record.scenarios.remove(0).snapshot);
    assert_eq!(played.failures(), Vec::<String>::new(), "{name}");
    let done = played
        .0
        .tasks
        .iter()
        .filter(|task| task.ended > task.failed);
    assert_eq!(
        done.count(),
        played.0.tasks.len(),
        "{name}: {:?}",
        played.requests()
    );
    played
}

#[test]
fn every_example_goes_well() {
    for (name, turns) in [
        ("first.yaml", 10),
        ("loads.yaml", 10),
        ("bodies.yaml", 40),
        ("checks.yaml", 10),
        ("stream.yaml", 5),
        ("websocket.yaml", 3),
        ("environment.yaml", 10),
        ("together.yaml", 10),
        ("verdict.yaml", 6),
    ] {
        let played = check(name, Service::Plain, turns);
        assert_eq!(played.exceptions(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn rows_that_end_are_told() {
    let played = check("data.yaml", Service::Plain, 4);
    assert_eq!(
        played.exceptions(),
        ["data accounts: every row was used once; tasks that need one are not performed"]
    );
}

#[test]
fn a_journey_through_the_clinic_goes_well() {
    let played = check("journey.yaml", Service::Clinic, 30);
    assert_eq!(played.exceptions(), Vec::<String>::new());
}
