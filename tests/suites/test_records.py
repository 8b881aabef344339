"""The records: healthy APIs keep every objective at every preset, and each fault breaks the one it
should; the presets of the plan, of `configs/` and of the Makefile are the same ones."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runs import GATECRASH, SUITES

SUITE = SUITES / "records"
CONFIGS = sorted((SUITE / "configs").glob("*.json"))
ERRORS = "error_rate < 1%"
LATE = "p95 <= 300ms"
ANSWERED_LATE = "p95 <= 1s"
QUEUED = "p95 waited <= 100ms"
SENT_AWAY = "state.queue_full == 0"
RATES = ("10rps", "100rps", "1000rps")
SCENARIOS = [f"{api}-{rate}" for api in ("db-api", "chat") for rate in RATES]
# Only a hang takes as long.
PATIENCE_S = 60
INVALID = "Error 98"


@pytest.fixture
def hosts(target):
    """Both APIs, each with its flags, as the variables that say where they are."""

    def start(store=(), desk=()) -> dict[str, str]:
        return {
            "RECORDS_HOST": target("records", *store),
            "TRIAGE_HOST": target("triage", *desk),
        }

    return start


def test_a_healthy_plan(hosts, run_plan):
    ran = run_plan("records", **hosts())
    ran.check_healthy()
    assert [one["scenario"] for one in ran.summary["test_results"]] == SCENARIOS
    # The queue is shown, second by second and as the answers tell it.
    for shown in ("triage.working", "triage.waiting", "waited, ms"):
        assert shown in ran.output


STORE_FAULTS = [
    (["--latency", "600ms"], LATE),
    (["--latency", "50ms", "--slow", "10"], LATE),
    (["--stall", "0s,1500ms"], LATE),
    (["--errors", "20%"], ERRORS),
]
DESK_FAULTS = [
    (["--model-time", "2s", "--model-slots", "500"], [ANSWERED_LATE]),
    (["--model-slots", "1", "--model-time", "15ms"], [QUEUED]),
    (["--stall", "0s,2s"], [ANSWERED_LATE]),
    (["--errors", "20%"], [ERRORS]),
    # Who is sent away has failed as well.
    (["--model-slots", "1", "--model-time", "300ms", "--model-queue", "0"], [ERRORS, SENT_AWAY]),
]


@pytest.mark.parametrize("flags, broken", STORE_FAULTS)
def test_a_fault_of_the_store_breaks_its_objective(target, run_plan, flags, broken):
    url = target("records", *flags)
    run_plan("records", "--scenario", "db-api-100rps", RECORDS_HOST=url).check_broken(broken)


@pytest.mark.parametrize("flags, broken", DESK_FAULTS)
def test_a_fault_of_the_desk_breaks_its_objective(target, run_plan, flags, broken):
    url = target("triage", *flags)
    run_plan("records", "--scenario", "chat-100rps", TRIAGE_HOST=url).check_broken(*broken)


class Nothing(BaseHTTPRequestHandler):
    """Says 200 to everything, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def nothing():
    """The URL of a server whose answers have the right status and no content."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "scenario, variable", [("db-api-10rps", "RECORDS_HOST"), ("chat-10rps", "TRIAGE_HOST")]
)
def test_an_answer_without_its_content_is_a_failure(nothing, run_plan, scenario, variable):
    ran = run_plan("records", "--scenario", scenario, **{variable: nothing})
    assert ran.objectives[ERRORS] == {"failed"}, ran.output
    assert "is missing" in ran.output


def test_a_store_without_a_desk_can_be_loaded(target, run_plan):
    url = target("records")
    ran = run_plan("records", "--scenario", "db-api-10rps", RECORDS_HOST=url, TRIAGE_HOST=NOBODY)
    ran.check_healthy()


# Of the ports that need no privilege none is as little used.
NOBODY = "http://127.0.0.1:1"


def test_an_api_that_is_not_there_is_told_at_once(run_plan):
    ran = run_plan("records", "--scenario", "chat-10rps", TRIAGE_HOST=NOBODY)
    assert ran.code == 97, ran.output
    assert f"the target at {NOBODY}/ cannot be reached" in ran.output


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_a_preset_is_kept_by_the_locustfile(hosts, run_locustfile, config):
    limit = LATE if config.stem.startswith("db") else ANSWERED_LATE
    ran = run_locustfile(
        "records",
        *("--objective", limit, "--objective", ERRORS),
        RECORDS_CONFIG=str(config),
        QUICK="1",
        **hosts(),
    )
    ran.check_healthy()
    paths = {endpoint["name"] for endpoint in endpoints(ran)}
    assert ("/triage" in paths) == config.stem.startswith("chat"), paths
    assert ("/patients/[mrn]/summary" in paths) == config.stem.startswith("db"), paths


def endpoints(ran):
    return [one for scenario in ran.record["scenarios"] for one in scenario["endpoints"]]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_a_preset_is_that_of_the_plan(config):
    preset = json.loads(config.read_text())
    api, rate = re.fullmatch(r"(db_api|chat)(?:_api)?_(\d+)rps", config.stem).groups()
    scenario = f"{api.replace('_', '-')}-{rate}rps"
    command = [*GATECRASH, "explain", str(SUITE / "plan.yaml"), "--scenario", scenario]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{preset['rate']} for {preset['run_time']}" in page
    assert preset["rate"] == f"{rate}/s"
    assert f"{preset['host']}" in (SUITE / "plan.yaml").read_text()


def explained(scenario: str, files: int) -> str:
    """What `explain` says where the model takes 6.5 minutes and a process may open so many files;
    without the breaks of its lines."""
    command = [*GATECRASH, "explain", str(SUITE / "plan.yaml"), "--scenario", scenario]
    shell = f'ulimit -n {files} && exec "$@"'
    page = subprocess.run(
        ["sh", "-c", shell, "sh", *command],
        env=os.environ | {"TRIAGE_TIME": "6.5m"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return " ".join(page.split())


def test_ten_per_second_on_a_model_of_minutes_are_3900_in_flight():
    page = explained("chat-10rps", files=4096)
    assert "chat-10rps: 10/s × 6m30s = 3,900 (rate × expected time)" in page
    assert "warning" not in page, page


def test_a_hundred_per_second_are_more_than_the_machine_has_files():
    page = explained("chat-100rps", files=4096)
    for words in (
        "chat-100rps: 100/s × 6m30s = 39,000 (rate × expected time)",
        "39,000 connections, more than this machine's files: this process may open 4,096",
        "raise the limit (ulimit -n 39064)",
    ):
        assert words in page


@pytest.mark.parametrize(
    "flags, broken", [(["--latency", "600ms"], LATE), (["--errors", "20%"], ERRORS)]
)
def test_a_fault_breaks_the_objective_of_the_locustfile(target, run_locustfile, flags, broken):
    ran = run_locustfile(
        "records",
        *("--objective", LATE, "--objective", ERRORS),
        RECORDS_CONFIG=str(SUITE / "configs" / "db_api_100rps.json"),
        QUICK="1",
        RECORDS_HOST=target("records", *flags),
    )
    ran.check_broken(broken)


def makefile_targets() -> list[str]:
    """All targets, in the order in which somebody would use them."""
    named = subprocess.run(
        ["make", "-C", str(SUITE), "-npq"], capture_output=True, text=True
    ).stdout
    phony = re.search(r"^\.PHONY: (.*)$", named, re.MULTILINE)[1].split()
    last = ("load-test-report", "load-test-results")
    return [name for name in phony if name not in last] + [name for name in last if name in phony]


def test_the_makefile_has_a_target_for_each_preset():
    presets = {f"load-test-{scenario}" for scenario in SCENARIOS}
    assert set(makefile_targets()) == presets | {
        "install-load-tests",
        "load-test-db-api",
        "load-test-chat",
        "load-test-report",
        "load-test-results",
    }


def test_every_target_of_the_makefile_does_its_work(hosts, tmp_path):
    suite = tmp_path / "records"
    shutil.copytree(SUITE, suite)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "QUICK": "1",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": "",
        **hosts(),
    }
    for name in makefile_targets():
        ran = make(suite, name, environment)
        assert ran.returncode == 0, ran.stdout
    assert "<html" in (suite / "report.html").read_text()
    # The list of runs, which was made last.
    assert "Records (quick)" in ran.stdout
    assert len(list((suite / "results").iterdir())) >= 2 * len(SCENARIOS)


def make(suite, name, environment):
    """Makes one target; again where other work on the machine has made a run INVALID."""
    for _ in range(3):
        ran = subprocess.run(
            ["make", "-C", str(suite), name],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        if INVALID not in ran.stdout:
            break
    return ran


def test_a_broken_objective_ends_make(target, tmp_path):
    suite = tmp_path / "records"
    shutil.copytree(SUITE, suite)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "QUICK": "1",
        "RECORDS_HOST": target("records", "--errors", "20%"),
    }
    ran = make(suite, "load-test-db-api", environment)
    assert ran.returncode == 2, ran.stdout
    assert "db-api-10rps" in ran.stdout and "--scenario db-api-100rps" not in ran.stdout
