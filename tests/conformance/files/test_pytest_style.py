"""A pytest-style file: each test function becomes a user."""

import os

import gevent

from locust import events

done = []


@events.init.add_listener
def keep(environment, **kw):
    global runner
    runner = environment.runner


def test_with_session(session):
    response = session.get(os.environ["TARGET"] + "/status/200", name="session")
    while not done:
        gevent.sleep(0.01)
    print("session", type(session).__name__, response.status_code)
    finish("session")


def test_with_fastsession(fastsession):
    response = fastsession.get(os.environ["TARGET"] + "/status/200", name="fastsession")
    print("fastsession", type(fastsession).__name__, response.status_code)
    finish("fastsession")


def finish(name):
    done.append(name)
    if len(done) == 2:
        gevent.spawn(runner.quit)
    gevent.sleep(60)
