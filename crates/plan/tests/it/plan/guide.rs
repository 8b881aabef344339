//! The plans of the guides are plans.

use std::path::{Path, PathBuf};

use gatecrash_plan::file::Format;
use gatecrash_plan::{Overrides, Sources};

const USERS: &str = "users: { u: { tasks: [{ get: / }] } }\n";
const SCENARIOS: &str = "scenarios: { s: { users: 1, for: 1s } }\n";
const HOST: &str = "host: http://h\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides")
}

/// Every block of YAML of the guides, with the name of its page.
fn blocks() -> Vec<(String, String)> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.sort();
    pages.iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &Path) -> Vec<(String, String)> {
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.map(|block| (name.clone(), block)).collect()
}

/// A file of a CI, which names itself in its first line.
fn is_workflow(block: &str) -> bool {
    block.starts_with("# .")
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
fn every_plan_of_the_guides_resolves() {
    let blocks = blocks();
    let plans = blocks.iter().filter(|(_, block)| !is_workflow(block));
    assert!(plans.clone().count() >= 30, "only {} plans", plans.count());
    for (page, block) in plans {
        let text = completed(block);
        let sources = Sources {
            file_name: page,
            text: &text,
            format: Format::Yaml,
            environment: &super::environment,
            overrides: &Overrides::default(),
            folder: &folder(),
        };
        let plan = gatecrash_plan::load(&sources);
        let plan = plan.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
        for file in plan.files() {
            assert!(file.exists(), "{page}: {}", file.display());
        }
    }
}

#[test]
fn every_workflow_of_the_guides_is_yaml() {
    let blocks = blocks();
    let workflows = blocks.iter().filter(|(_, block)| is_workflow(block));
    assert!(workflows.clone().count() >= 3);
    for (page, block) in workflows {
        let tree = gatecrash_plan::file::parse(block, Format::Yaml);
        tree.unwrap_or_else(|faults| panic!("{page}: {block}\n{faults}"));
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
