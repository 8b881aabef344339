"""Objectives, results and the page of Locust-style runs: what is told, what is kept, how it ends.

Each run is a process against a target of its own, and does a counted number of iterations.
"""

import json
import re
import signal
import subprocess
import sys
import textwrap

import pytest

PATIENCE_S = 60

FILE = """
import sys
from gatecrash import metrics
from locust import HttpUser, constant, events, task

served = metrics.counter("served")
depth = metrics.gauge("depth", unit="jobs")
even = metrics.rate("even")
size = metrics.trend("size", unit="bytes")

class Visitor(HttpUser):
    wait_time = constant(0)
    seen = 0

    @task
    def visit(self):
        self.seen += 1
        served.add(3)
        depth.set(10 - self.seen)
        even.add(self.seen % 2 == 0)
        size.add(self.seen)
        self.client.get("/")
        self.more()

    def more(self):
        pass
"""

FAILS_EVERY_FOURTH = """
def more(self):
    if self.seen % 4 == 0:
        self.client.get("/status/500")
Visitor.more = more
"""


class Ran:
    """A run that has ended."""

    def __init__(self, process: subprocess.CompletedProcess):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def verdicts(self) -> dict[str, str]:
        """The objectives and what came of them, as the lines tell."""
        line = re.compile(r"^  (PASS|WARN|FAIL|NO DATA) +(\S.*?)  +\S+.*$", re.M)
        return {text: outcome for outcome, text in line.findall(self.err)}

    def says(self, text: str) -> bool:
        return text in self.err


@pytest.fixture
def start(spawn, tmp_path, target):
    """Starts a headless run of `FILE` + `text`."""

    def begin(*arguments: str, text: str = "") -> subprocess.Popen:
        (tmp_path / "locustfile.py").write_text(FILE + textwrap.dedent(text))
        return spawn(sys.executable, "-m", "gatecrash", "-H", target, "--only-summary", *arguments)

    return begin


@pytest.fixture
def run(start):
    """Runs eight iterations of one user to their end, or as `arguments` say."""

    def to_the_end(*arguments: str, objectives=(), bare: bool = False, text: str = "") -> Ran:
        asked = [word for objective in objectives for word in ("--objective", objective)]
        load = () if bare else ("--headless", "-u", "1", "--iterations", "8")
        process = start(*load, *asked, *arguments, text=text)
        out, err = process.communicate(timeout=PATIENCE_S)
        return Ran(subprocess.CompletedProcess((), process.returncode, out, err))

    return to_the_end


@pytest.fixture
def check(tmp_path):
    """Runs `gatecrash check`."""

    def judged(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "gatecrash", "check", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    return judged


def test_objectives_that_hold_end_with_0(run):
    objectives = ["p95 < 1m", "error_rate == 0", "requests == 8", "users == 1"]
    ran = run(objectives=objectives)
    assert ran.verdicts == dict.fromkeys(objectives, "PASS"), ran.err
    assert ran.code == 0
    assert ran.says("Shutting down (exit code 0)")


def test_an_objective_that_is_missed_ends_with_99(run):
    ran = run(objectives=["p95 < 1m", "requests > 8"])
    assert ran.verdicts == {"p95 < 1m": "PASS", "requests > 8": "FAIL"}, ran.err
    assert ran.code == 99
    assert ran.says("Shutting down (exit code 99)")


def test_no_data_never_passes(run):
    objectives = ["p95 of /nowhere < 1m", "p95 ttft < 1m", "last unheard_of < 5", "missed < 1"]
    ran = run(objectives=objectives)
    assert ran.verdicts == dict.fromkeys(objectives, "NO DATA"), ran.err
    assert ran.code == 99


def test_failures_decide_only_where_an_objective_says_so(run):
    without = run(text=FAILS_EVERY_FOURTH)
    assert (without.code, without.verdicts) == (1, {})
    held = run(objectives=["error_rate <= 20%"], text=FAILS_EVERY_FOURTH)
    assert (held.code, held.verdicts) == (0, {"error_rate <= 20%": "PASS"}), held.err
    missed = run(objectives=["failures < 2"], text=FAILS_EVERY_FOURTH)
    assert (missed.code, missed.verdicts) == (99, {"failures < 2": "FAIL"}), missed.err


def test_a_task_that_raises_decides_only_without_objectives(run):
    text = """
    def more(self):
        raise RuntimeError("no")
    Visitor.more = more
    """
    assert run(text=text).code == 1
    assert run(objectives=["error_rate == 0"], text=text).code == 0


def test_a_listener_that_raises_ends_with_2(run):
    text = """
    @events.request.add_listener
    def _(**_):
        raise RuntimeError("no")
    """
    assert run(objectives=["requests == 8"], text=text).code == 2
    assert run(objectives=["requests == 9"], text=text).code == 2


@pytest.mark.parametrize("objective", ["requests == 8", "requests == 9"])
def test_the_file_has_the_last_word(run, objective):
    text = """
    @events.quitting.add_listener
    def _(environment, **_):
        environment.process_exit_code = 7
    """
    ran = run(objectives=[objective], text=text)
    assert ran.code == 7
    assert len(ran.verdicts) == 1


def test_listeners_of_quit_hear_the_exit_code(run):
    text = """
    @events.quit.add_listener
    def _(exit_code, **_):
        print("heard", exit_code)
    """
    assert "heard 99" in run(objectives=["requests == 9"], text=text).out


def test_an_interrupted_run_is_judged_by_what_it_did(start):
    text = """
    def more(self):
        if self.seen == 3:
            print("under way", flush=True)
            import time
            time.sleep(60)
    Visitor.more = more
    """
    words = ["--headless", "-u", "1", "--objective", "requests == 3"]
    process = start(*words, text=text)
    assert process.stdout.readline() == "under way\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    ran = Ran(subprocess.CompletedProcess((), process.returncode, out, err))
    assert (ran.code, ran.verdicts) == (0, {"requests == 3": "PASS"}), err


def test_what_the_file_counts_is_judged_and_told(run):
    objectives = ["sum served == 24", "last depth == 2", "rate even == 50%", "max size == 8"]
    ran = run(objectives=objectives)
    assert ran.verdicts == dict.fromkeys(objectives, "PASS"), ran.err
    for name in ("served", "depth", "even", "size"):
        assert re.search(rf"^ +{name}\b", ran.err, re.M), ran.err


def test_a_rate_is_judged_as_well(run):
    load = ("--rate", "20/s", "-t", "1")
    held = ["requests == 20", "sum served == 60", "missed == 0"]
    ran = run(*load, objectives=held, bare=True)
    assert ran.verdicts == dict.fromkeys(held, "PASS"), ran.err
    assert ran.code in (0, 98)
    ran = run(*load, objectives=["requests > 20"], bare=True)
    assert ran.verdicts == {"requests > 20": "FAIL"}, ran.err
    assert ran.code in (99, 98)


OTHER_CLASS = """
from locust import FastHttpUser

class Other(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        with self.client.get("/delay/400", catch_response=True) as response:
            response.success()

@events.quit.add_listener
def _(**_):
    print("follows", environment_of_run.runner.follow_user is not None)

@events.init.add_listener
def _(environment, **_):
    global environment_of_run
    environment_of_run = environment
"""

TWO_CLASSES = ["p95 of user Visitor < 300ms", "p95 of user Other < 300ms"]


@pytest.mark.parametrize(
    "load",
    [("-u", "2", "-r", "2", "--iterations", "8"), ("--rate", "8/s", "-t", "1", "--seed", "7")],
    ids=["users", "rate"],
)
def test_a_class_of_users_is_judged_by_itself(run, tmp_path, load):
    objectives = [*TWO_CLASSES, "error_rate of user Other == 0", "p95 of user Nobody < 1m"]
    words = ("--headless", "--results", "kept", *load)
    ran = run(*words, objectives=objectives, bare=True, text=OTHER_CLASS)
    outcomes = ["PASS", "FAIL", "PASS", "NO DATA"]
    assert ran.verdicts == dict(zip(objectives, outcomes, strict=True)), ran.err
    assert ran.code in (99, 98)
    [scenario] = json.loads((tmp_path / "kept/run.json").read_text())["scenarios"]
    by_class = {each["name"]: each["requests"] for each in scenario["classes"]}
    by_name = {each["name"]: each["requests"] for each in scenario["endpoints"]}
    assert by_class.pop("Nobody", 0) == 0
    assert by_class == {"Visitor": by_name["/"], "Other": by_name["/delay/400"]}
    assert sum(by_class.values()) == 8


def test_nobody_is_followed_unless_somebody_asks(run):
    plain = run(objectives=["p95 < 1m", "error_rate == 0"], text=OTHER_CLASS)
    assert "follows False" in plain.out, plain.err
    followed = run(objectives=TWO_CLASSES[:1], text=OTHER_CLASS)
    assert "follows True" in followed.out, followed.err


LISTENS = """
@events.request.add_listener
def _(**_):
    pass
"""


@pytest.mark.parametrize("text", ["", LISTENS], ids=["by the engine", "by a listener"])
@pytest.mark.parametrize(
    "load",
    [("-u", "1", "--iterations", "8"), ("--rate", "8/s", "-t", "1")],
    ids=["users", "rate"],
)
def test_what_answers_tell_is_judged_whoever_records_them(run, load, text):
    visits = """
    def more(self):
        self.client.get("/cached/a?work=0", name="cached")
        self.client.get("/limited?rate=0&retry=7", name="limited")
        self.client.post("/v1/messages?tokens=10", name="chat", json={
            "model": "m", "max_tokens": 100,
            "messages": [{"role": "user", "content": "one two three four"}]})
    Visitor.more = more
    """
    objectives = [
        "cache_hit_rate > 80%",
        "max retry_after == 7s",
        "state.rate_limited == 8",
        "sum tokens == 80",
        "avg tokens_in of chat == 4",
        "goodput(response_time < 1m) of cached > 0",
    ]
    visits = textwrap.dedent(visits) + text
    ran = run("--headless", *load, objectives=objectives, bare=True, text=visits)
    assert ran.verdicts == dict.fromkeys(objectives, "PASS"), ran.err


def test_the_page_is_written(run, tmp_path):
    ran = run("--html", "pages/{u}-users.html", objectives=["p95 of / < 1m"])
    assert ran.code == 0, ran.err
    page = (tmp_path / "pages/1-users.html").read_text()
    assert page.startswith("<!") and "p95 of / &lt; 1m" in page
    # Without an objective it says what happened, and the exit code is Locust's.
    ran = run("--html", "page.html", text=FAILS_EVERY_FOURTH)
    assert ran.code == 1
    assert "/status/500" in (tmp_path / "page.html").read_text()


def test_the_page_of_a_job_gets_the_summary(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    (tmp_path / "job.md").write_text("# before\n")
    assert run(objectives=["requests == 8"]).code == 0
    text = (tmp_path / "job.md").read_text()
    assert text.startswith("# before\n") and "requests == 8" in text
    assert run().code == 0
    assert (tmp_path / "job.md").read_text() == text, "a run that asks for nothing writes nothing"


def test_a_page_that_cannot_be_written_is_refused_at_once(run, tmp_path):
    (tmp_path / "taken").write_text("")
    ran = run("--html", "taken/page.html")
    assert ran.code == 1
    assert ran.says("The file of --html taken/page.html cannot be written")
    assert not ran.says("Ramping")


def test_a_saved_run_can_be_judged_again(run, check, tmp_path):
    ran = run("--results", "kept", objectives=["requests == 8", "p95 < 1m"])
    assert ran.code == 0, ran.err
    kept = json.loads((tmp_path / "kept/run.json").read_text())
    assert kept["format"] == "gatecrash-run"
    again = check("kept")
    assert again.returncode == 0, again.stderr
    assert "requests == 8" in again.stdout
    assert check("kept", "--objective", "requests > 8").returncode == 99
    assert check("kept/run.json", "--objective", "sum served == 24").returncode == 0
    told = json.loads(check("kept", "--objective", "requests > 8", "--json").stdout)
    assert [verdict["outcome"] for verdict in told["verdicts"]] == ["failed"]


def test_secrets_of_the_command_line_are_not_kept(run, tmp_path):
    text = """
    @events.init_command_line_parser.add_listener
    def _(parser):
        parser.add_argument("--token", is_secret=True, default="")

    def more(self):
        self.client.get(f"/?token={self.environment.parsed_options.token}")
    Visitor.more = more
    """
    secret = "s3cr3t-t0k3n"
    ran = run("--results", "kept", "--html", "page.html", f"--token={secret}", text=text)
    assert ran.code == 0, ran.err
    for file in [*(tmp_path / "kept").rglob("*"), tmp_path / "page.html"]:
        if file.is_file():
            assert secret not in file.read_text(), file


def test_a_run_that_asks_for_nothing_keeps_nothing(run, tmp_path):
    ran = run()
    assert (ran.code, ran.verdicts) == (0, {})
    assert sorted(each.name for each in tmp_path.iterdir() if each.name != "__pycache__") == [
        "locustfile.py"
    ]


def test_a_file_may_have_an_objective_of_its_own(run):
    text = """
    @events.init_command_line_parser.add_listener
    def _(parser):
        parser.add_argument("--objective", default="none")

    @events.init.add_listener
    def _(environment, **_):
        print("theirs", environment.parsed_options.objective)
    """
    ran = run("--objective", "fun", text=text)
    assert ran.code == 0, ran.err
    assert "theirs fun" in ran.out and ran.verdicts == {}
