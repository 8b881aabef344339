//! The plan as it was run, as YAML.

use std::path::Path;

use gatecrash_plan::Overrides;
use gatecrash_plan::effective::{MASK, effective};
use gatecrash_plan::file::Format;
use gatecrash_plan::model::Plan;

use proptest::prelude::*;

use super::{load_as, plan};

/// Everything that a plan means, without the places of the file it stood in.
fn meaning(mut plan: Plan) -> String {
    plan.mentions.clear();
    plan.effective.clear();
    format!("{plan:#?}")
}

#[track_caller]
fn check_round_trip(what: &str, original: Plan) {
    let text = effective(&original);
    let again = load_as(&text, Format::Yaml, &Overrides::default());
    let again = again.unwrap_or_else(|faults| panic!("{what}:\n{text}\n{faults}"));
    assert_eq!(effective(&again), text, "{what}");
    let mut original = original;
    original.folder = again.folder.clone();
    assert_eq!(meaning(original), meaning(again), "{what}:\n{text}");
}

#[test]
fn every_example_is_the_same_plan_again() {
    let folder = Path::new("/plans");
    let mut checked = 0;
    for (name, text, format) in super::examples::examples() {
        let sources = gatecrash_plan::Sources {
            file_name: &name,
            text: &text,
            format,
            environment: &|_| Some("set".to_owned()).filter(|_| false),
            overrides: &Overrides::default(),
            folder,
        };
        // One whose variables are not set has no meaning here.
        let Ok(original) = gatecrash_plan::load(&sources) else {
            continue;
        };
        let text = effective(&original);
        if text.lines().skip(1).any(|line| line.contains(MASK)) {
            continue;
        }
        checked += 1;
        check_round_trip(&name, original);
    }
    assert!(checked >= 9, "only {checked} plans were compared");
}

#[test]
fn texts_that_look_like_something_else_stay_texts() {
    let rows = [
        "\"\"",
        "\"1\"",
        "\"1.5\"",
        "\"0x1f\"",
        "\"1e3\"",
        "\"true\"",
        "\"null\"",
        "\"~\"",
        "\"no\"",
        "\"- a\"",
        "\"a: b\"",
        "\"a #b\"",
        "\"&a\"",
        "\"*a\"",
        "\"!a\"",
        "\" a \"",
        "\"a\\nb\"",
        "\"a\\tb\"",
        "\"ä ö\"",
        "\"{ a\"",
        "\"'\"",
        "\"\\\\\"",
        "\"10m\"",
        "\"1:30\"",
        "\"0x1d\"",
        "\"1_000\"",
        "\"---\"",
        "\"...\"",
        "\"%a\"",
        "\"@a\"",
        "\"`a\"",
        "\"a$$b\"",
        "\"inf\"",
        "\".inf\"",
        "\"NaN\"",
        "\"2001-01-01\"",
        "\"\\u0007\"",
        "\"<<\"",
        "\"=\"",
        "1.10",
        "1",
        "-3",
        "1e3",
        "null",
        "true",
        "[]",
        "{}",
        "[[1, [2]], { a: { b: [] } }]",
        "[{ a: 1, b: [x, y] }, z]",
    ];
    for row in rows {
        let text = format!(
            "host: http://h\nusers: {{ u: {{ tasks: [{{ post: /, json: {row} }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
        );
        check_round_trip(row, plan(&text));
    }
}

proptest! {
    #[test]
    fn any_text_stays_itself(text in "[^${]{0,12}", key in "[^${]{1,12}") {
        let row = serde_json::json!({ key: [text] });
        let plan_text = format!(
            "{{\"host\":\"http://h\",\"users\":{{\"u\":{{\"tasks\":[{{\"post\":\"/\",\"json\":{row}}}]}}}},\"scenarios\":{{\"s\":{{\"users\":1,\"for\":\"1s\"}}}}}}"
        );
        let original = load_as(&plan_text, Format::Json, &Overrides::default()).unwrap();
        check_round_trip(&plan_text, original);
    }
}

#[test]
fn overrides_are_in_it() {
    let text = "host: http://h
objectives: [p95 in a < 2 * p95 in 'b 5/s', error_rate < 1%]
users: { u: { tasks: [{ get: / }] } }
scenarios:
  a: { rate: 1/s, for: 1s }
  b: { rate: [5/s, 10/s], for: 1s, after: a }
";
    let overrides = Overrides {
        set: vec!["users.u.weight=3".to_owned()],
        scenarios: vec!["b 10/s".to_owned()],
        ..Overrides::default()
    };
    let chosen = load_as(text, Format::Yaml, &overrides);
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(faults) => panic!("{faults}"),
    };
    assert_eq!(
        effective(&chosen),
        "# What was run; `***` stands for what may be secret.
name: plan
host: \"http://h\"
objectives:
  - error_rate < 1%
users:
  u:
    tasks:
      - get: /
    weight: 3
scenarios:
  b:
    rate:
      - 10/s
    for: 1s
"
    );
    check_round_trip("overridden", chosen);
}

#[test]
fn what_may_be_secret_is_not_in_it() {
    let text = "host: http://joe:hidden1@h/x
users:
  u:
    headers: { Authorization: Bearer hidden2, x-api-key: hidden3, Accept: text, X-Key: \"${KG_PASSWORD}\" }
    tasks:
      - post: /?${EMPTY:-hidden4_not}&k=${KG_PASSWORD}&u=${KG_USER:-none}
        headers: { cookie: hidden5 }
        json: { a: \"x${KG_PASSWORD}y\", b: \"{{ env.KG_PASSWORD }}\", c: $$5 }
scenarios: { s: { users: \"${THREE}\", for: 1s, hooks: { before: [{ run: \"login ${KG_PASSWORD}\", keep: a }] } } }
";
    let plan = plan(text);
    let told = effective(&plan);
    for secret in [
        "hidden1",
        "hidden2",
        "hidden3",
        "hidden5",
        "secret\"",
        "xsecret",
        "ann",
        "login secret",
    ] {
        assert!(!told.contains(secret), "{secret} is in\n{told}");
    }
    for kept in [
        "http://***@h/x",
        "Accept: text",
        "hidden4_not&k=***&u=***",
        "x***y",
        "{{ env.KG_PASSWORD }}",
        "$$5",
        "users: \"***\"",
        "login ***",
    ] {
        assert!(told.contains(kept), "{kept} is not in\n{told}");
    }
    assert!(
        !told.lines().skip(1).any(|line| line.contains("secret")),
        "{told}"
    );
}
