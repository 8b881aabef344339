//! Tiers and grades: what they say, and which of their texts is at fault.

use gatecrash_metrics::objective::{Comparison, Objective, Part, Rule};

#[test]
fn tiers_tell_which_of_their_texts_is_wrong() {
    let tiers = |term, target, acceptable| {
        let fault = Objective::tiers(term, target, acceptable).unwrap_err();
        (fault.part, fault.what)
    };
    let table = [
        (
            tiers("p95 <", "3s", "5s"),
            Part::Text,
            "`<` does not belong here",
        ),
        (
            tiers("p95", "3", "5s"),
            Part::Target,
            "`3` is a time without its unit",
        ),
        (
            tiers("p95", "3s", "5%"),
            Part::Acceptable,
            "`5%` is no time",
        ),
        (
            tiers("p95", "3s 5s", "5s"),
            Part::Target,
            "`5s` does not belong here",
        ),
        (
            tiers("p95", "5s", "3s"),
            Part::Acceptable,
            "of `p95` less is better",
        ),
        (
            tiers("cache_hit_rate", "5%", "30%"),
            Part::Acceptable,
            "more is better",
        ),
        (
            tiers("p95", "< 3s", "> 5s"),
            Part::Acceptable,
            "different comparisons",
        ),
        (
            tiers("x", "3", "3"),
            Part::Target,
            "whether less or more is better",
        ),
        (
            tiers("growth of x", "3%", "5%"),
            Part::Text,
            "growth has a single limit",
        ),
    ];
    for ((part, told), expected_part, what) in table {
        assert!(told.contains(what), "{told}");
        assert_eq!(part, expected_part, "{told}");
    }
}

#[test]
fn grades_tell_which_of_their_texts_is_wrong() {
    let grades = |limits: &[(&str, &str)], least| {
        let fault = Objective::grades("avg", limits, least).unwrap_err();
        (fault.part, fault.what)
    };
    assert_eq!(
        grades(&[("good", "1s"), ("fair", "2")], None).0,
        Part::Grade(1)
    );
    assert_eq!(
        grades(&[("good", "2s"), ("fair", "1s")], None).0,
        Part::Grade(1)
    );
    assert_eq!(grades(&[("good", "2s")], Some("great")).0, Part::AtLeast);
    assert_eq!(grades(&[], None).0, Part::Text);
}

#[test]
fn tiers_and_grades_have_a_text_of_one_line() {
    let tiers = Objective::tiers("p95 of /a", " 3s", "5s ").unwrap();
    assert_eq!(tiers.text, "p95 of /a: target 3s, acceptable 5s");
    assert!(matches!(
        tiers.rule,
        Rule::Tiers {
            comparison: Comparison::AtMost,
            ..
        }
    ));
    let hits = Objective::tiers("cache_hit_rate", "> 90%", "> 80%").unwrap();
    assert!(matches!(
        hits.rule,
        Rule::Tiers {
            comparison: Comparison::Above,
            ..
        }
    ));
    let limits = [("excellent", "3s"), ("good", "5s")];
    let grades = Objective::grades("avg", &limits, Some("good")).unwrap();
    assert_eq!(grades.text, "avg: excellent 3s, good 5s, at least good");
}
