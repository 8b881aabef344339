//! Bodies as a server hears them.

use super::play::{fault, folder, plan, play, written};
use super::witness::Witness;

/// Content type and body of what is heard of one step.
fn heard(step: &str) -> (String, String) {
    let witness = Witness::ok();
    let class =
        format!("tasks:\n  - steps:\n    - set: {{ n: 7, s: 'a\"b\\c', l: [1, x] }}\n    - {step}");
    play(&witness.url(), &class).well();
    let request = witness.heard_once();
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let of = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(of("Content-Length: "), body.len().to_string());
    (of("Content-Type: "), body.to_owned())
}

fn check(step: &str, content_type: &str, body: &str) {
    assert_eq!(heard(step), (content_type.to_owned(), body.to_owned()));
}

#[test]
fn json_keeps_its_order_and_the_types_of_values() {
    check(
        "{ post: /, json: { b: '{{ n }}', a: ['{{ l }}', null, 1.5, true], t: 'n={{ n }}, s={{ s }}' } }",
        "application/json",
        r#"{"b":7,"a":[[1,"x"],null,1.5,true],"t":"n=7, s=a\"b\\c"}"#,
    );
    check("{ post: /, json: [] }", "application/json", "[]");
    check(
        "{ post: /, headers: { content-type: application/ld+json }, json: 'x' }",
        "",
        "\"x\"",
    );
}

#[test]
fn forms_are_encoded() {
    check(
        "{ post: /, form: { user: 'a b&c', n: '{{ n }}', s: '{{ s }}', e: 'ä=*' } }",
        "application/x-www-form-urlencoded",
        "user=a+b%26c&n=7&s=a%22b%5Cc&e=%C3%A4%3D*",
    );
}

#[test]
fn texts_are_sent_as_they_are() {
    check(
        "{ put: /, text: 'n={{ n }}, s={{ s }}, l={{ l }}' }",
        "text/plain; charset=utf-8",
        "n=7, s=a\"b\\c, l=[1,\"x\"]",
    );
    check(
        "{ put: /, text: '', headers: { Content-Type: a/b } }",
        "a/b",
        "",
    );
}

#[test]
fn files_are_sent_as_they_are() {
    check(
        "{ post: /, file: hello.txt }",
        "application/octet-stream",
        "Hello, {{ nobody }}!\n",
    );
}

#[test]
fn chunks_have_their_size_and_no_length_is_told() {
    for text in ["'{{ n }}34567890abcdefXYZ'", "'734567890abcdefXYZ'"] {
        let witness = Witness::ok();
        let step = format!("{{ post: /, text: {text}, chunked: 16 }}");
        let class = format!("tasks:\n  - steps:\n    - set: {{ n: 7 }}\n    - {step}");
        play(&witness.url(), &class).well();
        let request = witness.heard_once();
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("\r\nTransfer-Encoding: chunked"), "{head}");
        assert!(!head.contains("Content-Length"), "{head}");
        assert_eq!(body, "10\r\n734567890abcdefX\r\n2\r\nYZ\r\n0\r\n\r\n");
    }
}

#[test]
fn parts_are_divided_by_a_line_that_stands_in_none() {
    let step = "{ post: /, multipart: { title: 'n={{ n }}', 'a\"b': { file: hello.txt, type: text/plain } } }";
    let (content_type, body) = heard(step);
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .expect("a boundary");
    let expected = [
        &format!("--{boundary}"),
        "Content-Disposition: form-data; name=\"title\"",
        "",
        "n=7",
        &format!("--{boundary}"),
        "Content-Disposition: form-data; name=\"a%22b\"; filename=\"hello.txt\"",
        "Content-Type: text/plain",
        "",
        "Hello, {{ nobody }}!\n",
        &format!("--{boundary}--"),
        "",
    ];
    assert_eq!(body, expected.join("\r\n"));
    assert_eq!(
        heard(step),
        (content_type, body),
        "the same plan sends the same"
    );
}

#[test]
fn a_file_that_is_not_there_is_told_with_its_place() {
    let yaml = written(
        "http://127.0.0.1:1",
        "tasks:\n  - { name: up, post: /, file: nowhere.bin }",
        "",
        "{ users: 1, iterations: 1 }",
    );
    let told = fault(&plan(&yaml, &folder()));
    assert!(told.starts_with("tester, up, step 1: "), "{told}");
    assert!(
        told.ends_with("nowhere.bin: No such file or directory (os error 2)"),
        "{told}"
    );
}
