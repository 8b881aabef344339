//! The folder of results, the commands on it, and what must never be in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread::yield_now;

use serde_json::Value;

use crate::plans::{Desk, getting};
use crate::{check_refused, ended, start};

/// The only folder below `results`.
fn only_run(desk: &Desk) -> String {
    let runs = fs::read_dir(desk.path("results")).unwrap();
    let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.collect();
    assert_eq!(names.len(), 1, "{names:?}");
    format!("results/{}", names[0])
}

/// All files of a folder with their texts.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files
        .map(|file| {
            let text = fs::read(file.path()).unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, String::from_utf8(text).unwrap())
        })
        .collect()
}

#[test]
fn each_run_of_a_plan_gets_a_folder() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 2 }"));
    desk.check(&["run", "plan.yaml", "--no-results"], 0, &[]);
    assert!(!desk.path("results").exists());
    desk.check(&["run", "plan.yaml"], 0, &["results in results/"]);
    let run = only_run(&desk);
    assert!(
        run.ends_with("-Test") && run.len() == "results/20261121-155039-Test".len(),
        "{run}"
    );
    let list = desk.check(&["results"], 0, &[]);
    assert!(list.contains("Test") && list.contains(&run), "{list}");
    assert!(list.contains("Nothing was asked"), "{list}");
    let empty = desk.check(&["results", "nowhere"], 0, &["there are no runs"]);
    assert_eq!(empty, "");
}

#[test]
fn every_format_is_made_again() {
    let desk = Desk::new(&getting("/status/503", "a b: { users: 1, iterations: 3 }"));
    let told = desk.check(&["run", "plan.yaml", "--html", "run.html"], 1, &[]);
    let run = only_run(&desk);
    let file = |name: &str| desk.read(&format!("{run}/{name}"));
    assert_eq!(
        desk.check(&["report", "latest", "--no-color"], 0, &[]),
        told
    );
    let args = "report latest --md a.md --json a.json --junit a.xml --html a.html --csv tables";
    let args: Vec<&str> = args.split(' ').collect();
    assert_eq!(desk.check(&args, 0, &[]), "");
    assert_eq!(desk.read("a.md"), file("summary.md"));
    assert_eq!(desk.read("a.json"), file("summary.json"));
    assert_eq!(desk.read("a.xml"), file("junit.xml"));
    assert_eq!(desk.read("a.html"), desk.read("run.html"));
    let tables = texts(&desk.path("tables"));
    assert_eq!(tables.len(), 2 + 4);
    for (name, text) in tables {
        assert_eq!(text, file(&name), "{name}");
    }
    let md = desk.check(&["report", &run, "--md", "-"], 0, &[]);
    assert_eq!(md.trim_end(), file("summary.md").trim_end());
    let same = ["report", "latest", "--csv", &run];
    check_refused(
        &mut desk.command(&same),
        1,
        &["is the folder of the run itself"],
    );
}

#[test]
fn what_cannot_be_reported_is_called_what_it_is() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 1 }"));
    let refused = |run: &str, said: &str| {
        check_refused(&mut desk.command(&["report", run]), 97, &[said]);
    };
    refused("latest", "there are no runs in the folder results");
    refused("nowhere", "there is no nowhere");
    refused(".", "holds no run: it has no run.json");
    refused("plan.yaml", "plan.yaml cannot be used: it is no JSON");
    desk.check(&["run", "plan.yaml", "--results", "out"], 0, &[]);
    let text = desk.read("out/run.json");
    desk.write("out/run.json", &text[..text.len() - 10]);
    refused("out", "out/run.json cannot be used: it ends in the middle");
    desk.write("other.json", "{\"format\": \"k6\"}");
    refused("other.json", "no run of Gatecrash");
}

#[test]
fn a_killed_run_can_be_told() {
    let desk = Desk::new(&getting(
        "/",
        "first: { users: 1, iterations: 5 }, second: { users: 2, for: 1h }",
    ));
    let mut child = start(&mut desk.command(&["run", "plan.yaml", "--results", "out"]));
    let journal = || fs::read_to_string(desk.path("out/seconds.jsonl")).unwrap_or_default();
    // Three seconds of the second scenario.
    while journal().matches("\"at_epoch_s\"").count() < 3 {
        yield_now();
    }
    let listed = desk.command(&["report", "out"]).output().unwrap();
    let said = String::from_utf8(listed.stderr).unwrap();
    assert!(said.contains("still goes on"), "{said}");
    let in_use = ["run", "plan.yaml", "--results", "out"];
    check_refused(
        &mut desk.command(&in_use),
        97,
        &["another run writes into the folder out"],
    );
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let told = desk.check(&["report", "out"], 0, &["the process was killed"]);
    assert!(told.contains("unknown (the process was killed)"), "{told}");
    assert!(told.contains("first") && told.contains("second"), "{told}");
    let counted = json(&desk, "out");
    let requests = |at: usize| {
        counted["test_results"][at]["total_requests"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(requests(0), 5);
    let (known, received) = (requests(1), desk.received() - 5);
    assert!(known <= received, "{known} of {received}");
    // The first three seconds are in it.
    let seconds = journal().matches("\"at_epoch_s\"").count() as u64;
    assert!(
        known >= received * (seconds - 1) / (seconds + 2),
        "{known} of {received} in {seconds} s"
    );
    desk.check(&["check", "out", "--objective", "requests > 4"], 0, &[]);
}

/// The summary of a run as JSON.
fn json(desk: &Desk, run: &str) -> Value {
    let text = desk.check(&["report", run, "--json", "-"], 0, &[]);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_job_of_github_gets_the_summary() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 1 }"));
    desk.write("job.md", "before\n");
    let mut command = desk.command(&["run", "plan.yaml", "--results", "out"]);
    command.env("GITHUB_STEP_SUMMARY", desk.path("job.md"));
    assert_eq!(ended(&mut command).0, 0);
    assert_eq!(
        desk.read("job.md"),
        format!("before\n{}\n", desk.read("out/summary.md"))
    );
    let mut command = desk.command(&["run", "plan.yaml", "--results", "out"]);
    command.env("GITHUB_STEP_SUMMARY", desk.path("nowhere/job.md"));
    let (code, _, said) = ended(&mut command);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("cannot write the job's summary"), "{said}");
}

/// Secrets in a variable, in `.env`, in headers, and in URLs; and ways for them to come back.
const SECRETS: &str = "name: Test\nhost: ${TARGET}\n\
    users:\n  reader:\n    headers: { Authorization: 'Bearer written-in-the-plan', Cookie: 'sid=cookie-of-plan; a=b' }\n    \
    tasks:\n    - { get: '/echo?key=${API_KEY}' }\n    \
    - { get: '/status/500?token=${DOT_ENV_TOKEN}', name: 'with {{ env.DOT_ENV_TOKEN }}' }\n    \
    - { get: 'http://127.0.0.1:1/${API_KEY}', name: dead }\n    \
    - { get: /echo, name: checked, headers: { X-Api-Key: '${API_KEY}' }, expect: { contains: '${API_KEY} or more' } }\n    \
    - { get: /echo, name: missing, take: { gone: { regex: 'no-${DOT_ENV_TOKEN}' } } }\n\
    scenarios: { all: { users: 2, iterations: 20 } }\n";

#[test]
fn secrets_are_nowhere() {
    let secrets = [
        "env-secret-1",
        "dot-env-secret-2",
        "written-in-the-plan",
        "cookie-of-plan",
    ];
    let desk = Desk::new(SECRETS);
    desk.write(".env", "DOT_ENV_TOKEN=dot-env-secret-2\n");
    let with_key = |args: &[&str]| {
        let mut command = desk.command(args);
        command
            .env("API_KEY", "env-secret-1")
            .env("GITHUB_STEP_SUMMARY", desk.path("job.md"));
        ended(&mut command)
    };
    let args = ["run", "plan.yaml", "--results", "out", "--html", "run.html"];
    let (code, stdout, stderr) = with_key(&args);
    assert_eq!(code, 1, "{stdout}\n{stderr}");
    let (_, explained, said) = with_key(&["explain", "plan.yaml"]);
    let (_, reported, noted) = with_key(&["report", "out"]);
    let mut outputs = texts(&desk.path("out"));
    for name in ["run.html", "job.md"] {
        outputs.insert(name.to_owned(), desk.read(name));
    }
    let printed = [stdout, stderr, explained, said, reported, noted];
    for (at, text) in printed.into_iter().enumerate() {
        outputs.insert(format!("printed {at}"), text);
    }
    assert!(
        outputs["run.json"].contains("/echo?key=***"),
        "{}",
        outputs["run.json"]
    );
    assert!(
        outputs["effective.yaml"].contains("***"),
        "{}",
        outputs["effective.yaml"]
    );
    for (name, text) in &outputs {
        for secret in secrets {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} in {name}: {line:?}");
        }
    }
    let names: Vec<&String> = outputs
        .keys()
        .filter(|name| name.contains("env-secret"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}
