//! The judgement of the generator, on both sides of each limit.

use gatecrash_metrics::{Driven, Lag, LaneUse, Model, Shard, Validity, judge};

/// A run of 100,000 arrivals that went as asked.
fn driven(model: Model) -> Driven {
    Driven {
        planned: 100_000,
        started: 100_000,
        schedule_lag: Some(lag(0.1)),
        response_p99_ms: Some(10.0),
        lanes: vec![LaneUse { cpu_share: 0.4 }; 2],
        throttled_share: Some(0.0),
        ..Driven::of(model, Some(500), &Shard::new(0.0).snapshot())
    }
}

fn lag(p99_ms: f64) -> Lag {
    Lag {
        p50_ms: p99_ms / 10.0,
        p99_ms,
        max_ms: p99_ms * 2.0,
    }
}

/// Name of the judgement, and the keys of its reasons.
fn told(driven: &Driven) -> (&'static str, Vec<&'static str>) {
    let validity = judge(driven);
    let keys = validity.reasons().iter().map(|reason| reason.key).collect();
    (validity.name(), keys)
}

/// The first reason.
fn sentence(driven: &Driven) -> String {
    judge(driven).reasons()[0].text.clone()
}

#[test]
fn a_run_that_went_as_asked_is_valid() {
    for model in [Model::Open, Model::Closed, Model::Locust] {
        assert_eq!(judge(&driven(model)), Validity::Valid);
    }
    let nothing = Driven::of(Model::Closed, None, &Shard::new(0.0).snapshot());
    assert_eq!(judge(&nothing), Validity::Valid);
    assert_eq!(nothing.achieved(), 1.0);
}

#[test]
fn arrivals_missed_by_the_cap_are_the_run_s_fault_and_named_so() {
    let missed = |count| Driven {
        started: 100_000 - count,
        missed_cap: count,
        ..driven(Model::Open)
    };
    assert_eq!(told(&missed(100)), ("doubtful", vec!["cap"]));
    assert_eq!(told(&missed(101)), ("invalid", vec!["cap"]));
    let text = sentence(&missed(3_700));
    assert_eq!(
        text,
        "3700 of 100000 arrivals (3.7 %) were not started because 500 were in flight, the limit: the target is too slow for this rate with this limit; raise max_in_flight, or ask for a lower rate"
    );
    let late = Driven {
        schedule_lag: Some(lag(900.0)),
        ..missed(3_700)
    };
    let text = sentence(&late);
    assert!(
        text.ends_with("the generator was late as well, so look at its lag first"),
        "{text}"
    );
}

#[test]
fn arrivals_that_never_got_their_turn_are_another_matter() {
    let stopped = |count| Driven {
        started: 100_000 - count,
        missed_stopped: count,
        ..driven(Model::Open)
    };
    assert_eq!(told(&stopped(1_000)), ("valid", vec![]));
    assert_eq!(told(&stopped(1_001)), ("invalid", vec!["arrivals"]));
    let lost = Driven {
        started: 90_000,
        ..driven(Model::Open)
    };
    let text = sentence(&lost);
    assert!(
        text.starts_with(
            "90000 of 100000 arrivals were started (90.0 %): 10000 were still waiting"
        ),
        "{text}"
    );
}

#[test]
fn lag_is_judged_beside_the_response_times() {
    let late = |p99_ms, response_p99_ms| Driven {
        schedule_lag: Some(lag(p99_ms)),
        response_p99_ms: Some(response_p99_ms),
        ..driven(Model::Open)
    };
    assert_eq!(told(&late(2.0, 10.0)), ("valid", vec![]));
    assert_eq!(told(&late(2.1, 10.0)), ("doubtful", vec!["lag"]));
    assert_eq!(told(&late(20.0, 100.0)), ("doubtful", vec!["lag"]));
    assert_eq!(told(&late(20.1, 100.0)), ("invalid", vec!["lag"]));
    // A tenth of the response time at most: it hardly shows in them.
    assert_eq!(told(&late(25.0, 300.0)), ("valid", vec![]));
    // Unless the arrivals of one second came in another.
    assert_eq!(told(&late(1000.0, 60_000.0)), ("valid", vec![]));
    assert_eq!(told(&late(1001.0, 60_000.0)), ("invalid", vec!["lag"]));
    let text = sentence(&late(35.0, 100.0));
    assert!(text.contains("P50 3.5 ms, P99 35 ms, max 70 ms"), "{text}");
}

#[test]
fn exhaustion_of_ports_or_files_makes_any_run_invalid() {
    for model in [Model::Open, Model::Closed] {
        let run = Driven {
            ports_exhausted: 1,
            files_exhausted: 2,
            ..driven(model)
        };
        assert_eq!(told(&run), ("invalid", vec!["ports", "files"]));
        assert!(judge(&run).reasons()[1].text.contains("ulimit -n"));
    }
}

#[test]
fn a_full_lane_alone_is_a_warning() {
    for model in [Model::Open, Model::Closed, Model::Locust] {
        let full = Driven {
            lanes: vec![LaneUse { cpu_share: 0.2 }, LaneUse { cpu_share: 0.97 }],
            ..driven(model)
        };
        assert_eq!(told(&full), ("doubtful", vec!["lane"]));
        let text = sentence(&full);
        assert!(
            text.starts_with("1 of 2 lanes used a whole core (up to 97.0 %)"),
            "{text}"
        );
    }
}

#[test]
fn time_that_the_cgroup_took_is_time_the_requests_waited() {
    let throttled = |share| Driven {
        throttled_share: Some(share),
        ..driven(Model::Closed)
    };
    assert_eq!(told(&throttled(0.001)), ("valid", vec![]));
    assert_eq!(told(&throttled(0.01)), ("doubtful", vec!["throttled"]));
    assert_eq!(told(&throttled(0.011)), ("invalid", vec!["throttled"]));
}

#[test]
fn the_network_and_the_interpreter_are_warnings() {
    let run = Driven {
        retransmitted_share: Some(0.02),
        interpreter_share: Some(0.99),
        ..driven(Model::Open)
    };
    assert_eq!(told(&run), ("doubtful", vec!["interpreter", "network"]));
}

#[test]
fn a_plain_locust_run_is_never_worse_than_doubtful() {
    let run = Driven {
        files_exhausted: 2,
        interpreter_share: Some(1.0),
        ..driven(Model::Locust)
    };
    assert_eq!(told(&run), ("doubtful", vec!["files", "interpreter"]));
}

#[test]
fn a_run_is_as_bad_as_its_worst_scenario() {
    let good = Validity::Valid;
    let doubtful = judge(&Driven {
        interpreter_share: Some(1.0),
        ..driven(Model::Open)
    });
    let invalid = judge(&Driven {
        files_exhausted: 2,
        ..driven(Model::Open)
    });
    let run = |of: &[(&'static str, &Validity)]| Validity::of_run(of.iter().copied());
    assert_eq!(run(&[("a", &good)]), Validity::Valid);
    assert_eq!(run(&[("a", &good), ("b", &doubtful)]).name(), "doubtful");
    let all = run(&[("a", &doubtful), ("b", &invalid)]);
    assert!(all.is_invalid());
    assert!(all.reasons()[0].text.starts_with("b: 2 connections"));
    assert!(
        all.reasons()[1]
            .text
            .starts_with("a: the users' interpreter")
    );
}
