//! The guide's plans are plans.

use std::path::{Path, PathBuf};

use gatecrash_plan::file::Format;
use gatecrash_plan::{Overrides, Sources};

const USERS: &str = "users: { u: { tasks: [{ get: / }] } }\n";
const SCENARIOS: &str = "scenarios: { s: { users: 1, for: 1s } }\n";
const HOST: &str = "host: http://h\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides")
}

/// The blocks of YAML on the page.
fn blocks() -> Vec<String> {
    let page = std::fs::read_to_string(folder().join("plans.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// A block as a whole plan: a list is one of tasks, and what it leaves out is added.
fn completed(block: &str) -> String {
    if block.starts_with("- ") {
        let indented: String = block
            .lines()
            .map(|line| format!("      {line}\n"))
            .collect();
        return format!("{HOST}users:\n  u:\n    tasks:\n{indented}{SCENARIOS}");
    }
    let has = |key: &str| block.lines().any(|line| line.starts_with(key));
    let missing = [
        ("host:", HOST),
        ("users:", USERS),
        ("scenarios:", SCENARIOS),
    ];
    let added = missing
        .iter()
        .filter(|(key, _)| !has(key))
        .map(|(_, text)| *text);
    added.fold(block.to_owned(), |plan, text| plan + text)
}

#[test]
fn every_plan_of_the_guide_resolves() {
    let blocks = blocks();
    assert!(blocks.len() >= 15, "only {} blocks", blocks.len());
    for block in blocks {
        let text = completed(&block);
        let sources = Sources {
            file_name: "plans.md",
            text: &text,
            format: Format::Yaml,
            environment: &super::environment,
            overrides: &Overrides::default(),
            folder: &folder(),
        };
        let plan = gatecrash_plan::load(&sources);
        let plan = plan.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
        for file in plan.files() {
            assert!(file.exists(), "{}", file.display());
        }
    }
}

#[test]
fn the_guide_names_every_form_of_step() {
    let page = std::fs::read_to_string(folder().join("plans.md")).unwrap();
    for step in [
        "get", "post", "put", "patch", "delete", "head", "options", "request", "think", "set",
        "if", "repeat", "connect", "send", "expect", "hold", "close",
    ] {
        assert!(page.contains(&format!("`{step}")), "{step}");
    }
}
