//! Numbers, texts and times as Python writes them. The expected texts were printed
//! by Python 3.11.

use gatecrash_report::format::*;

#[test]
fn floats_look_like_pythons() {
    for (value, expected) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (1.0 / 3.0, "0.3333333333333333"),
        (0.0001, "0.0001"),
        (0.00012345, "0.00012345"),
        (1e-5, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (1e-100, "1e-100"),
        (1234567890123456.0, "1234567890123456.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (1700000000.25, "1700000000.25"),
        (f64::NAN, "nan"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(float_repr(value), expected);
    }
    assert_eq!(Number::whole(60500.0).to_string(), "60500");
    assert_eq!(Number::float(60500.0).to_string(), "60500.0");
}

#[test]
fn strings_look_like_pythons_and_can_be_read_back() {
    for (text, expected) in [
        ("", "''"),
        ("a b", "'a b'"),
        ("it's", "\"it's\""),
        ("\"it's\"", "'\"it\\'s\"'"),
        ("a\\b\n\r\tc", "'a\\\\b\\n\\r\\tc'"),
        ("\u{0}\u{7f}\u{a0}ü🦀", "'\\x00\\x7f\\xa0ü🦀'"),
        ("\u{200b}\u{2028}\u{ad}", "'\\u200b\\u2028\\xad'"),
    ] {
        assert_eq!(str_repr(text), expected);
        assert_eq!(parse_str_literal(expected).as_deref(), Some(text));
    }
    assert_eq!(parse_str_literal("'a', 'b')").as_deref(), Some("a"));
    for broken in ["", "12)", "'no end", "'\\x1'", "'\\"] {
        assert_eq!(parse_str_literal(broken), None, "{broken}");
    }
}

#[test]
fn percentiles_have_readable_labels() {
    let shares = [
        0.5,
        0.66,
        0.57,
        0.95,
        0.999,
        0.9999,
        1.0,
        0.123456789,
        1.0 / 3.0,
    ];
    let labels = shares.map(percent_label);
    let expected = [
        "50%",
        "66%",
        "57.0%",
        "95%",
        "99.9%",
        "99.99%",
        "100%",
        "12.345679%",
        "33.333333%",
    ];
    assert_eq!(labels, expected);
}

#[test]
fn instants_are_written_in_utc() {
    for (epoch_s, expected) in [
        (0.0, "1970-01-01T00:00:00Z"),
        (951_782_399.9, "2000-02-28T23:59:59Z"),
        (951_782_400.0, "2000-02-29T00:00:00Z"),
        (1_709_251_199.0, "2024-02-29T23:59:59Z"),
        (1_735_689_599.999, "2024-12-31T23:59:59Z"),
        (4_102_444_800.0, "2100-01-01T00:00:00Z"),
    ] {
        assert_eq!(utc_timestamp(epoch_s), expected);
    }
}
