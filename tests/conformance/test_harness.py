"""The harness itself: that it hides only what two honest runs differ in, and that it can fail."""

from __future__ import annotations

import pytest

import compare
from compare import Difference, Known
from harness import Run
from normalise import mask_row, normalise_csv, outcome, short_traceback, split_tables

LOG = "[2026-01-02 03:04:05,678] box/INFO/locust.main: Shutting down (exit code 0)"
HEADER = (
    "Type     Name      # reqs      # fails |    Avg     Min     Max    Med |   req/s  failures/s"
)
ROW = (
    "GET      /a             3     1(33.33%) |     12       1     105     12 |   34.10        0.00"
)


def result(**changes) -> Run:
    stderr = "\n".join([LOG, HEADER, "--------|---", ROW, ""])
    fields = {"exit_code": 0, "stdout": "hello\n", "stderr": stderr, "received": {"GET /a": 3}}
    place = {"directory": "/tmp/run", "target_url": "http://127.0.0.1:4711"}
    return Run(**{"tool": "locust", **fields, **place, **changes})


@pytest.mark.parametrize(
    ("changes", "aspect"),
    [
        ({"exit_code": 1}, "exit code"),
        ({"stdout": "hello you\n"}, "stdout"),
        ({"stderr": result().stderr.replace(" 3     1(", " 4     1(")}, "final tables"),
        ({"stderr": result().stderr.replace("INFO", "WARNING")}, "log"),
        ({"stderr": result().stderr.replace("     12 |", "    12 |")}, "final tables"),
        ({"stderr": result().stderr.replace("[2026-01-02 ", "[02.01.2026 ")}, "log"),
        ({"received": {"GET /a": 4}}, "received"),
        ({"files": {"x_stats.csv": "Type,Name\r\n"}}, "files"),
    ],
)
def test_a_change_is_seen(changes, aspect):
    found = compare.compare("c", outcome(result()), outcome(result(**changes)))
    assert aspect in {difference.aspect for difference in found}


TRACE = '\nTraceback (most recent call last):\n  File "/lib/x.py", line 1\n    f()\nE: x\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("03:04:05,678", "13:14:15,001"),
        ("     12 |   34.10", "     99 | 1234.10"),
        (" box/", " other/"),
        ('"/lib/x.py", line 1\n    f()', '"/y.py", line 2\n    g()'),
    ],
)
def test_what_time_and_place_change_is_hidden(before, after):
    stderr = result().stderr + TRACE
    assert before in stderr
    theirs, ours = (
        outcome(result(stderr=text)) for text in (stderr, stderr.replace(before, after))
    )
    assert not compare.compare("c", theirs, ours)


def test_counts_stay_in_a_masked_row():
    assert mask_row(ROW) == ROW.replace(
        "12 |   34.10        0.00", " # |       #           #"
    ).replace("   12       1     105", "    #       #       #")


def test_tables_are_parted_at_the_end_of_the_run():
    lines = [HEADER, ROW, "", "log", LOG, HEADER, ROW, "", "after"]
    assert split_tables(lines) == ([HEADER, ROW, ""], ["log", LOG, "after"], [HEADER, ROW, ""])


def test_own_frames_of_a_traceback_stay():
    mine = ['  File "<dir>/a.py", line 3, in visit', "    raise X"]
    lines = ["Traceback (most recent call last):", '  File "/lib.py", line 1, in f', "    g()"]
    assert short_traceback([*lines, *mine, "X: y"]) == [lines[0], *mine, "X: y"]


def test_csv_keeps_counts_and_line_ends():
    text = "Type,Name,Request Count,Requests/s\r\nGET,/a,3,1.25\r\n"
    assert normalise_csv("x_stats.csv", text)[1:] == [
        "Type,Name,Request Count,Requests/s",
        "GET,/a,3,n",
    ]
    assert normalise_csv("x", text) != normalise_csv("x", text.replace("\r\n", "\n"))


@pytest.mark.parametrize(("ours", "differs"), [(100, False), (104, False), (106, True), (94, True)])
def test_timed_counts_have_a_tolerance(ours, differs):
    theirs, other = outcome(result()), outcome(result())
    theirs.counts, other.counts = {"GET /a": (100, 0)}, {"GET /a": (ours, 0)}
    assert bool(compare.compare("c", theirs, other, timed=True)) == differs


def test_a_known_difference_covers_only_itself():
    known = Known("a*", "log", "locust", r"x \d", "because")
    covered = Difference("abc", "log", "locust", "x 1")
    others = [
        Difference("b", "log", "locust", "x 1"),
        Difference("abc", "stdout", "locust", "x 1"),
        Difference("abc", "log", "gatecrash", "x 1"),
        Difference("abc", "log", "locust", "x 1 and more"),
    ]
    assert compare.split([covered, *others], [known]) == (others, [(covered, known)])


COUNTED = "INFO/locust.main: Requests sent by a Python library instead of the engine: 1 (x: 1)"


@pytest.mark.parametrize(
    ("log", "expected", "faults"),
    [(COUNTED, False, 1), (COUNTED, True, 0), ("", True, 1), ("", False, 0)],
)
def test_the_slow_way_is_only_taken_where_asked_for(log, expected, faults):
    assert len(compare.slow_way_faults(log, expected)) == faults
