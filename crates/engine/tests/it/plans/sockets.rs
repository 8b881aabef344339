//! Steps on WebSockets.

use gatecrash_metrics::Measure;

use super::play::{Played, play, play_plan};

/// Steps on a socket of the target.
fn on(path: &str, steps: &str) -> Played {
    let server = crate::native::target();
    let host = format!("http://{}", server.address());
    let class = format!(
        "tasks:\n  - steps:\n    - {{ connect: '{path}', name: open }}\n    - {}",
        steps.replace('\n', "\n    - ")
    );
    play(&host, &class)
}

#[test]
fn a_message_and_its_answer_are_a_round_trip() {
    let played = on(
        "/ws/echo?delay=5ms",
        "{ send: 'hello {{ user.number }}', expect: { contains: 'hello 1' } }\nclose: true",
    )
    .well();
    assert_eq!(played.requests(), ["WS open: 1", "WS send: 1"]);
    assert_eq!(played.measure("WS", "open", Measure::WsConnect).0, 1);
    let (count, least_ms, _) = played.measure("WS", "send", Measure::RoundTrip);
    assert!(count == 1 && least_ms >= 5.0, "{count} {least_ms}");
    assert_eq!(
        played.measure("WS", "open", Measure::MessagesPerSecond).0,
        1
    );
    assert_eq!(played.endpoint("WS", "send").total_content_length, 7);
}

#[test]
fn json_is_sent_as_json_and_values_are_taken_from_answers() {
    on(
        "/ws/echo",
        "{ set: { n: 7 } }\n\
         { send: { id: '{{ n }}', list: [1] }, expect: { json: { $.id: 7 }, take: { list: $.list } } }\n\
         { send: '{{ list }}', name: again, expect: { contains: '[1]', take: { all: { body: true } } } }\n\
         { if: \"all == '[1]'\", then: [], else: [{ send: wrong, expect: { contains: right, within: 10ms } }] }",
    )
    .well();
}

#[test]
fn what_is_sent_can_be_waited_for_later() {
    let played = on(
        "/ws/echo",
        "{ send: one }\n{ send: two }\n{ expect: { contains: two }, name: got }",
    )
    .well();
    assert_eq!(played.requests(), ["WS open: 1", "WS send: 2", "WS got: 1"]);
    assert_eq!(played.measure("WS", "send", Measure::RoundTrip).0, 0);
}

#[test]
fn a_message_that_does_not_come_fails() {
    let played = on(
        "/ws/echo",
        "{ send: one, expect: { contains: two, within: 30ms } }",
    );
    assert_eq!(played.failures(), ["WS send: no such message within 30ms"]);
    let played = on(
        "/ws/echo",
        "{ send: one }\n{ expect: { json: { $.a: exists }, within: 30ms } }",
    );
    assert_eq!(
        played.failures(),
        ["WS expect: no such message within 30ms"]
    );
    let played = on(
        "/ws/echo",
        "{ send: '{}', expect: { contains: '{', take: { a: $.a } } }",
    );
    assert_eq!(played.failures(), ["WS send: take: $.a is missing"]);
}

#[test]
fn while_it_holds_messages_are_counted() {
    let steps = "{ send: '1' }\n{ send: '2' }\nhold: 60ms\nclose: true";
    let played = on("/ws/echo", steps).well();
    let (count, per_s, _) = played.measure("WS", "open", Measure::MessagesPerSecond);
    // Two messages in at least 60 ms, and surely in less than 20 s.
    assert!(
        count == 1 && (0.1..=2.0 / 0.06).contains(&per_s),
        "{count} {per_s}"
    );
}

#[test]
fn a_user_hears_what_another_one_says() {
    let server = crate::native::target();
    let host = format!("http://{}", server.address());
    // Each says it often enough that the other one has come meanwhile.
    let class = "start:\n  - { connect: '/ws/broadcast?room=x', name: open }\n\
                 tasks:\n  - steps:\n    \
                 - repeat: 20\n      steps: [{ send: 'from {{ user.number }}' }, { think: 20ms }]\n    \
                 - { expect: { contains: 'from {{ 3 - user.number }}' }, name: heard }\n\
                 stop:\n  - close: true";
    let played = play_plan(&host, class, "", "{ users: 2, iterations: 1 }").well();
    assert_eq!(
        played.requests(),
        ["WS open: 2", "WS send: 40", "WS heard: 2"]
    );
    assert_eq!(
        played.measure("WS", "open", Measure::MessagesPerSecond).0,
        2
    );
}

#[test]
fn a_socket_that_is_not_open_is_a_failure() {
    let class = "tasks:\n  - steps: [{ send: x }]";
    let played = play("http://127.0.0.1:1", class);
    assert_eq!(played.failures(), ["WS send: the WebSocket is not open"]);
    let played = on("/ws/echo", "close: true\nexpect: x");
    assert_eq!(played.failures(), ["WS expect: the WebSocket is not open"]);
    let played = on("/ws/echo", "close: true\nhold: 10ms");
    assert_eq!(played.failures(), ["WS hold: the WebSocket is not open"]);
}

#[test]
fn a_server_that_will_not_is_a_failure() {
    let played = on("/json", "{ send: x }");
    assert_eq!(
        played.failures(),
        ["WS open: no WebSocket: the server answers with status 200"]
    );
    let class = "tasks:\n  - { connect: 'ws://127.0.0.1:1/x', name: open }";
    let played = play("http://127.0.0.1:1", class);
    assert_eq!(
        played.failures(),
        ["WS open: cannot connect: Connection refused (os error 111)"]
    );
}

#[test]
fn headers_and_cookies_go_along_with_the_handshake() {
    let witness = super::witness::Witness::new(&[
        super::witness::answer("200 OK", "Set-Cookie: a=1\r\n", ""),
        super::witness::answer("403 No", "", ""),
    ]);
    let class = "headers: { X-Class: '1', Authorization: 'Bearer {{ user.number }}' }\n\
                 tasks:\n  - steps: [{ get: /login }, { connect: '/live/{{ user.number }}', headers: { Sec-WebSocket-Protocol: 'one, two' } }]";
    let played = play(&witness.url(), class);
    assert_eq!(
        played.failures(),
        ["WS /live/{{ user.number }}: no WebSocket: the server answers with status 403"]
    );
    let heard = &witness.heard()[1];
    assert!(
        heard.starts_with("GET /live/1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"),
        "{heard}"
    );
    for line in [
        "X-Class: 1",
        "Authorization: Bearer 1",
        "Cookie: a=1",
        "Sec-WebSocket-Protocol: one, two",
        "Upgrade: websocket",
    ] {
        assert_eq!(
            heard.matches(&format!("\r\n{line}\r\n")).count(),
            1,
            "{line} in {heard}"
        );
    }
}
