//! The tree of a text: the same for all formats, with places; limits hold.

use gatecrash_plan::file::node::{Node, Value};
use gatecrash_plan::file::{Format, LONGEST_TEXT, parse};

use super::told;

#[track_caller]
fn tree(text: &str, format: Format) -> Node {
    parse(text, format).unwrap_or_else(|faults| panic!("{faults}"))
}

#[track_caller]
fn refused(text: &str, format: Format) -> Vec<String> {
    told(&parse(text, format).expect_err("should be refused"))
}

/// A tree without places.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number, _) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(list) => {
            let list: Vec<String> = list.iter().map(shown).collect();
            format!("[{}]", list.join(" "))
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<String> = entries
                .map(|(key, node)| format!("{}: {}", key.name, shown(node)))
                .collect();
            format!("{{{}}}", entries.join(" "))
        }
    }
}

/// The pieces of the text that the leaves of a tree stand at.
fn pieces<'t>(node: &Node, text: &'t str, found: &mut Vec<&'t str>) {
    match &node.value {
        Value::List(list) => list.iter().for_each(|one| pieces(one, text, found)),
        Value::Map(entries) => {
            for (key, one) in entries {
                found.push(&text[key.span.start as usize..key.span.end as usize]);
                pieces(one, text, found);
            }
        }
        _ => found.push(&text[node.span.start as usize..node.span.end as usize]),
    }
}

#[test]
fn the_three_formats_give_one_tree() {
    let yaml = "z: {b: 1, a: [true, -2.5, 'x y', {k: v}]}\nä: \"é\\n\"\n";
    let toml = "z = {b = 1, a = [true, -2.5, 'x y', {k = 'v'}]}\n\"ä\" = \"é\\n\"\n";
    let json = r#"{"z": {"b": 1, "a": [true, -2.5, "x y", {"k": "v"}]}, "ä": "é\n"}"#;
    let expected = r#"{z: {b: 1 a: [true -2.5 "x y" {k: "v"}]} ä: "é\n"}"#;
    assert_eq!(shown(&tree(yaml, Format::Yaml)), expected);
    assert_eq!(shown(&tree(toml, Format::Toml)), expected);
    assert_eq!(shown(&tree(json, Format::Json)), expected);
}

#[test]
fn every_part_knows_its_place() {
    let cases = [
        (
            Format::Yaml,
            "ü: 'a ''b'   # 'c\nlist:\n  - 12 # d\n  - x y z # e\n  - &a \"f\\\"\" # g\n",
            vec!["ü", "'a ''b'", "list", "12", "x y z", r#""f\"""#],
        ),
        (
            Format::Toml,
            "'ü' = 'a b' # c\n[t.u]\nk = 12\n",
            vec!["'ü'", "'a b'", "t", "u", "k", "12"],
        ),
        (
            Format::Json,
            "{\"ü\": \"a b\",\n \"l\": [12, null]}",
            vec!["\"ü\"", "\"a b\"", "\"l\"", "12", "null"],
        ),
    ];
    for (format, text, expected) in cases {
        let mut found = Vec::new();
        pieces(&tree(text, format), text, &mut found);
        assert_eq!(found, expected, "{format:?}");
    }
}

#[test]
fn yaml_reads_scalars_as_its_core_schema_says() {
    let cases = [
        ("~", "null"),
        ("null", "null"),
        ("True", "true"),
        ("yes", "\"yes\""),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("017", "17"),
        ("+5", "5"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("-", "[null]"),
        ("1.2.3", "\"1.2.3\""),
        ("1s..5s", "\"1s..5s\""),
        ("0x", "\"0x\""),
        ("0x-5", "\"0x-5\""),
        ("e3", "\"e3\""),
        (".", "\".\""),
        ("'5'", "\"5\""),
        ("!!str 5", "\"5\""),
        ("|\n  a\n  b\n", "\"a\\nb\\n\""),
        (">\n  a\n  b\n", "\"a b\\n\""),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(&tree(text, Format::Yaml)), expected, "{text}");
    }
}

#[test]
fn numbers_keep_how_they_were_written() {
    let written = |text: &str, format| match tree(text, format).value {
        Value::Number(_, written) => written,
        Value::Map(entries) => match &entries[0].1.value {
            Value::Number(_, written) => written.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(written("1.10", Format::Yaml), "1.10");
    assert_eq!(written("1.10", Format::Json), "1.10");
    assert_eq!(written("a = 1.10", Format::Toml), "1.10");
}

#[test]
fn anchors_and_merge_keys() {
    let text =
        "base: &b { a: 1, b: 2 }\none: { <<: *b, b: 3 }\ntwo: { c: 4, <<: [*b, { d: 5, a: 6 }] }\n";
    let expected = "{base: {a: 1 b: 2} one: {b: 3 a: 1} two: {c: 4 a: 1 b: 2 d: 5}}";
    assert_eq!(shown(&tree(text, Format::Yaml)), expected);
    assert_eq!(
        refused("a: { <<: 5 }", Format::Yaml),
        ["1:10 `<<` takes in a map, or a list of maps"]
    );
}

#[test]
fn a_name_stands_only_once() {
    let hint = "(keep one of them)";
    let expected = [format!("2:1 `a` stands here for the second time {hint}")];
    assert_eq!(refused("a: 1\na: 2\n", Format::Yaml), expected);
    assert_eq!(refused("{\"a\": 1,\n\"a\": 2}", Format::Json), expected);
    assert_eq!(
        refused("a = 1\na = 2\n", Format::Toml),
        ["2:1 duplicate key"]
    );
}

#[test]
fn what_is_not_of_the_format_is_told_with_its_place() {
    let yaml = [
        (
            "",
            "1:1 the plan is empty (a plan has at least `users:` and `scenarios:`)",
        ),
        (
            "a: b\n---\nc: d\n",
            "2:1 a second document begins here (a plan is one document; remove the `---`)",
        ),
        ("a: !mine 5", "1:4 a plan has no tags such as `!mine`"),
        ("a: *b", "1:4 while parsing node, found unknown anchor"),
        (
            "a: &a [*a]",
            "1:8 this alias repeats something that contains it",
        ),
        ("{[a]: b}", "1:2 a list or a map cannot be a name"),
        (
            "a: {{ b }}",
            "1:5 a list or a map cannot be a name (put texts with `{{ … }}` into double quotes)",
        ),
        ("a: .inf", "1:4 .inf is not a number that can be used"),
    ];
    for (text, expected) in yaml {
        assert_eq!(refused(text, Format::Yaml), [expected], "{text}");
    }
    let json = [
        ("", "1:1 a value was expected here, not the end of the file"),
        ("{\"a\" 1}", "1:6 `:` was expected here, not '1'"),
        (
            "[1, 2",
            "1:6 `,` or `]` was expected here, not the end of the file",
        ),
        ("{} x", "1:4 the end of the file was expected here, not 'x'"),
        (
            "{\"a\": tru}",
            "1:7 `tru` is not JSON (texts stand in double quotes)",
        ),
        ("{\"a\": 'x'}", "1:7 a value was expected here, not '\\''"),
        (
            "{\"a\": \"\\x\"}",
            "1:7 this text has an escape that JSON does not know",
        ),
        ("[01]", "1:2 01 is not a number that can be used"),
        ("[1e999]", "1:2 1e999 is not a number that can be used"),
        (
            "{\"a\": \"é",
            "1:9 `\"` at the end of the text was expected here, not the end of the file",
        ),
        ("[1,]", "1:4 a value was expected here, not ']'"),
        (
            "{a: 1}",
            "1:2 a name in double quotes was expected here, not 'a'",
        ),
    ];
    for (text, expected) in json {
        assert_eq!(refused(text, Format::Json), [expected], "{text}");
    }
    let toml = [
        (
            "a = 2026-01-02",
            "1:5 a plan has no dates (write it as a text: \"2026-01-02\")",
        ),
        ("a = nan", "1:5 nan is not a number that can be used"),
    ];
    for (text, expected) in toml {
        assert_eq!(refused(text, Format::Toml), [expected], "{text}");
    }
}

#[test]
fn json_knows_its_own_escapes() {
    let text = r#"["\ud83d\ude00 \/ \u00e9"]"#;
    assert_eq!(shown(&tree(text, Format::Json)), "[\"😀 / é\"]");
}

#[test]
fn what_is_too_deep_is_refused() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for format in [Format::Yaml, Format::Json] {
        parse(&deep(64), format).unwrap();
        assert_eq!(
            refused(&deep(65), format),
            ["1:65 nested more than 64 levels deep"]
        );
        assert_eq!(refused(&"[".repeat(1_000_000), format).len(), 1);
    }
    assert_eq!(
        refused(&format!("a = {}", deep(100)), Format::Toml).len(),
        1
    );
    // By aliases: each level holds the one before it.
    let levels = (1..70).map(|level| format!("l{level}: &l{level} [*l{}]\n", level - 1));
    let text = "l0: &l0 [x]\n".to_owned() + &levels.collect::<String>();
    assert_eq!(
        refused(&text, Format::Yaml),
        ["64:12 nested more than 64 levels deep"]
    );
}

#[test]
fn what_grows_without_end_is_refused() {
    let levels = (1..30).map(|level| {
        let inner = vec![format!("*l{}", level - 1); 10].join(", ");
        format!("l{level}: &l{level} [{inner}]\n")
    });
    let text = "l0: &l0 [x, x, x, x, x]\n".to_owned() + &levels.collect::<String>();
    // And by plain repetition: a thousand values, two thousand times.
    let values = vec!["x"; 1000].join(", ");
    let wide = format!("a: &a [{values}]\nb: [{}]\n", vec!["*a"; 2000].join(", "));
    for text in [text, wide] {
        let faults = refused(&text, Format::Yaml);
        assert!(faults[0].contains("more than 1000000 values"), "{faults:?}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let text = " ".repeat(LONGEST_TEXT + 1);
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        let faults = refused(&text, format);
        assert!(
            faults[0].contains("longer than 16777216 bytes"),
            "{faults:?}"
        );
    }
}
