//! `gatecrash report RUN`: a saved run is told again, in any form.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use gatecrash_report::html::html;
use gatecrash_report::live::CsvFiles;
use gatecrash_report::native::{self, junit, summary_json, summary_md};
use gatecrash_report::results::files::{csv_files, file_names};
use gatecrash_report::results::list::ROOT;
use gatecrash_report::results::open::{Opened, find, open};

use crate::args::ReportArgs;
use crate::exit::{Exit, Fatal, OrExit};
use crate::{printer, terminal};

/// What stands for stdout.
const STDOUT: &str = "-";

/// Writes what is asked for; the tables of the console where nothing is.
pub(crate) fn run(args: &ReportArgs) -> Result<Exit, Fatal> {
    let path = find(&args.run, Path::new(ROOT)).or_exit(Exit::NotRun)?;
    let opened = open(&path).or_exit(Exit::NotRun)?;
    let record = &opened.record;
    for note in &record.notes {
        printer::note(&native::harmless(note));
    }
    let texts: [(_, fn(&_) -> String); 4] = [
        (&args.md, summary_md::summary),
        (&args.json, summary_json::summary),
        (&args.junit, junit::junit),
        (&args.html, html),
    ];
    for (file, text) in texts {
        if let Some(file) = file {
            write(file, &text(record))?;
        }
    }
    if let Some(folder) = &args.csv {
        write_tables(folder, &opened)?;
    }
    if texts.iter().all(|(file, _)| file.is_none()) && args.csv.is_none() {
        let look = terminal::look_of_stdout(args.no_color);
        printer::answer(&native::run::run(record, &look).join("\n"));
    }
    Ok(Exit::Fine)
}

fn write(file: &Path, text: &str) -> Result<()> {
    if file == Path::new(STDOUT) {
        printer::answer(text.trim_end());
        return Ok(());
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The tables, made again; but for what Locust would have shown in each second, which is
/// no part of a record and copied where it is.
fn write_tables(folder: &Path, opened: &Opened) -> Result<()> {
    ensure!(
        !same(folder, &opened.folder),
        "{} is the folder of the run itself; name another one",
        folder.display()
    );
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, text) in csv_files(&opened.record) {
        write(&folder.join(name), &text)?;
    }
    let scenarios = opened.record.scenarios.iter();
    let names: Vec<String> = scenarios.map(|one| one.name.clone()).collect();
    let [_, history, ..] = CsvFiles::ENDS;
    for name in file_names(&names) {
        let name = format!("{name}{history}");
        let (from, to) = (opened.folder.join(&name), folder.join(&name));
        if from.is_file() {
            fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
        }
    }
    Ok(())
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| Some(one) == real(other))
}
