//! Answers that depend on what was before: a cache, a creeping one, a limit, a mode.

use gatecrash_target::Server;
use serde_json::json;

use crate::support::{Answer, ask, get, plain};

fn post(server: &Server, path: &str, body: &str) -> Answer {
    ask(server, "POST", path, "", body)
}

#[test]
fn an_entry_is_a_miss_once_and_then_a_hit() {
    let server = plain();
    let told = |path: &str| {
        let answer = get(&server, path);
        let header = |name| answer.header(name).map(str::to_owned);
        (header("x-cache"), header("age").is_some())
    };
    let (miss, hit) = (Some("MISS".to_owned()), Some("HIT".to_owned()));
    assert_eq!(told("/cached/a?work=0"), (miss.clone(), false));
    assert_eq!(told("/cached/a?work=0"), (hit.clone(), true));
    assert_eq!(told("/cached/b?work=0"), (miss.clone(), false));
    assert_eq!(told("/cached/a?work=0&ttl=0"), (miss.clone(), false));
    assert_eq!(post(&server, "/admin/cache", "").status, 204);
    assert_eq!(told("/cached/b?work=0"), (miss, false));
    assert_eq!(told("/cached/b?work=0&tell=age"), (None, true));
    assert_eq!(told("/cached/b?work=0&tell=nothing"), (None, false));
    let body = get(&server, "/cached/b?work=0&tell=body").json();
    assert_eq!(body, json!({ "key": "b", "cached": true }));
    assert_eq!(get(&server, "/cached/b?tell=x").status, 422);
}

#[test]
fn each_is_later_than_the_one_before() {
    let server = plain();
    for before in 0..3 {
        let answer = get(&server, "/creeping?from=5ms&by=200ms").json();
        assert_eq!(answer, json!({ "before": before }));
    }
    let held = server.truth().total.latency_ms;
    assert!(held.min >= 5.0 && held.max >= 405.0, "{held:?}");
    assert_eq!(get(&server, "/creeping?by=2h").status, 422);
}

#[test]
fn beyond_the_limit_one_is_asked_to_come_later() {
    let server = plain();
    assert_eq!(get(&server, "/limited?rate=1000").status, 200);
    let refused = get(&server, "/limited?rate=0&retry=7");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("7"));
}

#[test]
fn the_mode_is_what_it_was_set_to() {
    let server = plain();
    let told = || {
        let answer = get(&server, "/service?late=0");
        let mode = answer.header("x-mode").map(str::to_owned);
        assert_eq!(answer.json()["mode"].as_str(), mode.as_deref());
        (answer.status, mode.unwrap_or_default())
    };
    assert_eq!(told(), (200, "normal".to_owned()));
    for (mode, status) in [("degraded", 200), ("open", 503), ("normal", 200)] {
        let body = json!({ "mode": mode }).to_string();
        assert_eq!(post(&server, "/admin/mode", &body).status, 200);
        assert_eq!(told(), (status, mode.to_owned()));
    }
    assert_eq!(post(&server, "/admin/mode", r#"{"mode": "x"}"#).status, 422);
    assert_eq!(
        server.truth().total.received,
        4,
        "administration is not counted"
    );
}
