//! Flame graphs beside scenarios.

use std::time::Duration;

use gatecrash_metrics::watch::{ProcessBy, Profile, Sampler};
use gatecrash_plan::model::{HookAction, OnFailure};

use super::{faults, scenario, scenarios, seconds, with_scenario};

#[track_caller]
fn profile(text: &str) -> Profile {
    let hook = scenario(&format!("{{ users: 1, for: 1m, profile: {text} }}"))
        .before
        .remove(0);
    assert_eq!(hook.on_failure, OnFailure::Warn);
    match hook.action {
        HookAction::Profile(profile) => profile,
        other => panic!("no profile: {other:?}"),
    }
}

#[test]
fn a_profile_says_whom_and_how_long() {
    let expected = Profile {
        process: ProcessBy::Pid(4711),
        after: Duration::ZERO,
        runs_for: seconds(60),
        tool: None,
    };
    assert_eq!(profile("{ pid: 4711, for: 60s }"), expected);
    let full = profile("{ port: 8010, for: 20s, after: 10s, tool: py-spy }");
    let expected = Profile {
        process: ProcessBy::Port(8010),
        after: seconds(10),
        runs_for: seconds(20),
        tool: Some(Sampler::PySpy),
    };
    assert_eq!(full, expected);
    let named = profile("{ process: uvicorn, for: 1s, tool: perf }");
    assert_eq!(named.process, ProcessBy::Name("uvicorn".to_owned()));
    assert_eq!(named.tool, Some(Sampler::Perf));
}

#[test]
fn it_is_done_beside_each_rung_after_the_hooks_of_the_scenario() {
    let rungs = scenarios(
        "{ rate: [1/s, 2/s], for: 5s, hooks: { before: [{ run: a }] }, profile: { port: 8010, for: 2s } }",
    );
    for rung in &rungs {
        let names: Vec<&str> = rung.before.iter().map(|hook| &*hook.name).collect();
        assert_eq!(names, ["a", "flame graph of port 8010"]);
    }
    assert_eq!(rungs.len(), 2);
}

#[test]
fn what_cannot_be_meant_is_told_with_its_place_and_a_hint() {
    let told = |profile: &str| {
        faults(&with_scenario(&format!(
            "{{ users: 1, for: 30s, profile: {profile} }}"
        )))
    };
    for (profile, why) in [
        (
            "{ for: 5s }",
            "a profile needs one of `pid`, `process` or `port`",
        ),
        ("{ pid: 7, port: 8, for: 5s }", "`pid`"),
        ("{ pid: 7 }", "`for`"),
        ("{ pid: 0, for: 5s }", "no process has the number 0"),
        ("{ port: 70000, for: 5s }", "a port is from 1 to 65535"),
        ("{ process: /bin/api, for: 5s }", "without folders"),
        ("{ pid: 7, for: 0s }", "too short"),
        ("{ pid: 7, for: 5s, tool: gdb }", "takes `perf` or `py-spy`"),
        (
            "{ pid: 7, for: 5s, after: 30s }",
            "the scenario is over after 30s, before this begins",
        ),
        (
            "4711",
            "takes a map that describes a profile, not the number 4711",
        ),
    ] {
        let told = told(profile);
        assert!(told[0].contains(why), "{profile}: {told:?}");
    }
    let told = told("{ pid: 7, for: 5s, after: 31s }");
    assert!(told[0].contains("begin earlier"), "{told:?}");
}
