//! Objectives with several limits: tiers and grades, as tables have them.
//!
//! In: the value and its limits, each a text of its own. Out: the objective, or what is wrong
//! with which of the texts. Without a comparison the numbers say what is better.

use super::parse::{Fault, Part, Units, end, of_either, one_line, start, symbol};
use super::phrase::value;
use super::term::{Better, Over, Term};
use super::{Comparison, Objective, Rule};
use crate::measure::Unit;

/// The most grades.
const GRADES_MAX: usize = 20;

impl Objective {
    /// The objective of a value with a target and what is still acceptable, each a number
    /// with its unit; `<` or `>` may stand before it as tables have it. Without one, the
    /// numbers say whether less or more is better.
    ///
    /// # Errors
    /// [`Fault`] with the text that it is in.
    pub fn tiers(term: &str, target: &str, acceptable: &str) -> Result<Objective, Fault> {
        of_either(|names_gauges| {
            Objective::tiers_of(term, alone(term, names_gauges)?, target, acceptable)
        })
    }

    fn tiers_of(
        written: &str,
        term: Term,
        target: &str,
        acceptable: &str,
    ) -> Result<Objective, Fault> {
        let name = one_line(written);
        let mut units = Units::default();
        let parts = [(Part::Target, target), (Part::Acceptable, acceptable)];
        let limits = limits(&term, parts, &mut units)?;
        let comparison = direction(&term, &limits)?;
        let text = format!(
            "{name}: target {}, acceptable {}",
            target.trim(),
            acceptable.trim()
        );
        let rule = Rule::Tiers {
            term,
            comparison,
            target: limits[0].value,
            acceptable: limits[1].value,
        };
        Ok(Objective::new(text, rule, units.unit))
    }

    /// The objective of a value that earns a word: the words and their limits, best first,
    /// and the worst one that passes. Without that it describes and does not decide.
    ///
    /// # Errors
    /// [`Fault`] with the text that it is in.
    pub fn grades(
        term: &str,
        grades: &[(&str, &str)],
        at_least: Option<&str>,
    ) -> Result<Objective, Fault> {
        of_either(|names_gauges| {
            Objective::grades_of(term, alone(term, names_gauges)?, grades, at_least)
        })
    }

    fn grades_of(
        written: &str,
        term: Term,
        grades: &[(&str, &str)],
        at_least: Option<&str>,
    ) -> Result<Objective, Fault> {
        let name = one_line(written);
        if grades.is_empty() || grades.len() > GRADES_MAX {
            let what = format!("grades are 1 to {GRADES_MAX} words with their limits");
            return Err(Fault::new(0, what).hint("write them as excellent: 3s, good: 5s"));
        }
        let mut units = Units::default();
        let parts = grades.iter().enumerate();
        let parts = parts.map(|(at, &(_, limit))| (Part::Grade(at), limit));
        let limits = limits(&term, parts, &mut units)?;
        let comparison = direction(&term, &limits)?;
        let words = grades
            .iter()
            .map(|(word, limit)| format!("{word} {}", limit.trim()));
        let mut text = format!("{name}: {}", words.collect::<Vec<_>>().join(", "));
        if let Some(word) = at_least {
            known_grade(word, grades)?;
            text.push_str(&format!(", at least {word}"));
        }
        let words = grades.iter().map(|(word, _)| (*word).to_owned());
        let rule = Rule::Grades {
            term,
            comparison,
            grades: words.zip(limits.iter().map(|limit| limit.value)).collect(),
            at_least: at_least.map(str::to_owned),
        };
        Ok(Objective::new(text, rule, units.unit))
    }
}

/// A value with nothing behind it.
fn alone(text: &str, names_gauges: bool) -> Result<Term, Fault> {
    let mut cursor = start(text)?;
    cursor.names_gauges = names_gauges;
    let term = value(&mut cursor)?;
    end(&cursor)?;
    match term.over {
        Over::Growth(_) => Err(Fault::new(0, "growth has a single limit and a time")
            .hint("write it as `growth of X < 1% per 10m`")),
        _ => Ok(term),
    }
}

/// One limit of a tiered or graded value.
struct Bound {
    part: Part,
    value: f64,
    comparison: Option<Comparison>,
}

fn limits<'a>(
    term: &Term,
    parts: impl IntoIterator<Item = (Part, &'a str)>,
    units: &mut Units,
) -> Result<Vec<Bound>, Fault> {
    let wanted = term.unit();
    let bounds = parts.into_iter().map(|(part, text)| {
        bound(text, wanted.as_ref(), units, part).map_err(|fault| fault.of(part))
    });
    bounds.collect()
}

fn bound(text: &str, wanted: Option<&Unit>, units: &mut Units, part: Part) -> Result<Bound, Fault> {
    let mut cursor = start(text)?;
    let at = cursor.at;
    let comparison = symbol(&mut cursor);
    if matches!(comparison, Some(Comparison::Equal | Comparison::Unequal)) {
        return Err(Fault::new(at, "a limit here is `<`, `<=`, `>` or `>=`"));
    }
    let value = units.number(&mut cursor, wanted)?;
    if !cursor.is_at_end() {
        let what = format!("`{}` does not belong here", cursor.rest());
        return Err(Fault::new(cursor.at, what).hint("write one number with its unit"));
    }
    Ok(Bound {
        part,
        value,
        comparison,
    })
}

/// How a value must stand to limits that go from the best one on.
fn direction(term: &Term, bounds: &[Bound]) -> Result<Comparison, Fault> {
    let written = bounds.iter().find_map(|bound| bound.comparison);
    let (first, last) = (&bounds[0], &bounds[bounds.len() - 1]);
    let by_order = match first.value.total_cmp(&last.value) {
        std::cmp::Ordering::Less => Some(Comparison::AtMost),
        std::cmp::Ordering::Greater => Some(Comparison::AtLeast),
        std::cmp::Ordering::Equal => None,
    };
    let by_subject = match term.subject.better() {
        Better::Lower => Some(Comparison::AtMost),
        Better::Higher => Some(Comparison::AtLeast),
        Better::Either => None,
    };
    let Some(chosen) = written.or(by_subject).or(by_order) else {
        let fault = Fault::new(0, "nothing says whether less or more is better");
        return Err(fault
            .hint("write `<` or `>` before the limit")
            .of(first.part));
    };
    let lower = matches!(chosen, Comparison::Below | Comparison::AtMost);
    for pair in bounds.windows(2) {
        let (better, worse) = (&pair[0], &pair[1]);
        let sorted = if lower {
            better.value <= worse.value
        } else {
            better.value >= worse.value
        };
        if !sorted {
            let what = format!(
                "of `{}` {} is better",
                term.subject,
                if lower { "less" } else { "more" }
            );
            let fault = Fault::new(0, what).hint("write the better limit first");
            return Err(fault.of(worse.part));
        }
    }
    let against = bounds
        .iter()
        .find(|bound| bound.comparison.is_some_and(|c| c != chosen));
    match against {
        Some(bound) => Err(Fault::new(0, "the limits have different comparisons").of(bound.part)),
        None => Ok(chosen),
    }
}

fn known_grade(word: &str, grades: &[(&str, &str)]) -> Result<(), Fault> {
    if grades.iter().any(|(grade, _)| *grade == word) {
        return Ok(());
    }
    let words: Vec<&str> = grades.iter().map(|(grade, _)| *grade).collect();
    let fault = Fault::new(0, format!("`{word}` is none of the grades"));
    Err(fault
        .hint(format!("they are {}", words.join(", ")))
        .of(Part::AtLeast))
}
