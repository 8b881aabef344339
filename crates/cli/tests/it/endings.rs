//! Every way in which a run ends, and its exit code.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::thread::yield_now;

use crate::plans::{Desk, getting, row};
use crate::{check_refused, start};

#[test]
fn every_fault_of_a_plan_is_told_at_once() {
    let desk = Desk::new(
        "hots: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: /, tiemout: 5s }] } }\n\
         scenarios: { a: { rate: 10 } }\ndata: { rows: { csv: missing.csv } }\n",
    );
    let said = [
        "plan.yaml:1:1: ",
        "`host`",
        "`timeout`",
        "'10' is a rate without its unit",
        "4 faults",
    ];
    check_refused(&mut desk.command(&["run", "plan.yaml"]), 2, &said);
}

#[test]
fn files_that_the_plan_names_must_be_there() {
    let desk = Desk::new(
        "host: ${TARGET}\ndata:\n  rows: { csv: missing.csv }\n  more: { json: nowhere.json }\n\
         users: { u: { tasks: [{ get: / }] } }\nscenarios: { a: { rate: 10/s, for: 1s } }\n",
    );
    let said = [
        "plan.yaml:3:16: cannot read",
        "plan.yaml:4:17: ",
        "2 faults",
    ];
    check_refused(&mut desk.command(&["run", "plan.yaml"]), 2, &said);
    assert_eq!(desk.received(), 0);
}

#[test]
fn failed_requests_end_it_with_1() {
    let desk = Desk::new(&getting("/status/503", "a: { users: 1, iterations: 4 }"));
    let stdout = desk.check(
        &["run", "plan.yaml", "--results", "out"],
        1,
        &["4 failures"],
    );
    assert!(stdout.contains("errors"), "{stdout}");
    let failures = desk.read("out/a_failures.csv");
    assert_eq!(row(&failures, "/status/503")[3], "4", "{failures}");
    let unmeasured = "a: { users: 1, iterations: 4, measure: false }";
    let desk = Desk::new(&getting("/status/503", unmeasured));
    desk.check(&["run", "plan.yaml"], 0, &["4 failures"]);
}

#[test]
fn what_cannot_be_sent_ends_it_with_1() {
    let desk = Desk::new(
        "host: ${TARGET}\nusers: { u: { tasks: [{ steps: [\n\
         { get: /json, take: { gone: { json: $.gone, default: null } } },\n\
         { get: '/{{ gone.first }}' }] }] } }\n\
         scenarios: { a: { users: 1, total_iterations: 1 } }\n",
    );
    let stdout = desk.check(&["run", "plan.yaml"], 1, &["no failures · 1 exception"]);
    assert!(stdout.contains("exceptions\n"), "{stdout}");
    assert!(
        stdout.contains("{{ gone.first }}: it has no value"),
        "{stdout}"
    );
}

#[test]
fn a_target_that_is_not_ready_is_not_loaded() {
    let ready = "ready: { get: /status/503, within: 600ms }\n";
    let desk = Desk::new(&(ready.to_owned() + &getting("/", "a: { users: 1, iterations: 4 }")));
    let said = ["waiting for ", "the target is not ready", "status 503"];
    desk.check(&["run", "plan.yaml"], 97, &said);
    assert!(!desk.target.truth().routes.contains_key("/"));
}

#[test]
fn a_target_that_is_not_there_is_told_before_the_run() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 4 }"));
    let mut command = desk.command(&["run", "plan.yaml"]);
    command.env("TARGET", "http://127.0.0.1:1");
    let (code, stdout, stderr) = crate::ended(&mut command);
    assert_eq!((code, stdout.as_str()), (97, ""), "{stderr}");
    assert!(
        stderr.contains("http://127.0.0.1:1/ cannot be reached"),
        "{stderr}"
    );
    assert!(stderr.contains("Connection refused"), "{stderr}");
}

#[test]
fn results_that_cannot_be_written_are_told_before_the_run() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 4 }"));
    desk.write("file", "");
    let args = ["run", "plan.yaml", "--results", "file/below"];
    check_refused(&mut desk.command(&args), 97, &["cannot write file/below"]);
    assert_eq!(desk.received(), 0);
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 4 }"));
    fs::create_dir(desk.path("out")).unwrap();
    desk.write("out/thesis.txt", "precious");
    let args = ["run", "plan.yaml", "--results", "out"];
    check_refused(
        &mut desk.command(&args),
        97,
        &["the folder out has files", "another one"],
    );
    assert_eq!(fs::read_dir(desk.path("out")).unwrap().count(), 1);
    assert_eq!(desk.received(), 0);
}

#[test]
fn files_that_cannot_be_written_any_more_end_it_with_1() {
    let desk = Desk::new(&getting("/delay/50", "a: { users: 1, iterations: 4 }"));
    let child = start(&mut desk.command(&["run", "plan.yaml", "--results", "out"]));
    while desk.received() < 1 {
        yield_now();
    }
    fs::remove_dir_all(desk.path("out")).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("warning: cannot write out/run.json"),
        "{said}"
    );
    assert!(said.contains("the run goes on without its files"), "{said}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("cannot write out/run.json"),
        "the record notes it: {told}"
    );
    assert_eq!(desk.received(), 4, "the run went on");
}

#[test]
fn a_load_that_was_not_applied_is_invalid() {
    let scenario = "a: { rate: 100/s, for: 500ms, max_in_flight: 1, grace: 5s }";
    let desk = Desk::new(&getting("/delay/400", scenario));
    let stdout = desk.check(&["run", "plan.yaml"], 98, &["invalid"]);
    assert!(stdout.contains("The run is INVALID"), "{stdout}");
    assert!(stdout.contains("raise max_in_flight"), "{stdout}");
}

/// A run that would take an hour.
fn endless(path: &str) -> Desk {
    Desk::new(&getting(
        path,
        "a: { users: 2, for: 1h, grace: 1h }, b: { users: 1, for: 1h }",
    ))
}

pub(crate) fn send(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
    assert!(sent.success());
}

fn interrupted(signal: &str, code: i32) {
    let desk = endless("/");
    let args = ["run", "plan.yaml", "--results", "out"];
    let child = start(&mut desk.command(&args));
    while desk.received() < 10 {
        yield_now();
    }
    send(signal, &child);
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stdout}");
    assert!(
        stdout.contains(&format!("interrupted by SIG{}", &signal[1..])),
        "{stdout}"
    );
    let stats = desk.read("out/a_stats.csv");
    assert_eq!(row(&stats, "Aggregated")[2], desk.received().to_string());
    assert!(!desk.path("out/b_stats.csv").exists(), "b never began");
}

#[test]
fn ctrl_c_ends_it_in_good_order() {
    interrupted("-INT", 130);
}

#[test]
fn so_does_sigterm() {
    interrupted("-TERM", 143);
}

#[test]
fn a_second_signal_cuts_off_what_is_under_way() {
    let desk = endless("/delay/30000");
    let mut child = start(&mut desk.command(&["run", "plan.yaml"]));
    while desk.received() < 2 {
        yield_now();
    }
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    send("-INT", &child);
    let mut said = String::new();
    while !said.contains("stopped\n") {
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
    }
    send("-INT", &child);
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("cut off\n"), "{said}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("2 requests cut off at the end"), "{stdout}");
}

#[test]
fn a_signal_ends_the_wait_for_readiness() {
    let desk = Desk::new(
        &("ready: { get: /status/503, within: 1h }\n".to_owned()
            + &getting("/", "a: { users: 1, for: 1h }")),
    );
    let child = start(&mut desk.command(&["run", "plan.yaml"]));
    while desk.received() < 1 {
        yield_now();
    }
    send("-INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
}
