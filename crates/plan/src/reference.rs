//! The reference page of plan files.
//!
//! In: the declared keys ([`crate::file`]), the functions of templates. Out: a page in
//! Markdown. Never: a list of keys of its own.

use std::fmt::Write;

use crate::file::read::Read;
use crate::file::shape::{Key, Kind, Leaf, Record, Union, joined};
use crate::file::written::PlanFile;
use crate::template::{FILTERS, FUNCTIONS, TESTS, VALUES};

const TOP: &str = "\
# Plan files: every key

This page is written by the code (`cargo xtask gen`); a test holds it.
How plans are put together is told in [the guide](../guides/plans.md).

A plan is YAML 1.2, TOML 1.1 or JSON, by the end of the file's name; all three say the same. Editors
complete and check the keys by [the schema](../../schema/plan.schema.json), if the first line names it:
`# yaml-language-server: $schema=plan.schema.json`, `#:schema plan.schema.json` in TOML, the key
`$schema` in JSON. `gatecrash schema` prints it.

In every text `${NAME}` is the variable of the environment or of `.env`; `${NAME:-default}` has a default
for when it is not set or empty, `${NAME:?message}` a message. `$$` is one dollar. Where a key takes a
number, or `true` and `false`, such a text is read as one. Between `{{` and `}}` nothing is filled in:
there a variable is `env.NAME`.

";

/// The page.
pub fn reference() -> String {
    let mut page = Page::default();
    page.reach(&PlanFile::kind());
    let mut text = TOP.to_owned();
    for part in &page.parts {
        match part {
            Part::Record(record) => section(&mut text, record),
            Part::Union(union) => {
                let kinds = (union.kinds)();
                let kinds: Vec<String> = kinds.iter().map(shown).collect();
                let doc = joined(union.doc);
                let title = union.title;
                push(
                    &mut text,
                    format_args!("## {title}\n\n{doc}\n\n{}.\n\n", kinds.join(", ")),
                );
            }
        }
    }
    text.push_str("## Forms of values\n\n| form | what it takes |\n|---|---|\n");
    for leaf in &page.leaves {
        row(
            &mut text,
            &[
                &format!("{}<a id=\"{}\"></a>", leaf.name, anchor(leaf.name)),
                leaf.what,
            ],
        );
    }
    templates(&mut text);
    text
}

/// What is reached from the plan, in the order in which it is met.
#[derive(Default)]
struct Page {
    parts: Vec<Part>,
    leaves: Vec<&'static Leaf>,
}

/// What has a section.
enum Part {
    Record(&'static Record),
    Union(&'static Union),
}

impl Part {
    fn title(&self) -> &'static str {
        match self {
            Part::Record(record) => record.title(),
            Part::Union(union) => union.title,
        }
    }
}

impl Page {
    fn reach(&mut self, kind: &Kind) {
        match kind {
            Kind::Leaf(leaf) => {
                if self.leaves.iter().all(|known| known.name != leaf.name) {
                    self.leaves.push(leaf);
                }
            }
            Kind::List(inner) | Kind::Map(_, inner) => self.reach(inner),
            Kind::OneOf(kinds) => kinds.iter().for_each(|kind| self.reach(kind)),
            Kind::Union(union) => {
                if self.is_new(union.title) {
                    self.parts.push(Part::Union(union));
                    (union.kinds)().iter().for_each(|kind| self.reach(kind));
                }
            }
            Kind::Record(record) | Kind::Parts(record) => self.reach_record(record),
            Kind::Merged(first, others, _) => {
                self.reach_record(first);
                others.iter().for_each(|other| self.reach_record(other));
            }
            Kind::Open(record, _, values) => {
                self.reach_record(record);
                self.reach(values);
            }
        }
    }

    fn is_new(&self, title: &str) -> bool {
        self.parts.iter().all(|part| part.title() != title)
    }

    fn reach_record(&mut self, record: &'static Record) {
        if !self.is_new(record.title()) {
            return;
        }
        self.parts.push(Part::Record(record));
        (record.keys)().iter().for_each(|key| self.reach(&key.kind));
    }
}

fn section(text: &mut String, record: &Record) {
    push(
        text,
        format_args!("## {}\n\n{}\n\n", record.title(), joined(record.doc)),
    );
    if !record.one_of.is_empty() {
        let names: Vec<String> = record
            .one_of
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        push(
            text,
            format_args!("Exactly one of {} must be there.\n\n", names.join(", ")),
        );
    }
    text.push_str("| key | takes | without it | meaning | example |\n|---|---|---|---|---|\n");
    for key in (record.keys)() {
        let default = match (key.required, key.default) {
            (true, _) => "must be there",
            (false, Some(default)) => default,
            (false, None) => "–",
        };
        let name = format!("`{}`", key.name);
        let example = example(&key);
        row(
            text,
            &[
                &name,
                &shown(&key.kind),
                default,
                &joined(key.doc),
                &example,
            ],
        );
    }
    text.push('\n');
}

fn example(key: &Key) -> String {
    format!("`{}: {}`", key.name, key.example)
}

/// What a key takes, with links.
fn shown(kind: &Kind) -> String {
    match kind {
        Kind::Leaf(leaf) => format!("[{}](#{})", leaf.name, anchor(leaf.name)),
        Kind::List(inner) => format!("list of {}", shown(inner)),
        Kind::Map(names, inner) => format!("map of {names}: {}", shown(inner)),
        Kind::Record(record) | Kind::Merged(record, ..) => link(record.title()),
        Kind::Open(record, name, values) => {
            format!("{} with {name}: {}", link(record.title()), shown(values))
        }
        Kind::Parts(record) => format!("parts of a {}", link(record.title())),
        Kind::Union(union) => link(union.title),
        Kind::OneOf(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(shown).collect();
            kinds.join(" or ")
        }
    }
}

fn link(title: &str) -> String {
    format!("[{title}](#{})", title.to_lowercase())
}

fn anchor(name: &str) -> String {
    format!("form-{}", name.to_lowercase().replace(' ', "-"))
}

fn templates(text: &mut String) {
    text.push_str(
        "\n## Templates\n\n\
         Between `{{` and `}}` stands an expression in the syntax of Jinja2 (minijinja): names, texts, \
         numbers, lists, maps, `+ - * / // % **`, `~` to join texts, comparisons, `and`, `or`, `not`, \
         `in`, `a if b else c`. A plan whose expressions name something that does not exist is refused.\n\n\
         ### Values\n\n| value | what it is |\n|---|---|\n",
    );
    for value in VALUES {
        row(text, &[&format!("`{}`", value.name), value.doc]);
    }
    row(
        text,
        &[
            "`FEED.COLUMN`",
            "The row that the task has taken from a feed under `data`.",
        ],
    );
    row(
        text,
        &[
            "`NAME`",
            "What a step has taken from an answer (`take`) or set (`set`).",
        ],
    );
    text.push_str("\n### Functions\n\n| function | gives | for example |\n|---|---|---|\n");
    for function in FUNCTIONS {
        let signature = format!("`{}`", function.signature());
        let (call, gives) = function.example;
        row(
            text,
            &[&signature, function.doc, &format!("`{call}` → `{gives}`")],
        );
    }
    text.push_str("\n### Filters: `value | filter`\n\n| filter | gives |\n|---|---|\n");
    for (name, doc) in FILTERS {
        row(text, &[&format!("`{name}`"), doc]);
    }
    text.push_str("\n### Tests: `value is test`\n\n| test | asks |\n|---|---|\n");
    for (name, doc) in TESTS {
        row(text, &[&format!("`{name}`"), doc]);
    }
}

/// A row of a table; what would end a cell is written so that it does not.
fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    push(text, format_args!("| {} |\n", cells.join(" | ")));
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a text cannot fail.
    let _ = text.write_fmt(arguments);
}
