"""runner.quit() from wherever WHERE says; the run always ends the same way."""

import os

import gevent

from locust import LoadTestShape, HttpUser, constant, events, task

WHERE = os.environ["WHERE"]


@events.init.add_listener
def started(environment, **kw):
    global quit
    quit = lambda: environment.runner.quit()  # noqa: E731


def at(place):
    if place == WHERE:
        print("quits in", place)
        quit()


@events.test_start.add_listener
def on_test_start(environment, **kw):
    if WHERE == "greenlet":
        gevent.spawn_later(0.3, at, "greenlet")


@events.request.add_listener
def on_request(**kw):
    at("request listener")


class Quitting(HttpUser):
    wait_time = constant(0)

    def on_start(self):
        print("on_start")
        at("on_start")

    def on_stop(self):
        print("on_stop")

    @task
    def visit(self):
        at("task")
        if WHERE == "with block":
            with self.client.get("/status/200", name="in block", catch_response=True):
                at("with block")
        elif WHERE == "request listener":
            self.client.get("/status/200", name="heard")
        gevent.sleep(60)


if WHERE == "tick":

    class Ending(LoadTestShape):
        ticks = 0

        def tick(self):
            self.ticks += 1
            if self.ticks == 2:
                at("tick")
            return (1, 1)
