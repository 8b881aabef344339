//! Requests as a server hears them, byte for byte.

use super::play::play;
use super::witness::{Witness, answer};

/// What a server hears of a task with one step.
fn heard(step: &str) -> String {
    let witness = Witness::ok();
    play(&witness.url(), &format!("tasks:\n  - {step}")).well();
    witness.heard_once()
}

fn agent() -> String {
    format!("User-Agent: gatecrash/{}\r\n", env!("CARGO_PKG_VERSION"))
}

#[test]
fn a_plain_request_says_who_asks_and_no_more() {
    assert_eq!(
        heard("get: /a/b?c=d#e"),
        format!(
            "GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n{}\r\n",
            agent()
        )
    );
    assert_eq!(
        heard("{ request: /cache/7, method: PURGE }"),
        format!(
            "PURGE /cache/7 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n{}\r\n",
            agent()
        )
    );
}

#[test]
fn a_post_without_a_body_says_so() {
    assert_eq!(
        heard("post: /a"),
        format!(
            "POST /a HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n{}Content-Length: 0\r\n\r\n",
            agent()
        )
    );
}

#[test]
fn headers_of_a_step_replace_those_of_the_class() {
    let witness = Witness::ok();
    let class = "headers: { Accept: text/plain, X-Class: '1' }\n\
                 tasks:\n  - { get: /, headers: { accept: '*/*', user-agent: me, Host: h } }";
    play(&witness.url(), class).well();
    assert_eq!(
        witness.heard_once(),
        "GET / HTTP/1.1\r\nX-Class: 1\r\naccept: */*\r\nuser-agent: me\r\nHost: h\r\n\r\n"
    );
}

#[test]
fn queries_are_encoded_and_urls_left_alone() {
    let line = |step: &str| {
        let heard = heard(step);
        heard.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        line("{ get: '/a?x=1', query: { q: 'a b&c', 'ä': '{{ 1 + 1 }}' } }"),
        "GET /a?x=1&q=a%20b%26c&%C3%A4=2 HTTP/1.1"
    );
    assert_eq!(
        line("{ get: /a, query: { q: '{{ \"x/y\" }}' } }"),
        "GET /a?q=x%2Fy HTTP/1.1"
    );
    assert_eq!(
        line("{ get: '/ä/{{ \"b c?d=1#e\" }}' }"),
        "GET /%C3%A4/b%20c?d=1%23e HTTP/1.1"
    );
}

#[test]
fn the_path_of_the_host_comes_first() {
    let witness = Witness::ok();
    let host = format!("{}/api/v1/", witness.url());
    let class = "tasks:\n  - steps:\n    - { get: /a }\n    - { get: '{{ \"/b\" }}' }\n    \
                 - { get: '{{ user.number }}/c' }";
    play(&host, class).well();
    let lines = witness.heard();
    let lines: Vec<_> = lines.iter().filter_map(|one| one.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/a HTTP/1.1",
            "GET /api/v1/b HTTP/1.1",
            "GET /api/v1/1/c HTTP/1.1"
        ]
    );
}

#[test]
fn a_url_may_name_another_server() {
    let (witness, other) = (Witness::ok(), Witness::ok());
    let class = format!(
        "tasks:\n  - steps:\n    - {{ get: '{0}' }}\n    - {{ get: '{0}?a={{{{ user.number }}}}' }}\n    \
         - {{ set: {{ u: '{0}/b' }} }}\n    - {{ get: '{{{{ u }}}}/c' }}",
        other.url()
    );
    play(&witness.url(), &class).well();
    assert!(witness.heard().is_empty());
    let lines = other.heard();
    let lines: Vec<_> = lines.iter().filter_map(|one| one.lines().next()).collect();
    assert_eq!(
        lines,
        ["GET / HTTP/1.1", "GET /?a=1 HTTP/1.1", "GET /b/c HTTP/1.1"]
    );
}

#[test]
fn a_url_that_leads_nowhere_is_an_exception_and_no_request() {
    let class = "tasks:\n  - steps: [{ set: { u: 'gopher://x' } }, { get: '{{ u }}' }]";
    let played = play("http://127.0.0.1:1", class);
    assert_eq!(played.requests(), Vec::<String>::new());
    assert_eq!(
        played.exceptions(),
        ["the URL that was filled in leads nowhere"]
    );
}

#[test]
fn a_value_cannot_add_a_header() {
    let witness = Witness::ok();
    let class = "tasks:\n  - { get: /, headers: { X: '{{ \"a\\r\\nY: b\" ~ user.number }}' } }";
    let played = play(&witness.url(), class);
    assert!(witness.heard().is_empty());
    assert_eq!(
        played.exceptions(),
        ["the value of a header has a line break in it"]
    );
}

#[test]
fn connections_are_kept_unless_the_plan_says_otherwise() {
    let witness = Witness::new(&[answer("200 OK", "", "x")]);
    let class = "tasks:\n  - steps: [{ get: /a }, { get: /a, headers: { Connection: close } }, { get: /a }]";
    let played = play(&witness.url(), class).well();
    let connects = played.measure("GET", "/a", gatecrash_metrics::Measure::Connect);
    assert_eq!(
        (played.requests(), connects.0),
        (vec!["GET /a: 3".to_owned()], 2)
    );
}
