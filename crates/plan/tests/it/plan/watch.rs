//! What is watched beside the load.

use std::path::Path;
use std::time::Duration;

use gatecrash_metrics::Unit;
use gatecrash_metrics::objective::term::Subject;
use gatecrash_metrics::watch::{ProcessBy, Source, Watch, gauges};
use gatecrash_plan::watch_option;

use super::{faults, plan};

/// A plan that watches this.
fn with(watch: &str) -> String {
    format!(
        "watch: {watch}\nhost: http://h\nusers: {{ u: {{ tasks: [{{ get: / }}] }} }}\nscenarios: {{ s: {{ users: 1, for: 1s }} }}\n"
    )
}

#[track_caller]
fn watch(source: &str) -> Watch {
    let mut all = plan(&with(&format!("{{ w: {source} }}"))).watches;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Names and units of what a source gives.
fn gives(source: &str) -> Vec<(String, Unit)> {
    let gauges = gauges(&[watch(source)]).into_iter();
    gauges.map(|g| (g.name.to_string(), g.unit)).collect()
}

/// The question that a query becomes.
fn asked(query: &str) -> (String, Unit) {
    let source = format!("{{ prometheus: http://p:9090, query: {{ q: {query} }} }}");
    match watch(&source).source {
        Source::Prometheus(server) => (
            server.queries[0].promql.clone(),
            server.queries[0].unit.clone(),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn processes_are_named_in_three_ways() {
    let by = |source: &str| match watch(source).source {
        Source::Process(by) => by,
        other => panic!("{other:?}"),
    };
    assert_eq!(by("{ process: 4711 }"), ProcessBy::Pid(4711));
    assert_eq!(by("{ process: \"${THREE}\" }"), ProcessBy::Pid(3));
    assert_eq!(
        by("{ process: uvicorn }"),
        ProcessBy::Name("uvicorn".to_owned())
    );
    assert_eq!(by("{ process: { port: 8010 } }"), ProcessBy::Port(8010));
    assert_eq!(by("{ process: { pid: 7 } }"), ProcessBy::Pid(7));
    assert_eq!(
        by("{ process: { name: \"12\" } }"),
        ProcessBy::Name("12".to_owned())
    );
}

#[test]
fn short_words_and_paces() {
    assert_eq!(watch("host").source, Source::Host);
    assert_eq!(watch("gpu").source, Source::Gpu(None));
    assert_eq!(watch("{ gpu: 1 }").source, Source::Gpu(Some(1)));
    assert_eq!(watch("host").every, Duration::from_secs(1));
    assert_eq!(
        watch("{ host: true, every: 5s }").every,
        Duration::from_secs(5)
    );
    let names: Vec<String> = gives("host").into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"w.cpu".to_owned()), "{names:?}");
}

#[test]
fn a_page_gives_what_is_taken_in_the_units_of_the_names() {
    let page = "{ prometheus_text: /metrics, take: { queue: depth, p95: 'p95 call_seconds', \
                hits: { select: hits, unit: share } } }";
    let expected = [
        ("w.queue", Unit::Count),
        ("w.p95", Unit::Seconds),
        ("w.hits", Unit::Share),
    ];
    assert_eq!(
        gives(page),
        expected.map(|(name, unit)| (name.to_owned(), unit))
    );
    match watch(page).source {
        Source::Exposition(page) => assert_eq!(page.url, "http://h/metrics"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_gives_what_it_prints() {
    assert_eq!(
        gives("{ command: ./n.sh }"),
        [("w.value".to_owned(), Unit::Count)]
    );
    let some = gives("{ command: [n, -q], take: { depth: count, lag: ms } }");
    assert_eq!(
        some,
        [
            ("w.depth".to_owned(), Unit::Count),
            ("w.lag".to_owned(), Unit::Ms)
        ]
    );
}

#[test]
fn the_usual_questions_are_promql() {
    let (promql, unit) = asked("{ p95: 'd_seconds{job=\"a\"}', over: 30s }");
    let expected =
        "histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket{job=\"a\"}[30000ms])))";
    assert_eq!((promql.as_str(), unit), (expected, Unit::Seconds));
    let (promql, unit) = asked("{ request_rate: r_total }");
    assert_eq!(
        (promql.as_str(), unit),
        ("sum(rate(r_total[60000ms]))", Unit::PerSecond)
    );
    let (promql, unit) = asked("{ error_ratio: r_total, status: code }");
    let expected = "(sum(rate(r_total{code=~\"5..\"}[60000ms])) or 0 * sum(rate(r_total{code!=\"\"}[60000ms]))) / sum(rate(r_total[60000ms]))";
    assert_eq!((promql.as_str(), unit), (expected, Unit::Share));
    assert_eq!(asked("max(up)"), ("max(up)".to_owned(), Unit::Count));
}

#[test]
fn objectives_speak_of_gauges_with_of_and_without() {
    let text = with("{ api: { process: 1 } }");
    let of = |objective: &str| {
        let text = format!("objectives: ['{objective}']\n{text}");
        plan(&text).objectives.remove(0)
    };
    for text in ["avg of api.cpu < 70%", "avg api.cpu < 70%"] {
        let objective = of(text);
        let term = objective.terms()[0].clone();
        assert_eq!(term.subject, Subject::Mean("api.cpu".into()), "{text}");
        assert_eq!(term.scope.endpoint, None);
        assert_eq!(objective.text, text);
    }
    assert!(
        of("growth of api.memory < 1% per 10m")
            .stop_fault()
            .is_some()
    );
    of("api.memory between 1MB and 2GB");
    of("avg of generator.cpu < 90%");
    assert_eq!(
        of("last of api.files < 10").terms()[0].subject,
        Subject::Last("api.files".into())
    );
    // An endpoint with that name is none of the gauges.
    assert!(
        of("p95 of /api.cpu < 1s").terms()[0]
            .scope
            .endpoint
            .is_some()
    );
}

#[test]
fn a_scenario_may_hold_a_gauge_to_a_limit() {
    let text = with("{ api: { process: 1 } }")
        .replace("for: 1s", "for: 1s, objectives: [max of api.cpu < 1]");
    let objective = &plan(&text).scenarios[0].objectives[0];
    assert_eq!(objective.terms()[0].subject, Subject::Max("api.cpu".into()));
}

/// The faults of one source.
#[track_caller]
fn check(source: &str, expected: &[&str]) {
    let found = faults(&with(&format!("{{ w: {source} }}")));
    let found: Vec<&str> = found
        .iter()
        .map(|f| f.split_once(' ').map_or(&**f, |(_, what)| what))
        .collect();
    assert_eq!(found.len(), expected.len(), "{source}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{source}: {found}");
    }
}

#[test]
fn what_cannot_be_watched_is_told() {
    check("{}", &["a watch needs one of `process`"]);
    check("disk", &["not \"disk\""]);
    check(
        "{ process: 1, container: x }",
        &["either `process` or `container`"],
    );
    check("{ process: 0 }", &["no process has the number 0"]);
    check("{ process: { port: 70000 } }", &["a port is from 1"]);
    check("{ process: /usr/bin/x }", &["without folders"]);
    check(
        "{ host: true, every: 10ms }",
        &["more often than every 100ms"],
    );
    check("{ host: true, take: { a: b } }", &["`take` belongs to"]);
    check("{ prometheus_text: /m }", &["needs `take`"]);
    check(
        "{ prometheus_text: /m, take: { a: 'p95' , b: 'sum(x)' } }",
        &["does not belong here"],
    );
    check(
        "{ prometheus_text: /m, take: { a: 'x{k=~\"(\"}' } }",
        &["is no pattern"],
    );
    check("{ prometheus: /p, query: { a: up } }", &["is not a URL"]);
    check("{ prometheus: http://p }", &["needs `query`"]);
    check(
        "{ prometheus: http://p, query: { a: { p95: 'p95 x' } } }",
        &["are enough here"],
    );
    check("{ command: ' ' }", &["the command is empty"]);
}

#[test]
fn names_are_checked() {
    let found = faults(&with("{ a-b: host, generator: host, ok: host }"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("cannot be the name of a watch"),
        "{found:#?}"
    );
    assert!(found[1].contains("kept for something else"), "{found:#?}");
    let text = format!("metrics: {{ w.cpu: gauge }}\n{}", with("{ w: host }"));
    assert!(faults(&text)[0].contains("`w.cpu` stands under `metrics` as well"));
    let text = format!(
        "objectives: [avg of api.cup < 1s]\n{}",
        with("{ api: { process: 1 } }")
    );
    // Not a gauge, so an endpoint that may come.
    plan(&text);
    let text = format!(
        "objectives: [avg of api.cup < 70%]\n{}",
        with("{ api: { process: 1 } }")
    );
    assert!(faults(&text)[0].contains("did you mean `api.cpu`?"));
}

#[test]
fn an_option_says_what_a_plan_would() {
    let read = |text: &str| watch_option::parse(text, &|_| None, Path::new("/here"));
    let found = read("api=process: { port: 8010 }").expect("a watch");
    assert_eq!(
        (found.name.as_str(), found.source),
        ("api", Source::Process(ProcessBy::Port(8010)))
    );
    assert_eq!(read("m=host").expect("a watch").source, Source::Host);
    let told = |text: &str| read(text).expect_err(text);
    assert!(told("host").contains("names no source"));
    assert!(told("m=disk").contains("not \"disk\""));
    assert!(told("a-b=host").contains("cannot be the name"));
    assert!(told("m={").contains("--watch"));
}
