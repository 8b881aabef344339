"""Runs of `gatecrash` to their end, and what came of their objectives.

In: a command line and a folder that nobody else uses. Out: a `Ran`. A run that other work on the
machine has made INVALID is done again; nothing else is judged before a test asks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SUITES = Path(__file__).parents[2] / "suites"
GATECRASH = [sys.executable, "-m", "gatecrash"]

FINE, INVALID, OBJECTIVES = 0, 98, 99
# Only a hang takes as long.
PATIENCE_S = 120
ATTEMPTS = 3


@dataclass(frozen=True)
class Ran:
    """A run that has ended.

    `objectives` has the outcomes of each objective, by its text: one per scenario, endpoint or
    both. `summary` is `summary.json`, `record` is `run.json`; both empty where none was written.
    """

    code: int
    output: str
    objectives: dict[str, set[str]]
    summary: dict
    record: dict

    @property
    def broken(self) -> set[str]:
        """The objectives that did not pass everywhere."""
        return {text for text, outcomes in self.objectives.items() if outcomes != {"passed"}}

    def check_healthy(self) -> None:
        """All is well: every objective has passed."""
        assert (self.code, self.broken) == (FINE, set()), self.output

    def check_broken(self, *objectives: str) -> None:
        """These objectives are broken, and no others."""
        assert (self.code, self.broken) == (OBJECTIVES, set(objectives)), self.output


def _environment(variables: dict[str, str]) -> dict[str, str]:
    """The environment of a run: nobody's wishes but the test's, and no terminal."""
    inherited = {name: value for name, value in os.environ.items() if name != "GATECRASH_QUICK"}
    return inherited | {"NO_COLOR": "1", "GITHUB_STEP_SUMMARY": ""} | variables


def run(arguments: list[str], variables: dict[str, str], folder: Path) -> Ran:
    """Runs `gatecrash ARGUMENTS` with these variables; its results go into a folder in `folder`."""
    for attempt in range(ATTEMPTS):
        results = folder / f"results-{len(list(folder.iterdir()))}"
        done = subprocess.run(
            [*GATECRASH, *arguments, "--results", str(results)],
            cwd=folder,
            env=_environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode != INVALID or attempt == ATTEMPTS - 1:
            break
    return _ran(done, results)


def _ran(done: subprocess.CompletedProcess, results: Path) -> Ran:
    def read(name: str) -> dict:
        file = results / name
        return json.loads(file.read_text()) if file.exists() else {}

    record = read("run.json")
    objectives = defaultdict(set)
    for verdict in record.get("verdicts", []):
        objectives[verdict["objective"]].add(verdict["outcome"])
    return Ran(done.returncode, done.stdout, dict(objectives), read("summary.json"), record)
