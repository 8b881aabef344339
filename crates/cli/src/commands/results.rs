//! `gatecrash results [DIR]`: the runs that there are, and what the newest one says.

use gatecrash_report::format::utc_timestamp;
use gatecrash_report::native::figure::{NOTHING, value_or_dash};
use gatecrash_report::native::harmless;
use gatecrash_report::native::suite::{answer, sentence_lines, summary_table};
use gatecrash_report::native::table::{Cell, Table};
use gatecrash_report::native::verdicts::run_verdicts;
use gatecrash_report::results::list::{Listed, list, look_at};
use gatecrash_report::results::open::open;

use crate::args::ResultsArgs;
use crate::exit::{Exit, Fatal, OrExit};
use crate::{printer, terminal};

/// Runs that are listed at most.
const MOST: usize = 50;

/// Lists the runs, newest first, and tells the newest one in short.
pub(crate) fn run(args: &ResultsArgs) -> Result<Exit, Fatal> {
    let folders = list(&args.root);
    let Some(newest) = folders.first().cloned() else {
        let root = args.root.display();
        printer::note(&format!(
            "there are no runs in the folder {root}; `gatecrash run PLAN` leaves one there"
        ));
        return Ok(Exit::Fine);
    };
    let look = terminal::look_of_stdout(args.no_color);
    let all = folders.len();
    let mut table = Table {
        heads: vec!["run", "began, UTC", "", "/s", "P95, ms", "folder"],
        texts: 3,
        ..Table::default()
    };
    table.rows = folders
        .into_iter()
        .take(MOST)
        .map(look_at)
        .map(row)
        .collect();
    let mut lines = table.lines(&look);
    if all > MOST {
        lines.push(format!("  … and {} older ones", all - MOST));
    }
    let newest = open(&newest).or_exit(Exit::NotRun)?.record;
    for block in [
        run_verdicts(&newest, &look),
        summary_table(&newest).lines(&look),
        newest.notes.iter().map(|note| harmless(note)).collect(),
        sentence_lines(&newest, &look),
    ] {
        if !block.is_empty() {
            lines.push(String::new());
            lines.extend(block);
        }
    }
    printer::answer(&lines.join("\n"));
    Ok(Exit::Fine)
}

fn row(listed: Listed) -> Vec<Cell> {
    let folder = harmless(&listed.folder.to_string_lossy());
    let Some(glance) = listed.glance else {
        let nothing = [NOTHING, NOTHING, "unreadable", NOTHING, NOTHING].map(Cell::from);
        return nothing.into_iter().chain([folder.into()]).collect();
    };
    let said = answer(&glance.record);
    let word = if listed.is_running {
        "RUNNING"
    } else {
        said.word()
    };
    vec![
        harmless(&glance.record.name).into(),
        utc_timestamp(glance.record.started_epoch_s).into(),
        Cell::from(word).painted(said.paint()),
        value_or_dash(glance.per_second).into(),
        value_or_dash(glance.p95_ms).into(),
        folder.into(),
    ]
}
