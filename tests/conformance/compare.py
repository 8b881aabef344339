"""Compare two outcomes and separate what is known to differ from what is new.

In: the outcome of real Locust, the outcome of Gatecrash, the list of known differences. Out:
`Difference` records. Pure: no tool is run and no file is read here but `known_differences.toml`.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from normalise import Outcome

TOLERANCE = 0.05
KNOWN = Path(__file__).parent / "known_differences.toml"
SLOW_WAY = re.compile(r"Requests sent by a Python library instead of the engine: .*")


@dataclass(frozen=True)
class Difference:
    """One line that only one side has. `only` is "locust" or "gatecrash"."""

    case: str
    aspect: str
    only: str
    line: str

    def __str__(self) -> str:
        return f"{self.aspect}: only {self.only}: {self.line}"


@dataclass(frozen=True)
class Known:
    """A difference that is accepted with a reason: patterns for the case and aspect, a regular
    expression for the line."""

    case: str
    aspect: str
    only: str
    line: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this entry explains `difference`."""
        return (
            fnmatch.fnmatch(difference.case, self.case)
            and fnmatch.fnmatch(difference.aspect, self.aspect)
            and difference.only == self.only
            and re.fullmatch(self.line, difference.line) is not None
        )


def load_known(path: Path = KNOWN) -> list[Known]:
    """The accepted differences; every entry must give its reason."""
    entries = tomllib.loads(path.read_text()).get("difference", [])
    return [Known(**entry) for entry in entries]


def compare(
    case: str, locust: Outcome, gatecrash: Outcome, timed: bool = False
) -> list[Difference]:
    """All lines in which the outcomes of `case` differ; with `timed`, exit codes and counts
    within 5 % only."""
    if timed:
        return compare_timed(case, locust, gatecrash)
    found = []
    for aspect in dict.fromkeys([*locust.aspects, *gatecrash.aspects]):
        found += _line_differences(
            case, aspect, locust.aspects.get(aspect, []), gatecrash.aspects.get(aspect, [])
        )
    return found


def compare_timed(case: str, locust: Outcome, gatecrash: Outcome) -> list[Difference]:
    """Exit codes, names of rows, and the counts of each row within the tolerance."""
    found = _line_differences(
        case, "exit code", locust.aspects["exit code"], gatecrash.aspects["exit code"]
    )
    for row in dict.fromkeys([*locust.counts, *gatecrash.counts]):
        theirs, ours = locust.counts.get(row), gatecrash.counts.get(row)
        if theirs is None or ours is None or not all(map(_near, theirs, ours)):
            found.append(Difference(case, "counts", "locust", f"{row}: {theirs}"))
            found.append(Difference(case, "counts", "gatecrash", f"{row}: {ours}"))
    if not locust.counts:
        found.append(Difference(case, "counts", "locust", "(no rows at all)"))
    return found


def slow_way_faults(log: str, expected: bool) -> list[str]:
    """What is wrong about how the requests of a run were sent: by the engine, unless the file
    asks for what only a library of Python's can do."""
    told = SLOW_WAY.findall(log)
    if expected and not told:
        return ["the file asks for the slow way, but the log counts no such request"]
    return [] if expected else told


def _near(theirs: int, ours: int) -> bool:
    return abs(theirs - ours) <= max(1, TOLERANCE * theirs)


def _line_differences(
    case: str, aspect: str, theirs: list[str], ours: list[str]
) -> list[Difference]:
    found = []
    matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        if kind != "equal":
            found += [Difference(case, aspect, "locust", line) for line in theirs[a0:a1]]
            found += [Difference(case, aspect, "gatecrash", line) for line in ours[b0:b1]]
    return found


def split(
    differences: list[Difference], known: list[Known]
) -> tuple[list[Difference], list[tuple[Difference, Known]]]:
    """Part differences into new ones and those that an entry explains."""
    new, explained = [], []
    for difference in differences:
        entry = next((entry for entry in known if entry.covers(difference)), None)
        if entry:
            explained.append((difference, entry))
        else:
            new.append(difference)
    return new, explained


def stale(known: list[Known], used: list[Known]) -> list[Known]:
    """The entries that explain nothing any more."""
    return [entry for entry in known if entry not in used]
