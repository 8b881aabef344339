//! Errors and latencies are drawn, and the same seed draws the same.

use std::time::Duration;

use gatecrash_target::{Latency, Server};

use crate::support::{ask, get, settled, target};

fn erring(seed: u64) -> Server {
    target(|options| {
        options.errors = "30%".parse().expect("a share");
        options.seed = seed;
    })
}

fn statuses(server: &Server) -> Vec<u16> {
    (0..60).map(|_| get(server, "/json").status).collect()
}

#[test]
fn errors_follow_from_the_seed() {
    let (first, same, other) = (erring(7), erring(7), erring(8));
    let expected = statuses(&first);
    let failed = expected.iter().filter(|status| **status == 500).count();
    assert!((8..=28).contains(&failed), "{failed} of 60 at 30 %");
    assert!(expected.iter().all(|status| matches!(status, 200 | 500)));
    // What happens elsewhere does not shift an endpoint's draws.
    get(&same, "/text");
    assert_eq!(statuses(&same), expected);
    assert_ne!(statuses(&other), expected);
    ask(&first, "POST", "/truth/reset", "", "");
    assert_eq!(
        statuses(&first),
        expected,
        "the draws begin anew with the truth"
    );
}

#[test]
fn faults_and_the_truth_never_err() {
    let server = target(|options| options.errors = "100%".parse().expect("a share"));
    assert_eq!(get(&server, "/json").status, 500);
    assert_eq!(get(&server, "/truth").status, 200);
    assert_eq!(get(&server, "/fault/slow-body?bytes=0").status, 200);
    assert_eq!(settled(&server).total.statuses, [(200, 1), (500, 1)].into());
}

fn check(latency: &str, choices: &[(f64, u64)]) {
    let latency: Latency = latency.parse().expect("a latency");
    for (choice, expected_us) in choices {
        assert_eq!(
            latency.at(*choice),
            Duration::from_micros(*expected_us),
            "{latency:?} at {choice}"
        );
    }
}

#[test]
fn a_choice_gives_a_latency() {
    check("5ms", &[(0.0, 5000), (0.999, 5000)]);
    check(
        "uniform:5ms..20ms",
        &[(0.0, 5000), (0.5, 12_500), (0.9, 18_500)],
    );
    check(
        "bimodal:5ms,200ms@2%",
        &[(0.0, 200_000), (0.0199, 200_000), (0.02, 5000), (0.9, 5000)],
    );
}
