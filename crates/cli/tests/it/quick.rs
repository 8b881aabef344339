//! `--quick`: a plan scaled to seconds.

use serde_json::Value;

use crate::environment_python::check_plan_is_handed_over;
use crate::plans::{Desk, getting};

/// A plan that takes an hour, or twenty requests.
fn plan() -> String {
    let plan = getting("/", "steady: { rate: 20/s, for: 1h }");
    format!("{plan}quick: {{ scenarios: {{ steady: {{ for: 1s }} }} }}\n")
}

#[test]
fn a_quick_run_runs_what_is_laid_over_and_says_so() {
    let desk = Desk::new(&plan());
    let args = ["run", "plan.yaml", "--quick", "--results", "out"];
    let (code, stdout, stderr) = desk.ended(&args);
    // A machine that is busy elsewhere may make it invalid; it is not incomplete.
    assert!([0, 98].contains(&code), "{stdout}\n{stderr}");
    assert_eq!(desk.received(), 20);
    let first = stderr.lines().next().unwrap();
    assert!(first.starts_with("Test (quick) · seed 1"), "{stderr}");
    assert!(stdout.starts_with("Test (quick)\n"), "{stdout}");
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    assert_eq!(record["name"], "Test (quick)");
    let effective = desk.read("out/effective.yaml");
    assert!(effective.contains("    for: 1s\n"), "{effective}");
    assert!(!effective.contains("quick:"), "{effective}");
}

#[test]
fn the_environment_can_ask_for_it() {
    let desk = Desk::new(&plan());
    let explained = |value: &str| {
        let mut command = desk.command(&["explain", "plan.yaml"]);
        let (code, stdout, stderr) = crate::ended(command.env("GATECRASH_QUICK", value));
        (code, stdout + &stderr)
    };
    for value in ["1", "true"] {
        let (code, page) = explained(value);
        assert!(code == 0 && page.starts_with("Test (quick) ·"), "{page}");
    }
    for value in ["", "0", "false"] {
        let (code, page) = explained(value);
        assert!(code == 0 && page.starts_with("Test ·"), "{page}");
    }
    let (code, page) = explained("perhaps");
    assert!(code == 2, "{page}");
    assert!(
        page.contains("GATECRASH_QUICK is perhaps: set it to 1"),
        "{page}"
    );
}

#[test]
fn a_plan_that_has_none_is_refused() {
    let desk = Desk::new(&getting("/", "steady: { rate: 20/s, for: 1h }"));
    let words = [
        "plan.yaml:1:1",
        "`quick: { scenarios: { steady: { for: 5s } } }`",
    ];
    desk.check(&["run", "plan.yaml", "--quick"], 2, &words);
    assert_eq!(desk.received(), 0);
}

#[test]
fn it_goes_with_the_plan_to_python() {
    check_plan_is_handed_over(
        "quick: { scenarios: { a: { for: 2s } } }\n",
        "--quick",
        "[--quick]\n",
    );
}
