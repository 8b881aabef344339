//! Bounds, and whether what was measured keeps them.
//!
//! In: figures of one run. Out: lines of a table. A bound is stated where it is tried, and is the
//! one that the project promised; what is missed is told as missed.

use std::fmt::Write as _;

/// One bound, tried.
pub(crate) struct Verdict {
    /// What must hold.
    pub(crate) claim: String,
    /// What was measured.
    pub(crate) measured: String,
    pub(crate) holds: bool,
}

impl Verdict {
    pub(crate) fn new(claim: impl Into<String>, measured: impl Into<String>, holds: bool) -> Self {
        Verdict {
            claim: claim.into(),
            measured: measured.into(),
            holds,
        }
    }

    /// `value` must not be larger than `bound`; what is not a number is.
    pub(crate) fn at_most(claim: impl Into<String>, value: f64, bound: f64, unit: &str) -> Self {
        let measured = format!("{}{unit}", figure(value));
        Verdict::new(claim, measured, value <= bound)
    }
}

/// A figure with about three digits that count.
pub(crate) fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.01 => 2,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// The bounds as a table; nothing where there are none.
pub(crate) fn table(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    if verdicts.is_empty() {
        return text;
    }
    text.push_str("\n| bound | measured | |\n|---|---|---|\n");
    for verdict in verdicts {
        let word = if verdict.holds { "held" } else { "**missed**" };
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {word} |",
            verdict.claim, verdict.measured
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Verdict, figure, table};

    #[test]
    fn what_is_no_number_keeps_no_bound() {
        assert!(Verdict::at_most("lag", 2.0, 2.0, " ms").holds);
        assert!(!Verdict::at_most("lag", 2.1, 2.0, " ms").holds);
        assert!(!Verdict::at_most("lag", f64::NAN, 2.0, " ms").holds);
    }

    #[test]
    fn a_table_says_held_or_missed() {
        let verdicts = [
            Verdict::at_most("lag ≤ 2 ms", 0.5, 2.0, " ms"),
            Verdict::new("all counted", "9 of 10", false),
        ];
        assert_eq!(
            table(&verdicts),
            "\n| bound | measured | |\n|---|---|---|\n\
             | lag ≤ 2 ms | 0.50 ms | held |\n| all counted | 9 of 10 | **missed** |\n"
        );
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn figures_keep_the_digits_that_count() {
        let shown = [1234.5, 12.34, 1.234, 0.0012].map(figure);
        assert_eq!(shown, ["1234", "12.3", "1.23", "0.0012"]);
    }
}
