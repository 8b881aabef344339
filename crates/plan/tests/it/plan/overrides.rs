//! What the command line overrides.

use std::time::Duration;

use gatecrash_plan::Overrides;
use gatecrash_plan::file::Format;
use gatecrash_plan::model::{Load, Plan, Start};

use super::{load_as, told};

const PLAN: &str = "\
host: http://h
users:
  a.b: { weight: 2, tasks: [ { get: / } ] }
  c: { tasks: [ { get: /, weight: 5 } ] }
scenarios:
  warmup: { users: 5, for: 10s, measure: false }
  burst: { rate: 50/s, for: 2m, max_in_flight: 7, after: warmup }
  ladder: { rate: [10/s, 20/s], for: 30s }
";

fn overridden(overrides: Overrides) -> Plan {
    load_as(PLAN, Format::Yaml, &overrides).unwrap_or_else(|faults| panic!("{faults}"))
}

fn refused(overrides: Overrides) -> String {
    load_as(PLAN, Format::Yaml, &overrides)
        .unwrap_err()
        .to_string()
}

fn set(text: &str) -> Overrides {
    Overrides {
        set: vec![text.to_owned()],
        ..Default::default()
    }
}

fn only(scenario: &str) -> Overrides {
    Overrides {
        scenarios: vec![scenario.to_owned()],
        ..Default::default()
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn values_are_set_by_dotted_keys() {
    assert_eq!(
        overridden(set("host=http://other:81")).host,
        some("http://other:81")
    );
    assert_eq!(overridden(set("users.c.weight=3")).users[1].weight, 3.0);
    assert_eq!(overridden(set("users.a.b.weight=9")).users[0].weight, 9.0);
    assert_eq!(overridden(set("seed=9")).seed, 9);
    assert_eq!(
        overridden(set("host=${HOST}")).host,
        some("http://from.env:81")
    );
    let plan = overridden(set("users.c.tasks.0.name=first"));
    assert!(format!("{plan:?}").contains("\"first\""));
    let plan = overridden(set("scenarios.extra={ users: 1, for: 1s }"));
    assert_eq!(plan.scenarios.last().unwrap().name, "extra");
}

#[test]
fn the_last_one_counts() {
    let both = Overrides {
        set: vec!["users.c.weight=3".to_owned(), "users.c.weight=4".to_owned()],
        ..Default::default()
    };
    assert_eq!(overridden(both).users[1].weight, 4.0);
}

#[test]
fn faults_point_into_the_option() {
    let cases = [
        (
            "users.c.wieght=3",
            "--set:1:9: a user class has no key \"wieght\"",
            "did you mean `weight`?",
        ),
        (
            "users.c.weight=many",
            "--set:1:16: `weight` takes a number from 0 on",
            "",
        ),
        (
            "users.c.tasks.7.name=x",
            "--set:1:15: \"7\" is not a place in a list of 1",
            "counted from 0 on",
        ),
        (
            "host.name=x",
            "--set:1:1: there is nothing below: the text \"http://h\" stands here",
            "",
        ),
        (
            "host",
            "--set:1:1: `--set` takes a key and a value",
            "write `--set",
        ),
        ("=5", "--set:1:1: `--set` takes a key and a value", ""),
        ("users.c={", "--set:1:", ""),
        (
            "host=${NOPE}",
            "--set:1:6: the variable NOPE is not set",
            "",
        ),
        ("host=", "--set:1:6: \"\" is not a URL", ""),
    ];
    for (text, what, hint) in cases {
        let told = refused(set(text));
        assert!(told.contains(what) && told.contains(hint), "{text}: {told}");
        assert!(told.contains(&format!("1 | {text}")), "{text}: {told}");
    }
}

#[test]
fn one_scenario_can_be_chosen() {
    let names =
        |plan: Plan| -> Vec<String> { plan.scenarios.into_iter().map(|one| one.name).collect() };
    assert_eq!(names(overridden(only("burst"))), ["burst"]);
    assert_eq!(overridden(only("burst")).scenarios[0].start, Start::InTurn);
    assert_eq!(
        names(overridden(only("ladder"))),
        ["ladder 10/s", "ladder 20/s"]
    );
    assert_eq!(names(overridden(only("ladder 20/s"))), ["ladder 20/s"]);
    assert_eq!(overridden(only("ladder")).scenarios[1].start, Start::InTurn);
    let faster = Overrides {
        rate: some("30/s"),
        ..only("ladder 20/s")
    };
    assert_eq!(names(overridden(faster)), ["ladder"]);
    let told = refused(only("brust"));
    assert!(
        told.contains("--scenario:1:1: the plan has no scenario \"brust\""),
        "{told}"
    );
    assert!(told.contains("did you mean `burst`?"), "{told}");
    let told = refused(only("ladder 30/s"));
    assert!(
        told.contains("the plan has no scenario \"ladder 30/s\""),
        "{told}"
    );
    assert!(refused(only("x")).contains("choose `warmup`, `burst` or `ladder`"));
}

#[test]
fn several_scenarios_run_in_the_order_of_the_plan() {
    let both = Overrides {
        scenarios: vec!["ladder 20/s".to_owned(), "warmup".to_owned()],
        ..Default::default()
    };
    let names: Vec<String> = overridden(both.clone())
        .scenarios
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["warmup", "ladder 20/s"]);
    let faster = Overrides {
        rate: some("30/s"),
        ..both
    };
    let told = refused(faster);
    assert!(
        told.contains("--rate is for one scenario, not for 2"),
        "{told}"
    );
}

#[test]
fn a_load_replaces_the_other_kind() {
    let rate = Overrides {
        rate: some("100/s"),
        duration: some("1m"),
        ..only("warmup")
    };
    let plan = overridden(rate);
    let Load::Rate { profile, .. } = &plan.scenarios[0].load else {
        panic!("{plan:?}");
    };
    assert_eq!(profile.peak(), "100/s".parse().unwrap());
    assert_eq!(plan.scenarios[0].duration, Some(Duration::from_secs(60)));
    let users = Overrides {
        users: some("30"),
        ..only("burst")
    };
    let plan = overridden(users);
    let Load::Users { schedule, .. } = &plan.scenarios[0].load else {
        panic!("{plan:?}");
    };
    assert_eq!(schedule.peak(), 30);
}

#[test]
fn a_load_needs_one_scenario() {
    let rate = Overrides {
        rate: some("100/s"),
        ..Default::default()
    };
    let told = refused(rate.clone());
    assert!(
        told.contains("--rate:1:1: the plan has 3 scenarios: --rate needs `--scenario`"),
        "{told}"
    );
    assert!(
        told.contains("choose `warmup`, `burst` or `ladder`"),
        "{told}"
    );
    let one = PLAN.split("  burst").next().unwrap();
    assert!(load_as(one, Format::Yaml, &rate).is_ok());
    let both = Overrides {
        users: some("3"),
        rate: some("3/s"),
        ..only("burst")
    };
    assert!(refused(both).contains("--users:1:1: a scenario has `--rate` or `--users`, not both"));
}

#[test]
fn a_load_that_cannot_be_read_is_told_at_its_option() {
    let cases = [
        (
            Overrides {
                rate: some("100"),
                ..only("burst")
            },
            "--rate:1:1: `rate`: '100' is a rate without its unit",
        ),
        (
            Overrides {
                users: some("ten"),
                ..only("burst")
            },
            "--users:1:1: `users` takes a whole number",
        ),
        (
            Overrides {
                duration: some("10"),
                ..only("burst")
            },
            "--for:1:1: `for`: '10' is a time without its unit",
        ),
        (
            Overrides {
                duration: some("0s"),
                ..only("burst")
            },
            "--for:1:1: a time of 0 is too short here",
        ),
    ];
    for (overrides, what) in cases {
        let told = refused(overrides);
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn faults_of_file_and_options_come_together() {
    let text = PLAN.replace("max_in_flight", "max_in_flihgt");
    let overrides = set("users.c.weight=many");
    let faults = load_as(&text, Format::Yaml, &overrides).unwrap_err();
    assert_eq!(told(&faults).len(), 2, "{faults}");
}
