//! Rates: what is read, what is refused and how it is told.

use gatecrash_plan::rate::{Rate, RateError};
use proptest::prelude::*;

fn rate(text: &str) -> Rate {
    text.parse().expect(text)
}

#[test]
fn every_unit_is_read() {
    let cases = [
        ("50/s", 50.0),
        ("0.5/s", 0.5),
        ("30/m", 0.5),
        ("1800/h", 0.5),
        ("1000/h", 1000.0 / 3600.0),
        ("0/s", 0.0),
        ("1000000000/s", 1e9),
    ];
    for (text, per_second) in cases {
        assert_eq!(rate(text).as_per_second(), per_second, "{text}");
    }
}

#[test]
fn a_rate_is_told_in_its_shortest_unit() {
    let cases = [
        ("50/s", "50/s"),
        ("0.5/s", "0.5/s"),
        ("30/m", "0.5/s"),
        ("1000/h", "1000/h"),
        ("7/m", "7/m"),
        ("120.60/m", "2.01/s"),
        ("0.000001/h", "0.000001/h"),
        ("0/h", "0/s"),
    ];
    for (text, told) in cases {
        assert_eq!(rate(text).to_string(), told, "{text}");
    }
}

#[test]
fn a_number_alone_is_refused_with_its_units() {
    for text in ["50", "0.5"] {
        let error = text.parse::<Rate>().expect_err(text);
        assert_eq!(error, RateError::NoUnit(text.to_owned()));
        assert!(error.to_string().contains(&format!("{text}/s")), "{error}");
    }
}

#[test]
fn other_texts_are_refused() {
    let forms = [
        "",
        "/s",
        "50/",
        "50/sec",
        "-1/s",
        "1e3/s",
        "50 /s",
        "50/s ",
        ".5/s",
        "5./s",
        "a/s",
        "1/s/s",
        "9999999999999999999/s",
    ];
    for text in forms {
        assert_eq!(
            text.parse::<Rate>(),
            Err(RateError::Form(text.to_owned())),
            "{text:?}"
        );
    }
    let fine = "0.0000001/h";
    assert_eq!(
        fine.parse::<Rate>(),
        Err(RateError::TooFine(fine.to_owned()))
    );
    for text in ["1000000001/s", "999999999999999999/h", "1000000000.1/s"] {
        assert_eq!(
            text.parse::<Rate>(),
            Err(RateError::TooFast(text.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn numbers_per_second_are_taken_if_they_make_sense() {
    assert_eq!(Rate::per_second(0.5), Ok(rate("30/m")));
    assert_eq!(Rate::per_second(1e9), Ok(rate("1000000000/s")));
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            Rate::per_second(bad),
            Err(RateError::NotANumber(_))
        ));
    }
    assert!(matches!(
        Rate::per_second(1.1e9),
        Err(RateError::TooFast(_))
    ));
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn what_is_told_reads_back(number in 0u64..1_000_000_000, decimals in 0u32..9, unit in "[smh]") {
        let text = format!("{number}/{unit}");
        let whole = rate(&text);
        prop_assert_eq!(rate(&whole.to_string()), whole);
        let scaled = number as f64 / 10f64.powi(decimals as i32);
        let any = Rate::per_second(scaled).expect("in range");
        prop_assert_eq!(rate(&any.to_string()), any);
    }
}
