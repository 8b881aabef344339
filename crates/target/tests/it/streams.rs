//! Token streams come as asked, and the truth tells when.

use std::io::{Read, Write};

use gatecrash_target::{Server, StreamTruth};
use serde_json::{Value, json};

use crate::support::{Answer, ask, connect, get, plain, settled, talk, target, truth_when};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

/// The names and the JSON data of a body's events; data that is no JSON is a string.
fn events(answer: &Answer) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    for event in answer.text().split_terminator("\n\n") {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let data = field("data: ").unwrap_or_default();
        let data = serde_json::from_str(data).unwrap_or_else(|_| data.into());
        events.push((field("event: ").unwrap_or_default().to_owned(), data));
    }
    events
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    ask(server, "POST", path, "", &body.to_string())
}

fn stream_of(server: &Server, path: &str) -> StreamTruth {
    let truth = settled(server);
    let stream = truth.streams.get(path);
    *stream.unwrap_or_else(|| panic!("no stream on {path}: {truth:?}"))
}

fn conversation(extra: Value) -> Value {
    let mut body = json!({
        "model": "m1",
        "stream": true,
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [{ "type": "text", "text": "How many tokens?" }] },
        ],
    });
    let fields = extra.as_object().expect("fields").clone();
    body.as_object_mut().expect("fields").extend(fields);
    body
}

#[test]
fn plain_events_come_in_chunks_of_tokens() {
    let server = plain();
    let answer = get(&server, "/sse?tokens=5&per_chunk=2&reasoning=1");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let expected = ": tokens follow\n\n\
         event: reasoning\ndata: token0 \n\n\
         data: token1 token2 \n\n\
         data: token3 token4 \n\n\
         data: token5 \n\n\
         event: done\ndata:\n\n";
    assert_eq!(answer.text(), expected);
    let stream = stream_of(&server, "/sse");
    assert_eq!((stream.count, stream.completed, stream.open), (1, 1, 0));
    assert_eq!((stream.chunks, stream.tokens), (4, 6));
    assert_eq!((stream.first_token_ms.count, stream.gap_ms.count), (1, 3));
    let order = [
        stream.first_byte_ms.max,
        stream.first_token_ms.max,
        stream.first_visible_token_ms.max,
        stream.last_token_ms.max,
        settled(&server).total.latency_ms.max,
    ];
    assert!(order.is_sorted() && order[1] < order[2], "{order:?}");
}

#[test]
fn chunks_are_never_sent_before_they_are_due() {
    let server = target(|options| options.latency = "3ms".parse().expect("a latency"));
    get(&server, "/sse?tokens=3&first=6ms&pace=4ms");
    let stream = stream_of(&server, "/sse");
    assert!(stream.first_byte_ms.min >= 3.0, "{stream:?}");
    assert!(stream.first_token_ms.min >= 9.0, "{stream:?}");
    assert!(stream.last_token_ms.min >= 17.0, "{stream:?}");
    let gaps_ms = stream.gap_ms.mean * stream.gap_ms.count as f64;
    let all_ms = stream.last_token_ms.max - stream.first_token_ms.max;
    assert!((gaps_ms - all_ms).abs() < 1e-3, "{gaps_ms} of {all_ms}");
}

#[test]
fn a_chat_is_streamed_in_openais_form() {
    let server = plain();
    let wishes = json!({
        "tokens": 3, "per_chunk": 2, "reasoning": 1, "stream_options": { "include_usage": true },
        "cached": 4,
    });
    let events = events(&post(&server, CHAT, &conversation(wishes)));
    let (end, chunks) = events.split_last().expect("events");
    assert_eq!(end.1, json!("[DONE]"));
    let deltas: Vec<&Value> = chunks
        .iter()
        .filter_map(|(_, chunk)| chunk.pointer("/choices/0/delta"))
        .collect();
    let expected = [
        &json!({ "role": "assistant", "content": "" }),
        &json!({ "reasoning_content": "token0 " }),
        &json!({ "content": "token1 token2 " }),
        &json!({ "content": "token3 " }),
        &json!({}),
    ];
    assert_eq!(deltas, expected);
    let reasons: Vec<&Value> = chunks
        .iter()
        .filter_map(|(_, chunk)| chunk.pointer("/choices/0/finish_reason"))
        .filter(|reason| !reason.is_null())
        .collect();
    assert_eq!(reasons, [&json!("stop")]);
    let (last, others) = chunks.split_last().expect("chunks");
    assert_eq!(last.1["choices"], json!([]));
    let usage = json!({
        "prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9,
        "prompt_tokens_details": { "cached_tokens": 4 },
        "completion_tokens_details": { "reasoning_tokens": 1 },
    });
    assert_eq!(last.1["usage"], usage);
    for (_, chunk) in others {
        assert_eq!(
            (&chunk["usage"], &chunk["model"]),
            (&Value::Null, &json!("m1"))
        );
        assert_eq!(chunk["object"], json!("chat.completion.chunk"));
        assert_eq!(chunk["id"], last.1["id"]);
    }
}

#[test]
fn usage_is_told_only_to_who_asks() {
    let server = plain();
    let answer = post(&server, CHAT, &conversation(json!({ "tokens": 1 })));
    assert!(!answer.text().contains("usage"), "{}", answer.text());
}

#[test]
fn a_chat_can_be_answered_at_once() {
    let server = plain();
    let wishes =
        json!({ "stream": false, "tokens": 2, "reasoning": 1, "first": "2ms", "pace": "3ms" });
    let answer = post(&server, CHAT, &conversation(wishes));
    let shown = answer.json();
    assert_eq!(shown["object"], json!("chat.completion"));
    let expected = json!({
        "role": "assistant", "content": "token1 token2 ", "reasoning_content": "token0 ",
    });
    assert_eq!(shown["choices"][0]["message"], expected);
    assert_eq!(shown["usage"]["completion_tokens"], json!(3));
    let truth = settled(&server);
    assert!(truth.total.latency_ms.min >= 8.0, "{truth:?}");
    assert!(truth.streams.is_empty(), "it was no stream");
}

#[test]
fn a_limit_of_tokens_is_kept_and_told() {
    let server = plain();
    let limited = |field: &str, most: u32| {
        let wishes = json!({ "stream": false, "tokens": 9, "reasoning": 2, field: most });
        let shown = post(&server, CHAT, &conversation(wishes)).json();
        let tokens = shown["usage"]["completion_tokens"].clone();
        (tokens, shown["choices"][0]["finish_reason"].clone())
    };
    assert_eq!(limited("max_tokens", 5), (json!(5), json!("length")));
    assert_eq!(
        limited("max_completion_tokens", 1),
        (json!(1), json!("length"))
    );
    assert_eq!(limited("max_tokens", 11), (json!(11), json!("stop")));
    let answer = post(
        &server,
        &format!("{CHAT}?tokens=3"),
        &conversation(json!({ "max_tokens": 2 })),
    );
    assert!(answer.text().contains(r#""finish_reason":"length""#));
    assert!(!answer.text().contains("token2"), "{}", answer.text());
}

#[test]
fn messages_are_streamed_in_anthropics_form() {
    let server = plain();
    let body = conversation(
        json!({ "tokens": 2, "reasoning": 1, "system": "Think first.", "max_tokens": 9 }),
    );
    let events = events(&post(&server, MESSAGES, &body));
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(names, expected);
    for (name, data) in &events {
        assert_eq!(data["type"], json!(name));
    }
    assert_eq!(
        events[0].1["message"]["usage"],
        json!({
            "input_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": 0,
        })
    );
    assert_eq!(
        events[3].1["delta"],
        json!({ "type": "thinking_delta", "thinking": "token0 " })
    );
    assert_eq!(
        (&events[5].1["index"], &events[6].1["index"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        events[7].1["delta"],
        json!({ "type": "text_delta", "text": "token2 " })
    );
    assert_eq!(events[9].1["usage"], json!({ "output_tokens": 3 }));
    assert_eq!(events[9].1["delta"]["stop_reason"], json!("end_turn"));
    let wishes = json!({ "stream": false, "tokens": 2, "max_tokens": 1, "cached": 99 });
    let body = conversation(wishes);
    let shown = post(&server, MESSAGES, &body).json();
    assert_eq!(
        shown["content"],
        json!([{ "type": "text", "text": "token0 " }])
    );
    assert_eq!(shown["stop_reason"], json!("max_tokens"));
    assert_eq!(
        shown["usage"],
        json!({
            "input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5,
            "output_tokens": 1,
        })
    );
}

/// What arrives when `path` is asked for, and the truth about it.
fn raw(method: &str, path: &str, body: &Value) -> (String, StreamTruth, Server) {
    let server = plain();
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (received, reset) = talk(&server, request);
    assert!(!reset);
    let route = path.split('?').next().expect("a path");
    let stream = stream_of(&server, route);
    (String::from_utf8(received).expect("text"), stream, server)
}

#[test]
fn a_cut_stream_ends_within_its_body() {
    let body = conversation(json!({ "tokens": 9, "per_chunk": 3, "cut": 4 }));
    for (method, path) in [
        ("GET", "/sse?tokens=9&per_chunk=3&cut=4"),
        ("POST", CHAT),
        ("POST", MESSAGES),
    ] {
        let (received, stream, server) = raw(method, path, &body);
        assert!(
            received.contains("token3 ") && !received.contains("token4"),
            "{received}"
        );
        for end in [
            "event: done",
            "[DONE]",
            "message_stop",
            "finish_reason\":\"",
            "\r\n0\r\n",
        ] {
            assert!(!received.contains(end), "{end} in {received}");
        }
        assert_eq!(
            (stream.cut, stream.completed, stream.tokens, stream.chunks),
            (1, 0, 4, 2)
        );
        let total = settled(&server).total;
        assert_eq!((total.answered, total.abandoned), (0, 1), "{path}");
    }
}

#[test]
fn a_stream_may_lack_nothing_but_its_end_mark() {
    let body = conversation(json!({ "tokens": 1, "no_end": 1 }));
    for (method, path) in [
        ("GET", "/sse?tokens=1&no_end=1"),
        ("POST", CHAT),
        ("POST", MESSAGES),
    ] {
        let (received, stream, server) = raw(method, path, &body);
        assert!(
            received.contains("token0") && received.ends_with("\r\n0\r\n\r\n"),
            "{received}"
        );
        for end in ["event: done", "[DONE]", "message_stop"] {
            assert!(!received.contains(end), "{end} in {received}");
        }
        assert_eq!((stream.cut, stream.completed), (1, 0));
        assert_eq!(settled(&server).total.answered, 1, "{path}");
    }
}

#[test]
fn an_empty_stream_has_nothing_but_its_end_mark() {
    let body = conversation(json!({ "empty": true, "reasoning": 3 }));
    let paths = [
        ("GET", "/sse?empty=1", "event: done"),
        ("POST", CHAT, "[DONE]"),
        ("POST", MESSAGES, "message_stop"),
    ];
    for (method, path, end) in paths {
        let (received, stream, _) = raw(method, path, &body);
        assert!(
            !received.contains("token0") && received.contains(end),
            "{received}"
        );
        assert_eq!(
            (stream.completed, stream.tokens, stream.first_token_ms.count),
            (1, 0, 0)
        );
        assert_eq!(stream.first_byte_ms.count, 1);
    }
}

#[test]
fn the_connection_stays_for_the_next_request() {
    let server = plain();
    let both =
        "GET /sse?tokens=1 HTTP/1.1\r\nHost: t\r\n\r\nGET /close HTTP/1.1\r\nHost: t\r\n\r\n";
    let (received, _) = talk(&server, both);
    let text = String::from_utf8(received).expect("text");
    assert!(
        text.contains("event: done\ndata:\n\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"),
        "{text}"
    );
    assert_eq!(settled(&server).connections, 1);
}

#[test]
fn an_old_client_gets_no_chunks_and_head_gets_no_stream() {
    let server = plain();
    let (received, _) = talk(&server, "GET /sse?tokens=1 HTTP/1.0\r\n\r\n");
    let answer = Answer::parse_head(&received);
    assert_eq!(
        (
            answer.header("transfer-encoding"),
            answer.header("connection")
        ),
        (None, Some("close"))
    );
    assert_eq!(
        answer.text(),
        ": tokens follow\n\ndata: token0 \n\nevent: done\ndata:\n\n"
    );
    assert_eq!(ask(&server, "HEAD", "/sse", "", "").body, b"");
    assert_eq!(stream_of(&server, "/sse").count, 1);
}

#[test]
fn a_client_that_leaves_abandons_its_stream() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /sse?tokens=100000&pace=1ms HTTP/1.1\r\nHost: t\r\n\r\n")
        .expect("the target reads");
    stream.read_exact(&mut [0; 64]).expect("it begins");
    assert_eq!(server.truth().streams["/sse"].open, 1);
    drop(stream);
    let truth = truth_when(&server, |truth| truth.streams["/sse"].abandoned == 1);
    assert_eq!((truth.streams["/sse"].open, truth.total.abandoned), (0, 1));
    assert_eq!(truth.streams["/sse"].last_token_ms.count, 0);
}

#[test]
fn a_reset_forgets_the_streams_before_it() {
    let server = plain();
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /sse?tokens=100000&pace=1ms HTTP/1.1\r\nHost: t\r\n\r\n")
        .expect("the target reads");
    truth_when(&server, |truth| truth.total.in_flight == 1);
    server.reset_truth();
    drop(stream);
    get(&server, "/sse?tokens=2");
    let stream = stream_of(&server, "/sse");
    assert_eq!(
        (
            stream.count,
            stream.completed,
            stream.abandoned,
            stream.tokens
        ),
        (1, 1, 0, 2)
    );
}

#[test]
fn impossible_wishes_are_refused() {
    let server = plain();
    for query in [
        "tokens=100001",
        "tokens=x",
        "pace=5",
        "pace=61s",
        "per_chunk=0",
        "empty=yes",
    ] {
        assert_eq!(
            get(&server, &format!("/sse?{query}")).status,
            422,
            "{query}"
        );
    }
    for path in [CHAT, MESSAGES] {
        let refused = |body: &Value| post(&server, path, body).status;
        assert_eq!(refused(&json!({ "messages": [] })), 422);
        assert_eq!(refused(&json!({ "stream": true })), 422);
        assert_eq!(refused(&conversation(json!({ "tokens": -1 }))), 422);
        assert_eq!(
            refused(&conversation(json!({ "stream": false, "cut": 1 }))),
            422
        );
        assert_eq!(ask(&server, "POST", path, "", "{").status, 400);
        assert_eq!(get(&server, path).status, 405);
    }
    assert!(settled(&server).streams.is_empty());
}
