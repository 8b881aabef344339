//! `gatecrash explain PLAN`: what a run would do, before a packet.

use std::path::Path;

use gatecrash_plan::forecast::{forecast, planned_load};
use gatecrash_plan::model::Plan;
use gatecrash_report::chart::Letters;
use gatecrash_report::forecast::{Telling, lines};
use gatecrash_report::results::files;

use crate::args::ExplainArgs;
use crate::exit::{Exit, Fatal, OrExit};
use crate::load_text::load_text;
use crate::{env, machine, masked, plan_file, printer, terminal};

/// The planned load is looked at in so many pieces: more than a page has columns, so that
/// none of them is without one.
const PIECES: usize = 400;

/// Reads and checks a plan and tells what it means. Warnings are among the answer and no
/// reason to fail.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Fatal> {
    let file = plan_file::load(&args.plan).or_exit(Exit::Usage)?;
    printer::hide(&masked::secrets(&file.plan));
    let limits = machine::limits();
    let forecast = forecast(&file.plan, &limits);
    let lanes = args.plan.lanes.map(usize::from);
    let loads: Vec<String> = file.plan.scenarios.iter().map(load_text).collect();
    let files = args.results.as_deref();
    let files = files.map_or_else(Vec::new, |folder| planned_files(folder, &file.plan));
    let letters = match args.ascii || env::has_dumb_terminal() {
        true => Letters::Ascii,
        false => Letters::Blocks,
    };
    let telling = Telling {
        name: &file.plan.name,
        seed: file.plan.seed,
        loads: &loads,
        lanes: lanes.unwrap_or_else(|| machine::lanes(&forecast)),
        files: &files,
        limits,
        letters,
    };
    let load = planned_load(&file.plan, PIECES);
    let look = terminal::look_of_stdout(args.no_color);
    printer::answer(&lines(&forecast, &load, &telling, &look).join("\n"));
    Ok(Exit::Fine)
}

/// The files that a run of `plan` keeps in `folder`.
fn planned_files(folder: &Path, plan: &Plan) -> Vec<String> {
    let names: Vec<String> = plan.scenarios.iter().map(|one| one.name.clone()).collect();
    let files = files::planned(&names).into_iter();
    files
        .map(|name| folder.join(name).to_string_lossy().into_owned())
        .collect()
}
