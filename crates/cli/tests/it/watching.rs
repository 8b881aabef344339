//! What is watched while a plan runs, against processes, pages and a Prometheus that are real.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::{ended, gatecrash, start};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A target of its own process, and its address.
fn target(options: &[&str]) -> (Running, String) {
    let arguments = [&["target", "plain", "--port", "0"], options].concat();
    let mut child = start(&mut gatecrash(&arguments));
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut first).expect("its address");
    let url = first
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    (Running(child), url.expect("an address").to_owned())
}

fn port_of(url: &str) -> &str {
    url.rsplit_once(':').expect("a port").1
}

/// What came of a run.
struct Told {
    code: i32,
    out: String,
    record: Value,
}

/// Runs a plan with these lines at its top, one user for so long.
fn run(url: &str, top: &str, seconds: u32) -> Told {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.yaml");
    let text = format!(
        "host: {url}\n{top}\nusers: {{ u: {{ wait: 20ms, tasks: [{{ get: /json }}] }} }}\n\
         scenarios: {{ s: {{ users: 1, for: {seconds}s }} }}\n"
    );
    fs::write(&plan, text).expect("written");
    let results = folder.path().join("results");
    let path = |path: &Path| path.to_str().expect("a name").to_owned();
    let mut command = gatecrash(&["run", &path(&plan), "--quiet", "--results", &path(&results)]);
    // A `command:` of a plan needs a shell's usual programs.
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let (code, out, errors) = ended(&mut command);
    let record = fs::read_to_string(results.join("run.json"));
    let record = record.unwrap_or_else(|_| panic!("no record: {out}{errors}"));
    Told {
        code,
        out,
        record: serde_json::from_str(&record).expect("JSON"),
    }
}

impl Told {
    /// What the verdict on an objective was, and what was observed.
    fn outcome(&self, place: usize) -> &str {
        self.record["verdicts"][place]["outcome"]
            .as_str()
            .unwrap_or_default()
    }

    /// A series of the scenario.
    fn gauge(&self, name: &str) -> &Value {
        &self.record["scenarios"][0]["metrics"][name]
    }

    fn mean(&self, name: &str) -> f64 {
        let gauge = self.gauge(name);
        let number = |key: &str| gauge[key].as_f64().unwrap_or(f64::NAN);
        number("sum") / number("count")
    }

    fn says(&self, text: &str) {
        let words: Vec<&str> = self.out.split_whitespace().collect();
        assert!(
            words.join(" ").contains(text),
            "{text:?} is not in:\n{}",
            self.out
        );
    }
}

#[test]
fn a_leak_breaks_the_growth_of_memory_and_a_level_process_does_not() {
    let (_leaky, leaky) = target(&["--leak", "1000000"]);
    let (_level, level) = target(&[]);
    let top = format!(
        "watch: {{ leaky: {{ process: {{ port: {} }}, every: 500ms }}, level: {{ process: {{ port: {} }}, every: 500ms }} }}\n\
         objectives:\n  - growth of leaky.memory < 50% per 10m\n  - growth of level.memory < 50% per 10m\n  \
         - max of level.memory < 1GB\n  - avg of level.cpu between 0% and 80%",
        port_of(&leaky),
        port_of(&level),
    );
    let told = run(&level, &top, 15);
    assert_eq!(told.outcome(0), "failed", "{}", told.out);
    for passes in 1..=3 {
        assert_eq!(told.outcome(passes), "passed", "{}", told.out);
    }
    assert_eq!(told.code, 99);
}

/// Burns half of the time, and prints how much it has burnt.
const HALF: &str = "
import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    until = time.process_time() + 0.005
    while time.process_time() < until:
        pass
    time.sleep(0.005)
    print(time.monotonic(), time.process_time(), flush=True)
";

#[test]
fn cpu_is_read_as_the_process_itself_counts_it() {
    let (_target, url) = target(&[]);
    let mut burner = Command::new("python3");
    burner.args(["-c", HALF, "6"]).stdout(Stdio::piped());
    let mut burner = Running(burner.spawn().expect("Python"));
    let out = burner.0.stdout.take().expect("piped");
    let reader = thread::spawn(move || {
        let lines = BufReader::new(out).lines().map_while(Result::ok);
        let pair = |line: String| -> Option<(f64, f64)> {
            let (at, used) = line.split_once(' ')?;
            Some((at.parse().ok()?, used.parse().ok()?))
        };
        lines.filter_map(pair).collect::<Vec<(f64, f64)>>()
    });
    let told = run(
        &url,
        &format!("watch: {{ burner: {{ process: {} }} }}", burner.0.id()),
        5,
    );
    drop(burner);
    let counted = reader.join().expect("no panic");
    let (first, last) = (counted[counted.len() / 8], counted[counted.len() - 1]);
    let own = (last.1 - first.1) / (last.0 - first.0);
    let read = told.mean("burner.cpu");
    // Both look at other instants; on an idle machine both say 0.5.
    assert!((read - own).abs() < 0.1, "read {read}, itself {own}");
}

#[test]
fn a_process_that_ends_is_told_and_ends_nothing() {
    let (_target, url) = target(&[]);
    let mut short = Command::new("sleep").arg("1.5").spawn().expect("sleep");
    let pid = short.id();
    let reaper = thread::spawn(move || short.wait());
    let top =
        format!("watch: {{ api: {{ process: {pid} }} }}\nobjectives: [max of api.memory < 1GB]");
    let told = run(&url, &top, 4);
    told.says(&format!(
        "watch api cannot be read: process {pid} has ended"
    ));
    assert_eq!((told.code, told.outcome(0)), (0, "passed"), "{}", told.out);
    reaper.join().expect("no panic").expect("ended");
}

/// A control group of the test's own, in version 1.
struct Group(Vec<std::path::PathBuf>);

impl Group {
    fn new(pid: u32) -> Option<Group> {
        let name = format!("gatecrash-test-{pid}");
        let folders =
            ["cpuacct", "memory"].map(|one| Path::new("/sys/fs/cgroup").join(one).join(&name));
        for folder in &folders {
            fs::create_dir(folder).ok()?;
            fs::write(folder.join("cgroup.procs"), pid.to_string()).ok()?;
        }
        Some(Group(folders.into()))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[test]
fn a_control_group_of_version_1_is_read_while_it_works() {
    let (_target, url) = target(&[]);
    // Memory counts in the group in which it was first touched: the program begins when it is in.
    let burner = Command::new("sh")
        .args(["-c", "read joined; exec python3 -c \"$0\" 6", HALF])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let mut burner = Running(burner.expect("a shell"));
    let Some(group) = Group::new(burner.0.id()) else {
        // Version 2, or no rights: recorded trees are read in the crate `monitor`.
        assert!(!Path::new("/sys/fs/cgroup/cpuacct/cgroup.procs").exists() || !rustix_is_root());
        return;
    };
    let mut joined = burner.0.stdin.take().expect("piped");
    joined.write_all(b"joined\n").expect("it waits for this");
    let name = group.0[0]
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name")
        .to_owned();
    let told = run(
        &url,
        &format!("watch: {{ box: {{ container: {name} }} }}"),
        4,
    );
    let cpu = told.mean("box.cpu");
    assert!((0.02..=0.9).contains(&cpu), "{cpu}: {}", told.out);
    let memory = told.mean("box.memory");
    assert!((1e6..1e9).contains(&memory), "{memory}: {}", told.out);
    drop(burner);
    thread::sleep(Duration::from_millis(200));
    drop(group);
}

fn rustix_is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Answers every connection with what `answer` writes.
fn server(answer: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    url
}

/// Two hundred megabytes of metrics.
fn flood(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n");
    let piece = b"noise 1\n".repeat(8192);
    for _ in 0..3100 {
        if stream.write_all(&piece).is_err() {
            return;
        }
    }
}

/// Takes the request and says nothing.
fn silence(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    thread::sleep(Duration::from_secs(30));
}

#[test]
fn sources_that_misbehave_are_told_and_hold_nobody_up() {
    let (_target, url) = target(&[]);
    let (flooding, silent) = (server(flood), server(silence));
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    let top = format!(
        "watch:\n  flood: {{ prometheus_text: {flooding}/metrics, take: {{ a: b }} }}\n  \
         silent: {{ prometheus_text: {silent}/metrics, take: {{ a: b }} }}\n  \
         nobody: {{ prometheus_text: {nobody}/metrics, take: {{ a: b }} }}\n  \
         page: {{ prometheus_text: {url}/json, take: {{ a: b }} }}\n  \
         gone: {{ prometheus_text: {url}/status/404, take: {{ a: b }} }}\n  \
         machine: host\n  card: gpu\n\
         objectives: [max of machine.cpu <= 100%, last of silent.a < 1]"
    );
    let told = run(&url, &top, 7);
    told.says("watch flood cannot be read");
    told.says("the body is larger than 16777216 bytes");
    told.says("watch silent cannot be read");
    told.says("watch nobody cannot be read");
    told.says("watch page cannot be read: this is no page of metrics");
    told.says("watch gone cannot be read");
    told.says("answered with status 404");
    assert_eq!(
        (told.outcome(0), told.outcome(1)),
        ("passed", "no data"),
        "{}",
        told.out
    );
    let readings = told.gauge("machine.memory")["count"].as_u64();
    assert!(readings.is_some_and(|count| count >= 6), "{readings:?}");
    assert_eq!(told.code, 99);
}

/// A Prometheus that scrapes this target every second.
fn prometheus(target: &str, folder: &Path) -> (Running, String) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let config = folder.join("prometheus.yml");
    let host = target.strip_prefix("http://").expect("plain");
    let text = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n- job_name: target\n  \
         static_configs: [{{ targets: ['{host}'] }}]\n"
    );
    fs::write(&config, text).expect("written");
    let started = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(started.expect("Debian's package prometheus must be installed"));
    let url = format!("http://{address}");
    for _ in 0..200 {
        // Ready is not enough: the target must have been scraped.
        if get(&url, "/api/v1/query?query=up==1").contains("\"value\"") {
            return (running, url);
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the Prometheus does not get ready");
}

fn get(url: &str, path: &str) -> String {
    let host = url.strip_prefix("http://").expect("plain");
    let Ok(mut stream) = TcpStream::connect(host) else {
        return String::new();
    };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_prometheus_says_what_our_gauges_say() {
    let (_target, url) = target(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, prometheus) = prometheus(&url, folder.path());
    let top = format!(
        "watch:\n  page: {{ prometheus_text: /metrics, take: {{ calls: 'value http_requests_total{{path=\"/json\"}}', \
         rate: 'http_requests_total{{path=\"/json\"}}', p95: 'p95 http_request_duration_seconds{{path=\"/json\"}}' }} }}\n  \
         prom:\n    prometheus: {prometheus}\n    query:\n      \
         calls: 'http_requests_total{{path=\"/json\"}}'\n      \
         rate: {{ request_rate: 'http_requests_total{{path=\"/json\"}}', over: 3s }}\n      \
         p95: {{ p95: 'http_request_duration_seconds{{path=\"/json\"}}', over: 5s }}\n      \
         errors: {{ error_ratio: 'http_requests_total{{path=\"/json\"}}', over: 5s }}\n      \
         wrong_label: {{ error_ratio: http_requests_total, status: code, over: 5s }}\n      \
         points: {{ promql: 'http_requests_total{{path=\"/json\"}}', step: 1s }}\n      \
         broken: 'sum('\n      several: up or http_requests_total\n\
         objectives: [max of prom.errors <= 0%]"
    );
    let told = run(&url, &top, 9);
    let requests = told.record["scenarios"][0]["total"]["requests"]
        .as_f64()
        .expect("counted");
    // The last values seen are those of up to two seconds before the end.
    let last = |name: &str| told.gauge(name)["last"].as_f64().unwrap_or(f64::NAN);
    for name in ["page.calls", "prom.calls", "prom.points"] {
        let seen = last(name);
        assert!(
            seen > requests * 0.5 && seen <= requests,
            "{name}: {seen} of {requests}\n{}",
            told.out
        );
    }
    let (ours, theirs) = (told.mean("page.rate"), told.mean("prom.rate"));
    assert!(
        (ours / theirs - 1.0).abs() < 0.35,
        "{ours} and {theirs} per second"
    );
    for name in ["page.p95", "prom.p95"] {
        let p95_s = told.mean(name);
        assert!(p95_s > 0.0 && p95_s <= 0.1, "{name}: {p95_s}");
    }
    assert_eq!(told.outcome(0), "passed", "{}", told.out);
    assert_eq!(
        told.gauge("prom.wrong_label"),
        &Value::Null,
        "a wrong label is no 0"
    );
    told.says("watch prom.broken cannot be read: Prometheus says bad_data:");
    told.says("unclosed left parenthesis");
    told.says("make them one, as with sum(…) or max(…)");
}
