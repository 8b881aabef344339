//! What is asked of a run that it cannot answer: each is said, with a code of its own.

use crate::check_refused;
use crate::plans::{Desk, getting};

const ONCE: &str = "main: { users: 1, iterations: 1 }";

/// A plan of one request, with this line at its end.
fn plan(line: &str) -> String {
    format!("{}{line}\n", getting("/", ONCE))
}

#[test]
fn an_endpoint_that_never_occurred_is_no_data() {
    let desk = Desk::new(&plan(
        "objectives: ['p95 of /nowhere < 1s', 'failures == 0']",
    ));
    let told = desk.check(&["run", "plan.yaml", "--results", "out"], 99, &[]);
    for said in [
        "NO DATA  p95 of /nowhere < 1s",
        "no endpoint `/nowhere` was requested",
        "PASS     failures == 0",
        "Do not ship: 1 of 2 objectives",
    ] {
        assert!(told.contains(said), "{said:?} is not in: {told}");
    }
    // A saved run knows as little.
    let asked = ["check", "out", "--objective", "p95 of /nowhere < 1s"];
    let told = desk.check(&asked, 99, &[]);
    assert!(
        told.contains("no endpoint `/nowhere` was requested"),
        "{told}"
    );
}

#[test]
fn what_no_plan_can_ask_is_refused_before_anything_is_sent() {
    for (line, place, said) in [
        (
            "objectives: ['p95 tftt < 1s']",
            "plan.yaml:5:",
            "did you mean `ttft`?",
        ),
        (
            "objectives: ['p95 of user writer < 1s']",
            "plan.yaml:5:",
            "there is no user class \"writer\"",
        ),
        ("budget: 5 USD", "plan.yaml:5:9", "`budget` needs `prices`"),
        (
            "objectives: [cost < 5 USD]",
            "plan.yaml:5:",
            "`cost` needs `prices`",
        ),
        (
            "objectives: ['p95 < 3 parsec']",
            "plan.yaml:5:21",
            "`3` is a time without its unit",
        ),
    ] {
        let desk = Desk::new(&plan(line));
        for command in ["run", "explain", "check"] {
            let words = match command {
                "check" => vec!["check", "none", "--plan", "plan.yaml"],
                _ => vec![command, "plan.yaml"],
            };
            desk.check(&words, 2, &[place, said]);
        }
        assert_eq!(desk.received(), 0, "{line}");
    }
}

#[test]
fn a_run_that_cannot_be_read_is_called_what_it_is() {
    let desk = Desk::new(&plan(""));
    desk.check(&["run", "plan.yaml", "--results", "out"], 0, &[]);
    let whole = desk.read("out/run.json");
    let refused = |said: &str| {
        let asked = ["check", "out", "--objective", "p95 < 1s"];
        for words in [&asked[..], &["report", "out"]] {
            check_refused(&mut desk.command(words), 97, &["out/run.json", said]);
            let (_, _, stderr) = desk.ended(words);
            assert_eq!(stderr.matches(said).count(), 1, "told once: {stderr}");
        }
    };
    desk.write("out/run.json", &whole[..whole.len() / 2]);
    refused("ends in the middle");
    desk.write(
        "out/run.json",
        &whole.replacen("\"gatecrash-run\"", "\"k6-run\"", 1),
    );
    refused("no run of Gatecrash");
    std::fs::remove_file(desk.path("out/run.json")).unwrap();
    std::fs::create_dir(desk.path("out/run.json")).unwrap();
    refused("Is a directory");
}
