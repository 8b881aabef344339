//! A run that others watch while it goes on.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::endings::send;
use crate::plans::{Desk, getting};
use crate::prometheus::{self, Prometheus};
use crate::{check_refused, start};

/// A run on its way, and the address of its metrics.
pub(crate) struct Watched {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub(crate) address: String,
}

impl Watched {
    /// Begins `gatecrash run plan.yaml` with these words after it.
    pub(crate) fn begin(desk: &Desk, more: &[&str]) -> Watched {
        let args = [&["run", "plan.yaml", "--metrics-port", "0"], more].concat();
        let mut child = start(&mut desk.command(&args));
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "{said}");
            said += &line;
            if let Some((_, url)) = line.split_once("metrics at http://") {
                break url.trim().strip_suffix("/metrics").unwrap().to_owned();
            }
        };
        Watched {
            child,
            stderr,
            address,
        }
    }

    /// The metrics, as soon as they have `words`.
    fn metrics_with(&self, words: &str) -> String {
        prometheus::patiently(words, || {
            let text = get(&self.address, "/metrics", "text/plain;version=0.0.4");
            text.contains(words).then_some(text)
        })
    }

    /// Waits for its own end, which must be a good one.
    fn wait(mut self) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{said}");
    }

    /// Ends it by Ctrl-C; what was said on stderr until then.
    pub(crate) fn end(mut self) -> String {
        send("-INT", &self.child);
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(130), "{said}");
        said
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // One that was ended has no process any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of the answer to a request.
pub(crate) fn get(address: &str, path: &str, accept: &str) -> String {
    let (head, body) = answer(address, path, accept).unwrap();
    assert!(head.contains(" 200 "), "{head}");
    body
}

/// The head and the body of the answer to a request, whatever its status is.
pub(crate) fn answer(address: &str, path: &str, accept: &str) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\nAccept: {accept}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Ok((head.to_owned(), body.to_owned()))
}

/// Users who never come to an end, and a gauge, a cache and an objective to be told.
const PLAN: &str = "name: Shop\nhost: ${TARGET}\n\
    objectives: [p95 < 1m, error_rate < 50%]\n\
    users: { reader: { wait: 5ms, tasks: [\n\
    { get: '/search?q=\"1\"', name: 'say \"hi\" \\ twice' }, { get: /status/503, name: bad }] } }\n\
    scenarios:\n  warm: { users: 1, iterations: 3, measure: false }\n  main: { users: 2, for: 1h }\n";

#[test]
fn prometheus_collects_a_run_of_a_plan() {
    let Some(binary) = prometheus::binary("prometheus") else {
        return;
    };
    let desk = Desk::new(PLAN);
    let run = Watched::begin(&desk, &["--no-results"]);
    let server = Prometheus::start(&binary, &[&run.address]);
    let main = r#"scenario="main",name="bad""#;
    let number = |query: &str| server.number(query);
    assert!(number(&format!("gatecrash_requests_total{{{main}}} > 0")) > 0.0);
    let failures = format!(r#"gatecrash_errors_total{{{main},kind="status 503"}} > 0"#);
    assert!(number(&failures) > 0.0);
    assert_eq!(number("up"), 1.0);
    assert_eq!(number(r#"gatecrash_users{scenario="main"} == 2"#), 2.0);
    let p95 = "histogram_quantile(0.95, sum by (le) (gatecrash_response_time_seconds_bucket))";
    let p95 = number(p95);
    assert!(p95 > 0.0 && p95 < 60.0, "{p95}");
    let ended = r#"gatecrash_scenario_state{scenario="warm",state="ended"}"#;
    assert_eq!(number(ended), 1.0);
    let kept = r#"gatecrash_tasks_ended_total{scenario="warm"}"#;
    assert_eq!(number(&format!("sum({kept})")), 3.0);
    let holds = |text: &str| format!(r#"gatecrash_objective_holds{{objective="{text}"}}"#);
    assert_eq!(number(&holds("p95 < 1m")), 1.0);
    let odd = r#"locust_requests_num_requests{name="say \"hi\" \\ twice"} > 0"#;
    assert!(number(odd) > 0.0);
    assert_eq!(number("locust_users == 2"), 2.0);
    assert_eq!(number("locust_running"), 2.0);
    let cpu = number(r#"gatecrash_generator_cpu_ratio{scenario="main",lane="0"}"#);
    assert!((0.0..=2.0).contains(&cpu), "{cpu}");
    run.end();
}

#[test]
fn promtool_finds_nothing_to_say() {
    let Some(binary) = prometheus::binary("promtool") else {
        return;
    };
    let desk = Desk::new(PLAN);
    let run = Watched::begin(&desk, &["--no-results"]);
    let text = run.metrics_with(r#"gatecrash_errors_total{scenario="main""#);
    run.end();
    let mut tool = Command::new(binary)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = tool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = tool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    // The exporter's names are what they are.
    let of_others = |line: &&str| line.starts_with("locust_");
    let ours: Vec<&str> = said.lines().filter(|line| !of_others(line)).collect();
    assert_eq!(ours, [""; 0], "{text}");
}

#[test]
fn the_numbers_served_are_those_of_the_record() {
    let plan = getting("/", "a: { users: 1, iterations: 20 }")
        + "hooks: { after: [{ run: [sleep, '4'], name: last }] }\n";
    let desk = Desk::new(&plan);
    let run = Watched::begin(&desk, &["--results", "out"]);
    let text = run.metrics_with(r#"gatecrash_scenario_state{scenario="a",state="ended"} 1"#);
    let series = r#"gatecrash_requests_total{scenario="a",method="GET",name="/"} 20"#;
    assert!(text.contains(series), "{text}");
    assert!(text.contains("\nlocust_running 0\n"), "{text}");
    run.wait();
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    assert_eq!(record["scenarios"][0]["endpoints"][0]["requests"], 20);
}

#[test]
fn a_port_that_is_taken_is_told_before_the_run() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let desk = Desk::new(&getting("/", "a: { users: 1, iterations: 1 }"));
    let args = ["run", "plan.yaml", "--metrics-port", &port];
    let said = [
        "cannot serve metrics on 127.0.0.1:",
        &port,
        "already in use",
    ];
    check_refused(&mut desk.command(&args), 97, &said);
    assert!(!desk.path("results").exists());
    assert_eq!(desk.received(), 0);
    let alone = ["run", "plan.yaml", "--metrics-host", "127.0.0.1"];
    check_refused_by_parser(&desk, &alone, "--metrics-port");
}

fn check_refused_by_parser(desk: &Desk, args: &[&str], word: &str) {
    let (code, _, stderr) = desk.ended(args);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains(word), "{stderr}");
}

#[test]
fn secrets_of_a_plan_are_in_no_metric() {
    let plan = getting("/echo", "a: { users: 1, for: 1h }");
    let desk = Desk::new(&plan.replace("name: Test", "name: Test ${WHAT}"));
    desk.write(".env", "WHAT=Tr0ub4dor\n");
    let run = Watched::begin(&desk, &["--no-results"]);
    let text = run.metrics_with("gatecrash_requests_total");
    assert!(text.contains("run=\"Test ***\""), "{text}");
    assert!(!text.contains("Tr0ub4dor"), "{text}");
    run.end();
}

/// The trace ids of the target's echoes would be in its answers; here they are in the record.
#[test]
fn the_slowest_requests_are_told_by_their_traces() {
    let desk = Desk::new(&getting("/echo", "a: { users: 2, iterations: 20 }"));
    let args = ["run", "plan.yaml", "--trace", "--results", "out"];
    let stdout = desk.check(&args, 0, &[]);
    let record: Value = serde_json::from_str(&desk.read("out/run.json")).unwrap();
    let slowest = record["scenarios"][0]["endpoints"][0]["slowest"].as_array();
    let slowest = slowest.unwrap();
    assert_eq!(slowest.len(), 10);
    let ids: Vec<&str> = slowest
        .iter()
        .map(|one| one["trace_id"].as_str().unwrap())
        .collect();
    assert!(
        ids.iter()
            .all(|id| id.len() == 32 && id[..16] == ids[0][..16])
    );
    assert_eq!(slowest[0]["status"], 200);
    let summary = desk.read("out/summary.md");
    assert!(stdout.contains("slowest requests"), "{stdout}");
    for id in ids {
        assert!(stdout.contains(id), "{id} is not in {stdout}");
        assert!(summary.contains(id), "{id} is not in {summary}");
    }
    // Read back and told again.
    let again = desk.check(&["report", "out"], 0, &[]);
    assert!(again.contains("slowest requests"), "{again}");
    let plain = Desk::new(&getting("/echo", "a: { users: 1, iterations: 2 }"));
    let stdout = plain.check(&["run", "plan.yaml", "--results", "out"], 0, &[]);
    assert!(!stdout.contains("slowest requests"), "{stdout}");
    assert!(!plain.read("out/run.json").contains("slowest"));
}
