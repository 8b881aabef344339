//! `gatecrash check RUN`: a saved run, or one that Locust wrote down, is judged by objectives.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use gatecrash_metrics::objective::parse::Fault;
use gatecrash_metrics::objective::verdict::{Judgement, worst};
use gatecrash_metrics::objective::{Objective, judge};
use gatecrash_metrics::{Kind, RunRecord};
use gatecrash_report::archive;
use gatecrash_report::native::run::validity_lines;
use gatecrash_report::native::verdicts::run_verdicts;
use gatecrash_report::native::{Look, Paint, junit};

use crate::args::{CheckArgs, PlanArgs};
use crate::exit::{Exit, Fatal, OrExit};
use crate::{evidence, plan_file, printer, terminal};

/// Judges the run and tells the verdicts; without an objective those that it has.
pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Fatal> {
    let mut objectives = objectives(args).or_exit(Exit::Usage)?;
    let mut record = evidence::read(&args.run).or_exit(Exit::NotRun)?;
    if objectives.is_empty() {
        check_has_verdicts(&record, &args.run).or_exit(Exit::Usage)?;
    } else {
        name_gauges(&mut objectives, &record);
        record.verdicts = judge::verdicts(&objectives, &record.scenarios);
    }
    if let Some(file) = &args.junit {
        let cannot = || format!("cannot write {}", file.display());
        std::fs::write(file, junit::junit(&record)).with_context(cannot)?;
    }
    let exit = exit(&record);
    match args.json {
        true => printer::answer(json(record).trim_end()),
        false => {
            let look = terminal::look_of_stdout(args.no_color);
            printer::answer(&lines(&record, &look).join("\n"));
        }
    }
    Ok(exit)
}

/// What `run.json` tells of a run, without its scenarios.
fn json(record: RunRecord) -> String {
    archive::write(&RunRecord {
        scenarios: Vec::new(),
        ..record
    })
}

/// What stands behind `of` is a gauge where the run has one of that name.
fn name_gauges(objectives: &mut [Objective], record: &RunRecord) {
    let metrics = record.scenarios.iter().map(|one| &one.snapshot.metrics);
    let series = metrics.flat_map(|metrics| metrics.in_order());
    let gauges = series.filter(|series| series.kind() == Kind::Gauge);
    let names: Vec<&str> = gauges.map(|gauge| gauge.name()).collect();
    for objective in objectives {
        objective.name_gauges(|name| names.contains(&name));
    }
}

/// What makes the numbers useless comes before what they say.
fn exit(record: &RunRecord) -> Exit {
    match worst(&record.verdicts) {
        _ if record.validity.is_invalid() => Exit::Invalid,
        Judgement::Fail => Exit::Objectives,
        Judgement::Pass | Judgement::Warn => Exit::Fine,
    }
}

/// The verdicts, and what a reader must know of the numbers behind them.
fn lines(record: &RunRecord, look: &Look) -> Vec<String> {
    let mut lines = run_verdicts(record, look);
    if record.validity.is_invalid() {
        lines.extend(validity_lines(&record.validity, look));
    }
    for note in &record.notes {
        lines.extend(look.paragraph("note", Paint::Plain, note));
    }
    lines
}

/// What must hold: the texts of the command line, then what the plan says.
fn objectives(args: &CheckArgs) -> Result<Vec<Objective>> {
    let texts = args.objectives.iter().map(|text| objective(text));
    let mut objectives = texts.collect::<Result<Vec<_>>>()?;
    if let Some(file) = &args.plan {
        let of_plan = plan_file::load(&PlanArgs::of(file))?.plan.all_objectives();
        ensure!(!of_plan.is_empty(), "{} has no objectives", file.display());
        objectives.extend(of_plan);
    }
    Ok(objectives)
}

fn objective(text: &str) -> Result<Objective> {
    let told = |fault: Fault| anyhow!("--objective: {}", fault.pointed(text));
    Objective::parse(text).map_err(told)
}

/// A run whose end nobody saw has no verdicts, and neither has one without objectives.
fn check_has_verdicts(record: &RunRecord, path: &Path) -> Result<()> {
    ensure!(
        !record.verdicts.is_empty(),
        "{} has no verdicts of its own: say what must hold by --objective TEXT, or --plan FILE for \
         the objectives of a plan",
        path.display()
    );
    Ok(())
}
