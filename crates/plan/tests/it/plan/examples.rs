//! The example plans: each resolves, names only files that are there, and says where its
//! schema is.

use std::path::{Path, PathBuf};

use gatecrash_plan::file::Format;
use gatecrash_plan::model::Plan;
use gatecrash_plan::{Overrides, Sources};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples")
}

/// Every example: its name, its text, its format.
pub(super) fn examples() -> Vec<(String, String, Format)> {
    let files = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut examples: Vec<_> = files
        .filter_map(|path| {
            let format = Format::of_extension(path.extension()?.to_str()?)?;
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, std::fs::read_to_string(&path).unwrap(), format))
        })
        .collect();
    examples.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(examples.len() >= 14, "only {} examples", examples.len());
    examples
}

fn load(name: &str, text: &str, format: Format) -> Plan {
    let sources = Sources {
        file_name: name,
        text,
        format,
        environment: &super::environment,
        overrides: &Overrides::default(),
        folder: &folder(),
    };
    gatecrash_plan::load(&sources).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn each_resolves_and_names_files_that_are_there() {
    for (name, text, format) in examples() {
        let plan = load(&name, &text, format);
        for file in plan.files() {
            assert!(file.exists(), "{name} names {}", file.display());
        }
    }
}

#[test]
fn each_says_where_its_schema_is() {
    for (name, text, _) in examples() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.contains("schema"), "{name}");
        let path = first
            .split(['=', ' ', '"'])
            .find(|word| word.ends_with(".json"));
        let path = path.unwrap_or_else(|| panic!("{name} names no schema"));
        assert!(folder().join(path).exists(), "{name}: {path}");
    }
}

#[test]
fn one_plan_in_three_formats_is_one_plan() {
    let mut firsts: Vec<Plan> = examples()
        .into_iter()
        .filter(|(name, ..)| name.starts_with("first."))
        .map(|(name, text, format)| load(&name, &text, format))
        .collect();
    assert_eq!(firsts.len(), 3);
    firsts.iter_mut().for_each(|plan| plan.mentions.clear());
    let shown: Vec<String> = firsts.iter().map(|plan| format!("{plan:#?}")).collect();
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2]);
}

#[test]
fn the_examples_are_listed_for_readers() {
    let page = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for (name, ..) in examples() {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not in README.md"
        );
    }
}

/// Every example as JSON and as YAML written anew: what a format cannot say the others do
/// not mean either.
#[test]
fn every_example_is_the_same_plan_as_json() {
    for (name, text, format) in examples() {
        let tree = gatecrash_plan::file::parse(&text, format).unwrap();
        let json = as_json(&tree);
        let mut original = load(&name, &text, format);
        let mut again = load(&name, &json, Format::Json);
        for plan in [&mut original, &mut again] {
            plan.mentions.clear();
            // Numbers stand there as they are written.
            plan.effective.clear();
        }
        assert_eq!(format!("{original:#?}"), format!("{again:#?}"), "{name}");
    }
}

/// A tree as JSON, in its order.
pub(super) fn as_json(node: &gatecrash_plan::file::node::Node) -> String {
    use gatecrash_plan::file::node::Value;
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number, _) => number.to_string(),
        Value::Text(text) => serde_json::to_string(text).unwrap(),
        Value::List(list) => {
            let list: Vec<String> = list.iter().map(as_json).collect();
            format!("[{}]", list.join(","))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, one)| {
                    format!(
                        "{}:{}",
                        serde_json::to_string(&key.name).unwrap(),
                        as_json(one)
                    )
                })
                .collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}
