//! The page: that it is HTML, that nothing from outside becomes part of it, that it is small,
//! and what it says.

use gatecrash_metrics::{
    Change, EndpointId, Point, RunRecord, Sample, ScenarioRecord, Shard, Validity,
};
use gatecrash_report::html::html;

use crate::judged::{self, all_kinds};
use crate::native::same;
use crate::runs::{self, START};

/// Elements that have no content and no end.
const VOID: [&str; 3] = ["meta", "link", "br"];

/// An element with its attributes and the text directly in it.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All elements of a page.
///
/// # Panics
/// On what is no HTML: an element that is not closed, an attribute that is not quoted, a
/// character that ought to be an entity.
fn elements(page: &str) -> Vec<Element> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let mut open: Vec<usize> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    while let Some(start) = rest.find('<') {
        let text = unescaped(&rest[..start]);
        if let Some(&place) = open.last() {
            elements[place].text.push_str(&text);
        }
        let end = rest.find('>').expect("the end of a tag");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let place = open.pop().expect("something to close");
            assert_eq!(elements[place].name, name);
            continue;
        }
        let element = element(tag);
        if element.name == "style" {
            rest = rest.split_once("</style>").expect("the end of the style").1;
        } else if !VOID.contains(&element.name.as_str()) {
            open.push(elements.len());
        }
        elements.push(element);
    }
    assert!(open.is_empty(), "{:?} not closed", elements[open[0]]);
    assert_eq!(rest.trim(), "");
    elements
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (attribute, quoted) = rest.split_once("=\"").expect("a quoted value");
        let (value, more) = quoted.split_once('"').expect("the end of a value");
        assert!(
            attribute
                .chars()
                .all(|c| c.is_ascii_alphabetic() || c == '-'),
            "{tag}"
        );
        attributes.push((attribute.to_owned(), unescaped(value)));
        rest = more.trim_start();
    }
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{tag}");
    Element {
        name: name.to_owned(),
        attributes,
        text: String::new(),
    }
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['>', '\'', '"']), "{text}");
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, more) = piece.split_once(';').expect("an entity");
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("&{other};"),
        });
        plain.push_str(more);
    }
    plain
}

/// The texts of all elements of a name and class.
fn texts<'a>(elements: &'a [Element], name: &str, class: &str) -> Vec<&'a str> {
    let wanted = |e: &&Element| e.name == name && e.attribute("class").unwrap_or("") == class;
    elements
        .iter()
        .filter(wanted)
        .map(|e| e.text.as_str())
        .collect()
}

/// A page without its style sheet, which says nothing.
fn without_style(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").expect("a style");
    head.to_owned() + rest.split_once("</style>\n").expect("its end").1
}

#[test]
fn a_run_is_a_page() {
    let page = html(&judged::suite(all_kinds()));
    same("page.html", &without_style(&page));
    let elements = elements(&page);
    assert_eq!(texts(&elements, "h1", ""), ["Knowledge graph API"]);
    assert_eq!(texts(&elements, "p", "word"), ["FAIL"]);
    assert_eq!(
        texts(&elements, "span", "pill good"),
        ["PASS", "PASS", "PASS"]
    );
    assert_eq!(texts(&elements, "h2", "").len(), 3);
    // Times, throughput, arrivals and users of one, and too few seconds of the other.
    assert_eq!(texts(&elements, "figure", "chart").len(), 4);
    let answer = elements
        .iter()
        .find(|e| e.attribute("class") == Some("answer bad"));
    assert!(answer.is_some());
}

#[test]
fn equal_records_make_equal_pages() {
    let page = || html(&judged::suite(all_kinds()));
    assert_eq!(page(), page());
}

#[test]
fn a_page_needs_nothing_else_and_runs_nothing() {
    let page = html(&judged::suite(all_kinds()));
    let elements = elements(&page);
    for element in &elements {
        let name = element.name.as_str();
        assert!(!["script", "img", "iframe", "object", "base", "form"].contains(&name));
        for (attribute, value) in &element.attributes {
            assert!(!attribute.starts_with("on"), "{attribute}={value}");
            let leads_out = ["href", "src"].contains(&attribute.as_str())
                && !value.starts_with('#')
                && value != "data:,";
            assert!(!leads_out, "{attribute}={value}");
        }
    }
    let (_, style) = page.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    assert!(!style.contains("url(") && !style.contains("@import"));
    let is_policy = |e: &&Element| e.attribute("http-equiv") == Some("Content-Security-Policy");
    let policy = elements.iter().find(is_policy).expect("a policy");
    let policy = policy.attribute("content").expect("a value");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("script-src"));
}

/// What somebody might wish to have run.
const EVIL: &str = "\"><script>alert('1')</script><img src=x onerror=alert(2)>&lt;\u{0}";

#[test]
fn nothing_from_outside_becomes_part_of_the_page() {
    let mut shard = Shard::new(START);
    let id = EndpointId(0);
    shard.define(id, EVIL, EVIL);
    shard.record(&Sample {
        endpoint: id,
        at_epoch_s: START + 1.0,
        response_time_ms: Some(1.0),
        whole_ms: false,
        response_length: 1,
    });
    shard.fail(id, EVIL, START + 1.0);
    shard.exception(EVIL, EVIL, EVIL);
    let scenario = ScenarioRecord {
        name: EVIL.into(),
        load: EVIL.into(),
        changes: vec![Change {
            at_epoch_s: START + 2.0,
            what: EVIL.into(),
        }],
        history: points(10),
        ..runs::bare(shard)
    };
    let mut verdict = judged::broken();
    (verdict.objective, verdict.why) = (EVIL.into(), EVIL.into());
    (verdict.scenario, verdict.endpoint) = (Some(EVIL.into()), Some(EVIL.into()));
    verdict.grade = Some(EVIL.into());
    let mut run = judged::suite(vec![verdict]);
    run.name = EVIL.into();
    run.notes = vec![EVIL.into()];
    run.plan_fingerprint = EVIL.into();
    run.currency = Some(EVIL.into());
    run.origin.command = EVIL.into();
    run.origin.host = Some(EVIL.into());
    run.origin.machine.hostname = EVIL.into();
    if let Some(plan) = &mut run.origin.plan {
        plan.text = format!("{EVIL}\n{EVIL}");
    }
    run.scenarios = vec![scenario.clone(), scenario];
    let page = html(&run);
    let elements = elements(&page);
    assert!(
        !elements
            .iter()
            .any(|e| e.name == "script" || e.name == "img")
    );
    let shown = elements
        .iter()
        .filter(|e| e.text.contains("<script>alert('1')"))
        .count();
    assert!(shown > 15, "{shown}");
    assert!(!page.contains('\u{0}'));
}

/// So many seconds of steady work.
fn points(seconds: u32) -> Vec<Point> {
    let point = |second: u32| Point {
        from_epoch_s: START + f64::from(second),
        to_epoch_s: START + f64::from(second) + 1.0,
        users: 10,
        in_flight: 5,
        requests: 100 + u64::from(second % 7),
        failures: u64::from(second.is_multiple_of(50)),
        p50_ms: Some(12.0),
        p95_ms: Some(20.0 + f64::from(second % 5)),
        p99_ms: (!second.is_multiple_of(10)).then_some(40.0 + f64::from(second % 9)),
        ..Point::default()
    };
    (0..seconds).map(point).collect()
}

fn long_run(seconds: u32, endpoints: u32) -> RunRecord {
    let mut shard = Shard::new(START);
    for n in 0..endpoints {
        let id = EndpointId(n);
        shard.define(id, "GET", format!("/items/{n}").as_str());
        shard.record(&Sample {
            endpoint: id,
            at_epoch_s: START + 1.0,
            response_time_ms: Some(1.0),
            whole_ms: false,
            response_length: 1,
        });
        shard.fail(id, format!("error {n}").as_str(), START + 1.0);
    }
    let mut scenario = runs::bare(shard);
    scenario.ended_epoch_s = START + f64::from(seconds);
    scenario.history = points(seconds);
    runs::run(vec![scenario])
}

#[test]
fn a_long_run_of_many_endpoints_stays_a_small_page() {
    let page = html(&long_run(7200, 2000));
    elements(&page);
    assert!(page.len() < 700_000, "{}", page.len());
    assert!(page.contains("1,501 rows are left out"));
    assert!(page.contains(" more kinds</p>"));
    // The row about all of them is still there.
    assert!(page.contains(">all</th>"));
    for path in page.split("<path class=\"line ").skip(1) {
        let path = path.split_once("d=\"").expect("a path").1;
        let path = path.split_once('"').expect("its end").0;
        let points = path.matches(['M', 'L']).count();
        assert!((100..=600).contains(&points), "{points}");
    }
}

#[test]
fn spikes_survive_when_points_are_joined() {
    let mut run = long_run(7200, 1);
    run.scenarios[0].history[3333].p99_ms = Some(4000.0);
    let page = html(&run);
    assert!(page.contains("P99 4,000 ms at most"));
    assert!(page.contains("Each point stands for 12s"));
    // Its second is at the top of the axis.
    let (_, line) = page
        .split_once("<path class=\"line p99\" d=\"")
        .expect("a curve");
    let (line, _) = line.split_once('"').expect("its end");
    assert!(line.contains(" 0.0L"), "the axis ends at the largest value");
}

#[test]
fn curves_have_gaps_where_nothing_was_measured() {
    let page = html(&long_run(60, 1));
    let path = |class: &str| {
        let (_, path) = page
            .split_once(&format!("<path class=\"line {class}\" d=\""))
            .expect("it");
        path.split_once('"').expect("its end").0.to_owned()
    };
    assert_eq!(path("p99").matches('M').count(), 6);
    assert_eq!(path("p50").matches('M').count(), 1);
}

#[test]
fn slow_answers_are_told_in_seconds() {
    let mut run = long_run(60, 1);
    run.scenarios[0].history[30].p99_ms = Some(30_000.0);
    let page = html(&run);
    assert!(page.contains("P99 30 s at most"));
    assert!(html(&long_run(60, 1)).contains("P99 48 ms at most"));
}

#[test]
fn what_broke_is_marked_in_the_charts_of_its_scenario() {
    let run = judged::suite(vec![judged::broken()]);
    let page = html(&run);
    let elements = elements(&page);
    let marks = elements
        .iter()
        .filter(|e| e.attribute("class") == Some("mark broken"));
    // At 12 of 20 seconds.
    let places: Vec<Option<&str>> = marks.map(|e| e.attribute("d")).collect();
    assert_eq!(places, [Some("M600.0 0V250"); 4]);
    let unbroken = html(&judged::suite(vec![judged::held()]));
    assert!(!unbroken.contains("mark broken"));
}

#[test]
fn a_run_in_which_nothing_happened_is_a_page_too() {
    for run in [
        RunRecord::default(),
        runs::run(vec![runs::bare(Shard::new(START))]),
        runs::run(vec![runs::warm_up()]),
    ] {
        let page = html(&run);
        let elements = elements(&page);
        assert!(texts(&elements, "figure", "chart").is_empty());
        assert!(!page.contains("NaN") && !page.contains(" inf"), "{page}");
    }
}

#[test]
fn an_invalid_run_says_so_first() {
    let run = runs::run(vec![runs::open()]);
    assert!(matches!(run.validity, Validity::Invalid(_)));
    let page = html(&run);
    let elements = elements(&page);
    assert_eq!(texts(&elements, "p", "word"), ["INVALID"]);
    let reasons = texts(&elements, "li", "");
    assert!(reasons[0].contains("raise max_in_flight"), "{reasons:?}");
    let title = elements
        .iter()
        .find(|e| e.name == "title")
        .expect("a title");
    assert_eq!(title.text, "INVALID: Knowledge graph API");
}
