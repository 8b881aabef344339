//! The checks are checked: a copy of the workspace with a fault in it must be refused.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::{arrows, bans, source, workspace};

/// A copy of the manifests and sources of this workspace.
fn copy() -> TempDir {
    let (root, copy) = (workspace::root(), tempfile::tempdir().unwrap());
    for file in workspace::files(&root).unwrap() {
        let extension = file.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("rs" | "toml" | "lock")) {
            let to = copy.path().join(&file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(root.join(&file), to).unwrap();
        }
    }
    copy
}

fn append(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(path, before + text).unwrap();
}

/// Adds `text` to `file` of a copy and expects one more fault of the source scan, which says `expected`.
#[track_caller]
fn check_source(file: &str, text: &str, expected: &str) {
    let copy = copy();
    let before = bans::scan(copy.path()).unwrap().faults;
    append(copy.path(), file, text);
    let after = bans::scan(copy.path()).unwrap().faults;
    check_one_new(&before, &after, expected);
}

#[track_caller]
fn check_one_new(before: &[String], after: &[String], expected: &str) {
    let new: Vec<_> = after
        .iter()
        .filter(|fault| !before.contains(fault))
        .collect();
    assert!(
        new.len() == 1 && new[0].contains(expected),
        "expected one fault with {expected:?}, got {new:#?}"
    );
}

/// Adds a dependency to a crate of a copy and expects the fault `expected`.
#[track_caller]
fn check_arrow(manifest: &str, dependency: &str, expected: &str) {
    let copy = copy();
    let before = arrows::faults(copy.path()).unwrap();
    let section = "\n[target.'cfg(unix)'.dependencies]\n";
    append(copy.path(), manifest, &format!("{section}{dependency}\n"));
    let after = arrows::faults(copy.path()).unwrap();
    check_one_new(&before, &after, expected);
}

#[test]
fn a_forbidden_arrow_is_named_with_both_crates_and_the_reason() {
    check_arrow(
        "crates/metrics/Cargo.toml",
        "gatecrash-engine.workspace = true",
        "gatecrash-metrics must not depend on gatecrash-engine: it knows only how numbers merge",
    );
}

#[test]
fn a_foreign_world_stays_where_it_is_known() {
    check_arrow(
        "crates/report/Cargo.toml",
        "pyo3.workspace = true",
        "gatecrash-report must not depend on pyo3: only `python` knows Python",
    );
}

#[test]
fn a_banned_call_is_refused_by_clippy_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let root = workspace::root();
    std::fs::copy(root.join("clippy.toml"), folder.path().join("clippy.toml")).unwrap();
    append(
        folder.path(),
        "Cargo.toml",
        "[package]\nname = \"tiny\"\nedition = \"2024\"\n[workspace]\n[lib]\npath = \"lib.rs\"\n",
    );
    append(
        folder.path(),
        "lib.rs",
        "//! Reads the clock.\n/// Now.\npub fn now() -> std::time::Instant {\n    std::time::Instant::now()\n}\n",
    );
    let clippy = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--offline", "--", "-D", "warnings"])
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&clippy.stderr);
    assert!(!clippy.status.success(), "clippy let `Instant::now` pass");
    assert!(
        said.contains("time is read in a crate's clock.rs only"),
        "no reason given: {said}"
    );
}

#[test]
fn a_ban_cannot_be_switched_off_elsewhere() {
    let text = "\n#[expect(clippy::disallowed_methods, reason = \"no\")]\nfn later() -> std::time::Instant {\n    std::time::Instant::now()\n}\n";
    check_source(
        "crates/report/src/lib.rs",
        text,
        "clippy::disallowed_methods switched off",
    );
}

#[test]
fn a_pure_crate_names_no_clock_thread_lock_or_file() {
    check_source(
        "crates/metrics/src/lib.rs",
        "\nuse std::{fmt, thread};\n",
        "`std::thread` in a pure crate",
    );
    check_source(
        "crates/plan/src/lib.rs",
        "\nstatic CACHE: std::sync::Mutex<u8> = std::sync::Mutex::new(0);\n",
        "`std::sync::Mutex`",
    );
}

#[test]
fn unfinished_work_and_ignored_tests_are_refused() {
    check_source(
        "crates/net/src/lib.rs",
        &format!("\n// {}: later\n", ["TO", "DO"].concat()),
        "must not stand",
    );
    check_source(
        "crates/net/src/lib.rs",
        "\n#[ignore]\nfn slow() {}\n",
        "an ignored test",
    );
}

#[test]
fn a_function_is_measured_from_its_signature_to_its_brace() {
    let facts = source::read("/// Doc.\nfn one(\n    a: u8,\n) {\n    drop(a);\n}\n").unwrap();
    assert_eq!(
        (
            facts.functions[0].name.as_str(),
            facts.functions[0].line,
            facts.functions[0].lines
        ),
        ("one", 2, 5)
    );
    let long = format!("fn long() {{\n{}}}\n", "    drop(0);\n".repeat(120));
    check_source("crates/net/src/lib.rs", &long, "a function of 122 lines");
}
