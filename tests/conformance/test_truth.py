"""Every request that the target received is either reported or told as abandoned, to the last one.

Each test runs `files/truth.py` under Gatecrash alone and compares three records that know nothing
of each other: the target's `/truth`, the CSV and JSON files of the run with the line about abandoned
requests, and the counters of the file itself. How much load there was is not judged.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
import urllib.request
from dataclasses import dataclass

import pytest

import harness
from harness import Case

ABANDONED = re.compile(r"Abandoned requests: (\d+) in flight .*, (\d+) answered but never reported")
BODIES = re.compile(r"^begun (\d+) ended (\d+)$", re.MULTILINE)
# A target that has heard nothing new for so long, and has nothing in hand, has heard all.
QUIET_S = 0.1
SETTLE_LIMIT_S = 10
MANY = 500
USERS = [(1, "Plain"), (1, "Fast"), (MANY, "Resting"), (MANY, "RestingFast")]


@dataclass
class Account:
    """What the three records say of one run. `begun` and `ended` are the file's own counters,
    None when the run was cut off before it could tell."""

    run: harness.Run
    received: int
    reported: int
    in_flight: int
    unreported: int
    begun: int | None
    ended: int | None

    @property
    def abandoned(self) -> int:
        """Requests that the log says are in no table."""
        return self.in_flight + self.unreported


def ending(how: str, users: int) -> dict:
    """How a run is brought to its end, as arguments of `account`."""
    enough = 20 if users == 1 else 4 * users
    if how == "-t":
        return {"args": "-t 1" if users == 1 else "-t 2"}
    if how == "quit":
        return {"env": {"QUIT_AFTER": enough}}
    return {"env": {"ENOUGH": enough}, "signals": (("under way", how),)}


@pytest.fixture
def account(gatecrash, target):
    """Runs users of one class of the file and gives the `Account`, balanced."""

    def run(user_class: str, users: int, args: str = "", env=(), signals=()) -> Account:
        words = (user_class, "-u", users, "-r", users, *args.split(), "--csv", "out")
        case = Case(
            *("truth", "Truth", "", "truth.py"),
            args=(*map(str, words), "--json-file", "out"),
            env=tuple((name, str(value)) for name, value in dict(env).items()),
            signals=signals,
            time_limit_s=40,
        )
        before = settled(target)
        made = harness.run(gatecrash, case, target)
        received = settled(target) - before
        assert made.exit_code is not None, f"no end:\n{made.stderr[-3000:]}"
        found = balance(made, received)
        assert found.received == found.reported + found.abandoned, found
        return found

    return run


def settled(target: harness.Target) -> int:
    """Requests that the target has received, once none is in its hands or on its way."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    received = None
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{target.url}/truth", timeout=10) as answer:
            truth = json.load(answer)
        if truth["in_flight"] == 0 and truth["received"] == received:
            return received
        received = truth["received"]
        time.sleep(QUIET_S)
    raise AssertionError(f"the target does not come to rest: {truth}")


def balance(run: harness.Run, received: int) -> Account:
    """The account of a run of which the target received so many requests."""
    told = [tuple(map(int, counts)) for counts in ABANDONED.findall(run.stderr)]
    bodies = BODIES.search(run.stdout)
    begun, ended = map(int, bodies.groups()) if bodies else (None, None)
    return Account(
        *(run, received, reported_in_csv(run)),
        in_flight=sum(counts[0] for counts in told),
        unreported=sum(counts[1] for counts in told),
        begun=begun,
        ended=ended,
    )


def reported_in_csv(run: harness.Run) -> int:
    """The requests in the last row of the CSV file; each other row must be part of it."""
    rows = list(csv.DictReader(io.StringIO(run.files["out_stats.csv"])))
    counts = [int(row["Request Count"]) for row in rows]
    assert rows[-1]["Name"] == "Aggregated" and sum(counts[:-1]) == counts[-1]
    return counts[-1]


def reported_in_json(run: harness.Run) -> int:
    return sum(entry["num_requests"] for entry in json.loads(run.files["out.json"]))


@pytest.mark.parametrize("how", ["-t", "quit", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize(("users", "user_class"), USERS)
def test_received_is_reported_or_abandoned(account, users, user_class, how):
    found = account(user_class, users, **ending(how, users))
    assert found.run.exit_code == 0
    assert found.reported == reported_in_json(found.run)
    # What came back was reported, and nothing was received that the file did not begin.
    assert found.ended <= found.reported <= found.received <= found.begun
    if users == MANY:
        assert found.in_flight > 0, "nothing was under way at the end: the test shows nothing"


@pytest.mark.parametrize("how", ["-t", "quit", "SIGINT"])
@pytest.mark.parametrize(("users", "user_class"), USERS)
def test_a_stop_timeout_above_the_latency_abandons_nothing(account, users, user_class, how):
    how_it_ends = ending(how, users)
    how_it_ends["args"] = how_it_ends.get("args", "") + " --stop-timeout 10"
    found = account(user_class, users, **how_it_ends)
    assert "Abandoned" not in found.run.stderr
    # The body ran in Python for each request, from its first line to its last.
    assert found.begun == found.ended == found.received == found.reported >= 10


@pytest.mark.parametrize("how", ["-t", "SIGINT"])
@pytest.mark.parametrize(
    "user_class",
    [
        *("Judging", "JudgingFast", "Streaming", "Leaving"),
        *("Several", "Impatient", "ImpatientFast"),
    ],
)
def test_whatever_users_do_with_their_requests(account, user_class, how):
    found = account(user_class, 10, **ending(how, 10))
    assert found.reported == reported_in_json(found.run) > 20


def test_greenlets_that_nobody_stops(account):
    """--stop-timeout awaits users, not the greenlets that they have started themselves."""
    found = account("Several", 10, "-t 1 --stop-timeout 10")
    assert found.in_flight > 0 and found.unreported == 0


@pytest.mark.parametrize("user_class", ["Plain", "Fast"])
def test_ended_in_a_listener(account, user_class):
    """A listener of the file's own hears of a request before the statistics do."""
    found = account(user_class, 10, "-t 1", {"LISTENER_TAKES_S": 0.2})
    assert found.unreported > 0


def test_ctrl_c_while_users_are_started(account):
    found = account(*("Resting", MANY, "-r 50"), {"ENOUGH": 50}, signals=(("under way", "SIGINT"),))
    assert "All users spawned" not in found.run.stderr
    assert found.reported >= 50


@pytest.mark.parametrize(("second", "exit_code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_second_signal_ends_at_once_and_leaves_its_record(account, second, exit_code):
    signals = (("under way", "SIGINT"), ("lingers", second))
    found = account("Lingering", 20, env={"ENOUGH": 50}, signals=signals)
    assert found.run.exit_code == exit_code
    assert found.begun is None and "out.json" not in found.run.files
    assert found.reported >= 50
