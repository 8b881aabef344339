//! What will not go as planned, and what to do about it.

use super::amount::count;
use super::{MachineLimits, OTHER_FILES, Peak, ScenarioForecast};
use crate::duration::written;
use crate::model::{Load, Scenario};

/// What is amiss with one scenario by itself.
pub(super) fn of_scenario(
    scenario: &Scenario,
    told: &ScenarioForecast,
    limits: &MachineLimits,
) -> Vec<String> {
    [
        no_end(told),
        beyond_cap(scenario, told),
        never_in_balance(told, limits),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn no_end(told: &ScenarioForecast) -> Option<String> {
    let endless = told.tasks.sureness() == super::Sureness::Endless && told.duration.is_none();
    endless.then(|| {
        format!(
            "{} has no end: it runs until somebody stops it; give it a duration (`for: 5m`)",
            told.name
        )
    })
}

fn beyond_cap(scenario: &Scenario, told: &ScenarioForecast) -> Option<String> {
    let Load::Rate { max_in_flight, .. } = scenario.load else {
        return None;
    };
    let expected = told.at_once;
    (told.in_flight.is_some() && expected > u64::from(max_in_flight)).then(|| {
        format!(
            "{}: {} tasks will be in flight and `max_in_flight` is {}: further arrivals will be \
             missed; set `max_in_flight: {expected}`, or lower the rate",
            told.name,
            count(expected),
            count(u64::from(max_in_flight)),
        )
    })
}

/// A scenario that ends before its first tasks do never shows what its rate means.
fn never_in_balance(told: &ScenarioForecast, limits: &MachineLimits) -> Option<String> {
    let Peak::Rate(rate) = told.peak else {
        return None;
    };
    let (time, lasts, in_flight) = (told.expected_time?, told.duration?, told.in_flight?);
    let in_balance = in_flight.ceil() as u64;
    let files = limits
        .files
        .filter(|files| in_balance + OTHER_FILES > *files);
    let files = files.map(|files| format!(" and this process may open {} files", count(files)));
    (lasts < time).then(|| {
        format!(
            "{} ends after {}, before its first tasks do ({} each): at most {} are in flight then; \
             if {rate}/s went on it would be {}{}; let it last longer to see what the rate means",
            told.name,
            written(lasts),
            written(time),
            count(told.at_once),
            count(in_balance),
            files.unwrap_or_default(),
        )
    })
}

/// What the scenarios that run at once need more of than the machine has.
pub(super) fn of_machine(
    at_once: &[usize],
    scenarios: &[ScenarioForecast],
    connections: u64,
    limits: &MachineLimits,
) -> Vec<String> {
    let told: Vec<&ScenarioForecast> = at_once.iter().map(|place| &scenarios[*place]).collect();
    let needs = needs(&told, connections);
    let files = limits
        .files
        .filter(|files| connections + OTHER_FILES > *files);
    let files = files.map(|files| {
        format!(
            "{needs}, more than this machine's files: this process may open {} ({} of them for \
             other things), and connections beyond that will fail; raise the limit \
             (ulimit -n {}), or ask for less",
            count(files),
            OTHER_FILES,
            connections + OTHER_FILES,
        )
    });
    let ports = limits.ports.filter(|ports| connections > *ports);
    let ports = ports.map(|ports| {
        format!(
            "{needs}, more than this machine's {} local ports for connections to one address: \
             those beyond will fail; widen net.ipv4.ip_local_port_range, let the target have \
             several addresses, or ask for less",
            count(ports),
        )
    });
    files.into_iter().chain(ports).collect()
}

/// Who needs how many connections, and why.
fn needs(told: &[&ScenarioForecast], connections: u64) -> String {
    let total = count(connections);
    match told {
        [one] => match (one.peak, one.in_flight, one.expected_time) {
            (Peak::Rate(rate), Some(_), Some(time)) => format!(
                "{}: {rate}/s with {} each need {total} connections",
                one.name,
                written(time)
            ),
            (Peak::Rate(_), ..) => format!(
                "{} may need {total} connections (`max_in_flight`; its tasks have no \
                 `expected_time` that says how many it will be)",
                one.name
            ),
            (Peak::Users(users), ..) => format!(
                "{}: {} users need {total} connections",
                one.name,
                count(u64::from(users))
            ),
        },
        several => format!("{} at once need {total} connections", named(several)),
    }
}

/// The names of a few; how many of more.
fn named(told: &[&ScenarioForecast]) -> String {
    const FEW: usize = 4;
    let names: Vec<&str> = told.iter().map(|one| one.name.as_str()).collect();
    match names.split_last() {
        Some((last, others)) if names.len() <= FEW => format!("{} and {last}", others.join(", ")),
        _ => format!("{} scenarios", names.len()),
    }
}
