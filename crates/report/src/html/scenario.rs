//! What is told of one scenario.
//!
//! In: a scenario of a record. Out: its section: what was asked, the figures that matter most,
//! charts, tables, and what a reader must know of how it was driven.

use gatecrash_metrics::objective::Verdict;
use gatecrash_metrics::{FailureKind, RunRecord, ScenarioRecord};

use super::markup::Markup;
use super::table::{class, section, section_with};
use super::{curves, table};
use crate::native::cache::cache;
use crate::native::cost::{costs, month};
use crate::native::figure::{count, counted, money, ms, percent, share, value};
use crate::native::gauges::{Which, gauges};
use crate::native::requests::{Mishap, errors, exceptions, failure_kinds_text, phases, requests};
use crate::native::run::{heading_text, notes};
use crate::native::series::{measured, metrics};
use crate::native::slowest::slowest;
use crate::native::suite::{Summary, of_scenario};
use crate::native::table::{Cell, Table};
use crate::native::work::{arrival_facts, tasks};
use crate::native::{Fact, Paint, cut};

/// Kinds of errors at most.
const ERRORS: usize = 100;

/// Characters of an error at most.
const ERROR_LENGTH: usize = 600;

/// The section of a scenario, to which `id` leads.
pub(super) fn section_of(html: &mut Markup, scenario: &ScenarioRecord, run: &RunRecord, id: &str) {
    html.within("section", &[("class", "scenario"), ("id", id)], |html| {
        let summary = Summary::of(scenario, run);
        html.within("h2", &[], |html| {
            html.text(&scenario.name);
            if let (word, Some(_)) = (summary.judgement_word(), summary.judgement) {
                html.text(" ");
                pill(html, word.0, word.1);
            }
        });
        html.element("p", &[("class", "load")], &heading_text(scenario));
        match scenario.measured {
            true => measured_scenario(html, scenario, run, &summary),
            false => facts(html, &notes(scenario)),
        }
    });
}

/// A word that stands out.
pub(super) fn pill(html: &mut Markup, word: &str, paint: Paint) {
    let class = format!("pill {}", class(paint));
    html.element("span", &[("class", class.trim_end())], word);
}

fn measured_scenario(
    html: &mut Markup,
    scenario: &ScenarioRecord,
    run: &RunRecord,
    summary: &Summary,
) {
    let snapshot = &scenario.snapshot;
    tiles(html, scenario, run, summary);
    let verdicts: Vec<&Verdict> = of_scenario(run, &scenario.name).collect();
    curves::draw(html, scenario, &verdicts);
    section(html, "Requests", &requests(snapshot, scenario.elapsed_s()));
    mishaps(
        html,
        "Errors",
        &failure_kinds_text(snapshot),
        &errors(snapshot),
    );
    mishaps(html, "Exceptions", "", &exceptions(snapshot));
    section(html, "Streams and other measures", &measured(snapshot));
    section(html, "Cache", &cache(snapshot));
    cost(html, scenario, run);
    section(html, "Metrics", &metrics(snapshot));
    section(html, "What was watched", &gauges(snapshot, Which::Others));
    section(html, "Tasks", &tasks(snapshot));
    section(html, "Phases", &phases(snapshot));
    section(html, "Slowest requests, by trace id", &slowest(snapshot));
    html.within("section", &[("class", "block")], |html| {
        html.element("h3", &[], "How it was driven");
        facts(html, &arrival_facts(&snapshot.arrivals));
        facts(html, &notes(scenario));
        let own = gauges(snapshot, Which::Generator);
        if !own.rows.is_empty() {
            table::table(html, &own);
        }
    });
}

fn cost(html: &mut Markup, scenario: &ScenarioRecord, run: &RunRecord) {
    let costs = costs(&scenario.snapshot, run.currency.as_deref());
    section_with(html, "Cost", &costs, |html| {
        facts(html, &Vec::from_iter(month(&scenario.snapshot, run)));
    });
}

/// The figures that matter most.
fn tiles(html: &mut Markup, scenario: &ScenarioRecord, run: &RunRecord, summary: &Summary) {
    let total = &scenario.snapshot.total;
    let quantile = |q| total.quantile_ms(q).map(ms);
    let failed = share(summary.failures, summary.requests.max(summary.failures));
    let users = scenario.snapshot.arrivals.users.peak;
    let cost = summary
        .cost
        .map(|cost| money(cost, run.currency.as_deref()));
    let tiles = [
        ("requests", Some(count(summary.requests))),
        ("per second", Some(value(summary.per_second))),
        ("failed", Some(failed)),
        ("P50", quantile(0.5)),
        ("P95", quantile(0.95)),
        ("P99", quantile(0.99)),
        ("users at most", (users > 0).then(|| count(users))),
        ("cache hits", summary.cache_hit_rate.map(percent)),
        ("cost", cost),
        (
            "grade",
            (!summary.grades.is_empty()).then(|| summary.grades.join(", ")),
        ),
    ];
    html.within("dl", &[("class", "tiles")], |html| {
        for (label, figure) in tiles {
            let Some(figure) = figure else { continue };
            let is_bad = label == "failed" && summary.failures > 0;
            let class = if is_bad { "bad" } else { "" };
            html.within("div", &[], |html| {
                html.element("dt", &[], label);
                html.element("dd", &[("class", class)], &figure);
            });
        }
    });
}

/// Labelled texts.
pub(super) fn facts(html: &mut Markup, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    html.within("dl", &[("class", "facts")], |html| {
        for fact in facts {
            if !fact.label.is_empty() {
                html.element("dt", &[], fact.label);
            }
            html.element("dd", &[("class", class(fact.paint))], &fact.text);
        }
    });
}

fn mishaps(html: &mut Markup, heading: &str, kinds: &str, mishaps: &[Mishap]) {
    if mishaps.is_empty() {
        return;
    }
    html.within("section", &[("class", "block errors")], |html| {
        html.element("h3", &[], heading);
        if !kinds.is_empty() {
            html.element("p", &[("class", "caption")], kinds);
        }
        table::table(html, &mishap_table(mishaps));
        let more = mishaps.len().saturating_sub(ERRORS) as u64;
        if more > 0 {
            let more = format!("and {}", counted(more, "more kind", "more kinds"));
            html.element("p", &[("class", "caption")], &more);
        }
    });
}

fn mishap_table(mishaps: &[Mishap]) -> Table {
    let mut table = Table {
        heads: vec!["where", "what", "kind", "times"],
        texts: 3,
        ..Table::default()
    };
    for mishap in mishaps.iter().take(ERRORS) {
        let kind = mishap.kind.filter(|kind| *kind != FailureKind::Other);
        let kind = kind.map_or_else(String::new, |kind| kind.name().into_owned());
        table.rows.push(vec![
            Cell::from(cut(&mishap.place, ERROR_LENGTH)),
            cut(&mishap.text, ERROR_LENGTH).into(),
            kind.into(),
            count(mishap.times).into(),
        ]);
    }
    table
}
