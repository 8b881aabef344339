//! The command line of a program with users in Rust: how much.
//!
//! In: words. Out: checked values, and the load that they ask for. They mean what the keys
//! of a plan mean.

use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use gatecrash_cli::LiveArgs;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::watch::Watch;
use gatecrash_net::Url;
use gatecrash_plan::duration;
use gatecrash_plan::model::{Iterations, Load};
use gatecrash_plan::rate::{Rate, RateError};
use gatecrash_plan::schedule::{RatePiece, RateProfile, Spacing, UserSchedule};
use gatecrash_plan::watch_option;

/// The most users that can be asked for.
const MOST_USERS: i64 = 10_000_000;

/// Load the target with the users of this program, and tell how it fared
///
/// Tables at the end go to stdout, progress to stderr. Exit codes: 0 fine, 1 a request
/// failed and there is no objective, 2 the command line has faults, 97 it could not run, 98
/// it was not driven as asked and its numbers must not be used, 99 an objective was missed or
/// had no data, 130 or 143 it was interrupted.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Flags {
    /// Where relative URLs lead: http://127.0.0.1:8000
    #[arg(long, value_name = "URL", value_parser = host)]
    pub(crate) host: Option<String>,
    /// So many users at once, each with one task after the other; 1 unless there is a rate
    #[arg(long, value_name = "NUMBER", conflicts_with = "rate")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MOST_USERS))]
    users: Option<u32>,
    /// How fast users start: 10/s; by default all at once
    #[arg(long, value_name = "RATE", conflicts_with = "rate", value_parser = above_zero)]
    spawn: Option<Rate>,
    /// So many tasks begin per time, on as many users as that takes: 50/s, or 1/s .. 100/s
    #[arg(long, value_name = "RATE", value_parser = ramp, requires = "duration")]
    rate: Option<(Rate, Rate)>,
    /// How long new tasks begin: 30s, 5m
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    duration: Option<Duration>,
    /// So many tasks of each user
    #[arg(long, value_name = "NUMBER", conflicts_with = "rate")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    iterations: Option<u64>,
    /// Tasks under way at most, under a rate; what begins beyond is missed, and counted
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    max_in_flight: u32,
    /// Under a rate tasks begin by chance (Poisson) rather than evenly
    #[arg(long, requires = "rate")]
    poisson: bool,
    /// What schedules and tasks are drawn from; the same seed draws the same again
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Threads that make the load, 1 to 256; by default one for each core that this process may
    /// use, but no more than there are users or tasks in flight at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) lanes: Option<u16>,
    /// What must hold, as p95 of /articles < 300ms; it may be given several times. Then these alone
    /// say whether the run has failed: not a single request
    #[arg(long = "objective", value_name = "TEXT", value_parser = objective)]
    pub(crate) objectives: Vec<Objective>,
    /// What is watched beside the load, as plans have it under watch: 'machine=host', 'api=process:
    /// { port: 8010 }'; it may be given several times. Its gauges can stand in objectives
    #[arg(long = "watch", value_name = "NAME=SOURCE", value_parser = watch)]
    pub(crate) watches: Vec<Watch>,
    /// Folder for the files of the run; it is made where it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Write the results as a page as well: one HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// No progress on stderr; the tables at the end are printed all the same
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// No colours; so does the variable NO_COLOR
    #[arg(long)]
    pub(crate) no_color: bool,
}

impl Flags {
    /// How long new work begins; `None` until all is done.
    pub(crate) fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// The load that is asked for.
    ///
    /// # Errors
    /// When it has no end, or takes more time than there is.
    pub(crate) fn load(&self) -> Result<Load, clap::Error> {
        let load = match (self.rate, self.duration) {
            (Some((from, to)), Some(lasts)) => self.open(from, to, lasts),
            _ => self.closed(),
        };
        load.map_err(fault)
    }

    fn closed(&self) -> Result<Load, String> {
        if self.duration.is_none() && self.iterations.is_none() {
            let what = "the run has no end; add for example --for 30s, or --iterations 1";
            return Err(what.to_owned());
        }
        let users = self.users.unwrap_or(1);
        let schedule = UserSchedule::constant(users, self.spawn, self.duration);
        Ok(Load::Users {
            schedule: schedule.map_err(|why| why.to_string())?,
            iterations: self.iterations.map(Iterations::PerUser),
        })
    }

    fn open(&self, from: Rate, to: Rate, lasts: Duration) -> Result<Load, String> {
        let profile = RateProfile::new(&[RatePiece::ramp(from, to, lasts)]);
        let profile = profile.map_err(|why| why.to_string())?;
        if profile.peak() == Rate::ZERO {
            return Err("at this rate nothing would ever begin".to_owned());
        }
        Ok(Load::Rate {
            profile,
            spacing: match self.poisson {
                true => Spacing::Poisson { seed: self.seed },
                false => Spacing::Even,
            },
            max_in_flight: self.max_in_flight,
        })
    }
}

/// An objective, or where its text is wrong.
fn objective(text: &str) -> Result<Objective, String> {
    Objective::parse(text).map_err(|fault| fault.pointed(text))
}

/// What is watched, or where its text is wrong.
fn watch(text: &str) -> Result<Watch, String> {
    watch_option::parse(text, &|_| None, std::path::Path::new("."))
}

/// A fault of the command line.
pub(crate) fn fault(why: String) -> clap::Error {
    Flags::command().error(ErrorKind::ValueValidation, why)
}

/// The URL of a host, if it is one.
fn host(text: &str) -> Result<String, gatecrash_net::UrlFault> {
    Url::parse(text).map(|_| text.to_owned())
}

/// `50/s`, or from one rate to another.
fn ramp(text: &str) -> Result<(Rate, Rate), RateError> {
    match text.split_once("..") {
        Some((from, to)) => Ok((from.trim().parse()?, to.trim().parse()?)),
        None => text.trim().parse().map(|rate| (rate, rate)),
    }
}

fn above_zero(text: &str) -> Result<Rate, String> {
    let rate: Rate = text.parse().map_err(|why: RateError| why.to_string())?;
    match rate == Rate::ZERO {
        true => Err("at 0/s no user would ever start".to_owned()),
        false => Ok(rate),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text).map_err(|why| why.to_string())?;
    match time.is_zero() {
        true => Err("it must be more than no time at all".to_owned()),
        false => Ok(time),
    }
}
