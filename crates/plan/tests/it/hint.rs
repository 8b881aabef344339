//! Hints: near names are found, far ones are not.

use gatecrash_plan::{hint::nearest, options};

fn check(typed: &str, expected: Option<&str>) {
    let flags = options::all().flat_map(|option| option.flags.iter().copied());
    assert_eq!(nearest(typed, flags), expected, "{typed}");
}

#[test]
fn typing_errors_find_their_option() {
    check("--spawnrate", Some("--spawn-rate"));
    check("--spwan-rate", Some("--spawn-rate"));
    check("--hots", Some("--host"));
    check("--user", Some("--users"));
    check("--headles", Some("--headless"));
    check("--timeout", Some("--stop-timeout"));
}

#[test]
fn strangers_find_nothing() {
    check("--frobnicate", None);
    check("-x", None);
    check("--", None);
    check("", None);
}
