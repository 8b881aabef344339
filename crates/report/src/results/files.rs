//! The files that tell a run, each made from its record alone.
//!
//! In: a record. Out: names and contents. Not among them is `SCENARIO_stats_history.csv`: it
//! says what Locust would have shown in each second, which only the run itself can.

use gatecrash_metrics::{RunRecord, ScenarioRecord, Snapshot};

use crate::archive;
use crate::csv::{exceptions, failures, requests};
use crate::live::CsvFiles;
use crate::locust::Rules;
use crate::native::{csv, junit, summary_json, summary_md};

/// Every measure of the scenarios, as a table.
pub const MEASURES: &str = "measures.csv";

/// Every second of the scenarios, as a table.
pub const ARRIVALS: &str = "arrivals.csv";

/// The run as a page of Markdown.
pub const SUMMARY_MD: &str = "summary.md";

/// The run in a few figures.
pub const SUMMARY_JSON: &str = "summary.json";

/// The verdicts as test cases.
pub const JUNIT: &str = "junit.xml";

/// The plan as it was run.
pub const PLAN: &str = "effective.yaml";

/// All files of a run. Each is made when it is its turn, so that they are never all in
/// memory together.
pub fn files(run: &RunRecord) -> impl Iterator<Item = (String, String)> {
    type Write = fn(&RunRecord) -> String;
    let whole: [(&str, Write); 4] = [
        (archive::FILE, archive::write),
        (SUMMARY_MD, summary_md::summary),
        (SUMMARY_JSON, summary_json::summary),
        (JUNIT, junit::junit),
    ];
    let whole = whole.into_iter();
    csv_files(run).chain(whole.map(|(name, write)| (name.to_owned(), write(run))))
}

/// The tables of a run, as [`files`].
pub fn csv_files(run: &RunRecord) -> impl Iterator<Item = (String, String)> {
    type Write = fn(&[ScenarioRecord]) -> String;
    let of_all: [(&str, Write); 2] = [(MEASURES, csv::measures), (ARRIVALS, csv::arrivals)];
    let of_all = of_all.into_iter();
    let of_all = of_all.map(|(name, write)| (name.to_owned(), write(&run.scenarios)));
    let names: Vec<String> = run.scenarios.iter().map(|one| one.name.clone()).collect();
    let each = file_names(&names).into_iter().zip(&run.scenarios);
    of_all.chain(each.flat_map(|(prefix, scenario)| tables(prefix, &scenario.snapshot)))
}

/// The tables of one scenario.
fn tables(prefix: String, snapshot: &Snapshot) -> impl Iterator<Item = (String, String)> {
    type Write = fn(&Snapshot) -> String;
    let [stats, _, failed, raised] = CsvFiles::ENDS;
    let all: [(&str, Write); 3] = [
        (stats, |snapshot| requests(snapshot, &Rules::default())),
        (failed, failures),
        (raised, |snapshot| exceptions(&snapshot.exceptions)),
    ];
    let all = all.into_iter();
    all.map(move |(end, write)| (format!("{prefix}{end}"), write(snapshot)))
}

/// The names of all files that a run with these scenarios writes.
pub fn planned(scenarios: &[String]) -> Vec<String> {
    let of_scenario = |prefix: String| CsvFiles::ENDS.map(|end| format!("{prefix}{end}"));
    let tables = file_names(scenarios).into_iter().flat_map(of_scenario);
    let of_run = [
        archive::FILE,
        PLAN,
        SUMMARY_MD,
        SUMMARY_JSON,
        JUNIT,
        MEASURES,
        ARRIVALS,
    ];
    of_run
        .map(str::to_owned)
        .into_iter()
        .chain(tables)
        .collect()
}

/// For each name one that can stand in a file's: letters, digits, `-`, `_` and `.` as they
/// are, everything else as `-`; equal ones get a number.
pub fn file_names(all: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in all {
        let base = file_name(name);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let free = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| !name.is_empty() && !names.contains(name))
            .expect("there are more numbers than names");
        names.push(free);
    }
    names
}

/// A name as it can stand in a file's; it may be empty.
pub fn file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let base: String = name.chars().map(plain).take(LONGEST).collect();
    base.trim_start_matches('.').to_owned()
}

/// Characters of a name at most: a file's may have 255 bytes with all that follows.
const LONGEST: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scenarios: &[&str], expected: &[&str]) {
        let scenarios: Vec<String> = scenarios.iter().map(ToString::to_string).collect();
        assert_eq!(file_names(&scenarios), expected);
    }

    #[test]
    fn scenarios_get_names_for_files() {
        check(&["burst", "long run"], &["burst", "long-run"]);
        check(
            &["ladder 10/s", "ladder 0.5/s"],
            &["ladder-10-s", "ladder-0.5-s"],
        );
        check(&["a b", "a/b", "a-b"], &["a-b", "a-b-2", "a-b-3"]);
        check(&["../etc", "..", "Ärzte"], &["-etc", "-2", "Ärzte"]);
    }
}
