//! The files of a run: `--results DIR`.
//!
//! In: the news of a run and, at its end, the record. Out: for each scenario the four CSV
//! files that `--csv` of Locust-style runs writes, with its name as their prefix, brought up
//! to date each second; all measures and all seconds of the scenarios that have ended; the
//! record of the run; the plan as it was run. A file that cannot be written costs the
//! run nothing: it is told at once, and the exit code tells it again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gatecrash_engine::ScenarioSetup;
use gatecrash_metrics::{RunRecord, ScenarioRecord};
use gatecrash_report::live::{CsvFiles, WriteError};
use gatecrash_report::locust::Rules;
use gatecrash_report::native::{csv, json};

use crate::news::{News, Standing};
use crate::plan_file::PlanFile;
use crate::printer;

/// Every measure of the scenarios, as a table.
const MEASURES: &str = "measures.csv";

/// Every second of the scenarios, as a table.
const ARRIVALS: &str = "arrivals.csv";

/// The whole run, for programs.
const RECORD: &str = "record.json";

/// The folder of one run, if one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Results {
    folder: Option<PathBuf>,
    /// By a scenario's place: its part of the files' names, and its own.
    prefixes: Vec<String>,
    names: Vec<String>,
    rules: Rules,
    open: BTreeMap<usize, CsvFiles>,
    /// Scenarios that have ended.
    ended: Vec<ScenarioRecord>,
    has_failed: bool,
}

impl Results {
    /// Makes the folder and writes the plan into it, so that a folder that cannot be
    /// written is known before any load. Variables stand in the copy as written, without
    /// their values.
    pub(crate) fn create(
        folder: Option<PathBuf>,
        plan: &PlanFile,
        scenarios: &[ScenarioSetup],
    ) -> Result<Results> {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            let copy = folder.join(&plan.copy_name);
            fs::write(&copy, &plan.text)
                .with_context(|| format!("cannot write {}", copy.display()))?;
        }
        let names: Vec<String> = scenarios.iter().map(|one| one.name.clone()).collect();
        Ok(Results {
            folder,
            prefixes: file_names(&names),
            names,
            ..Results::default()
        })
    }

    /// Brings the files up to date.
    pub(crate) fn note(&mut self, news: &News) {
        match news {
            News::Second(standing) => self.try_to(|results| results.write(standing)),
            News::Ended(record) if self.folder.is_some() => {
                self.ended.push(ScenarioRecord::clone(record));
                self.try_to(|results| results.write_tables(&results.ended));
            }
            _ => {}
        }
    }

    /// Writes the end of every scenario; says whether all files could be written.
    pub(crate) fn finish(mut self, record: &RunRecord) -> bool {
        for scenario in &record.scenarios {
            if let Some(place) = self.names.iter().position(|name| *name == scenario.name) {
                self.try_to(|results| results.close(place, scenario));
            }
        }
        self.try_to(|results| results.write_tables(&record.scenarios));
        self.try_to(|results| results.replace(RECORD, || json::record(record)));
        !self.has_failed
    }

    /// The folder, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    fn write(&mut self, standing: &Standing) -> Result<(), WriteError> {
        let rules = self.rules.clone();
        let users = standing.snapshot.arrivals.users.now;
        match self.files(standing.place)? {
            Some(files) => files.write(&standing.snapshot, &rules, standing.at_epoch_s, users),
            None => Ok(()),
        }
    }

    fn close(&mut self, place: usize, scenario: &ScenarioRecord) -> Result<(), WriteError> {
        self.files(place)?;
        let users = scenario.snapshot.arrivals.users.now;
        match self.open.remove(&place) {
            Some(files) => files.finish(
                &scenario.snapshot,
                &self.rules,
                scenario.ended_epoch_s,
                users,
            ),
            None => Ok(()),
        }
    }

    fn write_tables(&self, scenarios: &[ScenarioRecord]) -> Result<(), WriteError> {
        self.replace(MEASURES, || csv::measures(scenarios))?;
        self.replace(ARRIVALS, || csv::arrivals(scenarios))
    }

    /// Puts a file into the folder, whole or not at all.
    fn replace(&self, name: &str, text: impl FnOnce() -> String) -> Result<(), WriteError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let (path, part) = (folder.join(name), folder.join(format!(".{name}.part")));
        fs::write(&part, text())
            .and_then(|()| fs::rename(&part, &path))
            .map_err(|source| WriteError { path, source })
    }

    /// The files of a scenario, made when they are first wanted.
    fn files(&mut self, place: usize) -> Result<Option<&mut CsvFiles>, WriteError> {
        let (Some(folder), Some(prefix)) = (&self.folder, self.prefixes.get(place)) else {
            return Ok(None);
        };
        if !self.open.contains_key(&place) {
            let prefix = folder.join(prefix).to_string_lossy().into_owned();
            self.open
                .insert(place, CsvFiles::create(&prefix, false, &self.rules)?);
        }
        Ok(self.open.get_mut(&place))
    }

    /// Does something with the files. The first fault is told, and no file is tried again.
    fn try_to(&mut self, work: impl FnOnce(&mut Results) -> Result<(), WriteError>) {
        if self.has_failed {
            return;
        }
        if let Err(fault) = work(self) {
            self.has_failed = true;
            printer::warn(&format!("{fault}; the run goes on without its files"));
        }
    }
}

/// The files that a run of `plan` keeps in `folder`.
pub(crate) fn planned_files(folder: &Path, plan: &PlanFile) -> Vec<String> {
    let scenarios = plan.plan.scenarios.iter();
    let names: Vec<String> = scenarios.map(|one| one.name.clone()).collect();
    let of_scenario = |prefix: String| CsvFiles::ENDS.map(|end| format!("{prefix}{end}"));
    let tables = file_names(&names).into_iter().flat_map(of_scenario);
    let of_run = [&plan.copy_name, RECORD, MEASURES, ARRIVALS].map(str::to_owned);
    of_run
        .into_iter()
        .chain(tables)
        .map(|name| folder.join(name).to_string_lossy().into_owned())
        .collect()
}

/// For each scenario a name that can stand in a file's: letters, digits, `-`, `_` and `.`
/// as they are, everything else as `-`; equal ones get a number.
fn file_names(scenarios: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for scenario in scenarios {
        let plain = |c: char| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        };
        let base: String = scenario.chars().map(plain).collect();
        let base = base.trim_start_matches('.');
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.to_owned())
            .chain(numbered)
            .find(|name| !name.is_empty() && !names.contains(name))
            .expect("there are more numbers than scenarios");
        names.push(name);
    }
    names
}

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
