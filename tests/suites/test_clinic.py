"""The clinic: a healthy one keeps every objective, and each fault breaks the one it should."""

import json
import subprocess
import sys
import urllib.request

import pytest

from runs import SUITES

ERRORS = "error_rate < 1%"
LATE = "p95 of each * < 300ms"
LOAD = ("-u", "20", "-r", "20", "-t", "5s")


def truth(url):
    with urllib.request.urlopen(f"{url}/truth") as answer:
        return json.load(answer)


def test_a_healthy_plan(target, run_plan):
    url = target("clinic")
    ran = run_plan("clinic", CLINIC=url)
    ran.check_healthy()
    told = truth(url)
    assert told["sockets"]["/ws/broadcast"]["messages_in"] > 0
    for route in ("/encounters", "/admin/dashboard", "/transcriptions"):
        assert told["routes"][route]["received"] > 0, route
    assert [one["scenario"] for one in ran.summary["test_results"]] == [
        "day",
        "rush",
        "channel",
        "uploads",
        "database",
    ]


FAULTS = [
    ("day", ["--latency", "600ms"], [LATE]),
    ("day", ["--errors", "20%"], [ERRORS]),
    ("rush", ["--stall", "1s,1500ms,every=3s"], [LATE]),
    ("channel", ["--stall", "1s,1500ms,every=3s"], [LATE]),
    ("uploads", ["--latency", "600ms"], [LATE]),
    ("uploads", ["--errors", "20%"], [ERRORS]),
    ("database", ["--latency", "30ms", "--slow", "20"], [LATE]),
]


@pytest.mark.parametrize(
    "scenario, flags, broken", FAULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_fault_breaks_its_objective(target, run_plan, scenario, flags, broken):
    url = target("clinic", *flags)
    run_plan("clinic", "--scenario", scenario, CLINIC=url).check_broken(*broken)


def test_a_healthy_locustfile(target, run_locustfile):
    url = target("clinic")
    run_locustfile("clinic", *LOAD, "-H", url).check_healthy()
    told = truth(url)
    assert told["sockets"]["/ws/broadcast"]["opened"] > 0
    assert told["routes"]["/transcriptions"]["statuses"].keys() == {"201"}


def test_the_locustfile_keeps_its_own_objectives(target, run_locustfile):
    url = target("clinic", "--latency", "600ms")
    ran = run_locustfile("clinic", *LOAD, "-H", url)
    assert ran.code == 1, ran.output
    assert "objective broken: GET /encounters: P95 is" in ran.output


def test_without_websockets_the_locustfile_is_still_one():
    """As under real Locust, where there is no package `gatecrash`."""
    script = (
        "import gatecrash, locust, sys; sys.modules['gatecrash'] = None; "
        "sys.path.insert(0, sys.argv[1]); "
        "import locustfile; print(hasattr(locustfile, 'Ward'), locustfile.Dictation.__name__)"
    )
    command = [sys.executable, "-c", script, str(SUITES / "clinic")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "False Dictation\n", done.stderr
