//! Verdicts as lines.

use gatecrash_metrics::objective::{Severity, Verdict};
use gatecrash_metrics::{RunRecord, Unit};
use gatecrash_report::native::verdicts::{Told, run_verdicts, verdict_lines};
use gatecrash_report::native::{Look, Paint};

use crate::judged::{self, broken, held, tolerable, without_data};
use crate::native::same;

const NARROW: Look = Look {
    width: 80,
    color: false,
};

fn text(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

#[test]
fn a_suite_is_told_scenario_by_scenario() {
    let run = judged::suite(judged::all_kinds());
    let lines = run_verdicts(&run, &NARROW);
    same("verdicts-80.txt", &text(&lines));
    assert!(lines.iter().all(|line| line.chars().count() <= 80));
}

#[test]
fn verdicts_of_one_scenario_need_no_heading() {
    let lines = verdict_lines(&[held(), without_data()], &NARROW);
    same("verdicts-one.txt", &text(&lines));
    assert!(!text(&lines).contains("burst"));
    assert!(verdict_lines(&[], &NARROW).is_empty());
}

#[test]
fn every_outcome_has_its_word() {
    let label = |verdict: Verdict| Told::of(&verdict, None).label;
    let warning = |verdict| Verdict {
        severity: Severity::Warn,
        ..verdict
    };
    assert_eq!(label(held()), "PASS");
    assert_eq!(label(broken()), "FAIL");
    assert_eq!(label(tolerable()), "WARN");
    assert_eq!(label(warning(broken())), "WARN");
    assert_eq!(label(warning(held())), "PASS");
    assert_eq!(label(without_data()), "NO DATA");
    // That it does not decide is no matter of colour alone.
    let told = Told::of(&warning(without_data()), None);
    assert_eq!((told.label, told.paint), ("NO DATA", Paint::Warn));
    assert!(told.details.contains("does not decide"), "{told:?}");
}

#[test]
fn the_instant_is_relative_where_the_beginning_is_known() {
    let run = judged::suite(vec![broken()]);
    let told = |run: Option<&RunRecord>| Told::of(&broken(), run).details;
    assert!(told(Some(&run)).ends_with("first broken after 12s"));
    assert!(told(None).ends_with("first broken at 2023-11-14T22:13:32Z"));
}

#[test]
fn figures_that_differ_look_different() {
    let close = Verdict {
        observed: Some(0.010_000_4),
        ..broken()
    };
    let told = Told::of(&close, None);
    assert_ne!(told.observed, told.limit, "{told:?}");
    let apart = Told::of(&broken(), None);
    assert_eq!((&*apart.observed, &*apart.limit), ("2.3 %", "1 %"));
}

#[test]
fn both_limits_are_told() {
    let of = |objective: &str, limit| Verdict {
        objective: objective.into(),
        limit: Some(limit),
        ..broken()
    };
    let told = |verdict: Verdict| Told::of(&verdict, None).limit;
    let both = of("error_rate between 50% and 95%", 0.5);
    assert_eq!(told(both), "50 % to 95 %");
    assert_eq!(told(of("error_rate < 50%", 0.5)), "50 %");
    // Times are told in the unit of what was observed.
    let times = Verdict {
        unit: Unit::Ms,
        observed: Some(7.0),
        ..of("p95 between 10ms and 1s", 10.0)
    };
    assert_eq!(told(times), "10 ms to 1,000 ms");
}

#[test]
fn money_has_the_currency_of_the_run() {
    let cost = Verdict {
        observed: Some(0.001_25),
        limit: Some(1234.5),
        unit: Unit::Money,
        ..held()
    };
    let told = Told::of(&cost, Some(&judged::suite(Vec::new())));
    let figures = (&*told.observed, &*told.limit);
    assert_eq!(figures, ("0.00125 USD", "1,234.50 USD"));
    assert_eq!(Told::of(&cost, None).limit, "1,234.50");
}

#[test]
fn nothing_from_elsewhere_moves_the_cursor() {
    let evil = Verdict {
        objective: "p95 of \x1b[2J < 1s".into(),
        why: "\x1b]0;owned\x07".into(),
        scenario: Some("\x1b[31m".into()),
        endpoint: Some("\r\n".into()),
        ..broken()
    };
    let lines = text(&verdict_lines(&[evil, held()], &NARROW));
    assert!(!lines.contains(['\x1b', '\r', '\x07']), "{lines:?}");
}

#[test]
fn long_objectives_are_broken_and_not_cut() {
    let name = "/a/path/that/goes/on".repeat(8);
    let long = Verdict {
        objective: format!("p95 of {name} < 900ms"),
        ..broken()
    };
    let lines = verdict_lines(&[long], &NARROW);
    assert!(lines.iter().all(|line| line.chars().count() <= 80));
    let letters: String = text(&lines).split_whitespace().collect();
    assert!(letters.contains("goes/on/a/path"), "{lines:#?}");
    assert!(!text(&lines).contains('…'));
}
