"""All results together: no known difference is stale, and the committed page tells them."""

from __future__ import annotations

import pytest

import compare
import make_page
import results
from cases import CASES
from compare import Difference, Known
from results import Result


@pytest.fixture(scope="module")
def found(request):
    """The results of this run; skipped by name when it was only a part of one."""
    if hasattr(request.config, "workerinput"):
        pytest.skip("looks at all results of one process: run without -n")
    if missing := [case.name for case in CASES if case.name not in results.COMPARED]:
        pytest.skip(f"looks at the results of all cases, of which {len(missing)} did not run")
    return results.load()


def test_no_known_difference_is_stale(found):
    used = [entry for result in found.values() for entry in result.known]
    stale = compare.stale(compare.load_known(), used)
    assert not stale, f"take these off {compare.KNOWN.name}, they agree by now: {stale}"


def test_the_page_tells_the_results(found):
    told = make_page.PAGE.read_text() if make_page.PAGE.exists() else ""
    assert told == make_page.page(found), (
        "run tests/conformance/make_page.py, look at the difference"
    )


KNOWN = Known("*", "log", "locust", "x", "because")
RARE = Known("a", "log", "locust", "y", "for once")


def test_a_stale_difference_is_seen():
    assert compare.stale([KNOWN, RARE], [KNOWN]) == [RARE]


def test_every_result_shows_on_the_page():
    agreeing = {case.name: Result([], [KNOWN]) for case in CASES}
    plain = make_page.page(agreeing)
    assert all(f"| {case.says} | yes |" in plain for case in CASES)
    assert "- because" in plain
    name, says = CASES[0].name, CASES[0].says
    rare = make_page.page(agreeing | {name: Result([], [KNOWN, RARE])})
    assert f"| {says} | but for 1 |" in rare and f"1. for once ({says})" in rare
    new = Result([Difference(name, "log", "locust", "z")], [])
    assert f"| {says} | **no**: 1 lines differ |" in make_page.page(agreeing | {name: new})
