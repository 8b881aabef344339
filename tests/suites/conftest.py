"""What the tests of the ready suites start from: targets, runs of plans, runs of locustfiles.

In: the folders of `suites/`, and `gatecrash` of the environment that runs the tests. Out: how a run
ended, what it said, and what came of its objectives. Each target listens on a free port; the files
of a run are in a folder that is gone afterwards. Nothing is judged here.

A suite's tests are `test_SUITE.py`, and say three things:

    def test_healthy_plan(target, run_plan):
        run_plan("clinic", CLINIC=target("clinic")).check_healthy()

    @pytest.mark.parametrize("scenario, flags, broken", FAULTS)
    def test_a_fault_breaks_its_objective(target, run_plan, scenario, flags, broken):
        url = target("clinic", *flags)
        run_plan("clinic", "--scenario", scenario, CLINIC=url).check_broken(*broken)

    def test_healthy_locustfile(target, run_locustfile):
        url = target("clinic")
        run_locustfile("clinic", "-u", "20", "-r", "20", "-t", "5s", "-H", url).check_healthy()
"""

from __future__ import annotations

import re
import selectors
import subprocess

import pytest

from runs import GATECRASH, SUITES, Ran, run

# Only a hang takes as long.
START_PATIENCE_S = 20


@pytest.fixture
def run_plan(tmp_path):
    """Runs a suite's plan quickly, with these options and variables, to its end."""

    def run_one(suite: str, *options: str, **variables: str) -> Ran:
        plan = str(SUITES / suite / "plan.yaml")
        return run(["run", plan, "--quick", *options], variables, tmp_path)

    return run_one


@pytest.fixture
def run_locustfile(tmp_path):
    """Runs a suite's locustfile without a terminal, with these options, to its end."""

    def run_one(suite: str, *options: str, **variables: str) -> Ran:
        file = str(SUITES / suite / "locustfile.py")
        variables = {"GATECRASH_QUICK": "1"} | variables
        return run(["-f", file, "--headless", "--only-summary", *options], variables, tmp_path)

    return run_one


@pytest.fixture
def target():
    """Starts `gatecrash target NAME FLAGS…` on a free port and gives its URL."""
    started = []

    def start(name: str, *flags: str) -> str:
        command = [*GATECRASH, "target", name, "--port", "0", *flags]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            assert selector.select(START_PATIENCE_S), f"{command} says nothing"
        line = process.stdout.readline()
        url = re.search(r"https?://\S+", line)
        assert url, f"{command} says {line!r}"
        return url[0]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
