"""The same file under real Locust and under Gatecrash: what a person, a script or a CI job can
see must agree.

Every new difference fails, and so does a request that the engine does not send where the file asks
for nothing special. A known difference stands in `known_differences.toml` with its reason. Each
result is kept in `.results/`, from which `make_page.py` writes the page.
"""

from __future__ import annotations

import pytest

import compare
import harness
import results
from cases import CASES
from normalise import outcome

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
    results.keep(case, new, explained)
    faults = [*map(str, new), *compare.slow_way_faults(ours.stderr, case.slow_way)]
    told = ["not as Locust:", *faults, "--- our stderr", ours.stderr[-3000:]]
    assert not faults, "\n".join(told)
