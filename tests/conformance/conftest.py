"""Fixtures shared by the conformance tests: the tools, and one target per process; and the order,
in which the tests of all results come last."""

from __future__ import annotations

import os

import pytest

import harness

# The files that are run under the tools are no tests of ours, whatever they are called.
collect_ignore = ["files"]
REQUIRE_ALL = os.environ.get("GATECRASH_REQUIRE_ALL") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the results of all cases runs when there are some."""
    items.sort(key=lambda item: item.path.name == "test_results.py")


def need(tool: harness.Tool) -> harness.Tool:
    """Skip by name when a tool is not installed; fail when everything is required."""
    if tool.command.exists():
        return tool
    message = f"{tool.name} is not at {tool.command}"
    if REQUIRE_ALL:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def locust() -> harness.Tool:
    """Real Locust."""
    return need(harness.locust())


@pytest.fixture(scope="session")
def locust_version(locust: harness.Tool) -> str:
    """The version of real Locust, which results are remembered by."""
    return harness.version_of(locust)


@pytest.fixture(scope="session")
def gatecrash() -> harness.Tool:
    """Gatecrash."""
    tool = need(harness.gatecrash())
    harness.version_of(tool)
    return tool


@pytest.fixture(scope="session")
def target():
    """A running target."""
    target = harness.Target()
    yield target
    target.close()
