//! `gatecrash run`: plans, what overrides them, the files and tables of a run.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::plans::{Desk, getting, row};
use crate::{check_refused, gatecrash, start};

#[test]
fn as_many_requests_as_the_plan_says() {
    let plan = "name: Test\nhost: ${TARGET}\nready: { get: /, within: 5s }\n\
        users: { reader: { tasks: [{ get: /echo, name: echo }] } }\n\
        scenarios:\n  each: { users: 2, iterations: 5 }\n  \
        some/times: { users: 3, total_iterations: 7, after: each }\n";
    let desk = Desk::new(plan);
    let stdout = desk.check(&["run", "plan.yaml", "--results", "out"], 0, &[]);
    assert!(stdout.starts_with("Test\ndone after "), "{stdout}");
    assert_eq!(desk.received(), 1 + 10 + 7);
    for (scenario, requests) in [("each", "10"), ("some-times", "7")] {
        let stats = desk.read(&format!("out/{scenario}_stats.csv"));
        assert_eq!(row(&stats, "echo")[2], requests, "{stats}");
        assert_eq!(row(&stats, "Aggregated")[2..4], [requests, "0"], "{stats}");
        let history = desk.read(&format!("out/{scenario}_stats_history.csv"));
        let last = history.lines().last().unwrap();
        assert!(last.contains(",Aggregated,"), "{history}");
        assert!(last.contains(&format!(",{requests},0,")), "{history}");
        for end in ["failures", "exceptions"] {
            let text = desk.read(&format!("out/{scenario}_{end}.csv"));
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
    let measures = desk.read("out/measures.csv");
    for scenario in ["each", "some/times"] {
        let row = format!("{scenario},GET,echo,response_time,");
        assert!(measures.contains(&row), "{measures}");
    }
    let arrivals = desk.read("out/arrivals.csv");
    assert!(arrivals.lines().count() > 2, "{arrivals}");
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    assert_eq!(record["scenarios"][1]["name"], "some/times");
    assert_eq!(
        record["origin"]["command"],
        "gatecrash run plan.yaml --results out"
    );
    let files = std::fs::read_dir(desk.path("out")).unwrap();
    assert_eq!(files.count(), 7 + 2 * 4, "no other files are left");
}

#[test]
fn arrivals_come_at_their_rate() {
    let desk = Desk::new(&getting("/", "burst: { rate: 100/s, for: 1s }"));
    let (code, stdout, stderr) = desk.ended(&["run", "plan.yaml"]);
    // A machine that is busy elsewhere may make it invalid; it is not incomplete.
    assert!([0, 98].contains(&code), "{stdout}\n{stderr}");
    assert!(stdout.contains("100 planned, 100 started"), "{stdout}");
    assert_eq!(desk.received(), 100);
}

#[test]
fn options_override_the_plan() {
    let plan = getting(
        "/",
        "a: { users: 1, iterations: 1 }, b: { users: 1, for: 1h }",
    );
    let check = |args: &[&str], requests: u64| {
        let desk = Desk::new(&plan);
        desk.check(&[&["run", "plan.yaml"], args].concat(), 0, &[]);
        assert_eq!(desk.received(), requests, "{args:?}");
    };
    check(&["--scenario", "a", "--users", "3"], 3);
    check(&["--scenario", "a", "--set", "scenarios.a.iterations=4"], 4);
    let desk = Desk::new(&plan);
    let args = "run plan.yaml --scenario b --rate 500/s --for 10ms".split(' ');
    let (code, ..) = desk.ended(&args.collect::<Vec<&str>>());
    assert!([0, 98].contains(&code));
    assert_eq!(desk.received(), 5);
    let desk = Desk::new(&plan);
    let unknown = ["run", "plan.yaml", "--scenario", "c"];
    check_refused(&mut desk.command(&unknown), 2, &["no scenario \"c\""]);
    let several = ["run", "plan.yaml", "--users", "3"];
    check_refused(&mut desk.command(&several), 2, &["needs `--scenario`"]);
    assert_eq!(desk.received(), 0);
}

#[test]
fn a_seed_is_part_of_the_record() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 1 }"));
    let line = |args: &[&str]| {
        let stdout = desk.check(&[&["run", "plan.yaml"], args].concat(), 0, &[]);
        let line = stdout.lines().nth(1).unwrap().to_owned();
        line.split_once(" · ").unwrap().1.to_owned()
    };
    let first = line(&["--seed", "5"]);
    assert!(first.starts_with("seed 5 · plan "), "{first}");
    assert_eq!(line(&["--seed", "5"]), first);
    assert_ne!(line(&["--seed", "6"])[6..], first[6..]);
}

#[test]
fn plans_come_from_stdin_and_from_other_formats() {
    let desk = Desk::new("");
    let json = r#"{"host": "${TARGET}", "users": {"u": {"tasks": [{"get": "/"}]}},
        "scenarios": {"a": {"users": 1, "iterations": 2}}}"#;
    desk.write("plan.json", json);
    let toml = "host = '${TARGET}'\n[users.u]\ntasks = [{ get = '/' }]\n\
        [scenarios.a]\nusers = 1\niterations = 3\n";
    desk.write("plan.toml", toml);
    desk.check(&["run", "plan.json"], 0, &[]);
    desk.check(&["run", "plan.toml"], 0, &[]);
    assert_eq!(desk.received(), 2 + 3);
    let mut child = start(desk.command(&["run", "-"]).stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(json.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.starts_with(b"stdin\n"), "{output:?}");
    assert_eq!(desk.received(), 2 + 3 + 2);
}

#[test]
fn a_dotenv_file_stands_in_for_the_environment() {
    let plan = getting("/${WHAT}", "a: { users: 1, iterations: 1 }");
    let desk = Desk::new(&plan);
    desk.write(".env", "WHAT=echo\nTARGET=http://127.0.0.1:1\n");
    desk.check(&["run", "plan.yaml"], 0, &[]);
    assert_eq!(desk.target.truth().routes["/echo"].received, 1);
    desk.write(".env", "WHAT\n");
    let mut command = desk.command(&["run", "plan.yaml"]);
    check_refused(&mut command, 2, &[".env:1:1: this line has no `=`"]);
}

#[test]
fn quiet_leaves_the_tables() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 1 }"));
    let (code, stdout, stderr) = desk.ended(&["run", "plan.yaml", "--quiet"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("GET /"), "{stdout}");
}

#[test]
fn progress_is_plain_lines_where_nobody_watches() {
    let plan = getting(
        "/",
        "warm: { users: 1, iterations: 2, measure: false }, \
        main: { users: 1, iterations: 3 }",
    );
    let desk = Desk::new(&plan);
    let (_, _, stderr) = desk.ended(&["run", "plan.yaml", "--lanes", "1", "--no-results"]);
    let masked: Vec<String> = stderr.lines().map(without_times).collect();
    assert_eq!(
        masked,
        [
            "Test · seed 1 · 1 lane",
            "warm · 1 user, 2 tasks each · not measured",
            "warm · ended after … · 2 requests · no failures · valid · 1 of 2 scenarios done",
            "main · 1 user, 3 tasks each",
            "main · ended after … · 3 requests · no failures · valid · 2 of 2 scenarios done",
        ]
    );
}

/// The part after `after` masked.
fn without_times(line: &str) -> String {
    let parts = line
        .split(" · ")
        .map(|part| match part.split_once("after ") {
            Some((before, _)) => format!("{before}after …"),
            None => part.to_owned(),
        });
    parts.collect::<Vec<String>>().join(" · ")
}

#[test]
fn without_a_plan_it_says_what_to_do() {
    let desk = Desk::new("");
    let said = ["which plan?", "gatecrash run plan.yaml", "scenarios: {"];
    check_refused(&mut desk.command(&["run"]), 2, &said);
    let mut command = gatecrash(&["run", "locustfile.py"]);
    check_refused(&mut command, 2, &["gatecrash -f locustfile.py"]);
    let mut command = gatecrash(&["run", "nowhere.yaml"]);
    check_refused(&mut command, 2, &["cannot read nowhere.yaml"]);
}
