//! `gatecrash check`: a run that is over, judged; Locust's own files among them.

use std::path::{Path, PathBuf};

use crate::{check_refused, ended, gatecrash};

/// What Locust wrote of a run with 1318 requests, P95 20 s, 158 failures.
const STATS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../report/tests/golden/mixed/stats.csv"
);

/// `check` of these words ends with `code` and says `expected`.
fn check(words: &[&str], code: i32, expected: &[&str]) {
    let all: Vec<&str> = ["check"].iter().chain(words).copied().collect();
    let (ended_with, stdout, stderr) = ended(&mut gatecrash(&all));
    assert_eq!((ended_with, stderr.as_str()), (code, ""), "{stdout}");
    for text in expected {
        assert!(stdout.contains(text), "{text:?} is not in: {stdout}");
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A file in a folder of the test's.
fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn the_code_says_whether_all_holds() {
    check(
        &[STATS, "--objective", "p95 < 21s"],
        0,
        &["PASS", "p95 < 21s", "20"],
    );
    check(
        &[STATS, "--objective", "p95 < 19s"],
        99,
        &["FAIL", "p95 < 19s"],
    );
    let both = ["--objective", "p95 < 21s", "--objective", "failures < 158"];
    check(&[&[STATS], &both[..]].concat(), 99, &["PASS", "FAIL"]);
    let untold = ["--objective", "p97 < 10h"];
    check(
        &[&[STATS], &untold[..]].concat(),
        99,
        &["NO DATA", "does not tell"],
    );
}

#[test]
fn what_is_behind_the_numbers_is_told() {
    let words = [STATS, "--objective", "p95 < 21s"];
    check(&words, 0, &["the last second", "nothing is known of users"]);
}

#[test]
fn verdicts_come_as_json() {
    let words = ["check", STATS, "--json", "--objective", "p95 < 19s"];
    let (code, stdout, _) = ended(&mut gatecrash(&words));
    let told: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let verdict = &told["verdicts"][0];
    assert_eq!(code, 99);
    assert_eq!(verdict["objective"], "p95 < 19s");
    assert_eq!(verdict["outcome"], "failed");
    assert_eq!(verdict["observed"], 20000.0);
}

#[test]
fn verdicts_come_as_junit() {
    let folder = folder();
    let file = folder.path().join("junit.xml");
    let name = file.to_str().expect("text");
    check(
        &[STATS, "--objective", "p95 < 19s", "--junit", name],
        99,
        &["FAIL"],
    );
    let xml = std::fs::read_to_string(file).expect("written");
    assert!(
        xml.contains("<failure") && xml.contains("p95 &lt; 19s"),
        "{xml}"
    );
}

#[test]
fn a_plan_says_what_must_hold() {
    let folder = folder();
    let plan = |objectives: &str| {
        let text = format!(
            "host: http://127.0.0.1:1\nusers: {{ reader: {{ tasks: [{{ get: / }}] }} }}\n\
             scenarios: {{ steady: {{ rate: 10/s, for: 10s }} }}\n{objectives}"
        );
        written(folder.path(), "plan.yaml", &text)
    };
    let path = plan("objectives:\n  - p95 < 21s\n  - failures < 158\n");
    let name = path.to_str().expect("text");
    check(
        &[STATS, "--plan", name],
        99,
        &["p95 < 21s", "failures < 158"],
    );
    plan("");
    check_refused(
        &mut gatecrash(&["check", STATS, "--plan", name]),
        2,
        &["has no objectives"],
    );
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let folder = folder();
    let objective = ["--objective", "p95 < 1s"];
    let refused = |file: &Path, code: i32, words: &[&str]| {
        let name = file.to_str().expect("text");
        let all = [&["check", name][..], &objective[..]].concat();
        check_refused(&mut gatecrash(&all), code, words);
    };
    let other = written(folder.path(), "jtl.csv", "timeStamp,elapsed,label\n1,2,a\n");
    refused(
        &other,
        97,
        &["jtl.csv", "lacks the columns Type, Name", "timeStamp"],
    );
    refused(&written(folder.path(), "empty", ""), 97, &["empty"]);
    refused(
        &written(folder.path(), "page.html", "<html>"),
        97,
        &["templateArgs"],
    );
    refused(
        &written(folder.path(), "half.json", "{\"format\": \"gatec"),
        97,
        &["half.json"],
    );
    refused(&folder.path().join("none.csv"), 97, &["none.csv"]);
    refused(folder.path(), 97, &["run.json"]);
    std::fs::write(folder.path().join("bytes"), [0xff, 0xfe, 0]).expect("written");
    refused(&folder.path().join("bytes"), 97, &["no text"]);
}

#[test]
fn faults_in_what_is_asked_are_pointed_at() {
    let words = ["check", STATS, "--objective", "p95 < 1 parsec"];
    check_refused(
        &mut gatecrash(&words),
        2,
        &["--objective", "    p95 < 1 parsec\n", "^"],
    );
    check_refused(
        &mut gatecrash(&["check", STATS]),
        2,
        &["no verdicts of its own"],
    );
}
