"""`gatecrash check` on the files that real Locust wrote comes to the same verdicts as our own run of
the same requests, as `gatecrash check` on our files, and as the folder of our run.

`files/judged.py` does a counted number of requests whose times lie far from every limit, so that
what holds does not depend on the machine.
"""

from __future__ import annotations

import json
import subprocess

import pytest

import harness
from harness import Case

# What must come out. The files tell of users and seconds only where there is a history.
OBJECTIVES = {
    "requests == 100": "passed",
    "requests of /fast == 70": "passed",
    "failures < 10": "failed",
    "error_rate <= 10%": "passed",
    "error_rate of /broken < 100%": "failed",
    "success_rate of /fast == 100%": "passed",
    "p50 of /slow/* between 140ms and 1s": "passed",
    "p95 of /slow/* < 140ms": "failed",
    "p95 of POST /broken < 140ms": "passed",
    "p99 < 140ms": "failed",
    "max of /slow/* >= 140ms": "passed",
    "min of /slow/* >= 140ms": "passed",
    "avg of /fast < 140ms": "passed",
    "avg of /slow/* < 140ms": "failed",
    "rps > 1000/s": "failed",
    "rps > 1/s": "passed",
    "p95 of /nowhere < 1h": "no data",
    "p95 ttft < 1h": "no data",
    "last depth < 5": "no data",
    "missed == 0": "no data",
    "cache_hit_rate >= 0%": "no data",
}
# Known to our own record, and to Locust's files only as far as it wrote them.
OWN = {"p97 of /slow/* < 140ms": "failed", "users == 1": "passed"}


def wanted(objectives) -> list[str]:
    """The arguments that ask for these."""
    return [word for objective in objectives for word in ("--objective", objective)]


def case(*args: str) -> Case:
    """The run of the file with these arguments beside the usual ones."""
    return Case("judged", "Judged", "", "judged.py", args=args, time_limit_s=40)


@pytest.fixture(scope="module")
def theirs(locust, target, tmp_path_factory):
    """The folder with what real Locust wrote."""
    made = harness.run(locust, case("--csv", "out", "--html", "out.html"), target)
    assert made.exit_code == 1, made.stderr
    return kept(made, tmp_path_factory.mktemp("theirs"))


@pytest.fixture(scope="module")
def ours(gatecrash, target, tmp_path_factory):
    """Our own run, and the folder with what it wrote."""
    words = ["--csv", "out", "--results", "results", *wanted({**OBJECTIVES, **OWN})]
    made = harness.run(gatecrash, case(*words), target)
    return made, kept(made, tmp_path_factory.mktemp("ours"))


def kept(made: harness.Run, folder):
    """The files of a run, where they can be read again."""
    for name, text in made.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture
def check(gatecrash):
    """Runs `gatecrash check`; the exit code, and what came of each objective."""

    def judged(path, objectives) -> tuple[int, dict[str, str]]:
        command = [gatecrash.command, "check", path, "--json", *wanted(objectives)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.stderr == "", done.stderr
        verdicts = json.loads(done.stdout)["verdicts"]
        return done.returncode, {each["objective"]: each["outcome"] for each in verdicts}

    return judged


@pytest.mark.parametrize("file", ["out_stats.csv", "out.html"])
def test_locusts_files_come_to_the_same(file, theirs, check):
    assert check(theirs / file, OBJECTIVES) == (99, OBJECTIVES)


def test_our_own_run_comes_to_the_same(ours, check):
    made, folder = ours
    assert made.exit_code == 99, made.stderr
    assert check(folder / "results", {**OBJECTIVES, **OWN}) == (99, {**OBJECTIVES, **OWN})
    # Judged again without being asked anything: the verdicts of the run itself.
    assert check(folder / "results", {}) == (99, {**OBJECTIVES, **OWN})
    assert check(folder / "out_stats.csv", OBJECTIVES) == (99, OBJECTIVES)


def test_what_holds_ends_with_0(theirs, ours, check):
    held = {text: outcome for text, outcome in OBJECTIVES.items() if outcome == "passed"}
    for path in (theirs / "out_stats.csv", theirs / "out.html", ours[1] / "results"):
        assert check(path, held) == (0, held)


def test_what_a_file_does_not_tell_is_no_data(theirs, check):
    untold = "p97 of /slow/* < 1h"
    for file in ("out_stats.csv", "out.html"):
        assert check(theirs / file, [untold]) == (99, {untold: "no data"})
    # The page has no second by second, and Locust's CSV no percentiles of seconds.
    window = "error_rate > 99% for 1s"
    assert check(theirs / "out.html", [window]) == (99, {window: "no data"})
    assert check(theirs / "out_stats.csv", [window]) == (0, {window: "passed"})


def test_users_are_in_the_history(theirs, check):
    users = "users == 1"
    assert check(theirs / "out_stats.csv", [users]) == (0, {users: "passed"})
    alone = theirs / "alone_stats.csv"
    alone.write_bytes((theirs / "out_stats.csv").read_bytes())
    assert check(alone, [users]) == (99, {users: "no data"})


def refused(gatecrash, *words) -> tuple[int, str]:
    """Exit code and complaint."""
    done = subprocess.run(
        [gatecrash.command, "check", *words], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_files_that_cannot_be_judged_are_told(gatecrash, theirs, tmp_path):
    asked = ("--objective", "p95 < 1s")
    code, said = refused(gatecrash, theirs / "out_failures.csv", *asked)
    assert code == 97 and "lacks the columns Type, Request Count" in said
    code, said = refused(gatecrash, theirs / "out_stats_history.csv", *asked)
    assert code == 97 and "lacks the columns Request Count" in said
    page = (theirs / "out.html").read_text()
    (tmp_path / "cut.html").write_text(page[: page.rindex("total_rps")])
    code, said = refused(gatecrash, tmp_path / "cut.html", *asked)
    assert code == 97 and "ends in the middle" in said
    code, said = refused(gatecrash, theirs / "nothing.csv", *asked)
    assert code == 97 and "nothing.csv" in said
    code, said = refused(gatecrash, theirs / "out_stats.csv")
    assert code == 2 and "--objective" in said
    code, said = refused(gatecrash, theirs / "out_stats.csv", "--objective", "p95 < 1 parsec")
    assert code == 2 and "    p95 < 1 parsec\n" in said
