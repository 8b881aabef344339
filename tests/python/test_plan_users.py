"""Plans with users of locustfiles: closed and open loads, beside classes of the plan's own.

Each run is a process against a target of its own, whose count must be the run's.
"""

import json
import os
import re
import signal
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

PATIENCE_S = 60

LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, constant, events, task
from collections import Counter

seen = Counter()

@events.quit.add_listener
def _(exit_code, **_):
    print("seen", dict(seen), flush=True)

for _name in "init test_start spawning_complete test_stopping test_stop quitting".split():
    getattr(events, _name).add_listener(lambda _name=_name, **_: print(_name, flush=True))

class Visitor(HttpUser):
    wait_time = constant(0.05)
    weight = 3

    def on_start(self):
        seen["on_start"] += 1

    def on_stop(self):
        seen["on_stop"] += 1

    @task
    def visit(self):
        seen["visit"] += 1
        self.client.get("/", name="visit")

class Fast(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def quick(self):
        seen["quick"] += 1
        with self.client.get("/", name="quick", catch_response=True) as response:
            response.success()
"""


def received(target) -> int:
    with urllib.request.urlopen(f"{target}/truth") as answer:
        return json.load(answer)["received"]


class Ran:
    """A run that has ended; `received` is what the target counted."""

    def __init__(self, code: int, out: str, err: str, received: int, results: Path):
        self.code, self.out, self.err, self.received = code, out, err, received
        self._results = results

    @property
    def seen(self) -> dict:
        """What the file counted."""
        return json.loads(re.search(r"^seen (.*)$", self.out, re.M)[1].replace("'", '"'))

    @property
    def events(self) -> list[str]:
        """Events of the file, in order."""
        return re.findall(r"^(init|test_\w+|spawning_complete|quitting)$", self.out, re.M)

    @property
    def scenarios(self) -> dict:
        """The record, by scenario."""
        record = json.loads((self._results / "run.json").read_text())
        return {each["name"]: each for each in record["scenarios"]}


def requests(scenario: dict) -> dict[str, int]:
    """Requests of each name."""
    return {each["name"]: each["requests"] for each in scenario["endpoints"]}


def tasks(scenario: dict) -> dict[str, int]:
    """Executions started of each task."""
    told = {f"{each['user']}.{each['name']}": each["started"] for each in scenario["tasks"]}
    return {name: count for name, count in told.items() if count}


@pytest.fixture
def start(spawn, tmp_path, target):
    """Starts a plan with the locustfile `LOCUSTFILE` + `text`."""

    def begin(
        scenarios: str,
        *,
        users: str = "legacy: { locustfile: locustfile.py }",
        text="",
        more="",
        command=(sys.executable, "-m", "gatecrash"),
        env=(),
    ):
        (tmp_path / "locustfile.py").write_text(LOCUSTFILE + textwrap.dedent(text))
        plan = f"host: {target}\nusers:\n{indented(users)}scenarios:\n{indented(scenarios)}"
        plan += textwrap.dedent(more)
        (tmp_path / "plan.yaml").write_text(plan)
        return spawn(
            *command, "run", "plan.yaml", "--results", "results", env={**os.environ, **dict(env)}
        )

    return begin


def indented(text: str) -> str:
    return textwrap.indent(textwrap.dedent(text).strip(), "  ") + "\n"


@pytest.fixture
def run(start, target, tmp_path):
    """Runs a plan to its end."""

    def to_the_end(*arguments, **how) -> Ran:
        before = received(target)
        process = start(*arguments, **how)
        out, err = process.communicate(timeout=PATIENCE_S)
        return Ran(process.returncode, out, err, received(target) - before, tmp_path / "results")

    return to_the_end


def test_a_rate_over_the_classes_of_a_file(run):
    ran = run("open: { rate: 50/s, for: 2s }")
    scenario = ran.scenarios["open"]
    assert ran.code in (0, 98)
    assert scenario["arrivals"]["planned"] == scenario["arrivals"]["started"] == 100
    assert ran.seen["visit"] + ran.seen["quick"] == 100 == ran.received
    counts = {"visit": ran.seen["visit"], "quick": ran.seen["quick"]}
    assert requests(scenario) == counts
    assert tasks(scenario) == {"Visitor.visit": counts["visit"], "Fast.quick": counts["quick"]}
    # Three of four are Visitors, by the weights of the file.
    assert 50 < counts["visit"] < 95
    assert ran.seen["on_start"] == ran.seen["on_stop"]
    # Each request has its phases, whether the engine or Python judged it.
    for endpoint in scenario["endpoints"]:
        assert endpoint["measures"]["first_byte"]["count"] == endpoint["requests"]


def test_a_number_of_users_whose_own_loops_wait(run):
    ran = run("closed: { users: 4, for: 1s }", users="legacy: {locustfile: locustfile.py}")
    scenario = ran.scenarios["closed"]
    assert ran.code == 0
    assert requests(scenario) == {"visit": ran.seen["visit"], "quick": ran.seen["quick"]}
    assert sum(requests(scenario).values()) == ran.received
    # Four users who wait 50 ms: at most 20 a second each, and one at once.
    assert 4 <= ran.received <= 4 * 21
    assert ran.seen["on_start"] == ran.seen["on_stop"] == 3
    assert scenario["arrivals"]["planned"] == 0


def test_iterations_are_counted_by_tasks(run):
    ran = run(
        """
        each: { users: 3, iterations: 4 }
        all: { users: 3, total_iterations: 10 }
        """
    )
    each, together = ran.scenarios["each"], ran.scenarios["all"]
    assert sum(tasks(each).values()) == 12 and sum(tasks(together).values()) == 10
    assert ran.received == 22 == ran.seen["visit"] + ran.seen["quick"]


def test_beside_classes_of_the_plan(run):
    ran = run(
        "mixed: { rate: 40/s, for: 1s }",
        users="""
        legacy: { locustfile: locustfile.py, classes: [Fast], weight: 1 }
        native:
          weight: 1
          tasks:
            - { name: own, get: / }
        """,
    )
    scenario = ran.scenarios["mixed"]
    assert sum(tasks(scenario).values()) == 40 == ran.received
    assert tasks(scenario)["Fast.quick"] == ran.seen["quick"] == requests(scenario)["quick"]
    assert 0 < ran.seen["quick"] < 40 and "visit" not in ran.seen


def test_each_scenario_is_a_test_run_of_its_own(run):
    ran = run("one: { users: 1, iterations: 2 }\ntwo: { rate: 20/s, for: 1s }")
    once = ["test_start", "spawning_complete", "test_stopping", "test_stop"]
    assert ran.events == ["init", *once, *once, "quitting"]
    assert [sum(requests(each).values()) for each in ran.scenarios.values()] == [2, 20]


def test_a_file_that_ends_the_run(run):
    text = """
    class Ender(HttpUser):
        @task
        def end(self):
            seen["end"] += 1
            if seen["end"] == 3:
                self.environment.runner.quit()
    """
    users = "legacy: { locustfile: locustfile.py, classes: [Ender] }"
    ran = run("open: { rate: 20/s, for: 600s }", users=users, text=text)
    scenario = ran.scenarios["open"]
    assert ran.seen["end"] == 3 == scenario["arrivals"]["started"]
    assert ran.events.count("test_stop") == 1 and ran.events[-1] == "quitting"


def test_users_that_leave_are_replaced(run):
    text = """
    from locust.exception import StopUser
    class Leaver(HttpUser):
        def on_start(self):
            seen["start"] += 1
        @task
        def leave(self):
            seen["leave"] += 1
            raise StopUser()
    """
    users = "legacy: { locustfile: locustfile.py, classes: [Leaver] }"
    ran = run("each: { users: 1, iterations: 2 }", users=users, text=text)
    assert ran.seen["leave"] == ran.seen["start"] == 2


def test_a_task_that_raises_is_told(run):
    text = """
    class Raiser(HttpUser):
        @task
        def fail(self):
            raise ValueError("on purpose")
    """
    users = "legacy: { locustfile: locustfile.py, classes: [Raiser] }"
    ran = run("each: { users: 1, iterations: 2 }", users=users, text=text)
    scenario = ran.scenarios["each"]
    [failed] = scenario["exceptions"]
    assert failed["count"] == 2 and "on purpose" in failed["message"]
    [task] = [each for each in scenario["tasks"] if each["started"]]
    assert task["failed"] == 2


BUYER = """
from gatecrash import SseUser

class Buyer(SseUser):
    @task
    def buy(self):
        self.client.get("/cached/a?work=0&tell=body", name="cached")
        self.client.get("/service", name="service")
        self.client.get("/status/500", name="broken")
        question = {"model": "m", "max_tokens": 100, "stream_options": {"include_usage": True},
                    "messages": [{"role": "user", "content": "one two three four"}]}
        self.client.post("/v1/chat/completions?tokens=10", name="chat", json=question)
        with self.client.post("/v1/chat/completions?tokens=10", name="chat",
                              json=question, catch_response=True) as answer:
            answer.success()
        with self.client.sse("POST", "/v1/chat/completions?tokens=10", form="openai", name="chat",
                             json={**question, "stream": True}) as answer:
            answer.read()
"""

ASKED_OF_BUYERS = """
cache: { json: $.cached }
states: { normal: { header: { X-Mode: normal } }, cached: { json: { $.cached: true } } }
prices:
  of:
    cached: { per_request: 1, per_cached_request: 0.25 }
    chat: { per_million_tokens: { in: 1000, out: 2000 } }
    "*": 0.5
objectives:
  - cost between 2.393 USD and 2.395 USD
  - state.normal == 2
  - state.cached == 1
  - cache_hit_rate == 50%
  - requests of user Buyer == 12
  - error_rate of user Buyer between 16% and 17%
"""


def test_what_requests_cost_and_what_answers_tell(run):
    users = "legacy: { locustfile: locustfile.py, classes: [Buyer] }"
    ran = run("each: { users: 1, iterations: 2 }", users=users, text=BUYER, more=ASKED_OF_BUYERS)
    assert ran.code == 0, ran.out + ran.err
    scenario = ran.scenarios["each"]
    costs = {
        each["name"]: each["measures"]["cost"]
        for each in scenario["endpoints"]
        if "cost" in each["measures"]
    }
    # A request that came with a status of 500 is not charged.
    assert {name: cost["count"] for name, cost in costs.items()} == {
        "cached": 2,
        "service": 2,
        "chat": 6,
    }
    # 4 tokens in and 10 out each time, whether the answer streams or not.
    assert costs["chat"]["sum"] == pytest.approx(6 * (4 * 0.001 + 10 * 0.002))
    assert costs["cached"]["sum"] == pytest.approx(1.25)


def test_an_objective_of_a_state_that_never_came_holds(run):
    more = """
    states: { degraded: { header: { X-Mode: degraded } } }
    objectives: [state.degraded == 0, state.rate_limited == 0]
    """
    ran = run("each: { users: 1, iterations: 2 }", more=more)
    assert ran.code == 0, ran.out + ran.err


def test_a_budget_ends_the_run(run):
    more = "prices: { of: { '*': 0.5 } }\nbudget: 2 USD\n"
    ran = run("each: { users: 1, for: 60s }", more=more)
    spent = sum(each["measures"]["cost"]["sum"] for each in ran.scenarios["each"]["endpoints"])
    assert 2 <= spent < 50
    assert "the budget of 2 USD is spent" in ran.out + ran.err


def test_ctrl_c_ends_it_in_good_order(start, target):
    text = """
    @events.request.add_listener
    def _(**_):
        seen["requests"] += 1
        if seen["requests"] == 10:
            print("under way", flush=True)
    """
    before = received(target)
    process = start("open: { rate: 50/s, for: 600s }", text=text)
    while process.stdout.readline() != "under way\n":
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    seen = json.loads(re.search(r"^seen (.*)$", out, re.M)[1].replace("'", '"'))
    assert seen["requests"] == received(target) - before
    assert seen["on_start"] == seen["on_stop"]


@pytest.mark.parametrize(
    ("users", "scenarios", "said"),
    [
        (
            "legacy: { locustfile: locustfile.py, classes: [Visiter] }",
            "one: { users: 1, for: 1s }",
            "has no user class Visiter; did you mean Visitor?",
        ),
        (
            "legacy: { locustfile: broken.py }",
            "one: { users: 1, for: 1s }",
            "broken.py cannot be loaded",
        ),
        (
            "legacy: { locustfile: locustfile.py, classes: [Fixed] }",
            "one: { users: 1, for: 1s }",
            "fixed_count has no place in a plan",
        ),
        (
            "legacy: { locustfile: locustfile.py, classes: [Fast] }",
            "one: { users: 1, for: 1s }\ntwo: { users: 1, for: 1s, after: one }\n"
            "three: { users: 1, for: 1s, after: one }",
            "may run at the same time and both have users of a locustfile",
        ),
    ],
)
def test_what_cannot_be_had(run, tmp_path, users, scenarios, said):
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    text = """
    class Fixed(HttpUser):
        fixed_count = 2
        @task
        def work(self):
            pass
    """
    ran = run(scenarios, users=users, text=text)
    assert ran.code == 2 and said in ran.err and ran.received == 0
    assert "test_start" not in ran.events


def test_a_plan_without_them_imports_nothing_of_locust(run):
    users = "native: { tasks: [ { get: / } ] }"
    watched = ("-X", "importtime", "-m", "gatecrash")
    ran = run("each: { users: 1, iterations: 2 }", users=users, command=(sys.executable, *watched))
    assert ran.code == 0 and ran.received == 2
    assert "gatecrash._engine" in ran.err and "gevent" not in ran.err


def test_the_native_binary_hands_such_a_plan_over(run):
    binary = Path(__file__).parents[2] / "target/debug/gatecrash"
    environment = {"VIRTUAL_ENV": str(Path(sys.executable).parents[1])}
    ran = run("each: { users: 1, iterations: 2 }", command=(str(binary),), env=environment)
    assert ran.code == 0 and ran.received == 2 == sum(tasks(ran.scenarios["each"]).values())
