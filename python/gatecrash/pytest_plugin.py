"""pytest's side of pytest-style locustfiles: the fixtures `session` and `fastsession`.

In: a test function that takes one of them, run by pytest or by `gatecrash -f`. Out: an HTTP client
for it. Under pytest the base URL is `--host` and nothing is counted; in a run they are the user's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gatecrash

if TYPE_CHECKING:
    from locust.user.users import User

# pytest looks for `locust` itself where Locust is installed: it is a plugin's package to it.
gatecrash.install()

_config: pytest.Config


class NoOpEvent:
    """Stands in for the request event where nobody counts."""

    direct = None

    def fire(self, *, reverse=False, **kwargs):
        """Does nothing."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--host`, unless another plugin has it already."""
    try:
        parser.addoption("--host", "-H", action="store", default=None)
    except ValueError as error:
        if "already added" not in str(error):
            raise


def pytest_configure(config):
    """Keeps pytest's options for the fixtures, which must not ask for them as an argument: a run
    calls a fixture with nothing but the user."""
    global _config
    _config = config


def _arguments(user: User | None) -> dict:
    if user is None:
        return {
            "base_url": _config.getoption("--host"),
            "request_event": NoOpEvent(),
            "user": None,
        }
    return {
        "base_url": user.host,
        "request_event": user.environment.events.request,
        "user": user,
    }


# `locust` is imported inside: it patches the standard library, which pytest itself need not bear.


@pytest.fixture
def session(user: User | None = None):
    """An `HttpSession`."""
    from locust.clients import HttpSession

    client = HttpSession(**_arguments(user))
    yield client
    client.close()


@pytest.fixture
def fastsession(user: User | None = None):
    """A `FastHttpSession`."""
    from locust.contrib.fasthttp import FastHttpSession

    yield FastHttpSession(**_arguments(user))
