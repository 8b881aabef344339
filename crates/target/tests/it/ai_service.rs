//! The API on a language model.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use gatecrash_target::{Latency, Server, Service, TargetOptions, serve};
use serde_json::{Value, json};

use crate::support::{Answer, ask, connect, get, settled, target, truth_when};

const KEY: &str = "X-API-Key: gatecrash-test-key\r\n";

/// The service with a model that takes no time, unless changed.
fn service(change: impl FnOnce(&mut TargetOptions)) -> Server {
    target(|options| {
        options.service = Service::AiService;
        options.model.time = Some(Latency::Constant(Duration::ZERO));
        change(options);
    })
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    ask(server, "POST", path, KEY, &body.to_string())
}

fn chat(server: &Server, message: &str) -> Answer {
    post(server, "/chat", &json!({ "message": message }))
}

fn hold_breaker(server: &Server, state: &str) -> u16 {
    let body = json!({ "state": state }).to_string();
    ask(server, "POST", "/admin/breaker", "", &body).status
}

#[test]
fn without_the_key_there_is_health_alone() {
    let server = service(|_| {});
    let body = json!({ "message": "hello" }).to_string();
    for path in ["/chat", "/chat/stream", "/dte/validate", "/projects/match"] {
        for header in ["", "X-API-Key: other\r\n"] {
            let answer = ask(&server, "POST", path, header, &body);
            assert_eq!(answer.status, 401, "{path} {header}");
            assert!(answer.header("www-authenticate").is_some(), "{path}");
        }
    }
    assert_eq!(get(&server, "/health").status, 200);
}

#[test]
fn a_chat_answers_and_says_how_the_breaker_stands() {
    let server = service(|_| {});
    let answer = chat(&server, "What is a graph?");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-circuit-breaker"), Some("closed"));
    let response = answer.json()["response"].to_string();
    assert!(response.contains("What is a graph?"), "{response}");
    for wrong in ["", "  ", &"x".repeat(4001)] {
        assert_eq!(chat(&server, wrong).status, 422, "{wrong}");
    }
}

#[test]
fn a_stream_is_tokens_and_an_end() {
    let server = service(|_| {});
    let answer = post(&server, "/chat/stream", &json!({ "message": "hello" }));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.text().matches("data: token").count(), 24);
    assert!(answer.text().ends_with("event: done\ndata:\n\n"));
    let stream = &settled(&server).streams["/chat/stream"];
    assert_eq!((stream.completed, stream.tokens), (1, 24));
}

#[test]
fn the_model_takes_the_time_that_it_was_told() {
    let time = Latency::Constant(Duration::from_millis(60));
    let server = service(|options| options.model.time = Some(time));
    chat(&server, "hello");
    post(&server, "/chat/stream", &json!({ "message": "hello" }));
    let truth = settled(&server);
    assert!(truth.routes["/chat"].latency_ms.min >= 60.0);
    let stream = &truth.streams["/chat/stream"];
    assert!(stream.first_token_ms.min >= 60.0, "{stream:?}");
    assert!(stream.last_token_ms.min >= 60.0 + 2.0 * 23.0, "{stream:?}");
}

/// Begins a request and leaves it to itself.
fn begin(server: &Server, path: &str) -> TcpStream {
    let mut stream = connect(server);
    let body = r#"{"message":"hello"}"#;
    let length = body.len();
    let request =
        format!("POST {path} HTTP/1.1\r\nHost: a\r\n{KEY}Content-Length: {length}\r\n\r\n{body}");
    stream
        .write_all(request.as_bytes())
        .expect("the target reads");
    truth_when(server, |truth| truth.total.received == 1);
    stream
}

#[test]
fn a_full_queue_refuses() {
    let full = |path: &str, time_s: u64, slow: f64, free_in_s: &str| {
        let server = service(|options| {
            options.model.time = Some(Latency::Constant(Duration::from_secs(time_s)));
            options.model.slots = 1;
            options.model.waiting = 0;
            options.slow = slow;
        });
        let _first = begin(&server, path);
        let refused = chat(&server, "another");
        assert_eq!(refused.status, 503, "{path}");
        assert_eq!(refused.header("retry-after"), Some(free_in_s), "{path}");
        assert_eq!(refused.header("x-circuit-breaker"), Some("closed"));
    };
    full("/chat", 600, 1.0, "600");
    // The model is at work until it has said the last word.
    full("/chat/stream", 0, 1000.0, "46");
}

#[test]
fn what_was_answered_before_comes_from_the_cache_whatever_the_breaker_says() {
    let server = service(|_| {});
    let told = |message| chat(&server, message).header("x-cache").map(str::to_owned);
    assert_eq!(told("hello").as_deref(), Some("MISS"));
    hold_breaker(&server, "open");
    assert_eq!(told(" hello").as_deref(), Some("HIT"));
    let refused = chat(&server, "another");
    assert_eq!((refused.status, refused.header("x-cache")), (503, None));
    let cache = &get(&server, "/health").json()["cache"];
    assert_eq!(*cache, json!({ "place": "embedded", "entries": 1 }));
    let page = get(&server, "/metrics");
    for line in ["cache_hits 1", "cache_misses 2"] {
        assert!(page.text().lines().any(|one| one == line), "{line}");
    }
    assert_eq!(ask(&server, "POST", "/admin/cache", "", "").status, 204);
    assert_eq!(chat(&server, "hello").status, 503);
}

#[test]
fn without_a_cache_each_chat_is_the_models() {
    let server = service(|options| options.cache.off = true);
    for _ in 0..2 {
        assert_eq!(chat(&server, "hello").header("x-cache"), Some("BYPASS"));
    }
}

#[test]
fn what_no_other_service_has_is_refused_there() {
    let refused = |change: fn(&mut TargetOptions)| {
        let mut options = TargetOptions {
            service: Service::Clinic,
            port: 0,
            ..TargetOptions::default()
        };
        change(&mut options);
        serve(options).err().map(|error| error.to_string())
    };
    let limit = refused(|options| options.rate_limit_per_s = Some(5));
    assert!(limit.is_some_and(|said| said.contains("--rate-limit")));
    let errors = refused(|options| options.model.errors = "1%".parse().expect("a share"));
    assert!(errors.is_some_and(|said| said.contains("--model-errors")));
}

#[test]
fn failures_of_the_model_open_the_breaker() {
    let server = service(|options| options.model.errors = "100%".parse().expect("a share"));
    let statuses: Vec<u16> = (0..6).map(|_| chat(&server, "hello").status).collect();
    assert_eq!(statuses, [502, 502, 502, 502, 502, 503]);
    let refused = post(&server, "/chat/stream", &json!({ "message": "hello" }));
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("x-circuit-breaker"), Some("open"));
    let retry_after_s: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&retry_after_s), "{retry_after_s}");
    let health = get(&server, "/health");
    assert_eq!(health.header("x-circuit-breaker"), Some("open"));
    let health = health.json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["breaker"]["state"], "open");
    assert_eq!(health["breaker"]["trips"], 1);
    let page = get(&server, "/metrics");
    for line in ["circuit_breaker_state 2", "circuit_breaker_trips 1"] {
        assert!(page.text().lines().any(|one| one == line), "{line}");
    }
    assert_eq!(
        post(&server, "/projects/match", &json!({ "skills": ["rust"] })).status,
        200
    );
}

#[test]
fn the_breaker_is_opened_and_closed_by_hand() {
    let server = service(|_| {});
    assert_eq!(hold_breaker(&server, "open"), 200);
    assert_eq!(chat(&server, "hello").status, 503);
    assert_eq!(hold_breaker(&server, "closed"), 200);
    assert_eq!(chat(&server, "hello").status, 200);
    assert_eq!(hold_breaker(&server, "half-open"), 422);
    assert_eq!(hold_breaker(&server, "ajar"), 422);
}

#[test]
fn beyond_the_limit_one_is_asked_to_come_later() {
    let server = service(|options| options.rate_limit_per_s = Some(0));
    let refused = chat(&server, "hello");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(get(&server, "/health").status, 200);
}

#[test]
fn an_invoice_adds_up_or_does_not() {
    let server = service(|_| {});
    let right = json!({
        "kind": 33, "folio": 4711, "issuer": "76192083-9", "receiver": "12345678-5",
        "items": [
            { "name": "chair", "quantity": 3, "unit_price": 19_990 },
            { "name": "table", "quantity": 1, "unit_price": 89_900 },
        ],
        "net": 149_870, "vat": 28_475, "total": 178_345,
    });
    let faults = |change: Value| {
        let mut document = right.clone();
        for (field, value) in change.as_object().expect("fields") {
            document[field] = value.clone();
        }
        let answer = post(&server, "/dte/validate", &document);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let shown = answer.json();
        let faults = shown["errors"].as_array().expect("a list").clone();
        assert_eq!(shown["valid"], faults.is_empty());
        let fields = faults.iter().map(|fault| fault["field"].to_string());
        fields.collect::<Vec<_>>().join(" ").replace('"', "")
    };
    assert_eq!(faults(json!({})), "");
    assert_eq!(faults(json!({ "kind": 1 })), "kind");
    assert_eq!(faults(json!({ "folio": 0 })), "folio");
    assert_eq!(faults(json!({ "receiver": "12345678-6" })), "receiver");
    assert_eq!(faults(json!({ "vat": 28_474 })), "vat total");
    assert_eq!(faults(json!({ "kind": 34 })), "vat");
    assert_eq!(faults(json!({ "items": [] })), "items net");
    let broken = post(&server, "/dte/validate", &json!({ "kind": 33 }));
    assert_eq!(broken.status, 422);
}

#[test]
fn projects_are_matched_by_skills() {
    let server = service(|_| {});
    let ask = |body: Value| post(&server, "/projects/match", &body);
    let answer = ask(json!({ "skills": ["rust", "sql", "cooking"], "limit": 3 })).json();
    let matches = answer["matches"].as_array().expect("a list");
    assert_eq!(matches.len(), 3);
    let shared = matches[0]["shared_skills"].to_string();
    assert!(
        shared.contains("rust") || shared.contains("sql"),
        "{shared}"
    );
    assert_eq!(answer["unknown_skills"], json!(["cooking"]));
    assert_eq!(
        ask(json!({ "skills": ["cooking"] })).json()["matches"],
        json!([])
    );
    for wrong in [
        json!({ "skills": [] }),
        json!({ "skills": ["sql"], "limit": 0 }),
    ] {
        assert_eq!(ask(wrong.clone()).status, 422, "{wrong}");
    }
}
