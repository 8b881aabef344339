//! `summary.md`: the run as a page of Markdown, for pull requests and CI summaries.
//!
//! In: a record. Out: GitHub's Markdown (<https://github.github.com/gfm/>). The answer comes
//! first; what explains it follows, and each scenario's tables are folded up. Nothing from
//! elsewhere is markup here.

use gatecrash_metrics::{RunRecord, ScenarioRecord, Validity};

use super::cache::cache;
use super::cost::costs;
use super::figure::{clock, count};
use super::requests::{errors, exceptions, phases, requests};
use super::slowest::slowest;
use super::suite::{answer, ship_sentence, summary_table};
use super::table::Table;
use super::verdicts::{Told, groups};
use crate::console::overflow_notes;
use crate::format::utc_timestamp;

/// Rows of a table at most: the page is for an overview.
const MOST_ROWS: usize = 100;

/// Errors of a scenario at most.
const MOST_ERRORS: usize = 20;

/// `summary.md`.
pub fn summary(run: &RunRecord) -> String {
    let mut page = Page::default();
    page.line(&format!("## {}: {}", plain(&run.name), answer(run).word()));
    page.block(&plain(&ship_sentence(run)));
    page.block(&format!(
        "{} · {} after {} · seed {}",
        utc_timestamp(run.started_epoch_s),
        plain(&run.ended_by.to_string()),
        clock(run.ended_epoch_s - run.started_epoch_s),
        run.seed
    ));
    for reason in run.validity.reasons() {
        page.line(&format!(
            "- **{}**: {}",
            run.validity.name(),
            plain(&reason.text)
        ));
    }
    for note in &run.notes {
        page.line(&format!("- {}", plain(note)));
    }
    page.gap();
    page.table(&summary_table(run));
    page.verdicts(run);
    for scenario in run.scenarios.iter().filter(|one| one.measured) {
        page.scenario(scenario, run);
    }
    page.text
}

/// A page on the way.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line, but never two.
    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A paragraph.
    fn block(&mut self, text: &str) {
        self.gap();
        self.line(text);
        self.gap();
    }

    fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.text.push('|');
        for cell in cells {
            self.text.push(' ');
            self.text.push_str(cell.as_ref());
            self.text.push_str(" |");
        }
        self.text.push('\n');
    }

    /// A table with the heads of its groups in front of its own; nothing without rows.
    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return;
        }
        self.gap();
        let group = |at: usize| {
            table
                .groups
                .iter()
                .find(|one| (one.from..one.to).contains(&at))
        };
        let heads = table.heads.iter().enumerate();
        self.row(heads.map(|(at, head)| match group(at) {
            Some(group) => plain(&format!("{head} {}", group.head)),
            None => plain(head),
        }));
        let rules = (0..table.heads.len()).map(|at| if at < table.texts { "---" } else { "---:" });
        self.row(rules);
        for row in table.rows.iter().take(MOST_ROWS) {
            let cells = (0..table.heads.len()).map(|at| row.get(at));
            self.row(cells.map(|cell| cell.map_or_else(String::new, |cell| plain(cell.text()))));
        }
        self.rest(table.rows.len(), MOST_ROWS, "rows");
        self.gap();
    }

    /// Says what is left out.
    fn rest(&mut self, all: usize, most: usize, what: &str) {
        if all > most {
            let more = count((all - most) as u64);
            self.block(&format!(
                "… and {more} more {what}, in the other files of the run"
            ));
        }
    }

    fn verdicts(&mut self, run: &RunRecord) {
        if run.verdicts.is_empty() {
            return;
        }
        self.block("### Objectives");
        let groups = groups(&run.verdicts);
        for (name, places) in &groups {
            if groups.len() > 1 {
                self.block(&format!("**{}**", plain(name)));
            }
            self.row(["", "objective", "observed", "limit", ""]);
            self.row(["---", "---", "---:", "---:", "---"]);
            for &place in places {
                let told = Told::of(&run.verdicts[place], Some(run));
                let texts = [&told.objective, &told.observed, &told.limit, &told.details];
                let label = format!("**{}**", told.label);
                self.row(std::iter::once(label).chain(texts.map(|text| plain(text))));
            }
            self.gap();
        }
    }

    fn scenario(&mut self, scenario: &ScenarioRecord, run: &RunRecord) {
        let snapshot = &scenario.snapshot;
        self.gap();
        self.line("<details>");
        self.line(&format!(
            "<summary><b>{}</b>: {}, ran {}</summary>",
            plain(&scenario.name),
            plain(&scenario.load),
            clock(scenario.elapsed_s())
        ));
        self.table(&requests(snapshot, scenario.elapsed_s()));
        self.table(&phases(snapshot));
        self.table(&cache(snapshot));
        self.table(&costs(snapshot, run.currency.as_deref()));
        self.mishaps(scenario);
        self.table(&slowest(snapshot));
        for note in overflow_notes(&snapshot.overflow) {
            self.line(&format!("- {}", plain(&note)));
        }
        for (hook, file) in scenario.kept() {
            self.line(&format!("- {}: {}", plain(&hook.name), plain(file)));
        }
        if scenario.validity == Validity::Valid {
            self.block("The load was applied as asked.");
        }
        for reason in scenario.validity.reasons() {
            self.line(&format!(
                "- **{}**: {}",
                scenario.validity.name(),
                plain(&reason.text)
            ));
        }
        self.gap();
        self.line("</details>");
    }

    fn mishaps(&mut self, scenario: &ScenarioRecord) {
        let snapshot = &scenario.snapshot;
        let mut all = errors(snapshot);
        all.extend(exceptions(snapshot));
        if all.is_empty() {
            return;
        }
        self.gap();
        self.row(["errors", "", "where", "what"]);
        self.row(["---:", "---", "---", "---"]);
        for one in all.iter().take(MOST_ERRORS) {
            let kind = one.kind.map(|kind| kind.name().into_owned());
            let kind = kind.unwrap_or_else(|| "exception".to_owned());
            self.row([
                count(one.times),
                plain(&kind),
                plain(&one.place),
                plain(&one.text),
            ]);
        }
        self.rest(all.len(), MOST_ERRORS, "kinds of errors");
        self.gap();
    }
}

/// A text in which nothing is markup, on one line.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in super::harmless(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
