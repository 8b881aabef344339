//! What is made of the declared keys stands in the repository as it is made.

use std::path::Path;

use gatecrash_plan::{reference, schema};
use serde_json::Value;

#[track_caller]
fn check(path: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let stands = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        stands == made,
        "{path} is not what the code makes; run `cargo run -p gatecrash-plan --example pages`"
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

fn visit(node: &Value, look: &mut impl FnMut(&Value)) {
    look(node);
    match node {
        Value::Array(list) => list.iter().for_each(|one| visit(one, look)),
        Value::Object(entries) => entries.values().for_each(|one| visit(one, look)),
        _ => {}
    }
}
