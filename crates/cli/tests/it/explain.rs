//! `gatecrash explain`: what a plan would do, without doing it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::plans::{Desk, getting};
use crate::{check_refused, ended};

/// Posts that take 6.5 minutes each, at a rate.
fn asking(rate: &str) -> String {
    format!(
        "name: Chat\nhost: ${{TARGET}}\n\
         users: {{ asker: {{ tasks: [{{ post: /chat, expected_time: 6.5m }}] }} }}\n\
         scenarios: {{ steady: {{ rate: {rate}, for: 1h }} }}\n"
    )
}

#[test]
fn littles_law_says_what_is_in_flight() {
    let desk = Desk::new(&asking("10/s"));
    let page = desk.check(&["explain", "plan.yaml"], 0, &[]);
    assert!(
        page.contains("steady: 10/s × 6m30s = 3,900 (rate × expected time)"),
        "{page}"
    );
    assert!(page.contains("36,000"), "{page}");
    assert!(page.contains('█'), "{page}");
    let ascii = desk.check(&["explain", "plan.yaml", "--ascii"], 0, &[]);
    assert!(ascii.contains("####") && !ascii.contains('█'), "{ascii}");
    assert_eq!(desk.received(), 0, "nothing is sent");
}

#[test]
fn more_than_this_machine_has_is_told_with_what_to_do() {
    let desk = Desk::new(&asking("100/s"));
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "ulimit -n 1000 && exec \"$0\" explain plan.yaml"])
        .arg(env!("CARGO_BIN_EXE_gatecrash"))
        .current_dir(desk.folder.path())
        .env_clear()
        .env("TARGET", desk.target.url());
    let (code, page, stderr) = ended(&mut shell);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for words in [
        "steady: 100/s × 6m30s = 39,000",
        "39,000 connections, more than this machine's files: this process may open 1,000",
        "raise the limit (ulimit -n 39064)",
        "set `max_in_flight: 39000`",
    ] {
        assert!(
            unbroken(&page).contains(words),
            "{words:?} is not in {page}"
        );
    }
}

#[test]
fn options_override_the_plan() {
    let desk = Desk::new(&getting(
        "/",
        "a: { rate: 1/s, for: 10s }, b: { users: 2, for: 1h }",
    ));
    let page = desk.check(
        &[
            "explain",
            "plan.yaml",
            "--scenario",
            "a",
            "--set",
            "scenarios.a.for=20s",
        ],
        0,
        &[],
    );
    assert!(page.contains(" 20 ") && !page.contains("2 users"), "{page}");
    let page = desk.check(
        &["explain", "plan.yaml", "--lanes", "3", "--seed", "9"],
        0,
        &[],
    );
    assert!(
        page.contains("lanes       3") && page.contains("seed 9"),
        "{page}"
    );
}

#[test]
fn the_files_that_it_lists_are_those_that_a_run_writes() {
    let desk = Desk::new(&getting("/", "some/one: { users: 1, iterations: 1 }"));
    let page = desk.check(&["explain", "plan.yaml", "--results", "out"], 0, &[]);
    assert!(!desk.folder.path().join("out").exists());
    desk.check(&["run", "plan.yaml", "--results", "out"], 0, &[]);
    let written = std::fs::read_dir(desk.folder.path().join("out")).unwrap();
    let written: BTreeSet<String> = written
        .map(|file| format!("out/{}", file.unwrap().file_name().to_str().unwrap()))
        .collect();
    let told = unbroken(&page);
    let told = told.split(' ').map(|word| word.trim_end_matches(','));
    let told = told
        .filter(|word| word.starts_with("out/"))
        .map(str::to_owned);
    assert_eq!(told.collect::<BTreeSet<String>>(), written);
}

#[test]
fn a_plan_with_faults_is_refused_as_by_run() {
    let desk = Desk::new(&getting("/", "a: { rate: 50, for: 10s }"));
    check_refused(
        &mut desk.command(&["explain", "plan.yaml"]),
        2,
        &["plan.yaml:4:", "50/s"],
    );
}

/// The text without the line breaks of its page.
fn unbroken(page: &str) -> String {
    page.split_whitespace().collect::<Vec<&str>>().join(" ")
}
