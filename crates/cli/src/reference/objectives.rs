//! The page of the language of objectives.

use gatecrash_metrics::objective::language::{
    ACROSS, About, GRAMMAR, SCOPES, SUBJECTS, UNITS, WINDOWS,
};

use super::MADE;
use super::table::{code, table};

const TOP: &str = "\
What a run must hold, in one line: `p95 of /search < 300ms`. The same language serves `--objective` of
`gatecrash -f` and `gatecrash check`, and the keys `objectives` and `slo` of [plans](plan.md). What to ask of a
service, and how to read the answers, is told in [the guide](../guides/objectives.md).

An objective comes out as one of three: passed, failed, or **no data** where nothing was there to judge it by. No
data never counts as passed. It decides the exit code ([99](exit-codes.md)) unless a plan gives it
`severity: warn`, or `optional: true` for no data alone.

";

const SUBJECT: &str = "\
## Subjects

Behind a percentile, `avg`, `max`, `min`, `sum`, `last` and `rate` may stand a series: `response_time`, any of the
[measures](metrics.md), or a metric of your own.

";

const SCOPE: &str =
    "## Of which requests\n\nBetween the subject and the comparison, in any order.\n\n";

const WINDOW: &str = "## When\n\nBehind the limit.\n\n";

const BESIDE: &str = "## Across scenarios\n\n";

const NUMBERS: &str = "## Numbers\n\n";

const GRAMMATICAL: &str = "\
## The grammar

In EBNF (ISO/IEC 14977). Blanks between words do not matter.

";

/// The page.
pub(super) fn page() -> String {
    let parts = [
        format!("# Objectives\n\n{MADE}{TOP}"),
        format!("{SUBJECT}{}", subjects()),
        format!("{SCOPE}{}", words(SCOPES)),
        format!("{WINDOW}{}", words(WINDOWS)),
        format!("{BESIDE}{}", words(ACROSS)),
        format!("{NUMBERS}{}", words(UNITS)),
        format!("{GRAMMATICAL}```ebnf\n{}\n```\n", GRAMMAR.trim_end()),
    ];
    parts.concat()
}

fn subjects() -> String {
    let rows = SUBJECTS.iter().map(|about| {
        [
            name(about),
            about.unit.to_owned(),
            about.meaning.to_owned(),
            code(about.example),
        ]
    });
    table(["subject", "unit", "what it is", "for example"], rows)
}

fn words(abouts: &[About]) -> String {
    let rows = abouts
        .iter()
        .map(|about| [name(about), about.meaning.to_owned(), code(about.example)]);
    table(["written", "what it means", "for example"], rows)
}

/// As code, unless it is a description.
fn name(about: &About) -> String {
    match about.name {
        "a metric by its name" | "(nothing)" => about.name.to_owned(),
        typed => code(typed),
    }
}
