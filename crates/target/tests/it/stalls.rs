//! The whole service freezes, goes on, and tells so.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use gatecrash_target::StallPlan;
use serde_json::json;

use crate::support::{ask, connect, get, plain, read_answer, settled, target, truth_when};

#[test]
fn a_stall_is_answered_first_and_told_later() {
    let server = target(|options| options.threads = 2);
    let answer = ask(&server, "POST", "/admin/stall?for=30ms", "", "");
    assert_eq!(
        (answer.status, answer.json()),
        (202, json!({ "stalls_for_ms": 30.0 }))
    );
    let truth = truth_when(&server, |truth| truth.stalls.count == 1);
    let stall = truth.stalls.latest[0];
    assert!(
        stall.lasted_ms >= 30.0 && stall.began_unix_s > 1.7e9,
        "{stall:?}"
    );
    assert_eq!(stall.after_first_request_ms, None);
    assert_eq!(truth.total.received, 0, "asking for a stall is not counted");
    get(&server, "/json");
    ask(&server, "POST", "/admin/stall?for=1ms", "", "");
    let truth = truth_when(&server, |truth| truth.stalls.count == 2);
    assert!(truth.stalls.latest[1].after_first_request_ms.is_some());
}

#[test]
fn nothing_happens_during_a_stall_and_it_does_not_hold_up_the_end() {
    let server = target(|options| options.threads = 2);
    let mut connections = [connect(&server), connect(&server)];
    ask(&server, "POST", "/admin/stall?for=600s", "", "");
    for stream in &mut connections {
        stream
            .write_all(b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")
            .expect("the kernel takes it");
        stream
            .set_read_timeout(Some(Duration::from_millis(30)))
            .expect("a timeout can be set");
        let error = stream.read(&mut [0]).expect_err("nothing comes");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    assert_eq!(server.truth().total.received, 0);
    // Dropping the server waits for its threads.
}

#[test]
fn a_request_that_is_under_way_waits_for_the_end_of_a_stall() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n")
        .expect("the target reads");
    truth_when(&server, |truth| truth.total.in_flight == 1);
    ask(&server, "POST", "/admin/stall?for=50ms", "", "");
    stream.write_all(b"x").expect("the kernel takes it");
    assert_eq!(read_answer(&mut stream).status, 200);
    assert_eq!(
        settled(&server).stalls.count,
        1,
        "the answer came after the stall"
    );
}

#[test]
fn a_plan_begins_with_the_first_request_and_anew_with_the_truth() {
    let plan = "1ms,2ms,every=5ms".parse().expect("a plan");
    let server = target(|options| options.stall = Some(plan));
    get(&server, "/truth");
    std::thread::sleep(Duration::from_millis(10));
    assert_eq!(
        server.truth().stalls.count,
        0,
        "nothing was asked of it yet"
    );
    get(&server, "/json");
    let truth = truth_when(&server, |truth| truth.stalls.count >= 3);
    let since_first: Vec<f64> = truth
        .stalls
        .latest
        .iter()
        .filter_map(|stall| stall.after_first_request_ms)
        .collect();
    for (number, after) in since_first.iter().enumerate() {
        assert!(*after >= 1.0 + 5.0 * number as f64, "{since_first:?}");
    }
    server.reset_truth();
    std::thread::sleep(Duration::from_millis(10));
    assert!(
        server.truth().stalls.count <= 1,
        "the plan rests until a request comes"
    );
    get(&server, "/json");
    truth_when(&server, |truth| truth.stalls.count >= 3);
}

#[test]
fn a_plan_without_a_period_freezes_once() {
    let plan = "0,1ms".parse().expect("a plan");
    let server = target(|options| options.stall = Some(plan));
    get(&server, "/json");
    truth_when(&server, |truth| truth.stalls.count == 1);
    std::thread::sleep(Duration::from_millis(10));
    get(&server, "/json");
    assert_eq!(server.truth().stalls.count, 1);
}

#[test]
fn a_stall_needs_a_time() {
    let server = plain();
    for query in ["", "?for=", "?for=5", "?for=601s", "?for=-1s"] {
        let answer = ask(&server, "POST", &format!("/admin/stall{query}"), "", "");
        assert_eq!(answer.status, 422, "{query}");
    }
    assert_eq!(get(&server, "/admin/stall").status, 405);
}

#[test]
fn plans_are_read_or_refused() {
    let ms = Duration::from_millis;
    let plan = |every| StallPlan {
        after: ms(5000),
        lasting: ms(2000),
        every,
    };
    assert_eq!("5s,2s".parse(), Ok(plan(None)));
    assert_eq!("5s, 2s, every=30s".parse(), Ok(plan(Some(ms(30_000)))));
    for wrong in [
        "",
        "5s",
        "5s,0",
        "5s,2s,30s",
        "5s,2s,every=2s",
        "5s,2s,every=9s,1s",
    ] {
        let error = wrong.parse::<StallPlan>().expect_err(wrong).to_string();
        let expected = format!(
            "{wrong:?} is not a stall: AFTER,FOR as in 5s,2s, or repeated as in 5s,2s,every=30s \
             (more than FOR)"
        );
        assert_eq!(error, expected);
    }
}
