//! The truth is exact.

use std::io::Write;

use serde_json::json;

use crate::support::{
    ask, connect, get, plain, read_answer, read_to_end, settled, target, truth_when,
};

#[test]
fn every_request_is_counted_once_by_route_method_and_status() {
    let server = plain();
    for path in [
        "/json",
        "/json",
        "/status/503",
        "/status/404",
        "/nothing/here",
        "/truth",
    ] {
        get(&server, path);
    }
    ask(&server, "HEAD", "/json", "", "");
    ask(&server, "DELETE", "/json", "", "");
    let truth = get(&server, "/truth").json();
    let shown = |path: &str| {
        let route = &truth["routes"][path];
        json!([route["received"], route["answered"], route["statuses"]])
    };
    assert_eq!(shown("/json"), json!([4, 4, { "200": 3, "405": 1 }]));
    assert_eq!(
        shown("/status/{code}"),
        json!([2, 2, { "404": 1, "503": 1 }])
    );
    assert_eq!(shown("(unknown)"), json!([1, 1, { "404": 1 }]));
    assert_eq!(
        truth["routes"].as_object().map(serde_json::Map::len),
        Some(3),
        "/truth is not counted"
    );
    assert_eq!(
        json!([truth["received"], truth["answered"], truth["in_flight"]]),
        json!([7, 7, 0])
    );
    let mut endpoints: Vec<String> = truth["endpoints"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|endpoint| {
            format!(
                "{} {} {}",
                endpoint["method"], endpoint["path"], endpoint["received"]
            )
        })
        .collect();
    endpoints.sort();
    let expected = [
        r#""DELETE" "/json" 1"#,
        r#""GET" "(unknown)" 1"#,
        r#""GET" "/json" 2"#,
        r#""GET" "/status/{code}" 2"#,
        r#""HEAD" "/json" 1"#,
    ];
    assert_eq!(endpoints, expected);
    assert_eq!(truth["latency_ms"]["count"], json!(7));
}

#[test]
fn a_reset_forgets_everything_but_what_follows() {
    let server = plain();
    get(&server, "/json");
    assert_eq!(ask(&server, "POST", "/truth/reset", "", "").status, 204);
    let truth = settled(&server);
    assert_eq!(
        (
            truth.total.received,
            truth.routes.len(),
            truth.endpoints.len()
        ),
        (0, 0, 0)
    );
    get(&server, "/text");
    assert_eq!(
        settled(&server).routes.keys().collect::<Vec<_>>(),
        ["/text"]
    );
}

#[test]
fn a_request_from_before_a_reset_is_not_answered_after_it() {
    let server = plain();
    let mut stream = connect(&server);
    let request = "GET /close HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n";
    stream
        .write_all(request.as_bytes())
        .expect("the target reads");
    truth_when(&server, |truth| truth.total.in_flight == 1);
    server.reset_truth();
    get(&server, "/close");
    stream.write_all(b"x").expect("the target reads");
    // The target counts an answer before it closes the connection.
    assert!(!read_to_end(&mut stream).0.is_empty());
    let total = settled(&server).total;
    assert_eq!((total.received, total.answered), (1, 1));
}

#[test]
fn a_client_that_leaves_at_once_is_counted() {
    let server = target(|options| options.threads = 2);
    for _ in 0..100 {
        let mut stream = connect(&server);
        stream
            .write_all(b"GET /delay/1 HTTP/1.1\r\nHost: t\r\n\r\n")
            .expect("the target reads");
    }
    let truth = truth_when(&server, |truth| {
        truth.total.received == 100 && truth.total.in_flight == 0
    });
    assert_eq!(truth.total.answered + truth.total.abandoned, 100);
    assert_eq!((truth.connections, truth.malformed), (100, 0));
}

#[test]
fn a_client_that_leaves_within_the_body_abandons_its_request() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx")
        .expect("the target reads");
    drop(stream);
    let truth = truth_when(&server, |truth| truth.total.abandoned == 1);
    assert_eq!(
        (truth.total.received, truth.total.answered, truth.malformed),
        (1, 0, 0)
    );
}

#[test]
fn a_part_of_a_head_is_no_request() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /echo HTTP/1.1\r\nHost: t\r\n")
        .expect("the target reads");
    drop(stream);
    let truth = truth_when(&server, |truth| truth.malformed == 1);
    assert_eq!(truth.total.received, 0);
}

#[test]
fn nothing_is_lost_under_many_connections() {
    let server = target(|options| options.threads = 2);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut stream = connect(&server);
                for _ in 0..100 {
                    stream
                        .write_all(b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")
                        .expect("the target reads");
                    assert_eq!(read_answer(&mut stream).status, 200);
                }
            });
        }
    });
    let truth = settled(&server);
    let json = &truth.routes["/json"];
    assert_eq!(
        (json.received, json.answered, json.latency_ms.count),
        (800, 800, 800)
    );
    assert_eq!(truth.connections, 8);
}

#[test]
fn invented_methods_are_counted_together_in_the_end() {
    let server = plain();
    for number in 0..20 {
        ask(&server, &format!("M{number}"), "/echo", "", "");
    }
    let truth = settled(&server);
    assert_eq!(
        (truth.endpoints.len(), truth.routes["/echo"].received),
        (17, 20)
    );
    let others = truth
        .endpoints
        .iter()
        .find(|endpoint| endpoint.method == "(other)");
    assert_eq!(others.map(|endpoint| endpoint.counts.received), Some(4));
}

#[test]
fn the_latency_is_what_was_asked_for_times_how_slow() {
    let server = target(|options| {
        options.latency = "3ms".parse().expect("a latency");
        options.slow = 3.0;
    });
    get(&server, "/json");
    let truth = settled(&server);
    assert!(truth.routes["/json"].latency_ms.min >= 9.0, "{truth:?}");
}

#[test]
fn a_slow_target_works_longer_too() {
    let server = target(|options| options.slow = 200.0);
    get(&server, "/gzip");
    let truth = settled(&server);
    // Compressing takes 20 microseconds at the very least.
    assert!(truth.routes["/gzip"].latency_ms.min >= 4.0, "{truth:?}");
}
