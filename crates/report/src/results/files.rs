//! The files that tell a run, each made from its record alone.
//!
//! In: a record. Out: names and contents. Not among them is `SCENARIO_stats_history.csv`: it
//! says what Locust would have shown in each second, which only the run itself can.

use gatecrash_metrics::RunRecord;

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

/// All files of a run.
pub fn files(run: &RunRecord) -> Vec<(String, String)> {
    let mut files = csv_files(run);
    files.extend([
        (archive::FILE.to_owned(), archive::write(run)),
        (SUMMARY_MD.to_owned(), summary_md::summary(run)),
        (SUMMARY_JSON.to_owned(), summary_json::summary(run)),
        (JUNIT.to_owned(), junit::junit(run)),
    ]);
    files
}

/// The tables of a run.
pub fn csv_files(run: &RunRecord) -> Vec<(String, String)> {
    let names: Vec<String> = run.scenarios.iter().map(|one| one.name.clone()).collect();
    let rules = Rules::default();
    let [stats, _, failed, raised] = CsvFiles::ENDS;
    let mut files = vec![
        (MEASURES.to_owned(), csv::measures(&run.scenarios)),
        (ARRIVALS.to_owned(), csv::arrivals(&run.scenarios)),
    ];
    for (prefix, scenario) in file_names(&names).iter().zip(&run.scenarios) {
        let snapshot = &scenario.snapshot;
        files.extend([
            (format!("{prefix}{stats}"), requests(snapshot, &rules)),
            (format!("{prefix}{failed}"), failures(snapshot)),
            (
                format!("{prefix}{raised}"),
                exceptions(&snapshot.exceptions),
            ),
        ]);
    }
    files
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
