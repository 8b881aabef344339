//! Streams: what is measured, and which of them fail. Against the target's paced streams,
//! and against a server that says odd things.

use gatecrash_metrics::Measure;
use gatecrash_target::Server;

use super::play::{Played, play, play_plan};
use super::witness::{Witness, answer};

fn stream(server: &Server, step: &str) -> Played {
    let host = format!("http://{}", server.address());
    play(&host, &format!("tasks:\n  - {{ name: s, {step} }}"))
}

const CHAT: &str = "post: '/v1/chat/completions?QUERY', stream: openai, json: { model: m, stream: true, stream_options: { include_usage: true }, messages: [{ role: user, content: hi }] }";
const MESSAGES: &str = "post: '/v1/messages?QUERY', stream: anthropic, json: { model: m, stream: true, max_tokens: 100, messages: [{ role: user, content: hi }] }";

fn chat(server: &Server, query: &str) -> Played {
    stream(server, &CHAT.replace("QUERY", query))
}

fn messages(server: &Server, query: &str) -> Played {
    stream(server, &MESSAGES.replace("QUERY", query))
}

/// How many values there are of a measure, where they are all `value`.
fn all(played: &Played, method: &str, measure: Measure, value: f64) -> u64 {
    let (count, least, most) = played.measure(method, "s", measure);
    assert!(
        count == 0 || (least, most) == (value, value),
        "{measure:?}: {least} {most}"
    );
    count
}

#[test]
fn tokens_come_from_the_usage_where_there_is_one() {
    let server = crate::native::target();
    let query = "tokens=12&per_chunk=3&reasoning=6&pace=1ms&first=5ms";
    for played in [chat(&server, query).well(), messages(&server, query).well()] {
        assert_eq!(all(&played, "POST", Measure::Tokens, 18.0), 1);
        assert_eq!(all(&played, "POST", Measure::TokensByChunks, 0.0), 0);
        // 6 chunks: 5 gaps.
        assert_eq!(played.measure("POST", "s", Measure::ChunkGap).0, 5);
        for measure in [
            Measure::Ttft,
            Measure::Ttfo,
            Measure::Tpot,
            Measure::TokensPerSecond,
        ] {
            assert_eq!(played.measure("POST", "s", measure).0, 1, "{measure:?}");
        }
        let (first, seen) = (
            played.measure("POST", "s", Measure::Ttft).1,
            played.measure("POST", "s", Measure::Ttfo).1,
        );
        assert!(
            first >= 5.0 && seen > first,
            "reasoning is not seen: {first} {seen}"
        );
    }
}

#[test]
fn without_a_usage_content_events_are_counted_and_called_so() {
    let server = crate::native::target();
    let step = "get: '/sse?tokens=9&per_chunk=3', stream: sse";
    let played = stream(&server, step).well();
    assert_eq!(all(&played, "GET", Measure::TokensByChunks, 3.0), 1);
    assert_eq!(all(&played, "GET", Measure::Tokens, 0.0), 0);
    assert_eq!(played.measure("GET", "s", Measure::ChunkGap).0, 2);
    let without = CHAT
        .replace("QUERY", "tokens=4")
        .replace(", stream_options: { include_usage: true }", "");
    let played = stream(&server, &without).well();
    assert_eq!(all(&played, "POST", Measure::TokensByChunks, 4.0), 1);
}

#[test]
fn a_stream_of_one_token_has_no_time_per_token() {
    let server = crate::native::target();
    let played = chat(&server, "tokens=1").well();
    assert_eq!(all(&played, "POST", Measure::Tokens, 1.0), 1);
    assert_eq!(played.measure("POST", "s", Measure::Tpot).0, 0);
    assert_eq!(played.measure("POST", "s", Measure::ChunkGap).0, 0);
}

#[test]
fn streams_without_an_end_or_without_content_fail() {
    let server = crate::native::target();
    let failures = |played: Played| {
        assert_eq!(
            played.measure("POST", "s", Measure::Tokens).0,
            0,
            "only whole streams are measured"
        );
        played.failures()
    };
    assert_eq!(
        failures(chat(&server, "tokens=3&no_end=true")),
        ["POST s: stream: ended without [DONE]"]
    );
    assert_eq!(
        failures(messages(&server, "tokens=3&no_end=true")),
        ["POST s: stream: ended without message_stop"]
    );
    assert_eq!(
        failures(chat(&server, "empty=true")),
        ["POST s: stream: no content"]
    );
    assert_eq!(
        failures(messages(&server, "empty=true")),
        ["POST s: stream: no content"]
    );
    assert_eq!(
        stream(&server, "get: '/sse?empty=true', stream: sse").failures(),
        ["GET s: stream: no content"]
    );
    assert_eq!(
        failures(chat(&server, "tokens=5&cut=2")),
        ["POST s: broken chunk framing"]
    );
}

#[test]
fn the_content_put_together_can_be_checked_and_taken() {
    let server = crate::native::target();
    let keys = ", expect: { contains: 'token1 token2' }, take: { said: { body: true } }";
    chat(&server, "tokens=4").well();
    stream(
        &server,
        &format!("{}{keys}", CHAT.replace("QUERY", "tokens=4")),
    )
    .well();
    stream(
        &server,
        &format!("{}{keys}", MESSAGES.replace("QUERY", "tokens=4")),
    )
    .well();
    let missing = format!(
        "{}, expect: {{ contains: token9 }}",
        CHAT.replace("QUERY", "tokens=4")
    );
    assert_eq!(
        stream(&server, &missing).failures(),
        ["POST s: check: the body does not contain \"token9\""]
    );
}

#[test]
fn a_conversation_keeps_its_history() {
    let said = |text: &str| {
        answer(
            "200 OK",
            "Content-Type: text/event-stream\r\n",
            &format!(
                "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\ndata: [DONE]\n\n"
            ),
        )
    };
    let witness = Witness::new(&[said("one"), said("two")]);
    let class = "tasks:\n  - steps:\n    - set: { history: [] }\n    - repeat: 2\n      steps:\n      \
                 - set: { history: '{{ history + [{\"role\": \"user\", \"content\": \"more\"}] }}' }\n      \
                 - { post: /chat, stream: openai, json: { messages: '{{ history }}' }, take: { said: { body: true } } }\n      \
                 - set: { history: '{{ history + [{\"role\": \"assistant\", \"content\": said}] }}' }";
    play(&witness.url(), class).well();
    let heard = witness.heard();
    let last = heard[1].split("\r\n\r\n").nth(1);
    assert_eq!(
        last,
        Some(
            r#"{"messages":[{"content":"more","role":"user"},{"content":"one","role":"assistant"},{"content":"more","role":"user"}]}"#
        )
    );
}

/// The failure of a stream that says `body`.
fn odd(form: &str, body: &str) -> Vec<String> {
    let witness = Witness::new(&[answer("200 OK", "", body)]);
    play(
        &witness.url(),
        &format!("tasks:\n  - {{ get: /, stream: {form} }}"),
    )
    .failures()
}

#[test]
fn odd_streams_have_names_for_their_failures() {
    assert_eq!(
        odd("openai", "data: oops\n\n"),
        ["GET /: stream: an event is not JSON of its form"]
    );
    assert_eq!(
        odd("openai", "data: {\"error\":{\"message\":\"no\"}}\n\n"),
        ["GET /: stream: the server reports an error"]
    );
    assert_eq!(
        odd("anthropic", "event: error\ndata: {\"type\":\"error\"}\n\n"),
        ["GET /: stream: the server reports an error"]
    );
    assert_eq!(
        odd("openai", "{\"choices\":[]}"),
        ["GET /: stream: no content"]
    );
    assert_eq!(odd("sse", "data: cut off"), ["GET /: stream: no content"]);
}

#[test]
fn a_stream_with_a_status_that_fails_fails_by_it() {
    let witness = Witness::new(&[answer("429 Slow down", "", "data: x\n\n")]);
    let played = play(&witness.url(), "tasks:\n  - { get: /, stream: sse }");
    assert_eq!(played.failures(), ["GET /: status 429"]);
    assert_eq!(played.measure("GET", "/", Measure::ChunkGap).0, 0);
}

#[test]
fn a_stream_has_a_timeout_and_a_limit_as_a_whole() {
    let server = crate::native::target();
    assert_eq!(
        stream(
            &server,
            "get: '/sse?tokens=100&pace=20ms', stream: sse, timeout: 100ms"
        )
        .failures(),
        ["GET s: not done within the total timeout"]
    );
    assert_eq!(
        stream(
            &server,
            "get: '/sse?tokens=1000', stream: sse, max_body: 2000"
        )
        .failures(),
        ["GET s: the body is larger than 2000 bytes"]
    );
}

#[test]
fn the_connection_of_a_stream_is_kept() {
    let server = crate::native::target();
    let host = format!("http://{}", server.address());
    let class = "tasks:\n  - { name: s, get: '/sse?tokens=3', stream: sse }";
    let played = play_plan(&host, class, "", "{ users: 1, iterations: 3 }").well();
    assert_eq!(played.measure("GET", "s", Measure::Connect).0, 1);
}
