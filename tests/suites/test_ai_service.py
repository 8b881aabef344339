"""The AI service: a healthy one keeps every objective, and each fault breaks the one it should."""

import csv
import json
import subprocess
import urllib.request
from urllib.parse import urlsplit

import pytest

from runs import GATECRASH, SUITES

FOLDER = SUITES / "ai-service"
SCENARIOS = ["normal", "peak", "endurance", "capacity"]
LOAD = ("-u", "50", "-r", "50", "-t", "3s")

LATE = "p95: target 300ms, acceptable 500ms"
ERRORS = "error_rate: target 0%, acceptable 1%"
BREAKER = "state.breaker_open == 0"
HITS = "cache_hit_rate > 50%"
BUSY = "avg api.cpu: target 60%, acceptable 80%"
LARGE = "max api.memory: target 1GB, acceptable 2GB"
GROWS = "last api.memory < 3 * min api.memory"
FEW = "rps: target 50, acceptable 30"


def service(url):
    """The variables that lead the plan to a target."""
    return {"AI_HOST": url, "AI_PORT": str(urlsplit(url).port)}


def post(url, body):
    headers = {"X-API-Key": "gatecrash-test-key"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.status


def test_a_healthy_plan(target, run_plan):
    ran = run_plan("ai-service", **service(target("ai-service")))
    ran.check_healthy()
    assert [one["scenario"] for one in ran.summary["test_results"]] == SCENARIOS
    assert set(ran.objectives) == {LATE, ERRORS, BREAKER, HITS, BUSY, LARGE, GROWS, FEW}


FAULTS = [
    ("normal", ["--latency", "700ms"], [LATE]),
    ("normal", ["--slow", "12"], [LATE]),
    ("normal", ["--stall", "500ms,2s"], [LATE]),
    ("normal", ["--errors", "20%"], [ERRORS]),
    ("normal", ["--rate-limit", "100"], [ERRORS]),
    ("normal", ["--no-cache"], [HITS]),
    # Nothing is answered that could tell of the cache.
    ("normal", ["--model-errors", "100%"], [ERRORS, BREAKER, HITS]),
    ("endurance", ["--leak", "50000000"], [GROWS]),
    # Whoever waits longer is served less.
    ("capacity", ["--latency", "1600ms"], [LATE, FEW]),
]


@pytest.mark.parametrize(
    "scenario, flags, broken",
    FAULTS,
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_fault_breaks_its_objective(target, run_plan, scenario, flags, broken):
    url = target("ai-service", *flags)
    run_plan("ai-service", "--scenario", scenario, **service(url)).check_broken(*broken)


def test_an_open_breaker_refuses_what_the_cache_does_not_know(target, run_plan):
    url = target("ai-service")
    with (FOLDER / "data" / "questions.csv").open() as file:
        for row in csv.DictReader(file):
            assert post(f"{url}/chat", {"message": row["text"]}) == 200
    assert post(f"{url}/admin/breaker", {"state": "open"}) == 200
    ran = run_plan("ai-service", "--scenario", "normal", **service(url))
    ran.check_broken(ERRORS, BREAKER)


def test_a_healthy_locustfile(target, run_locustfile):
    ran = run_locustfile("ai-service", *LOAD, "-H", target("ai-service"))
    ran.check_healthy()
    assert "/chat/stream, whole" in ran.output


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--latency", "700ms"], "P95 is"),
        (["--model-errors", "100%"], "the breaker refused"),
        (["--no-cache"], "0 of"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_locustfile_keeps_its_own_objectives(target, run_locustfile, flags, said):
    ran = run_locustfile("ai-service", *LOAD, "-H", target("ai-service", *flags))
    assert ran.code == 1, ran.output
    broken = [line for line in ran.output.splitlines() if "objective broken:" in line]
    assert any(said in line for line in broken), ran.output


def test_the_cost_of_a_normal_day_is_told_before_it():
    command = [*GATECRASH, "explain", str(FOLDER / "plan.yaml"), "--scenario", "normal"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    page = " ".join(done.stdout.split())
    # Three requests a minute for ten minutes.
    assert "50 users × 30 tasks each = at most 1,500 tasks" in page, done.stdout
    assert "× 0.003 USD a task = 4.50 USD" in page, done.stdout
