"""The knowledge graph: a healthy one keeps every objective, and each fault breaks the one it should."""

import json
import urllib.request
from urllib.parse import urlsplit

import pytest

SUITE = "knowledge-graph"
LOAD = ("-u", "50", "-r", "50", "-t", "3s")

LATE_BURST = {"p95 of /retrieve < 900ms", "p95 of each /extract/* < 2s"}
LATE_HEALTH = {"p50 of /health <= 100ms", "p95 of /health <= 200ms", "p99 of /health <= 300ms"}
LATE_MODELS = {
    "p50 of /retrieve <= 750ms",
    "p95 of /retrieve <= 900ms",
    "p99 of /retrieve <= 1s",
    "p50 of /extract/* <= 1500ms",
    "p95 of /extract/* <= 2000ms",
    "p99 of /extract/* <= 2200ms",
    "p50 of /facets/generate <= 1100ms",
    "p95 of /facets/generate <= 1500ms",
    "p99 of /facets/generate <= 1600ms",
}
LATE_STEADY = "p95 < 2s"
FEW = {"rps of /retrieve >= 17", "rps of /extract/* >= 7", "rps of /facets/generate >= 3.5"}
ERRORS = "error_rate < 1%"
ERRORS_STEADY = "error_rate < 0.5%"
MEMORY = "last api.memory < 3 * min api.memory"
CPU = "avg api.cpu < 40%"
NOT_DEGRADED = "state.degraded == 0"
DEGRADED = "state.degraded >= 0.98 * requests of /retrieve"
FASTER = "p95 of /retrieve in degraded < 0.8 * p95 of /retrieve in burst"
NEVER_DEGRADED = ("--set", "scenarios.degraded.hooks.before=[]")


@pytest.fixture
def graph(target, run_plan):
    """Starts the target with these flags, and gives its URL and what runs the plan against it."""

    def start(*flags):
        url = target(SUITE, *flags)
        variables = {"KG_HOST": url, "KG_PORT": str(urlsplit(url).port)}
        return url, lambda *options: run_plan(SUITE, *options, **variables)

    return start


def ask(url, body, **headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def get(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def verdict(ran, objective):
    return next(one for one in ran.record["verdicts"] if one["objective"] == objective)


def test_a_healthy_plan(graph):
    url, run = graph()
    ran = run()
    ran.check_healthy()
    assert get(f"{url}/health")["mode"] == "normal", "it was switched back"
    told = get(f"{url}/truth")["routes"]
    for route in ("/retrieve", "/extract/{kind}", "/facets/generate", "/health"):
        assert told[route]["statuses"].keys() == {"200"}, route
    scenarios = [one["scenario"] for one in ran.summary["test_results"]]
    assert scenarios == ["burst", "degraded", "slo", "ramp", "steady"]


FAULTS = {
    "late in a burst": ("burst", ["--latency", "2s"], LATE_BURST),
    "errors in a burst": ("burst", ["--errors", "20%"], {ERRORS}),
    "slow models": ("slo", ["--slow", "5", "--model-slots", "1000"], LATE_MODELS | FEW),
    "all late": ("slo", ["--latency", "400ms", "--model-time", "50ms"], LATE_HEALTH),
    "a stall": ("steady", ["--stall", "500ms,3s"], {LATE_STEADY}),
    "errors for long": ("steady", ["--errors", "20%"], {ERRORS_STEADY}),
    "a busy core": ("steady", ["--busy", "80%"], {CPU}),
    "a leak": ("steady", ["--leak", "40000000"], {MEMORY}),
}


@pytest.mark.parametrize("scenario, flags, broken", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_breaks_its_objective(graph, scenario, flags, broken):
    _, run = graph(*flags)
    run("--scenario", scenario).check_broken(*broken)


@pytest.mark.parametrize("scenario", ["burst", "steady"])
def test_a_graph_that_was_left_degraded(graph, scenario):
    url, run = graph()
    told = ask(f"{url}/admin/reload", {"mode": "degraded"}, Authorization="Bearer kg-operator")
    assert told == {"mode": "degraded", "topK": 10, "fusion": "rrf", "reranker": False}
    run("--scenario", scenario).check_broken(NOT_DEGRADED)


def test_a_switch_that_does_nothing(graph):
    _, run = graph()
    scenarios = ("--scenario", "burst", "--scenario", "degraded")
    run(*scenarios, *NEVER_DEGRADED).check_broken(FASTER, DEGRADED)


def test_a_wrong_token_ends_the_run(target, run_plan):
    url = target(SUITE)
    port = str(urlsplit(url).port)
    ran = run_plan(SUITE, "--scenario", "degraded", KG_HOST=url, KG_PORT=port, KG_TOKEN="wrong")
    assert ran.code == 97, ran.output
    assert "401" in ran.output


def test_a_ramp_that_breaks_ends_there_and_fails_nothing(graph):
    """At which load, a ramp of 20 seconds and more can tell."""
    _, run = graph("--model-slots", "4", "--model-queue", "0")
    ran = run("--scenario", "ramp")
    assert ran.code == 0, ran.output
    assert ran.broken == {"error_rate > 5% for 1s"}
    told = verdict(ran, "error_rate > 5% for 1s")
    assert (told["outcome"], told["severity"]) == ("failed", "warn")
    arrivals = ran.record["scenarios"][0]["arrivals"]["planned"]
    assert arrivals < 101, "as many as the whole ramp has"


def test_a_healthy_locustfile(target, run_locustfile):
    url = target(SUITE)
    run_locustfile(SUITE, *LOAD, KG_HOST=url).check_healthy()
    told = get(f"{url}/truth")["routes"]
    for route in ("/retrieve", "/extract/{kind}", "/facets/generate"):
        assert told[route]["statuses"].keys() == {"200"}, route


@pytest.mark.parametrize(
    "flags, reason",
    [
        (["--latency", "1500ms"], "objective broken: /retrieve: P50 is"),
        (["--errors", "20%"], "failed, less than 1% may"),
    ],
    ids=["late", "errors"],
)
def test_the_locustfile_keeps_its_own_objectives(target, run_locustfile, flags, reason):
    ran = run_locustfile(SUITE, *LOAD, KG_HOST=target(SUITE, *flags))
    assert ran.code == 1, ran.output
    assert reason in ran.output
