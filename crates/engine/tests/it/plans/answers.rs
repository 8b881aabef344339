//! What becomes of answers that are not as they should be: a failure with a name that is
//! the same each time, and a user who goes on with its next task.

use super::play::{Played, play, play_plan};
use super::witness::{Witness, answer};

fn got(said: &str, step: &str) -> Played {
    let witness = Witness::new(&[said.to_owned()]);
    play(&witness.url(), &format!("tasks:\n  - {step}"))
}

fn check(said: &str, step: &str, failure: &str) {
    let played = got(said, step);
    assert_eq!(played.failures(), [format!("GET /: {failure}")], "{said}");
    assert_eq!(played.exceptions(), Vec::<String>::new());
    assert_eq!(played.requests(), ["GET /: 1"]);
}

#[test]
fn a_status_of_400_or_more_fails() {
    check(&answer("503 Busy", "", "x"), "get: /", "status 503");
    check(&answer("400 Bad", "", "x"), "get: /", "status 400");
    got(&answer("399 Odd", "", "x"), "get: /").well();
    got(&answer("204 None", "", ""), "get: /").well();
}

#[test]
fn what_breaks_off_has_names_without_numbers() {
    check("BREAK OFF", "get: /", "not an HTTP answer");
    check(
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nBREAK OFF"
            .replace("9", "90")
            .as_str(),
        "get: /",
        "the body ended early",
    );
    check(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nBREAK OFF",
        "get: /",
        "broken chunk framing",
    );
}

#[test]
fn a_body_beyond_its_limit_fails_whether_it_is_looked_at_or_not() {
    let large = answer("200 OK", "", &"x".repeat(5000));
    let why = "the body is larger than 1000 bytes";
    check(&large, "{ get: /, max_body: 1000 }", why);
    check(
        &large,
        "{ get: /, max_body: 1000, expect: { contains: x } }",
        why,
    );
    got(
        &large,
        "{ get: /, max_body: 5000, expect: { contains: x } }",
    )
    .well();
}

#[test]
fn a_server_that_says_nothing_is_left_after_the_timeout() {
    check(
        "",
        "{ get: /, timeout: 50ms }",
        "not done within the total timeout",
    );
}

#[test]
fn nobody_there_is_a_failure_with_the_systems_words() {
    let played = play("http://127.0.0.1:1", "tasks:\n  - get: /");
    assert_eq!(
        played.failures(),
        ["GET /: cannot connect: Connection refused (os error 111)"]
    );
}

#[test]
fn a_compressed_body_is_read_as_what_it_says() {
    let target = crate::native::target();
    let host = format!("http://{}", target.address());
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let class = format!("tasks:\n  - {{ get: /{coding}, expect: {{ contains: 'item 99' }} }}");
        play(&host, &class).well();
    }
    let class = "tasks:\n  - { name: z, get: '/gzip?items=1000', max_body: 9000, expect: { contains: item } }";
    assert_eq!(
        play(&host, class).failures(),
        ["GET z: the body is larger than 9000 bytes"],
        "once decoded"
    );
    let broken = answer("200 OK", "Content-Encoding: gzip\r\n", "this is none");
    check(
        &broken,
        "{ get: /, expect: { contains: x } }",
        "the body cannot be decoded as its Content-Encoding says",
    );
    got(&broken, "get: /").well();
}

#[test]
fn the_first_failure_ends_a_task_and_not_its_user() {
    let witness = Witness::new(&[answer("500 No", "", ""), answer("200 OK", "", "")]);
    let class = "tasks:\n  - steps: [{ get: /a }, { get: /b }]";
    let played = play_plan(&witness.url(), class, "", "{ users: 1, iterations: 3 }");
    assert_eq!(played.failures(), ["GET /a: status 500"]);
    assert_eq!(played.requests(), ["GET /a: 3", "GET /b: 2"]);
    let task = &played.0.tasks[0];
    assert_eq!((task.started, task.ended, task.failed), (3, 3, 1));
}

#[test]
fn bytes_are_counted_also_where_nobody_looks_at_them() {
    let played = got(&answer("200 OK", "", "12345"), "get: /").well();
    assert_eq!(played.endpoint("GET", "/").total_content_length, 5);
}
