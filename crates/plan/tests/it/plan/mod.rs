//! Plan files: from text to plan, or to faults.

mod costs;
mod defaults;
mod dotenv;
mod effective;
mod examples;
mod expressions;
mod faults;
mod faulty_tasks;
mod guide;
mod hooks;
mod judging;
mod loads;
mod meaning;
mod messages;
mod overrides;
mod pages;
mod profile;
mod quick;
mod scalars;
mod trees;
mod validator;
mod watch;
mod wild;

use std::path::Path;
use std::time::Duration;

use gatecrash_plan::fault::Faults;
use gatecrash_plan::file::Format;
use gatecrash_plan::model::{HttpStep, HttpUsers, Plan, Scenario, Step, Template, UserKind};
use gatecrash_plan::{Overrides, Sources};

/// What the environment says in these tests.
fn environment(name: &str) -> Option<String> {
    let value = match name {
        "HOST" => "http://from.env:81",
        "EMPTY" => "",
        "THREE" => "3",
        "YES" => "true",
        "BRACES" => "{{ 1 }}",
        "KG_USER" => "ann",
        "KG_PASSWORD" => "secret",
        _ => return None,
    };
    Some(value.to_owned())
}

fn load_as(text: &str, format: Format, overrides: &Overrides) -> Result<Plan, Faults> {
    gatecrash_plan::load(&Sources {
        file_name: "plan.yaml",
        text,
        format,
        environment: &environment,
        overrides,
        folder: Path::new("/plans"),
    })
}

fn load(text: &str) -> Result<Plan, Faults> {
    load_as(text, Format::Yaml, &Overrides::default())
}

#[track_caller]
fn plan(text: &str) -> Plan {
    load(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Each fault of a text as `line:column what (hint)`.
#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let faults = load(text).expect_err("the plan should have faults");
    told(&faults)
}

fn told(faults: &Faults) -> Vec<String> {
    let told = faults.iter().map(|fault| {
        let hint = fault
            .hint
            .as_ref()
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        format!(
            "{}:{} {}{hint}",
            fault.place.line, fault.place.column, fault.what
        )
    });
    told.collect()
}

/// A plan with this one task; the task begins in line 4, column 7.
fn with_task(task: &str) -> String {
    format!(
        "host: http://h\nusers:\n  u: {{ tasks: [\n      {task}\n    ] }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
    )
}

/// A plan with this one scenario, which begins in line 3, column 6.
fn with_scenario(scenario: &str) -> String {
    format!(
        "host: http://h\nscenarios:\n  s: {scenario}\nusers: {{ u: {{ tasks: [ {{ get: / }} ] }} }}\n"
    )
}

fn http_users(plan: &Plan) -> &HttpUsers {
    match &plan.users[0].kind {
        UserKind::Http(users) => users,
        other => panic!("a class without steps: {other:?}"),
    }
}

/// The steps of the one task of a plan.
fn steps_of(task: &str) -> Vec<Step> {
    let plan = plan(&with_task(task));
    http_users(&plan).tasks[0].steps.clone()
}

/// The request that a task is.
#[track_caller]
fn request(task: &str) -> HttpStep {
    match steps_of(task).as_slice() {
        [Step::Http(request)] => (**request).clone(),
        other => panic!("not one request: {other:?}"),
    }
}

/// A template as it was written.
fn written(template: &Template) -> String {
    use gatecrash_plan::model::Part;
    let parts = template.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Expression(source) => format!("{{{{ {source} }}}}"),
    });
    parts.collect()
}

/// All scenarios that one is written as.
fn scenarios(text: &str) -> Vec<Scenario> {
    plan(&with_scenario(text)).scenarios
}

#[track_caller]
fn scenario(text: &str) -> Scenario {
    let mut all = scenarios(text);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}
