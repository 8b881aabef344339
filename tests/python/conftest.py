"""Makes `locust` ours for every test, and gives the pieces that most tests start from."""

import re
import subprocess
import sys

import gevent
import pytest

import gatecrash  # noqa: F401  (first: makes `locust` importable)
from locust import log
from locust.env import Environment

PATIENCE_S = 10
"""Long enough for anything here; only a hang takes as long."""


@pytest.fixture(autouse=True)
def _patience():
    """Fails a test that hangs, and forgets exceptions that a test left unhandled on purpose."""
    log.unhandled_greenlet_exception = False
    with gevent.Timeout(PATIENCE_S):
        yield
    log.unhandled_greenlet_exception = False


@pytest.fixture
def make_environment():
    """Environments whose runners are gone when the test is over."""
    made = []

    def make(*user_classes, **arguments) -> Environment:
        made.append(Environment(user_classes=list(user_classes), **arguments))
        return made[-1]

    yield make
    for environment in made:
        if environment.runner is not None:
            environment.runner.quit()


@pytest.fixture
def life(make_environment):
    """Runs one user to its end in a greenlet and gives the greenlet."""

    def run(user_class, **arguments):
        user = user_class(make_environment(user_class, **arguments))
        greenlet = gevent.spawn(user.run)
        greenlet.join()
        return greenlet

    return run


@pytest.fixture(scope="module")
def target():
    """The base URL of a target of our own, one for the tests of a file."""
    command = [sys.executable, "-m", "gatecrash", "target", "plain", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield re.search(r"http://\S+", process.stdout.readline())[0]
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture
def spawn(tmp_path):
    """Starts commands in the test's folder; those that still run at its end are killed."""
    started = []

    def start(*command: str, env: dict[str, str] | None = None) -> subprocess.Popen:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
