//! Server-sent events: the rules and the examples of the HTML standard.

use std::time::Duration;

use gatecrash_net::sse::{Parser, TooLarge};

/// Kind, data and id of an event.
type Told = (String, String, String);

fn feed(parser: &mut Parser, mut input: &[u8], told: &mut Vec<Told>) -> Result<(), TooLarge> {
    while let Some(event) = parser.next(&mut input)? {
        told.push((event.kind.into(), event.data.into(), event.id.into()));
    }
    assert!(input.is_empty());
    Ok(())
}

/// `stream` holds these events, however it is cut in two, and byte by byte.
fn check(stream: impl AsRef<[u8]>, expected: &[(&str, &str, &str)]) {
    let stream = stream.as_ref();
    let own = |(kind, data, id): &(&str, &str, &str)| {
        ((*kind).to_owned(), (*data).to_owned(), (*id).to_owned())
    };
    let expected: Vec<Told> = expected.iter().map(own).collect();
    let cuts = (0..=stream.len()).map(|cut| vec![&stream[..cut], &stream[cut..]]);
    for pieces in cuts.chain([stream.chunks(1).collect()]) {
        let (mut parser, mut told) = (Parser::new(1000), Vec::new());
        for piece in &pieces {
            feed(&mut parser, piece, &mut told).expect("small events");
        }
        assert_eq!(told, expected, "{:?}", String::from_utf8_lossy(pieces[0]));
    }
}

fn message(data: &str) -> (&str, &str, &str) {
    ("message", data, "")
}

#[test]
fn examples_of_the_standard() {
    check(
        "data: This is the first message.\n\ndata: This is the second message, it\n\
         data: has two lines.\n\ndata: This is the third message.\n\n",
        &[
            message("This is the first message."),
            message("This is the second message, it\nhas two lines."),
            message("This is the third message."),
        ],
    );
    check(
        "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        &[
            ("add", "73857293", ""),
            ("remove", "2153", ""),
            ("add", "113411", ""),
        ],
    );
    check(
        "data: YHOO\ndata: +2\ndata: 10\n\n",
        &[message("YHOO\n+2\n10")],
    );
    check(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
        &[
            ("message", "first event", "1"),
            ("message", "second event", ""),
        ],
    );
    check("data\n\ndata\ndata\n\ndata:", &[message(""), message("\n")]);
    check(
        "data:test\n\ndata: test\n\n",
        &[message("test"), message("test")],
    );
}

#[test]
fn lines_end_in_three_ways() {
    for stream in [
        "data: a\n\ndata: b\n\n",
        "data: a\r\rdata: b\r\r",
        "data: a\r\n\r\ndata: b\r\n\r\n",
        "data: a\r\n\rdata: b\n\r\n",
        "\r\n\n\rdata: a\r\n\n\n\r\rdata: b\n\r",
    ] {
        check(stream, &[message("a"), message("b")]);
    }
    for end in ["\n", "\r", "\r\n"] {
        check(
            "data: a|data: b|event: c||".replace('|', end),
            &[("c", "a\nb", "")],
        );
    }
    check(
        "data: a\rdata: b\n\ndata: c\n\r\ndata: d\r\r\n",
        &[message("a\nb"), message("c"), message("d")],
    );
}

/// An event is there with the first byte that ends it, even if a line feed belongs to it.
#[test]
fn events_are_handed_out_early() {
    let (mut parser, mut told) = (Parser::new(1000), Vec::new());
    feed(&mut parser, b"data: a\r\n\r", &mut told).expect("an event");
    assert_eq!(told.len(), 1);
    feed(&mut parser, b"\ndata: b\r\n\r", &mut told).expect("an event");
    assert_eq!(told.len(), 2);
}

#[test]
fn a_byte_order_mark_stands_at_the_beginning_only() {
    check(
        "\u{feff}data: a\n\ndata: b\n\n",
        &[message("a"), message("b")],
    );
    check("\u{feff}\u{feff}data: a\n\ndata: b\n\n", &[message("b")]);
    check(
        "\n\u{feff}data: a\n\ndata: \u{feff}b\n\n",
        &[message("\u{feff}b")],
    );
    check("\u{feff}", &[]);
}

#[test]
fn fields() {
    check("data:  two\n\n", &[message(" two")]);
    check("data: a: b:c\n\n", &[message("a: b:c")]);
    check("Data: a\nDATA: b\n data: c\ndata : d\nother: e\n\n", &[]);
    check(":data: a\n:\n: \n\n", &[]);
    check("event: x\n\ndata: a\n\n", &[message("a")]);
    check("event: x\nevent: y\ndata: a\n\n", &[("y", "a", "")]);
    check("event: x\nevent\ndata: a\n\n", &[message("a")]);
    check(
        "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid\ndata: d\n\n",
        &[
            ("message", "a", "1"),
            ("message", "b", "1"),
            ("message", "c", "2"),
            ("message", "d", ""),
        ],
    );
    check("id: 1\nid: a\0b\ndata: a\n\n", &[("message", "a", "1")]);
    check(
        b"data: \xff\xe2\x82\nevent: \xfe\ndata: \xe2\x82\xac\n\n",
        &[("\u{fffd}", "\u{fffd}\u{fffd}\n\u{20ac}", "")],
    );
}

#[test]
fn what_the_end_cuts_off_is_no_event() {
    check("data: a", &[]);
    check("data: a\n", &[]);
    check("data: a\r", &[]);
    check("", &[]);
}

#[test]
fn the_time_to_retry() {
    for (stream, expected) in [
        ("retry: 1500\n", Some(1500)),
        ("retry: 1500", None),
        ("retry: 5\nretry: 1x\nretry: -1\nretry\n", Some(5)),
    ] {
        let mut parser = Parser::new(1000);
        feed(&mut parser, stream.as_bytes(), &mut Vec::new()).expect("nothing large");
        assert_eq!(
            parser.retry(),
            expected.map(Duration::from_millis),
            "{stream:?}"
        );
    }
}

#[test]
fn events_have_a_limit() {
    let line = |length: usize| format!("data: {}\n", "x".repeat(length));
    let outcome = |stream: &str, step: usize| {
        let (mut parser, mut told) = (Parser::new(100), Vec::new());
        let mut pieces = stream.as_bytes().chunks(step);
        pieces.try_for_each(|piece| feed(&mut parser, piece, &mut told))?;
        Ok(told.len())
    };
    let refused = Err(TooLarge { limit_bytes: 100 });
    for step in [1, 7, 100_000] {
        assert_eq!(outcome(&format!("{}\n", line(94)).repeat(50), step), Ok(50));
        assert_eq!(outcome(&line(95), step), refused, "one long line");
        assert_eq!(outcome(&line(10).repeat(20), step), refused, "many lines");
        assert_eq!(outcome(&":".repeat(101), step), refused, "a comment");
    }
    let told = TooLarge { limit_bytes: 100 }.to_string();
    assert_eq!(told, "an event of the stream is larger than 100 bytes");
}
