//! What the reference says holds without a key is what holds.

use gatecrash_plan::file::Format;
use gatecrash_plan::model::Plan;
use gatecrash_plan::{Overrides, schema};
use serde_json::Value;

const PLAN: &str = "\
host: http://h
objectives: [ { that: p95 < 1s }, { p95: { target: 1s, acceptable: 2s } } ]
prices: { of: { \"*\": { per_million_tokens: {} } } }
hooks: { before: [ { run: a }, { get: / } ], after: [ { run: a } ] }
ready: { get: / }
data:
  f: { rows: [ { a: 1 } ] }
users:
  u:
    tasks:
      - get: /
        expected_tokens: {}
      - steps:
          - connect: /ws
          - send: x
            expect: { contains: x }
      - post: /
        multipart: { f: { file: x } }
scenarios:
  s: { rate: 1/s, for: 1s }
";

/// Where the keys of a record stand in the plan above.
const PLACES: &[(&str, &str)] = &[
    ("Plan", ""),
    ("That", "objectives.0."),
    ("Limits", "objectives.1."),
    ("Prices", "prices."),
    ("TokenPrice", "prices.of.*.per_million_tokens."),
    ("Tokens", "users.u.tasks.0.expected_tokens."),
    ("Hook", "hooks.before.0."),
    ("Ready", "ready."),
    ("Feed", "data.f."),
    ("User", "users.u."),
    ("Task", "users.u.tasks.0."),
    ("Message", "users.u.tasks.1.steps.1.expect."),
    ("FilePart", "users.u.tasks.2.multipart.f."),
    ("Scenario", "scenarios.s."),
];

fn loaded(overrides: &Overrides) -> String {
    let plan = super::load_as(PLAN, Format::Yaml, overrides);
    let plan = plan.unwrap_or_else(|faults| panic!("{faults}"));
    format!(
        "{:#?}",
        Plan {
            mentions: Vec::new(),
            effective: String::new(),
            ..plan
        }
    )
}

/// What the schema says holds without a key, where that is a value and not a sentence.
fn default(property: &Value) -> Option<&str> {
    let description = property["description"].as_str()?;
    let (_, default) = description.rsplit_once(" Without it: ")?;
    let default = default.strip_suffix('.')?;
    (!default.contains([' ', '`'])).then_some(default)
}

#[test]
fn a_default_written_out_changes_nothing() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let plain = loaded(&Overrides::default());
    let mut checked = 0;
    for (record, place) in PLACES {
        let definition = &schema["$defs"][record];
        let forms = definition["anyOf"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![definition.clone()]);
        for (key, property) in forms
            .iter()
            .flat_map(|form| form["properties"].as_object().unwrap())
        {
            let Some(default) = default(property) else {
                continue;
            };
            let set = format!("{place}{key}={default}");
            let overrides = Overrides {
                set: vec![set.clone()],
                ..Default::default()
            };
            assert_eq!(loaded(&overrides), plain, "{set}");
            checked += 1;
        }
    }
    assert!(checked >= 27, "only {checked} defaults were looked at");
}
