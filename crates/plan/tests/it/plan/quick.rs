//! What `quick:` lays over a plan.

use std::time::Duration;

use gatecrash_plan::file::Format;
use gatecrash_plan::model::{Load, Plan};
use gatecrash_plan::{Overrides, effective};

use super::{load_as, told};

/// A plan whose `quick:` begins in line 12.
const PLAN: &str = "\
name: Shop
host: http://h
users:
  visitor: { wait: 1s..3s, tasks: [ { get: / } ] }
  buyer: { weight: 2, tasks: [ { get: /cart } ] }
objectives: [ p95 < 100ms, error_rate < 1% ]
slo: { /cart: { p50: 10ms, p95: 100ms } }
scenarios:
  steady: { rate: 50/s, for: 1h, max_in_flight: 7 }
  crowd: { users: 1000, for: 10m, spawn: 5/s }
  soak: { users: 5, for: 24h }
quick:
";

const PARTS: &str = "  users: { visitor: { wait: 10ms } }
  objectives: [ p95 < 1s ]
  slo: { /cart: { p95: 1s } }
  scenarios:
    steady: { for: 2s }
    crowd: { users: 5, spawn: null }
    soak: null
    extra: { rate: 1/s, for: 1s }
";

fn quick() -> Overrides {
    Overrides {
        quick: true,
        ..Overrides::default()
    }
}

fn load(quick: &str, overrides: &Overrides) -> Result<Plan, Vec<String>> {
    let plan = load_as(&format!("{PLAN}{quick}"), Format::Yaml, overrides);
    plan.map_err(|faults| told(&faults))
}

fn scenarios(plan: &Plan) -> Vec<(&str, Option<u64>)> {
    let seconds = |time: Duration| time.as_secs();
    let scenarios = plan.scenarios.iter();
    scenarios
        .map(|one| (one.name.as_str(), one.duration.map(seconds)))
        .collect()
}

fn objectives(plan: &Plan) -> Vec<String> {
    plan.objectives.iter().map(|one| one.text.clone()).collect()
}

#[test]
fn maps_are_merged_lists_are_replaced_and_null_takes_away() {
    let plan = load(PARTS, &quick()).unwrap();
    assert_eq!(
        scenarios(&plan),
        [
            ("steady", Some(2)),
            ("crowd", Some(600)),
            ("extra", Some(1))
        ]
    );
    let Load::Rate { max_in_flight, .. } = plan.scenarios[0].load else {
        panic!("{:?}", plan.scenarios[0].load);
    };
    assert_eq!(max_in_flight, 7);
    assert_eq!(plan.users[1].weight, 2.0);
    assert_eq!(
        objectives(&plan),
        ["p95 < 1s", "p50 of /cart <= 10ms", "p95 of /cart <= 1s"]
    );
}

#[test]
fn without_being_asked_for_it_changes_nothing() {
    let plain = load("  {}\n", &Overrides::default()).unwrap();
    let with = load(PARTS, &Overrides::default()).unwrap();
    assert_eq!(format!("{plain:#?}"), format!("{with:#?}"));
    assert_eq!(scenarios(&with).len(), 3);
    assert!(!effective(&with).contains("quick"), "{}", effective(&with));
}

#[test]
fn the_effective_plan_is_the_quick_one_and_says_so() {
    let text = effective(&load(PARTS, &quick()).unwrap());
    assert_eq!(
        text,
        "# What was run; `***` stands for what may be secret.
name: Shop (quick)
host: \"http://h\"
users:
  visitor:
    wait: 10ms
    tasks:
      - get: /
  buyer:
    weight: 2
    tasks:
      - get: /cart
objectives:
  - p95 < 1s
slo:
  /cart:
    p50: 10ms
    p95: 1s
scenarios:
  steady:
    rate: 50/s
    for: 2s
    max_in_flight: 7
  crowd:
    users: 5
    for: 10m
  extra:
    rate: 1/s
    for: 1s
"
    );
    let again = load_as(&text, Format::Yaml, &Overrides::default()).unwrap();
    assert_eq!(effective(&again), text);
    assert_eq!(again.name, "Shop (quick)");
    let nameless = PLAN.replace("name: Shop\n", "");
    let nameless = load_as(&format!("{nameless}  {{}}"), Format::Yaml, &quick()).unwrap();
    assert_eq!(nameless.name, "plan (quick)");
}

#[test]
fn options_are_applied_to_what_is_laid_over() {
    let overrides = Overrides {
        set: vec!["scenarios.steady.max_in_flight=9".to_owned()],
        scenarios: vec!["steady".to_owned()],
        duration: Some("3s".to_owned()),
        ..quick()
    };
    let plan = load(PARTS, &overrides).unwrap();
    assert_eq!(scenarios(&plan), [("steady", Some(3))]);
    assert!(effective(&plan).contains("max_in_flight: 9"));
    let gone = Overrides {
        scenarios: vec!["soak".to_owned()],
        ..quick()
    };
    let faults = load(PARTS, &gone).unwrap_err();
    assert!(faults[0].contains("no scenario \"soak\""), "{faults:?}");
}

#[test]
fn a_plan_without_it_says_what_to_write() {
    let plan = PLAN.replace("quick:\n", "");
    let faults = load_as(&plan, Format::Yaml, &quick()).unwrap_err();
    assert_eq!(
        told(&faults),
        [
            "1:1 the plan has no `quick`, which says what `--quick` (or GATECRASH_QUICK) runs (write \
          what is shorter there, such as `quick: { scenarios: { steady: { for: 5s } } }`)"
        ]
    );
}

#[test]
fn faults_keep_their_places_whether_it_is_asked_for_or_not() {
    let cases = [
        (
            "  scenarios: { steady: { fro: 2s } }\n",
            "13:26 a scenario has no key \"fro\" (did you mean `for`?)",
        ),
        (
            "  scenarios: { steady: { for: 2 } }\n",
            "13:31 `for`: '2' is a time without its unit; write 2s, 2ms, 2m or 2h",
        ),
        (
            "  scenarios: { crowd: { rate: 5/s } }\n",
            "13:25 a scenario has either `users` or `rate`, not both",
        ),
        (
            "  objectives: [ p95 in nowhere < 1s ]\n",
            "13:24 there is no scenario \"nowhere\"",
        ),
        ("  budgte: 5\n", "13:3 a plan has no key \"budgte\""),
        (
            "  scenarios: { stedy: null }\n",
            "13:16 there is no \"stedy\" here that `null` could take away",
        ),
        (
            "  quick: {}\n",
            "13:10 `quick` is laid over once, and has no `quick` of its own",
        ),
        (
            "  [ 1 ]\n",
            "13:3 `quick` takes a map of parts of a plan, not a list",
        ),
        ("  scenarios: null\n", "1:1 a plan needs `scenarios`"),
    ];
    for (text, fault) in cases {
        for overrides in [Overrides::default(), quick()] {
            let faults = load(text, &overrides).map(|_| text).unwrap_err();
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].starts_with(fault), "{text}: {faults:?}");
        }
    }
}

#[test]
fn faults_of_the_plan_and_of_what_is_laid_over_it_come_together_and_once() {
    let plan = PLAN.replace("weight: 2", "wieght: 2");
    let text = format!("{plan}  scenarios: {{ steady: {{ for: 2 }} }}\n");
    let faults = load_as(&text, Format::Yaml, &Overrides::default()).unwrap_err();
    let faults = told(&faults);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("wieght") && faults[1].contains("`for`"));
}

#[test]
fn an_option_cannot_set_what_has_been_laid_over() {
    let overrides = Overrides {
        set: vec!["quick.seed=7".to_owned()],
        ..quick()
    };
    let faults = load_as(&format!("{PLAN}{PARTS}"), Format::Yaml, &overrides).unwrap_err();
    let faults = faults.to_string();
    assert!(
        faults.starts_with("--set:1:1: `quick` is laid over the plan before this is set"),
        "{faults}"
    );
}

#[test]
fn every_format_has_it() {
    let toml = "
[users.u]
tasks = [{ get = \"http://h/\" }]
[scenarios.s]
rate = \"5/s\"
for = \"1h\"
[quick.scenarios.s]
for = \"1s\"
";
    let json = r#"{ "users": { "u": { "tasks": [{ "get": "http://h/" }] } },
        "scenarios": { "s": { "rate": "5/s", "for": "1h" } },
        "quick": { "scenarios": { "s": { "for": "1s" } } } }"#;
    for (text, format) in [(toml, Format::Toml), (json, Format::Json)] {
        let plan = load_as(text, format, &quick()).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(scenarios(&plan), [("s", Some(1))]);
    }
}
