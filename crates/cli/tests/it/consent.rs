//! The estimate of the cost: told, and asked about above a limit.

use crate::plans::{Desk, getting};

/// A plan that costs 20 × 0.05 USD, with this about money.
fn costing(money: &str) -> String {
    let plan = getting("/", "s: { users: 2, iterations: 10 }");
    format!("prices: {{ of: {{ \"*\": 0.05 }} }}\n{money}\n{plan}")
}

#[test]
fn the_estimate_and_its_formula_are_told() {
    let desk = Desk::new(&costing("budget: 0.5 USD\nper_month_at: 100/day"));
    let page = desk.check(&["explain", "plan.yaml"], 0, &[]);
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "s: 2 users × 10 tasks each = 20 tasks × 0.05 USD a task = 1.00 USD",
        "at 100 requests a day 150.00 USD a month (of 30 days)",
        "the run ends at 0.50 USD",
        "it will end before it is done",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
}

#[test]
fn a_run_above_its_limit_needs_a_yes() {
    let desk = Desk::new(&costing("confirm_above: 0.5 USD"));
    let words = ["above 0.50 USD", "start it with --yes"];
    desk.check(&["run", "plan.yaml", "--no-results"], 97, &words);
    assert_eq!(desk.received(), 0, "nothing is sent");
    desk.check(
        &["run", "plan.yaml", "--no-results", "--yes"],
        0,
        &["agreed to by --yes"],
    );
    assert_eq!(desk.received(), 20);
}

#[test]
fn a_run_below_its_limit_is_not_asked_about() {
    let desk = Desk::new(&costing("confirm_above: 1 USD"));
    desk.check(&["run", "plan.yaml", "--no-results"], 0, &[]);
}
