//! The page: what it is about, what the run says, and what it saw.
//!
//! In: the record. Out: the page. The answer comes first, the reasons follow, figures come
//! after; a reader may stop anywhere.

use gatecrash_metrics::record::Machine;
use gatecrash_metrics::{RunRecord, Validity};

use super::markup::Markup;
use super::scenario::{pill, section_of};
use super::table::{class, section};
use crate::format::utc_timestamp;
use crate::native::figure::{bytes, clock, counted};
use crate::native::suite::{answer, ship_sentence, summary_table};
use crate::native::verdicts::{Told, groups};

const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded and nothing run, whatever the page were made to contain.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// A plan is shown up to so many bytes.
const PLAN_BYTES: usize = 256 * 1024;

/// A run as a page.
pub fn html(record: &RunRecord) -> String {
    let mut page = Markup::page();
    page.within("html", &[("lang", "en")], |html| {
        html.within("head", &[], |html| head(html, record));
        html.within("body", &[], |html| {
            html.within("header", &[], |html| header(html, record));
            html.within("main", &[], |html| main(html, record));
        });
    });
    page.finish()
}

fn head(html: &mut Markup, record: &RunRecord) {
    html.void("meta", &[("charset", "utf-8")]);
    let named = [
        ("viewport", "width=device-width, initial-scale=1"),
        ("color-scheme", "light dark"),
        ("robots", "noindex"),
    ];
    for (name, content) in named {
        html.void("meta", &[("name", name), ("content", content)]);
    }
    let policy = [
        ("http-equiv", "Content-Security-Policy"),
        ("content", POLICY),
    ];
    html.void("meta", &policy);
    let title = format!("{}: {}", answer(record).word(), record.name);
    html.element("title", &[], &title);
    // Without one, browsers ask the server for one.
    html.void("link", &[("rel", "icon"), ("href", "data:,")]);
    html.style(STYLE);
}

fn header(html: &mut Markup, record: &RunRecord) {
    html.element("p", &[("class", "brand")], "Gatecrash · load test");
    html.element("h1", &[], &record.name);
    let when = utc_timestamp(record.started_epoch_s);
    let when = when.replace('T', " ").replace('Z', " UTC");
    let lasted = clock(record.ended_epoch_s - record.started_epoch_s);
    let when = format!("{when} · {lasted} · {}", record.ended_by);
    html.element("p", &[("class", "when")], &when);
}

fn main(html: &mut Markup, record: &RunRecord) {
    the_answer(html, record);
    objectives(html, record);
    for note in &record.notes {
        html.element("p", &[("class", "note")], note);
    }
    section(html, "Scenarios", &summary_table(record));
    contents(html, record);
    for (place, scenario) in record.scenarios.iter().enumerate() {
        section_of(html, scenario, record, &id(place));
    }
    about(html, record);
}

/// The address of a scenario within the page.
fn id(place: usize) -> String {
    format!("scenario-{}", place + 1)
}

fn the_answer(html: &mut Markup, record: &RunRecord) {
    let answer = answer(record);
    let class = format!("answer {}", class(answer.paint()));
    html.within("section", &[("class", class.trim_end())], |html| {
        html.element("p", &[("class", "word")], answer.word());
        html.element("p", &[("class", "sentence")], &ship_sentence(record));
        let reasons = record.validity.reasons();
        if !reasons.is_empty() {
            html.within("ul", &[], |html| {
                for reason in reasons {
                    html.element("li", &[], &reason.text);
                }
            });
        }
    });
}

fn objectives(html: &mut Markup, record: &RunRecord) {
    if record.verdicts.is_empty() {
        return;
    }
    html.within("section", &[("class", "block")], |html| {
        html.element("h3", &[], "Objectives");
        html.within("table", &[("class", "verdicts")], |html| {
            html.within("thead", &[], |html| {
                html.within("tr", &[], |html| {
                    html.element("th", &[("scope", "col")], "");
                    html.element("th", &[("scope", "col")], "objective");
                    let number = [("scope", "col"), ("class", "number")];
                    html.element("th", &number, "observed");
                    html.element("th", &number, "limit");
                });
            });
            let groups = groups(&record.verdicts);
            for (name, places) in &groups {
                html.within("tbody", &[], |html| {
                    if groups.len() > 1 {
                        html.within("tr", &[("class", "group")], |html| {
                            let attributes = [("scope", "rowgroup"), ("colspan", "4")];
                            html.element("th", &attributes, name);
                        });
                    }
                    for &place in places {
                        let told = Told::of(&record.verdicts[place], Some(record));
                        html.within("tr", &[], |html| verdict(html, &told));
                    }
                });
            }
        });
    });
}

fn verdict(html: &mut Markup, told: &Told) {
    html.within("td", &[], |html| pill(html, told.label, told.paint));
    html.within("td", &[("class", "objective")], |html| {
        html.text(&told.objective);
        if !told.details.is_empty() {
            html.element("p", &[("class", "details")], &told.details);
        }
    });
    let observed = format!("number {}", class(told.paint));
    html.element("td", &[("class", &observed)], &told.observed);
    html.element("td", &[("class", "number")], &told.limit);
}

/// Ways to the scenarios, where there are several.
fn contents(html: &mut Markup, record: &RunRecord) {
    if record.scenarios.len() < 2 {
        return;
    }
    html.within("nav", &[("aria-label", "Scenarios")], |html| {
        for (place, scenario) in record.scenarios.iter().enumerate() {
            let to = format!("#{}", id(place));
            html.element("a", &[("href", &to)], &scenario.name);
            html.text(" ");
        }
    });
}

/// Where the run comes from.
fn about(html: &mut Markup, record: &RunRecord) {
    let origin = &record.origin;
    let facts = [
        ("host", origin.host.clone().unwrap_or_default()),
        ("machine", machine(&origin.machine)),
        ("gatecrash", origin.gatecrash.clone()),
        ("python", origin.python.clone().unwrap_or_default()),
        ("command", origin.command.clone()),
        ("seed", record.seed.to_string()),
        ("plan", record.plan_fingerprint.clone()),
        ("driven", driven(&record.validity).to_owned()),
    ];
    html.within("section", &[("class", "block about")], |html| {
        html.element("h3", &[], "About this run");
        html.within("dl", &[("class", "facts")], |html| {
            for (label, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
                html.element("dt", &[], label);
                html.element("dd", &[], text);
            }
        });
        if let Some(plan) = &origin.plan {
            html.within("details", &[], |html| {
                html.element("summary", &[], "The plan, as it was run");
                html.within("pre", &[], |html| html.lines(beginning(&plan.text)));
            });
        }
    });
}

fn driven(validity: &Validity) -> &'static str {
    match validity {
        Validity::Valid => "as asked: the numbers are valid",
        Validity::Doubtful(_) => "not quite as asked: the numbers are doubtful",
        Validity::Invalid(_) => "not as asked: the numbers must not be used",
    }
}

fn machine(machine: &Machine) -> String {
    let cpus = (machine.cpus > 0).then(|| counted(machine.cpus.into(), "CPU", "CPUs"));
    let memory = (machine.memory_bytes > 0).then(|| bytes(machine.memory_bytes));
    let texts = [
        Some(machine.hostname.clone()),
        Some(machine.os.clone()),
        cpus,
        memory,
    ];
    let texts = texts.into_iter().flatten().filter(|text| !text.is_empty());
    texts.collect::<Vec<String>>().join(" · ")
}

/// As much of a text as is shown.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(PLAN_BYTES)]
}
