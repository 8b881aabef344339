//! Flame graphs where tools are absent, or are what a test puts there.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::ended;
use crate::plans::{Desk, getting};
use crate::prometheus::binary;

/// A process that ends when it is dropped.
struct Process(Child);

impl Process {
    /// One that sleeps, whose program is called so.
    fn sleeping(name: &str, desk: &Desk) -> Process {
        let program = desk.path(name);
        fs::copy("/bin/sleep", &program).unwrap();
        let _alone = crate::starting();
        let child = Command::new(program)
            .arg("600")
            .stdin(Stdio::null())
            .spawn();
        Process(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A plan with a profile of a process beside its scenario.
fn desk() -> Desk {
    let scenario = "s: { users: 1, for: 2s, profile: { pid: PID, for: 1s } }";
    Desk::new(&getting("/service", scenario))
}

/// Puts a script into `bin`, the only folder in which programs are found.
fn install(desk: &Desk, name: &str, script: &str) {
    let _alone = crate::starting();
    let bin = desk.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let file = bin.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the plan on that process; what it told, and the pictures in its results.
fn run(desk: &Desk, sleeper: &Process) -> (String, Vec<String>) {
    let plan = desk
        .read("plan.yaml")
        .replace("PID", &sleeper.0.id().to_string());
    desk.write("plan.yaml", &plan);
    fs::create_dir_all(desk.path("bin")).unwrap();
    let mut command = desk.command(&["run", "plan.yaml", "--results", "kept"]);
    let (code, stdout, stderr) = ended(command.env("PATH", desk.path("bin")));
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let names = fs::read_dir(desk.path("kept")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    (
        stdout,
        names.filter(|name| name.contains("flame")).collect(),
    )
}

/// A text without its breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Writes folded stacks to the file behind `-o`.
const PY_SPY: &str = "[ \"$1\" = --version ] && exit 0\n\
    while [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n\
    echo 'main (a.py:1);<lambda> (a.py:7) 30' > \"$out\"\n";

/// Counts no cycles, as a virtual machine; by a timer it samples.
const PERF: &str = "[ \"$1\" = --version ] && exit 0\n\
    if [ \"$1\" = script ]; then printf 'api \\n\\t 7f read (/lib/libc.so)\\n\\n'; exit 0; fi\n\
    case \"$*\" in *'-e cpu-clock'*) ;; *) echo 'The cycles event is not supported.' >&2; exit 255;; esac\n\
    while [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n\
    echo data > \"$out\"\n";

#[test]
fn an_absent_tool_is_told_and_the_run_goes_on() {
    let desk = desk();
    let sleeper = Process::sleeping("api", &desk);
    let (stdout, pictures) = run(&desk, &sleeper);
    assert!(pictures.is_empty(), "{pictures:?}");
    let told = "perf is not installed (the package linux-perf, perf or linux-tools of your system)";
    assert!(flat(&stdout).contains(told), "{stdout}");
}

#[test]
fn python_is_looked_at_by_py_spy() {
    let desk = desk();
    install(&desk, "py-spy", PY_SPY);
    install(&desk, "perf", "exit 3\n");
    let sleeper = Process::sleeping("python3.11", &desk);
    let (stdout, pictures) = run(&desk, &sleeper);
    assert_eq!(pictures, ["flame-s.svg"], "{stdout}");
    let told = "30 samples by py-spy; kept as flame-s.svg";
    assert!(flat(&stdout).contains(told), "{stdout}");
    let svg = desk.read("kept/flame-s.svg");
    assert!(
        svg.contains("&lt;lambda&gt; (a.py:7) · 30 samples"),
        "{svg}"
    );
    let summary = desk.read("kept/summary.md");
    assert!(summary.contains("flame-s.svg"), "{summary}");
}

#[test]
fn without_cycles_a_timer_does() {
    let desk = desk();
    install(&desk, "perf", PERF);
    let sleeper = Process::sleeping("python3.11", &desk);
    let (stdout, pictures) = run(&desk, &sleeper);
    assert_eq!(pictures, ["flame-s.svg"], "{stdout}");
    assert!(flat(&stdout).contains("1 sample by perf"), "{stdout}");
    assert!(
        desk.read("kept/flame-s.svg")
            .contains("<title>read · 1 sample,")
    );
}

#[test]
fn what_a_tool_may_not_do_is_told() {
    let desk = desk();
    let refusing = "[ \"$1\" = --version ] && exit 0\necho 'Permission denied' >&2; exit 1\n";
    install(&desk, "perf", refusing);
    let sleeper = Process::sleeping("api", &desk);
    let (stdout, pictures) = run(&desk, &sleeper);
    assert!(pictures.is_empty(), "{pictures:?}");
    let told = format!(
        "perf may not look at process {}: run as root",
        sleeper.0.id()
    );
    assert!(flat(&stdout).contains(&told), "{stdout}");
}

/// Says that it is there, and is busy until it is ended.
const BUSY: &str =
    "def inner():\n    return sum(range(10000))\nprint(1, flush=True)\nwhile True: inner()\n";

#[test]
fn the_real_py_spy_sees_functions_of_python() {
    let (Some(py_spy), Some(python)) = (binary("py-spy"), binary("python3")) else {
        return;
    };
    let desk = desk();
    let mut python = Command::new(python);
    python.args(["-c", BUSY]).stdin(Stdio::null());
    let mut busy = Process(crate::start(&mut python));
    let mut said = [0; 1];
    let out = busy.0.stdout.as_mut().unwrap();
    out.read_exact(&mut said).unwrap();
    fs::create_dir_all(desk.path("bin")).unwrap();
    std::os::unix::fs::symlink(py_spy, desk.path("bin/py-spy")).unwrap();
    let (stdout, pictures) = run(&desk, &busy);
    let forbidden = format!("py-spy may not look at process {}: ", busy.0.id());
    if flat(&stdout).contains(&forbidden) {
        assert!(pictures.is_empty(), "{pictures:?}");
        return;
    }
    assert_eq!(pictures, ["flame-s.svg"], "{stdout}");
    let svg = desk.read("kept/flame-s.svg");
    assert!(svg.contains("<title>inner (&lt;string&gt;:2) · "), "{svg}");
}
