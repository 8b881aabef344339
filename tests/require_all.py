"""A pytest plugin: under GATECRASH_REQUIRE_ALL=1 a skipped test is a failure.

In: the outcomes of a pytest run. Out: exit status 1 and a line that says why, when something
was skipped. Without the variable it does nothing: skips stay named skips.
"""

from __future__ import annotations

import os

import pytest


def _skipped(session: pytest.Session) -> int:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a run with skips into a failed one, where every test is required."""
    if os.environ.get("GATECRASH_REQUIRE_ALL") != "1" or hasattr(session.config, "workerinput"):
        return
    if exitstatus == pytest.ExitCode.OK and _skipped(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter) -> None:
    """Say that the skips are what failed the run."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped and os.environ.get("GATECRASH_REQUIRE_ALL") == "1":
        terminalreporter.write_line(f"{skipped} skipped: a failure under GATECRASH_REQUIRE_ALL=1")
