//! From the plan to what the engine runs.
//!
//! In: a checked plan. Out: a [`Setup`]: rows read, templates compiled, every file that the
//! plan names looked at. Never: a packet.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use gatecrash_engine::guest::Host;
use gatecrash_engine::journey::{Feeds, GuestAnswers, PlanError, PlanJourney};
use gatecrash_engine::{Around, Hook, ScenarioSetup, Setup, Users};
use gatecrash_plan::fingerprint::{Draws, fingerprint};
use gatecrash_plan::model::{Plan, Scenario, UserKind};

use crate::load_text::load_text;

/// Of each scenario so many arrivals are spelled out in the run's fingerprint.
const SPELLED_OUT: u64 = 10_000;

/// Who the plan's classes are that it does not describe itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Guests<'a> {
    /// Is asked for users who live in a locustfile.
    pub(crate) host: Option<&'a dyn Host>,
    /// Users written in Rust, by the places of their classes.
    pub(crate) rust: &'a [Users],
}

/// What the engine runs on `lanes` lanes.
///
/// # Errors
/// Rows or files that cannot be read, a template that cannot be compiled.
pub(crate) fn setup(plan: &Plan, guests: Guests<'_>, lanes: usize) -> Result<Setup> {
    let feeds = Arc::new(Feeds::load(&plan.feeds)?);
    let scenarios = plan.scenarios.iter().enumerate();
    let scenarios: Vec<ScenarioSetup> = scenarios
        .map(|(place, scenario)| {
            let users = users(plan, place, guests, &feeds)?;
            Ok(scenario_setup(scenario, users, around(plan, scenario)?))
        })
        .collect::<Result<_>>()?;
    Ok(Setup {
        name: plan.name.clone(),
        fingerprint: fingerprint_of(&scenarios, &feeds),
        scenarios,
        lanes,
        seed: plan.seed,
        objectives: plan.all_objectives(),
        prices: plan.prices.clone().map(Arc::new),
        answers: guest_answers(plan)?,
        budget: plan.budget,
        around: Around {
            pause: Duration::ZERO,
            before: Hook::compile_all(&plan.before, plan)?,
            after: Hook::compile_all(&plan.after, plan)?,
        },
        // Known when the folder of the results is made.
        files: None,
        watches: plan.watches.clone(),
        // The command line's to say.
        trace: false,
    })
}

/// What is looked at in the answers to users of locustfiles, if there are any.
fn guest_answers(plan: &Plan) -> Result<Option<Arc<GuestAnswers>>> {
    let mut kinds = plan.users.iter().map(|class| &class.kind);
    let has_guests = kinds.any(|kind| matches!(kind, UserKind::Locust(_)));
    let answers = has_guests.then(|| GuestAnswers::of(plan)).transpose();
    Ok(answers.map_err(Error::msg)?.map(Arc::new))
}

/// What is done before and after a scenario.
fn around(plan: &Plan, scenario: &Scenario) -> Result<Around, PlanError> {
    Ok(Around {
        pause: scenario.pause_before,
        before: Hook::compile_all(&scenario.before, plan)?,
        after: Hook::compile_all(&scenario.after, plan)?,
    })
}

/// Who takes part in the scenario at a place, each with its part among all.
fn users(
    plan: &Plan,
    place: usize,
    guests: Guests<'_>,
    feeds: &Arc<Feeds>,
) -> Result<Vec<(Users, f64)>> {
    let scenario = &plan.scenarios[place];
    let mut found = Vec::new();
    for (class, weight) in &scenario.who {
        match &plan.users[*class].kind {
            UserKind::Http(_) => {
                let journey = PlanJourney::new(plan, *class, feeds.clone())?;
                found.push((Users::of(journey), *weight));
            }
            UserKind::Locust(locust) => {
                let host = guests.host;
                let host = host.context("users of a locustfile run in Python only")?;
                let classes = host.users(place, scenario, locust).map_err(Error::msg)?;
                found.extend(shared_out(classes, *weight));
            }
            UserKind::Rust(_) => {
                let users = guests.rust.get(*class);
                let users = users.context("users written in Rust run in their own program only")?;
                found.push((users.clone(), *weight));
            }
        }
    }
    Ok(found)
}

/// The classes of one locustfile have the part of the plan's class together.
fn shared_out(classes: Vec<(Users, f64)>, weight: f64) -> impl Iterator<Item = (Users, f64)> {
    let whole: f64 = classes.iter().map(|(_, part)| part).sum();
    classes
        .into_iter()
        .map(move |(users, part)| (users, weight * part / whole))
}

fn scenario_setup(scenario: &Scenario, users: Vec<(Users, f64)>, around: Around) -> ScenarioSetup {
    ScenarioSetup {
        name: scenario.name.clone(),
        start: scenario.start.clone(),
        users,
        load: scenario.load.clone(),
        load_text: load_text(scenario),
        duration: scenario.duration,
        grace: scenario.grace,
        measured: scenario.measured,
        seed: scenario.seed,
        around,
    }
}

fn fingerprint_of(scenarios: &[ScenarioSetup], feeds: &Feeds) -> String {
    let draws: Vec<Draws<'_>> = scenarios.iter().map(draws_of).collect();
    fingerprint(&draws, &feeds.sizes(), SPELLED_OUT).to_string()
}

fn draws_of(scenario: &ScenarioSetup) -> Draws<'_> {
    let weights = |users: &Users| users.tasks().iter().map(|task| task.weight).collect();
    let classes = scenario.users.iter();
    Draws {
        load: &scenario.load,
        classes: classes
            .map(|(users, weight)| (*weight, weights(users)))
            .collect(),
        seed: scenario.seed,
    }
}
