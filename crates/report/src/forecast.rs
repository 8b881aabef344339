//! What a plan will do, told before it does it.
//!
//! In: the forecast, the planned load, what the machine allows. Out: lines for a person.
//! Never: a judgement; what will not go as planned is among the forecast's own sentences.

use gatecrash_plan::duration::written;
use gatecrash_plan::forecast::{
    Amount, BASE_MEMORY_BYTES, Forecast, MachineLimits, Peak, PlannedLoad, ScenarioForecast,
    Sureness,
};

use crate::chart::{Canvas, Curve, Letters, draw};
use crate::native::figure::{NOTHING, bytes, count};
use crate::native::table::{Cell, Table};
use crate::native::{Look, Paint, length};

/// What is told beside the forecast itself.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// The plan's name.
    pub name: &'a str,
    /// What its choices are drawn from.
    pub seed: u64,
    /// The load of each scenario, as a person reads it.
    pub loads: &'a [String],
    /// Threads that will make the load.
    pub lanes: usize,
    /// Files that will be written.
    pub files: &'a [String],
    /// What the machine allows.
    pub limits: MachineLimits,
    /// What curves are drawn with.
    pub letters: Letters,
}

/// Lines of a curve.
const CHART_HEIGHT: usize = 8;

/// Columns of a page on which a curve is not wider than it tells something.
const CHART_WIDTH: usize = 100;

/// A column of names is not narrower than this.
const SHORTEST_NAME: usize = 12;

/// The lines, without their ends.
pub fn lines(
    forecast: &Forecast,
    load: &PlannedLoad,
    telling: &Telling<'_>,
    look: &Look,
) -> Vec<String> {
    let head = format!("{} · seed {}", telling.name, telling.seed);
    let mut lines = vec![look.paint(Paint::Bold, &head), String::new()];
    lines.extend(table(forecast, telling, look).lines(look));
    for (title, values) in [
        ("arrivals per second", &load.arrivals_per_s),
        ("users", &load.users),
    ] {
        if !values.is_empty() {
            lines.push(String::new());
            lines.extend(chart(title, values, load, telling.letters, look));
        }
    }
    lines.push(String::new());
    lines.extend(needs(forecast, telling, look));
    lines.extend(
        costs(forecast)
            .iter()
            .flat_map(|text| look.paragraph("cost", Paint::Plain, text)),
    );
    for warning in &forecast.warnings {
        lines.extend(look.paragraph("warning", Paint::Warn, warning));
    }
    lines
}

fn chart(
    title: &str,
    values: &[f64],
    load: &PlannedLoad,
    letters: Letters,
    look: &Look,
) -> Vec<String> {
    let end = written(load.lasts);
    let ends = match load.goes_on {
        true => format!("{end} and on"),
        false => end,
    };
    let curve = Curve {
        title: &format!("  {title}"),
        values,
        begins: "0s",
        ends: &ends,
    };
    let canvas = Canvas {
        width: look.width.min(CHART_WIDTH),
        height: CHART_HEIGHT,
        letters,
    };
    draw(&curve, &canvas).lines().map(str::to_owned).collect()
}

/// A row for each scenario; with its load where the page is wide enough.
fn table(forecast: &Forecast, telling: &Telling<'_>, look: &Look) -> Table {
    let heads = vec![
        "scenario",
        "begins",
        "lasts",
        "peak",
        "tasks",
        "requests",
        "in flight",
    ];
    let narrow = Table {
        heads,
        texts: 1,
        rows: forecast.scenarios.iter().map(row).collect(),
        ..Table::default()
    };
    let mut wide = narrow.clone();
    wide.texts = 2;
    wide.heads.insert(1, "load");
    for (row, load) in wide.rows.iter_mut().zip(telling.loads) {
        row.insert(1, load.as_str().into());
    }
    let names = forecast.scenarios.iter().map(|one| length(&name(one)));
    match wide.width_with(names.max().unwrap_or(0).max(SHORTEST_NAME)) <= look.width {
        true => wide,
        false => narrow,
    }
}

fn row(told: &ScenarioForecast) -> Vec<Cell> {
    let begins = told.starts.map_or_else(|| NOTHING.to_owned(), written);
    vec![
        name(told).into(),
        begins.into(),
        lasts(told).into(),
        peak(told.peak).into(),
        amount(told.tasks).into(),
        amount(told.requests).into(),
        in_flight(told).into(),
    ]
}

fn name(told: &ScenarioForecast) -> String {
    let measured = if told.measured { "" } else { " (not measured)" };
    format!("{}{measured}", told.name)
}

fn lasts(told: &ScenarioForecast) -> String {
    match (told.duration, told.tasks.sureness()) {
        (Some(lasts), _) => written(lasts),
        (None, Sureness::Endless) => "no end".to_owned(),
        (None, _) => "until done".to_owned(),
    }
}

fn peak(peak: Peak) -> String {
    match peak {
        Peak::Rate(rate) => format!("{}/s", short(rate)),
        Peak::Users(1) => "1 user".to_owned(),
        Peak::Users(users) => format!("{} users", count(u64::from(users))),
    }
}

/// A number without the digits that tell nothing: `50`, `0.5`, `2.25`.
fn short(number: f64) -> String {
    if number.fract() == 0.0 {
        return count(number as u64);
    }
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn amount(amount: Amount) -> String {
    match amount.sureness() {
        Sureness::Unknown | Sureness::Endless => NOTHING.to_owned(),
        Sureness::AtMost => format!("≤ {}", count(amount.number().unwrap_or(0))),
        Sureness::Exactly | Sureness::About => amount.to_string(),
    }
}

fn in_flight(told: &ScenarioForecast) -> String {
    match told.in_flight {
        Some(tasks) => count(tasks.ceil() as u64),
        None => format!("≤ {}", count(told.at_once)),
    }
}

/// What all of it takes.
fn needs(forecast: &Forecast, telling: &Telling<'_>, look: &Look) -> Vec<String> {
    let of = |limit: Option<u64>, what: &str| {
        limit.map_or_else(String::new, |limit| format!("; {what} {}", count(limit)))
    };
    let duration = forecast
        .duration
        .map_or_else(|| "not known".to_owned(), written);
    let connections = format!(
        "at most {}{}",
        count(forecast.connections),
        of(telling.limits.ports, "local ports for one address:")
    );
    let files = format!(
        "at most {}{}",
        count(forecast.files),
        of(telling.limits.files, "this process may open")
    );
    let users = forecast.memory_bytes - BASE_MEMORY_BYTES;
    let memory = format!(
        "at most about {} ({}, and {} for users)",
        bytes(forecast.memory_bytes),
        bytes(BASE_MEMORY_BYTES),
        bytes(users)
    );
    let lanes = count(telling.lanes as u64);
    let written = match telling.files {
        [] => "a folder below results/, unless --results DIR names another one".to_owned(),
        files => files.join(", "),
    };
    [
        ("duration", duration),
        ("in flight", flight_basis(forecast)),
        ("connections", connections),
        ("open files", files),
        ("memory", memory),
        ("lanes", lanes),
        ("writes", written),
    ]
    .iter()
    .flat_map(|(label, text)| look.paragraph(label, Paint::Plain, text))
    .collect()
}

/// What it costs: a sentence for each scenario, one for the sum, and what the estimate lacks.
fn costs(forecast: &Forecast) -> Vec<String> {
    let Some(cost) = &forecast.cost else {
        return Vec::new();
    };
    let scenarios = cost.scenarios.iter();
    let mut told: Vec<String> = scenarios
        .map(|one| format!("{}: {}", one.name, one.formula))
        .collect();
    told.push(format!("in all {}", cost.sum()));
    if let Some(budget) = cost.budget {
        told.push(format!("the run ends at {} (`budget`)", cost.money(budget)));
    }
    told.extend(cost.missing.iter().map(|what| format!("without: {what}")));
    told
}

/// Where the numbers in flight come from.
fn flight_basis(forecast: &Forecast) -> String {
    let is_open = |one: &&ScenarioForecast| matches!(one.peak, Peak::Rate(_));
    let mut parts = Vec::new();
    for told in forecast.scenarios.iter().filter(is_open) {
        if let (Peak::Rate(rate), Some(time), Some(tasks)) =
            (told.peak, told.expected_time, told.in_flight)
        {
            let tasks = count(tasks.ceil() as u64);
            let part = format!(
                "{}: {}/s × {} = {tasks}",
                told.name,
                short(rate),
                written(time)
            );
            parts.push(part);
        }
    }
    match (
        parts.is_empty(),
        forecast.scenarios.iter().any(|one| is_open(&one)),
    ) {
        (true, true) => {
            "at most what `max_in_flight` allows; `expected_time` on tasks says how many it will be"
                .to_owned()
        }
        (true, false) => "at most one task of each user".to_owned(),
        (false, _) => format!("{} (rate × expected time)", parts.join("; ")),
    }
}
