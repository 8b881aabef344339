"""The results of the cases: kept after each, read for the page.

In: a case with its new and explained differences. Out: one file per case in `.results/`, and all
of them together. `COMPARED` names the cases of this very process.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import harness
from cases import CASES
from compare import Difference, Known

PLACE = harness.HERE / ".results"
COMPARED: set[str] = set()


@dataclass(frozen=True)
class Result:
    """What a case came to: differences that nothing explains, and the entries that explain
    others."""

    new: list[Difference]
    known: list[Known]


def keep(
    case: harness.Case, new: list[Difference], explained: list[tuple[Difference, Known]]
) -> None:
    """Remember the result of `case`."""
    PLACE.mkdir(exist_ok=True)
    known = list(dict.fromkeys(entry for _difference, entry in explained))
    result = {"new": [asdict(each) for each in new], "known": [asdict(each) for each in known]}
    (PLACE / f"{case.name}.json").write_text(json.dumps(result, indent=1))
    COMPARED.add(case.name)


def load() -> dict[str, Result]:
    """The last result of each case, in the order of the cases.

    Raises FileNotFoundError when a case has none.
    """
    return {case.name: _load(case.name) for case in CASES}


def _load(name: str) -> Result:
    result = json.loads((PLACE / f"{name}.json").read_text())
    return Result(
        [Difference(**each) for each in result["new"]], [Known(**each) for each in result["known"]]
    )
