//! `gatecrash run PLAN`: the plan is read, checked and driven; what came of it is told.
//! A program with users in Rust enters by [`run_users`] with its own plan.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatecrash_engine::clock::Clock;
use gatecrash_engine::guest::Host;
use gatecrash_engine::{Guest, Run, RunEvent, Setup, Users, give_way};
use gatecrash_metrics::{Ended, RunRecord};
use gatecrash_plan::forecast::forecast;
use gatecrash_plan::model::Plan;
use gatecrash_report::native;
use gatecrash_report::results::{self, list};
use gatecrash_report::secrets::Secrets;

use crate::args::{LiveArgs, RunArgs};
use crate::attend::Attendant;
use crate::console::Console;
use crate::exit::{Exit, Fatal, OrExit};
use crate::live::Watchers;
use crate::page::Page;
use crate::plan_file::PlanFile;
use crate::results::Results;
use crate::setup::{Guests, setup};
use crate::signals::Ending;
use crate::{
    consent, machine, masked, news, origin, plan_file, printer, ready, step_summary, terminal,
};

/// Runs a plan to its end and returns the exit code. `words` are the command line, for
/// another process that can do what this one cannot.
pub(crate) fn run(args: RunArgs, words: &[OsString], guest: &dyn Guest) -> Result<u8, Fatal> {
    let file = plan_file::load(&args.plan).or_exit(Exit::Usage)?;
    let host = match (file.has_locust_users(), guest.host()) {
        (false, _) => None,
        (true, Some(host)) => Some(host),
        (true, None) => {
            file.check_readable_again().or_exit(Exit::Usage)?;
            return Ok(guest.run(words.to_vec()));
        }
    };
    let cost = forecast(&file.plan, &machine::limits()).cost;
    consent::ask(cost.as_ref(), args.yes).or_exit(Exit::NotRun)?;
    let options = RunOptions {
        lanes: args.plan.lanes,
        results: folder(&args, &file.plan),
        html: args.html,
        live: args.live,
        quiet: args.quiet,
        no_color: args.no_color,
    };
    drive(&file, host, &[], origin::command_line(words), options)
}

/// Where the results go: where the command line says, else to a folder of their own.
fn folder(args: &RunArgs, plan: &Plan) -> Option<PathBuf> {
    match &args.results {
        _ if args.no_results => None,
        Some(folder) => Some(folder.clone()),
        None => {
            let now_epoch_s = Clock::start().now_epoch_s();
            let name = masked::secrets(plan).mask(&plan.name).into_owned();
            Some(list::folder_for(Path::new(list::ROOT), now_epoch_s, &name))
        }
    }
}

/// How a run is told, and on how many lanes it is made.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Threads that make the load; `None` takes as many as make sense here.
    pub lanes: Option<u16>,
    /// Folder for the files of the run; `None` writes none.
    pub results: Option<PathBuf>,
    /// File for the results as a page.
    pub html: Option<PathBuf>,
    /// Who may watch while it goes on.
    pub live: LiveArgs,
    /// No progress on stderr.
    pub quiet: bool,
    /// No colours.
    pub no_color: bool,
}

/// Runs a plan whose classes are all written in Rust: `users` by their places in it.
/// `command` is what the program was asked for, kept beside the results. Returns the exit
/// code, as `gatecrash run` would.
pub fn run_users(plan: Plan, users: &[Users], command: String, options: RunOptions) -> u8 {
    let file = PlanFile::of_program(plan);
    super::code(drive(&file, None, users, command, options))
}

/// Runs a checked plan to its end.
fn drive(
    file: &PlanFile,
    host: Option<Arc<dyn Host>>,
    rust: &[Users],
    command: String,
    options: RunOptions,
) -> Result<u8, Fatal> {
    let secrets = masked::secrets(&file.plan);
    printer::hide(&secrets);
    let guests = Guests {
        host: host.as_deref(),
        rust,
    };
    let setup = setup(&file.plan, guests, lanes(file, options.lanes)).or_exit(Exit::Usage)?;

    let (quiet, no_color, folder) = (options.quiet, options.no_color, options.results);
    let trace = options.live.trace;
    let wishes = options.live.wishes().or_exit(Exit::Usage)?;
    // A port that is taken is known before anything is sent.
    let mut watchers = Watchers::open(&wishes, &setup, &secrets).or_exit(Exit::NotRun)?;
    let page = Page::create(options.html).or_exit(Exit::NotRun)?;
    if let Some(folder) = &folder {
        // As is a folder that cannot be had.
        results::prepare(folder).or_exit(Exit::NotRun)?;
    }
    let mut console = Console::open(&setup, folder.as_deref(), quiet, no_color);
    watchers.lines().iter().for_each(|line| console.say(line));
    let mut attendant = Attendant::new().or_exit(Exit::NotRun)?;
    if let Some(ending) = wait(file, &mut attendant, &mut console, folder.as_deref())? {
        return Ok(ending.exit().code());
    }

    let begin = beginning(&setup, file, command, &secrets);
    let mut results =
        Results::create(folder, &begin, &setup.scenarios, &secrets).or_exit(Exit::NotRun)?;
    let setup = Setup {
        files: results.path().map(Path::to_path_buf),
        trace,
        ..setup
    };
    let (listener, news) = news::channel(watchers.is_any());
    let run = start(setup, host, listener).or_exit(Exit::NotRun)?;
    // From here on this thread writes files and lines.
    give_way();
    let attending = attendant
        .attend(run.handle(), console.has_keys())
        .or_exit(Exit::NotRun)?;
    for news in news {
        let news = masked::masked(news, &secrets);
        console.tell(&news);
        results.note(&news);
        watchers.note(&news);
        if let Some(warning) = watchers.take_warning() {
            console.say(&warning);
        }
    }
    let mut record = RunRecord {
        origin: begin.origin,
        per_month_at: file.plan.per_month_at,
        ..run.wait()
    };
    secrets.mask_run(&mut record);
    drop(attending);
    console.close();
    if let Some(warning) = watchers.close() {
        printer::warn(&warning);
    }
    // Both, whatever becomes of the first.
    let is_written = results.finish(&mut record) & page.write(&record);
    tell(&record, no_color);
    Ok(Exit::of_run(&record, is_written).code())
}

/// How many lanes the run gets: so many as were asked for, or as make sense here. What the
/// forecast warns of is told.
fn lanes(file: &PlanFile, asked: Option<u16>) -> usize {
    let forecast = forecast(&file.plan, &machine::limits());
    forecast
        .warnings
        .iter()
        .for_each(|text| printer::warn(text));
    asked.map_or_else(|| machine::lanes(&forecast), usize::from)
}

/// Waits for what must answer before the run; gives the signal that came first, if one did.
/// A run that does not begin leaves no folder.
fn wait(
    file: &PlanFile,
    attendant: &mut Attendant,
    console: &mut Console,
    folder: Option<&Path>,
) -> Result<Option<Ending>, Fatal> {
    let ready = attendant.meanwhile(ready::wait(&file.plan, |text| console.say(text)));
    if let (Some(folder), Err(_) | Ok(Err(_))) = (folder, &ready) {
        results::withdraw(folder);
    }
    match ready {
        Ok(ready) => ready.or_exit(Exit::NotRun).map(|()| None),
        Err(ending) => Ok(Some(ending)),
    }
}

/// What is known of a run before it runs.
fn beginning(setup: &Setup, file: &PlanFile, command: String, secrets: &Secrets) -> RunRecord {
    let mut begin = RunRecord {
        name: setup.name.clone(),
        seed: setup.seed,
        plan_fingerprint: setup.fingerprint.clone(),
        started_epoch_s: Clock::start().now_epoch_s(),
        origin: origin::origin(file, command),
        currency: setup.prices.as_ref().map(|prices| prices.currency.clone()),
        per_month_at: file.plan.per_month_at,
        ..RunRecord::default()
    };
    secrets.mask_run(&mut begin);
    begin
}

/// Tells what came of a run.
fn tell(record: &RunRecord, no_color: bool) {
    step_summary::append(record);
    let look = terminal::look_of_stdout(no_color);
    printer::answer(&native::run::run(record, &look).join("\n"));
    if let Ended::Failed(why) = &record.ended_by {
        printer::fault(why);
    }
}

/// Starts the run, over the guest's lane as well where there is one.
fn start(
    setup: Setup,
    host: Option<Arc<dyn Host>>,
    mut listener: impl FnMut(RunEvent<'_>) + Send + 'static,
) -> anyhow::Result<Run> {
    let Some(host) = host else {
        return Ok(Run::start(setup, listener)?);
    };
    let lane = host.lane().map_err(io::Error::other)?;
    let hearing = host.clone();
    let both = move |event: RunEvent<'_>| {
        hearing.hear(&event);
        listener(event);
    };
    let run = Run::start_beside(&lane, setup, both)?;
    host.began(run.handle());
    Ok(run)
}
