"""`--rate`: as many task executions as asked for, as the target counts them, and an honest account.

Each run is a process against a target of its own. Counts are exact; how long things take is told
by the run itself and only judged where the file makes it so.
"""

import json
import re
import signal
import subprocess
import sys
import textwrap
import urllib.request

import pytest

PATIENCE_S = 60

SIMPLE = """
from locust import FastHttpUser, HttpUser, SequentialTaskSet, TaskSet, constant, events, task
import gevent, sys, time
from collections import Counter

seen = Counter()
gone = []

@events.quit.add_listener
def _(**_):
    print("seen", dict(seen))

class Visitor(HttpUser):
    wait_time = constant(1000)

    def on_start(self):
        seen["on_start"] += 1
        self.client.get("/?on_start")

    def on_stop(self):
        seen["on_stop"] += 1

    @task
    def visit(self):
        seen["visit"] += 1
        self.client.get("/")
"""


@pytest.fixture
def truth(target):
    """How many requests the target received since the test began."""

    def received() -> int:
        with urllib.request.urlopen(f"{target}/truth") as answer:
            return json.load(answer)["received"]

    before = received()
    return lambda: received() - before


class Ran:
    """A run that has ended."""

    def __init__(self, code: int, out: str, err: str):
        self.code, self.out, self.err = code, out, err

    @property
    def seen(self) -> dict:
        """What the file counted."""
        return json.loads(re.search(r"^seen (.*)$", self.out, re.M)[1].replace("'", '"'))

    @property
    def arrivals(self) -> tuple[int, int]:
        """Executions planned and started, as the report has them."""
        planned, started = re.search(
            r"arrivals +([\d,]+) planned, ([\d,]+) started", self.err
        ).groups()
        return int(planned.replace(",", "")), int(started.replace(",", ""))

    def requests(self, name: str) -> int:
        """Requests of a name in Locust's own table."""
        found = re.search(rf"^\S* +{re.escape(name)} +(\d+) ", self.err, re.M)
        return int(found[1]) if found else 0

    def tasks(self) -> dict[str, int]:
        """Executions started of each task."""
        return {
            name: int(count.replace(",", ""))
            for name, count in re.findall(r"^  (\w+: \S+) +([\d,]+) ", self.err, re.M)
        }


@pytest.fixture
def start(spawn, tmp_path, target):
    """Starts a run at a rate of the file `SIMPLE` + `text`."""

    def begin(*arguments: str, text: str = "", whole: bool = False) -> subprocess.Popen:
        text = textwrap.dedent(text)
        (tmp_path / "locustfile.py").write_text(text if whole else SIMPLE + text)
        return spawn(sys.executable, "-m", "gatecrash", "-H", target, "--only-summary", *arguments)

    return begin


@pytest.fixture
def run(start):
    """Runs to the end."""

    def to_the_end(*arguments: str, **how) -> Ran:
        process = start(*arguments, **how)
        out, err = process.communicate(timeout=PATIENCE_S)
        return Ran(process.returncode, out, err)

    return to_the_end


def test_as_many_executions_as_asked_for(run, truth):
    ran = run("--rate", "50/s", "-t", "2")
    assert ran.arrivals == (100, 100)
    assert ran.seen["visit"] == 100 == ran.requests("/")
    assert ran.tasks() == {"Visitor: visit": 100}
    assert truth() == 100 + ran.seen["on_start"]
    # Each user that was needed started and stopped once.
    assert ran.seen["on_start"] == ran.seen["on_stop"] == ran.requests("/?on_start") >= 1
    assert ran.code in (0, 98)


@pytest.mark.parametrize(
    ("rate", "seconds", "planned"), [("30/m", 3, 2), ("0.5/s", 3, 2), ("7200/h", 2, 4)]
)
def test_rates_of_any_unit(run, rate, seconds, planned):
    ran = run("--rate", rate, "-t", str(seconds))
    assert ran.arrivals == (planned, planned) and ran.seen["visit"] == planned


def test_a_seed_repeats_independent_arrivals(run):
    arguments = ("--rate", "50/s", "-t", "1", "--poisson", "--seed", "7")
    assert run(*arguments).arrivals == run(*arguments).arrivals == (50, 50)


NESTED = """
class Inner(TaskSet):
    def on_start(self):
        seen["inner start"] += 1

    def on_stop(self):
        seen["inner stop"] += 1

    @task
    def one(self):
        seen["one"] += 1
        self.client.get("/?one")

    @task
    def leave(self):
        seen["leave"] += 1
        self.client.get("/?leave")
        self.interrupt()

class Order(SequentialTaskSet):
    @task
    def first(self):
        seen["first"] += 1
        self.client.get("/?first")
        self.wait()

    @task
    def second(self):
        seen["second"] += 1
        self.client.get("/?second")
        raise ValueError("on purpose")

    @task
    def third(self):
        seen["third"] += 1
        self.interrupt(reschedule=False)

class Wanderer(HttpUser):
    tasks = [Inner, Order]
"""


def test_each_task_of_nested_tasksets_is_an_execution(run, truth):
    ran = run("--rate", "100/s", "-t", "2", "Wanderer", text=NESTED)
    seen = ran.seen
    assert ran.arrivals == (200, 200)
    tasks = ("one", "leave", "first", "second", "third")
    assert sum(seen.get(task, 0) for task in tasks) == 200
    # Sequences keep their order, and who leaves a TaskSet has entered it.
    assert seen["first"] >= seen["second"] >= seen["third"] > 0
    assert seen["first"] - seen["third"] <= seen["first"] and seen["inner start"] >= seen["leave"]
    assert truth() == 200 - seen["third"]
    named = {"one": "Inner.one", "leave": "Inner.leave"}
    for task in tasks:
        name = named.get(task, f"Order.{task}")
        assert ran.tasks()[f"Wanderer: {name}"] == seen[task]
    # An exception is one failed execution and no end of the run.
    assert ran.code in (1, 98) and f"{seen['second']} occurrences" not in ran.err
    assert "on purpose" in ran.err


FAST = """
class Fast(FastHttpUser):
    @task
    def judged(self):
        with self.client.get("/", name="judged", catch_response=True) as response:
            response.failure("on purpose")
        self.client.get("/", name="second")

    @task
    def parallel(self):
        one = gevent.spawn(self.client.get, "/", name="parallel")
        two = gevent.spawn(self.client.get, "/", name="parallel")
        gevent.joinall([one, two])
"""


def test_fast_users_and_judged_answers(run, truth):
    ran = run("--rate", "100/s", "-t", "1", "Fast", text=FAST)
    tasks = ran.tasks()
    assert ran.arrivals == (100, 100) and sum(tasks.values()) == 100
    assert truth() == 200
    assert ran.requests("judged") == ran.requests("second") == tasks["Fast: judged"]
    assert ran.requests("parallel") == 2 * tasks["Fast: parallel"]
    # A failed request is a failed execution.
    assert re.search(r"Fast: judged +\d+ +100 %", ran.err)
    assert re.search(r"Fast: parallel +\d+ +0 ", ran.err)


LATE = """
class Late(HttpUser):
    def on_start(self):
        time.sleep(0.5)

    @task
    def think_then_ask(self):
        self.client.get("/", name="first")
        self.client.get("/", name="second")

class Custom(HttpUser):
    def on_start(self):
        time.sleep(0.5)

    @task
    def ask(self):
        for name in ("first", "second"):
            self.environment.events.request.fire(
                request_type="X", name=name, response_time=3, response_length=0, exception=None
            )
"""


@pytest.mark.parametrize("user", ["Late", "Custom"])
def test_the_first_request_counts_from_the_instant_it_was_due(run, user):
    """The start of its user took half a second, which the service time knows nothing of."""
    ran = run("--rate", "1/s", "-t", "1", user, text=LATE)
    first, second = (figures(ran, name) for name in ("first", "second"))
    assert first["response"] > 500 > 400 > first["service"]
    assert 400 > second["response"] == second["service"]
    assert re.search(r"on_start +1 user: P50 5\d\d ms", ran.err)
    # That its user had to start is not the generator's fault.
    assert float(re.search(r"lag +P50 ([\d.]+) ms", ran.err)[1]) < 400


def figures(ran: Ran, name: str) -> dict[str, float]:
    """The medians of the response and the service time of a name."""
    row = re.search(rf"^  \w+ {name} +1 +\S+ +0 +(.*)$", ran.err, re.M)[1].split()
    return {"response": float(row[0]), "service": float(row[4])}


BUSY = """
class Busy(HttpUser):
    @task
    def compute(self):
        seen["busy"] += 1
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
        self.client.get("/")
"""


def test_a_starved_run_is_invalid(run):
    ran = run("--rate", "50/s", "-t", "1", "Busy", text=BUSY)
    assert ran.code == 98
    assert "driven      INVALID" in ran.err and "arrivals were started late" in ran.err
    assert ran.arrivals == (50, 50) and ran.seen["busy"] == 50


def test_a_limit_that_binds_is_invalid(run, truth):
    ran = run("--rate", "50/s", "-t", "1", "--max-users", "2", "Busy", text=BUSY)
    planned, started = ran.arrivals
    assert planned == 50 and started == truth() == ran.seen["busy"] < 50
    assert ran.code == 98 and "by the limit on those in flight" in ran.err


def test_what_the_end_cuts_off_was_missed(run):
    ran = run("--rate", "50/s", "-t", "1", "--stop-timeout", "1", "Busy", text=BUSY)
    planned, started = ran.arrivals
    assert planned == 50 and started == ran.seen["busy"] < 50
    assert ran.code == 98 and "by the end of the run" in ran.err


def test_ctrl_c_ends_it_in_good_order(start, truth):
    text = """
    @events.request.add_listener
    def _(**_):
        seen["requests"] += 1
        if seen["requests"] == 20:
            print("under way", flush=True)
    """
    process = start("--rate", "50/s", text=text)
    assert process.stdout.readline() == "under way\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    ran = Ran(process.returncode, out, err)
    planned, started = ran.arrivals
    assert planned - 1 <= started <= planned and started == ran.seen["visit"]
    assert truth() == ran.seen["requests"] == started + ran.seen["on_start"]
    assert ran.code in (0, 98) and ran.seen["on_stop"] == ran.seen["on_start"]


ORDER = """
for _name in "test_start spawning_complete test_stopping test_stop quitting".split():
    getattr(events, _name).add_listener(lambda _name=_name, **_: print(_name, seen["on_stop"]))
"""


def test_the_order_of_events_is_locusts(run):
    ran = run("--rate", "20/s", "-t", "1", text=ORDER)
    told = [line for line in ran.out.splitlines() if not line.startswith("seen")]
    users = ran.seen["on_start"]
    expected = ["test_start 0", "spawning_complete 0", "test_stopping 0", f"test_stop {users}"]
    assert told == [*expected, f"quitting {users}"]


def test_a_user_ends_the_run(run):
    text = """
    class Ender(HttpUser):
        @task
        def end(self):
            seen["end"] += 1
            if seen["end"] == 5:
                self.environment.runner.quit()
    """
    ran = run("--rate", "20/s", "Ender", text=text)
    planned, started = ran.arrivals
    assert started == ran.seen["end"] == 5 and planned <= 6


def test_users_that_leave_are_replaced(run):
    text = """
    class Leaver(HttpUser):
        def on_start(self):
            seen["start"] += 1

        @task
        def once(self):
            seen["once"] += 1
            self.stop() if seen["once"] % 2 else self.greenlet.kill(block=False)
    """
    ran = run("--rate", "20/s", "-t", "1", "Leaver", text=text)
    assert ran.arrivals == (20, 20) and ran.seen["once"] == ran.seen["start"] == 20


def test_users_that_cannot_be_made_end_the_run(run):
    text = """
    class Unborn(HttpUser):
        def __init__(self, environment):
            raise ValueError("on purpose")

        @task
        def never(self):
            pass
    """
    ran = run("--rate", "1/s", "-t", "600", "Unborn", text=text)
    assert ran.code == 2 and "on purpose" in ran.err
    assert "The users cannot be made, stopping the run" in ran.err


def test_a_start_that_raises_is_tried_again_by_the_next_execution(run):
    text = """
    class Unlucky(HttpUser):
        def on_start(self):
            seen["start"] += 1
            if seen["start"] < 5:
                raise ValueError("on purpose")

        @task
        def work(self):
            seen["work"] += 1
    """
    ran = run("--rate", "20/s", "-t", "1", "Unlucky", text=text)
    assert ran.arrivals == (20, 20)
    assert ran.seen["work"] == 16 and ran.seen["start"] == 5
    assert ran.tasks()["Unlucky: work"] == 16


SHAPE = """
from locust import LoadTestShape
class Steps(LoadTestShape):
    def tick(self):
        return None
"""
FIXED = """
class Fixed(HttpUser):
    fixed_count = 1
    @task
    def work(self):
        pass
"""


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", "--rate 10", "'10' is a rate without its unit; write 10/s"),
        ("", "--rate fast", "'fast' is not a rate"),
        ("", "--rate 0/s", "a rate of 0 starts nothing"),
        ("", "--rate 10/s -u 5", "--rate and --users do not go together"),
        ("", "--rate 10/s -r 5", "--rate and --spawn-rate do not go together"),
        ("", "--rate 10/s -i 5", "--rate and --iterations do not go together"),
        ("", "--rate 10/s --max-users 0", "must be at least 1"),
        ("", "--rate 10/s --max-users 5000000000", "must be at most 4294967295"),
        ("", "--rate 10/s --seed 9999999999999999999", "must be at most 9007199254740992"),
        ("", "--poisson --headless", "--poisson is only meaningful in combination with --rate"),
        ("", "--seed 3 --headless", "--seed is only meaningful in combination with --rate"),
        ("", "--max-users 3 --headless", "--max-users is only meaningful in combination"),
        (SHAPE, "--rate 10/s", "--rate and the shape Steps do not go together"),
        (FIXED, "--rate 10/s", "--rate and fixed_count do not go together (Fixed)"),
    ],
)
def test_what_does_not_go_together(run, text, arguments, said):
    ran = run(*arguments.split(), text=text)
    assert ran.code == 2 and said in ran.err
    assert "Traceback" not in ran.err


def test_an_option_of_the_file_of_that_name_is_not_ours(run):
    text = """
    @events.init_command_line_parser.add_listener
    def _(parser):
        parser.add_argument("--rate", default="mine")

    @events.test_start.add_listener
    def _(environment, **_):
        print("rate", environment.parsed_options.rate)
    """
    ran = run("--headless", "-t", "1", text=text)
    assert "rate mine" in ran.out and "arrivals" not in ran.err
