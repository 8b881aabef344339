//! `gatecrash run PLAN`: the plan is read, checked and driven; what came of it is told.

use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use gatecrash_engine::guest::Host;
use gatecrash_engine::{Guest, Run, RunEvent, Setup};
use gatecrash_plan::forecast::forecast;
use gatecrash_report::native;

use crate::args::RunArgs;
use crate::attend::Attendant;
use crate::console::Console;
use crate::exit::{Exit, Fatal, OrExit};
use crate::results::Results;
use crate::setup::setup;
use crate::{machine, news, plan_file, printer, ready, terminal};

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
    let forecast = forecast(&file.plan, &machine::limits());
    forecast
        .warnings
        .iter()
        .for_each(|text| printer::warn(text));
    let lanes = args.plan.lanes.map(usize::from);
    let lanes = lanes.unwrap_or_else(|| machine::lanes(&forecast));
    let setup = setup(&file.plan, host.as_deref(), lanes).or_exit(Exit::Usage)?;

    let mut results =
        Results::create(args.results, &file, &setup.scenarios).or_exit(Exit::NotRun)?;
    let mut console = Console::open(&setup, results.folder(), args.quiet, args.no_color);
    let mut attendant = Attendant::new().or_exit(Exit::NotRun)?;
    match attendant.meanwhile(ready::wait(&file.plan, |text| console.say(text))) {
        Ok(ready) => ready.or_exit(Exit::NotRun)?,
        Err(ending) => return Ok(ending.exit().code()),
    }

    let (listener, news) = news::channel();
    let run = start(setup, host, listener).or_exit(Exit::NotRun)?;
    let attending = attendant
        .attend(run.handle(), console.has_keys())
        .or_exit(Exit::NotRun)?;
    for news in news {
        console.tell(&news);
        results.note(&news);
    }
    let record = run.wait();
    drop(attending);
    console.close();
    let is_written = results.finish(&record);
    let look = terminal::look_of_stdout(args.no_color);
    printer::answer(&native::run::run(&record, &look).join("\n"));
    Ok(Exit::of_run(&record, is_written).code())
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
    let both = move |event: RunEvent<'_>| {
        host.hear(&event);
        listener(event);
    };
    Ok(Run::start_beside(&lane, setup, both)?)
}
