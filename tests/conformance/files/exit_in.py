"""sys.exit() where WHERE says."""

import os
import sys

import gevent

from locust import HttpUser, events, task

WHERE = os.environ["WHERE"]


def leave(place):
    if place == WHERE:
        print("leaves", place)
        sys.exit(7)


@events.init.add_listener
def init(**kw):
    leave("init")


@events.test_start.add_listener
def test_start(**kw):
    leave("test_start")


@events.request.add_listener
def request(**kw):
    leave("request listener")


@events.quitting.add_listener
def quitting(**kw):
    leave("quitting")


class Leaving(HttpUser):
    def on_start(self):
        leave("on_start")

    @task
    def visit(self):
        leave("task")
        self.client.get("/status/200", name="visit")
        if WHERE == "greenlet":
            gevent.spawn(leave, "greenlet")
            gevent.sleep(0.1)
        if WHERE == "quitting":
            self.environment.runner.quit()
        gevent.sleep(60)


leave("import")
