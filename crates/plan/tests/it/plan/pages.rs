//! What is made of the declared keys stands in the repository as it is made.

use std::path::Path;

use gatecrash_plan::file::Format;
use gatecrash_plan::{reference, schema};
use serde_json::Value;

use super::validator;

#[track_caller]
fn check(path: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let stands = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        stands == made,
        "{path} is not what the code makes; run `cargo xtask gen`"
    );
}

#[test]
fn the_schema_is_published_as_it_is_made() {
    check("schema/plan.schema.json", &schema::schema());
}

#[test]
fn the_reference_page_is_published_as_it_is_made() {
    check("docs/reference/plan.md", &reference::reference());
}

#[test]
fn every_reference_in_the_schema_leads_somewhere() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let mut references = 0;
    visit(&schema, &mut |node| {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            references += 1;
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(schema.pointer(pointer).is_some(), "{reference}");
        }
    });
    assert!(references > 100, "only {references}");
}

#[test]
fn every_key_says_what_it_means() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let mut keys = 0;
    visit(&schema["$defs"], &mut |node| {
        for (name, property) in node
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            keys += 1;
            let description = property["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{name}: {description:?}");
            assert!(
                property["examples"][0] != Value::Null,
                "{name} has no example"
            );
        }
    });
    assert!(keys > 100, "only {keys}");
}

/// A plan in YAML as the schema sees it.
fn value_of(yaml: &str) -> Value {
    let tree = gatecrash_plan::file::parse(yaml, Format::Yaml);
    let tree = tree.unwrap_or_else(|faults| panic!("{faults}"));
    serde_json::from_str(&super::examples::as_json(&tree)).unwrap()
}

/// Where the schema finds something wrong in a plan in YAML.
fn refused(yaml: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    validator::check(&schema, &schema, &value_of(yaml), "")
}

#[test]
fn the_schema_accepts_every_example() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    for (name, text, format) in super::examples::examples() {
        let tree = gatecrash_plan::file::parse(&text, format).unwrap();
        let value = serde_json::from_str(&super::examples::as_json(&tree)).unwrap();
        let wrong = validator::check(&schema, &schema, &value, "");
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn every_key_takes_its_own_example() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let mut checked = 0;
    visit(&schema["$defs"], &mut |node| {
        for (name, property) in node
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(example) = property["examples"].get(0) {
                let wrong = validator::check(&schema, property, example, "");
                assert!(wrong.is_empty(), "{name}: {example} at {wrong:?}");
                checked += 1;
            }
        }
    });
    assert!(checked > 100, "only {checked}");
}

#[test]
fn the_schema_refuses_what_is_not_a_plan() {
    let task = super::with_task;
    let scenario = super::with_scenario;
    let cases = [
        ("{}".to_owned(), ""),
        (task("{ gte: / }"), "/users/u/tasks/0"),
        (task("{ get: /, wieght: 1 }"), "/users/u/tasks/0"),
        (task("{ get: /, post: / }"), "/users/u/tasks/0"),
        (task("{ get: /, timeout: 10 }"), "/users/u/tasks/0"),
        (
            task("{ get: /, expect: { status: 20 } }"),
            "/users/u/tasks/0",
        ),
        (scenario("{ rate: 50, for: 1m }"), "/scenarios/s/rate"),
        (scenario("{ rate: 5/s, for: 1 }"), "/scenarios/s/for"),
        (scenario("{ users: 0, for: 1m }"), "/scenarios/s/users"),
        (scenario("{ users: 1, rate: 1/s, for: 1m }"), "/scenarios/s"),
        (
            scenario("{ users: 1, for: 1m, arrivals: evn }"),
            "/scenarios/s/arrivals",
        ),
        (scenario("{ users: [{ to: 1 }] }"), "/scenarios/s/users"),
    ];
    for (text, place) in cases {
        assert!(
            refused(&text).iter().any(|wrong| wrong == place),
            "{text}: {:?}",
            refused(&text)
        );
        assert!(super::load(&text).is_err(), "{text}");
    }
}

#[test]
fn what_is_laid_over_a_plan_is_described_as_parts() {
    let plan = super::with_scenario("{ users: 1, for: 1m }");
    let laid = |quick: &str| refused(&format!("{plan}quick: {quick}\n"));
    for quick in [
        "{}",
        "{ scenarios: { s: { for: 5s } } }",
        "{ scenarios: { s: { users: null, rate: 5/s }, new: { rate: 1/s, for: 1s } } }",
        "{ scenarios: { s: null }, host: null, ready: { within: 1s } }",
        "{ users: { u: { wait: 10ms } }, objectives: [p95 < 1s] }",
    ] {
        assert_eq!(laid(quick), Vec::<String>::new(), "{quick}");
    }
    for quick in [
        "{ scenarios: { s: { fro: 5s } } }",
        "{ scenarios: { s: { for: 5 } } }",
        "{ users: { u: { tasks: [{}] } } }",
        "{ users: { u: { tasks: [null] } } }",
        "{ quick: {} }",
        "[]",
    ] {
        let wrong = laid(quick);
        let is_there = |wrong: &String| wrong.starts_with("/quick");
        assert!(wrong.iter().any(is_there), "{quick}: {wrong:?}");
    }
}

fn visit(node: &Value, look: &mut impl FnMut(&Value)) {
    look(node);
    match node {
        Value::Array(list) => list.iter().for_each(|one| visit(one, look)),
        Value::Object(entries) => entries.values().for_each(|one| visit(one, look)),
        _ => {}
    }
}
