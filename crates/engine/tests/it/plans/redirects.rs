//! Redirects and cookies.

use super::play::{Played, play};
use super::witness::{Witness, answer};

fn moved(status: &str, to: &str) -> String {
    answer(status, &format!("Location: {to}\r\n"), "moved")
}

fn ok() -> String {
    answer("200 OK", "", "arrived")
}

/// What is heard of a step, first line and header lines in question.
fn heard(answers: &[String], class: &str) -> (Played, Vec<String>) {
    let witness = Witness::new(answers);
    let played = play(&witness.url(), class);
    (played, witness.heard())
}

#[test]
fn a_redirect_is_one_request_in_the_books() {
    let answers = [moved("302 Found", "/b?x=1"), moved("301 Moved", "c"), ok()];
    let class = "tasks:\n  - { get: /a, expect: { status: 200, contains: arrived } }";
    let (played, heard) = heard(&answers, class);
    let lines: Vec<_> = heard.iter().filter_map(|one| one.lines().next()).collect();
    assert_eq!(
        lines,
        ["GET /a HTTP/1.1", "GET /b?x=1 HTTP/1.1", "GET /c HTTP/1.1"]
    );
    assert_eq!(played.well().requests(), ["GET /a: 1"]);
}

#[test]
fn bodies_and_methods_go_along_as_the_status_says() {
    let class = "tasks:\n  - { post: /a, json: { n: '{{ random_int(1, 1000000) }}' } }";
    let (played, kept) = heard(&[moved("307 Temporary", "/b"), ok()], class);
    played.well();
    let body = |request: &str| {
        request
            .split_once("\r\n\r\n")
            .map(|parts| parts.1.to_owned())
    };
    assert!(kept[1].starts_with("POST /b HTTP/1.1\r\n"), "{}", kept[1]);
    assert!(kept[1].contains("Content-Type: application/json\r\n"));
    assert_eq!(body(&kept[0]), body(&kept[1]), "nothing is drawn twice");
    let dropped = seen_other(class);
    assert!(!dropped.contains("Content-"), "{dropped}");
}

/// The request that follows a 303: a GET of what it names.
fn seen_other(class: &str) -> String {
    let (played, mut heard) = heard(&[moved("303 See", "/b"), ok()], class);
    played.well();
    let followed = heard.remove(1);
    assert!(followed.starts_with("GET /b HTTP/1.1\r\n"), "{followed}");
    followed
}

#[test]
fn chunks_go_along_as_chunks_or_not_at_all() {
    let class = "tasks:\n  - { post: /a, text: 'eighteen bytes, ok', chunked: 16 }";
    let (played, kept) = heard(&[moved("307 Temporary", "/b"), ok()], class);
    played.well();
    let after_first_line =
        |request: &str| request.split_once("\r\n").map(|parts| parts.1.to_owned());
    assert!(kept[1].starts_with("POST /b HTTP/1.1\r\n"), "{}", kept[1]);
    assert!(
        kept[1].contains("Transfer-Encoding: chunked\r\n"),
        "{}",
        kept[1]
    );
    assert_eq!(after_first_line(&kept[0]), after_first_line(&kept[1]));
    let dropped = seen_other(class);
    assert!(!dropped.contains("Transfer-Encoding"), "{dropped}");
}

#[test]
fn credentials_stay_with_their_server() {
    let other = Witness::new(&[ok()]);
    let to_other = moved("302 Found", &format!("{}/x", other.url()));
    let answers = [moved("302 Found", "/b"), to_other];
    let class = "headers: { Authorization: secret, X-Mine: '1' }\ntasks:\n  - get: /a";
    let (played, heard) = heard(&answers, class);
    assert!(
        heard[1].contains("Authorization: secret\r\n"),
        "{}",
        heard[1]
    );
    let last = other.heard_once();
    assert!(
        last.contains("X-Mine: 1\r\n") && !last.contains("secret"),
        "{last}"
    );
    assert!(last.contains("Host: 127.0.0.1:PORT\r\n"), "{last}");
    played.well();
}

#[test]
fn redirects_have_limits_and_may_lead_nowhere() {
    let class = "tasks:\n  - { get: /a, redirects: 2 }";
    let (played, heard_all) = heard(&[moved("302 Found", "/a")], class);
    assert_eq!(played.failures(), ["GET /a: more than 2 redirects"]);
    assert_eq!(heard_all.len(), 3);
    let (played, _) = heard(&[moved("302 Found", "ftp://x/")], class);
    assert_eq!(
        played.failures(),
        ["GET /a: redirect: neither to http nor to https"]
    );
    let (played, _) = heard(&[moved("302 Found", "http://:x/")], class);
    assert_eq!(
        played.failures(),
        ["GET /a: redirect: the Location leads nowhere"]
    );
    let (played, _) = heard(
        &[moved("302 Found", "/a")],
        "tasks:\n  - { get: /a, redirects: 0, expect: { status: 302 } }",
    );
    played.well();
}

#[test]
fn cookies_come_back_also_from_redirects() {
    let set = answer(
        "302 Found",
        "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/deep\r\nLocation: /x\r\n",
        "",
    );
    let gone = answer("200 OK", "Set-Cookie: a=; Max-Age=0\r\n", "");
    let class =
        "tasks:\n  - steps: [{ get: /login }, { get: /x }, { get: '/deep/{{ user.number }}' }]";
    let (played, heard) = heard(&[set, ok(), gone, ok()], class);
    played.well();
    let cookies: Vec<_> = heard
        .iter()
        .map(|one| one.lines().find_map(|line| line.strip_prefix("Cookie: ")))
        .collect();
    assert_eq!(cookies, [None, Some("a=1"), Some("a=1"), Some("b=2")]);
}

#[test]
fn a_timeout_spans_all_hops() {
    let answers = [moved("302 Found", "/b"), String::new()];
    let (played, _) = heard(&answers, "tasks:\n  - { get: /a, timeout: 80ms }");
    assert_eq!(
        played.failures(),
        ["GET /a: not done within the total timeout"]
    );
}
