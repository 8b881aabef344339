//! The triage desk's API and its queue.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use gatecrash_target::{Latency, ModelOptions, Server, Service};
use serde_json::{Value, json};

use crate::support::{Answer, ask, connect, get, read_answer, settled, target};

fn triage(slots: usize, waiting: usize, time: Duration) -> Server {
    target(|options| {
        options.service = Service::Triage;
        options.model = ModelOptions {
            time: Some(Latency::Constant(time)),
            slots,
            waiting,
            ..ModelOptions::default()
        };
    })
}

fn quick() -> Server {
    triage(64, 1000, Duration::ZERO)
}

fn post(server: &Server, message: &str) -> Answer {
    let body = json!({ "message": message }).to_string();
    ask(server, "POST", "/triage", "", &body)
}

/// Sends a message without waiting for the answer.
fn send(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    let body = r#"{"message": "a cough"}"#;
    let length = body.len();
    let head = format!("POST /triage HTTP/1.1\r\nHost: target\r\nContent-Length: {length}\r\n\r\n");
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .expect("the target reads");
    stream
}

/// What `/health` says of the model, once it has so many requests.
fn load_when(server: &Server, requests: u64) -> Value {
    for _ in 0..2000 {
        let load = get(server, "/health").json()["model"].clone();
        let number = |name: &str| load[name].as_u64().expect("a number");
        if number("working") + number("waiting") == requests {
            return load;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!(
        "there are never {requests} requests: {}",
        get(server, "/health").text()
    );
}

#[test]
fn a_message_gets_its_urgency_and_a_trace() {
    let server = quick();
    for (message, urgency) in [
        ("Sudden CHEST PAIN since this morning", "emergency"),
        ("a fever for two days", "urgent"),
        ("I need a new prescription", "routine"),
    ] {
        let answer = post(&server, message).json();
        assert_eq!(answer["urgency"], urgency, "{answer}");
        assert!(
            answer["response"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        let trace = answer["trace_id"].as_str().expect("a text");
        assert_eq!(trace.len(), 32, "{trace}");
        let queue = json!({ "ahead": 0, "waited_ms": 0.0 });
        assert_eq!(
            (&answer["queue"], &answer["model_ms"]),
            (&queue, &json!(0.0))
        );
    }
    let (one, other) = (post(&server, "a cough"), post(&server, "a cough"));
    assert_ne!(one.json()["trace_id"], other.json()["trace_id"]);
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let header = format!("traceparent: 00-{id}-00f067aa0ba902b7-01\r\n");
    let traced = ask(
        &server,
        "POST",
        "/triage",
        &header,
        r#"{"message": "a cough"}"#,
    );
    assert_eq!(traced.json()["trace_id"], id);
}

#[test]
fn what_is_no_message_is_refused() {
    let server = quick();
    for (body, status) in [("{}", 422), (r#"{"message": " "}"#, 422), ("nonsense", 400)] {
        let answer = ask(&server, "POST", "/triage", "", body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(post(&server, &"a".repeat(4000)).status, 200);
    assert_eq!(post(&server, &"a".repeat(4001)).status, 422);
}

#[test]
fn the_queue_is_shown_and_a_full_one_refuses() {
    let server = triage(1, 1, Duration::from_secs(400));
    let _working = send(&server);
    assert_eq!(
        load_when(&server, 1),
        json!({ "slots": 1, "working": 1, "places": 1, "waiting": 0 })
    );
    let _waiting = send(&server);
    assert_eq!(
        load_when(&server, 2),
        json!({ "slots": 1, "working": 1, "places": 1, "waiting": 1 })
    );
    let page = get(&server, "/metrics").text().to_owned();
    for line in [
        "model_slots 1",
        "model_working 1",
        "model_queue_places 1",
        "model_queue_waiting 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    let refused = post(&server, "a cough");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(
        refused.text().contains("queue is full: 1 wait"),
        "{}",
        refused.text()
    );
    let after_s: u64 = refused
        .header("retry-after")
        .and_then(|text| text.parse().ok())
        .expect("whole seconds");
    assert!(
        (300..=400).contains(&after_s),
        "until the first is done: {after_s}"
    );
}

#[test]
fn an_answer_tells_how_long_it_waited() {
    let server = triage(1, 10, Duration::from_millis(500));
    let (mut one, mut other) = (send(&server), send(&server));
    let answers = [&mut one, &mut other].map(|stream| read_answer(stream).json());
    let waited_ms = answers
        .each_ref()
        .map(|answer| answer["queue"]["waited_ms"].as_f64().expect("a number"));
    // Which of the two came first is not known.
    let (first, second) = (
        waited_ms[0].min(waited_ms[1]),
        waited_ms[0].max(waited_ms[1]),
    );
    assert!(
        first == 0.0 && second > 0.0 && second < 500.0,
        "{answers:?}"
    );
    let truth = &settled(&server).routes["/triage"].latency_ms;
    let (quicker_ms, slower_ms) = (truth.min, truth.max);
    assert!(
        quicker_ms >= 500.0 && slower_ms >= 500.0 + second,
        "none comes before the model is done: {truth:?}, {answers:?}"
    );
    for answer in &answers {
        assert_eq!(
            (&answer["queue"]["ahead"], &answer["model_ms"]),
            (&json!(0), &json!(500.0))
        );
    }
}

#[test]
fn a_model_may_take_minutes() {
    let time: Latency = "uniform:360s..420s".parse().expect("a latency");
    let server = target(|options| {
        options.service = Service::Triage;
        options.model.time = Some(time);
    });
    let _working = send(&server);
    assert_eq!(load_when(&server, 1)["slots"], 64);
    let usual = target(|options| options.service = Service::Triage);
    let took_ms = post(&usual, "a cough").json()["model_ms"].as_f64();
    assert!(
        took_ms.is_some_and(|ms| (5.0..15.0).contains(&ms)),
        "{took_ms:?}"
    );
}
