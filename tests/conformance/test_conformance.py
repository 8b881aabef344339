"""The same file under real Locust and under Gatecrash: what a person, a script or a CI job can
see must agree.

Every new difference fails. A known one stands in `known_differences.toml` with its reason. Each
result is kept in `.results/`, from which `make_page.py` writes the page.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

import compare
import harness
from cases import CASES
from normalise import outcome

RESULTS = harness.HERE / ".results"
# Counts over time suffer when something else takes the machine for a second, on either side.
TIMED_TRIES = 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees(case, locust, locust_version, gatecrash, target):
    tries = TIMED_TRIES if case.timed else 1
    for _ in range(tries):
        theirs = harness.run_cached(locust, case, target, locust_version)
        assert theirs.exit_code is not None, f"no end under Locust:\n{theirs.stderr[:3000]}"
        ours = harness.run(gatecrash, case, target)
        differences = compare.compare(case.name, outcome(theirs), outcome(ours), case.timed)
        new, explained = compare.split(differences, compare.load_known())
        if not new:
            break
    keep(case, new, explained)
    told = ["not as Locust:", *map(str, new), "--- our stderr", ours.stderr[-3000:]]
    assert not new, "\n".join(told)


def keep(case, new, explained) -> None:
    """Remember the result for the page."""
    RESULTS.mkdir(exist_ok=True)
    result = {
        "new": [asdict(difference) for difference in new],
        "explained": [
            {**asdict(difference), "reason": known.reason} for difference, known in explained
        ],
    }
    (RESULTS / f"{case.name}.json").write_text(json.dumps(result, indent=1))
