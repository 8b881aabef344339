"""Users that nearly always have a request under way, and count by themselves.

After `QUIT_AFTER` answers the run is quit from within; after `ENOUGH` "under way" is printed, once.
The last line on stdout tells how many requests were begun and how many came back.
"""

import os
import random

import gevent
from gevent.pool import Pool

from locust import FastHttpUser, HttpUser, between, events, task

ENOUGH = int(os.environ.get("ENOUGH", "0"))
QUIT_AFTER = int(os.environ.get("QUIT_AFTER", "0"))
LISTENER_TAKES_S = float(os.environ.get("LISTENER_TAKES_S", "0"))
URL = "/delay/50"
begun = ended = 0


@events.quit.add_listener
def tell(**kw):
    print("begun", begun, "ended", ended)


def begin():
    global begun
    begun += 1


def end(user):
    global ended
    ended += 1
    if ended == ENOUGH:
        print("under way")
    if ended == QUIT_AFTER:
        user.environment.runner.quit()


class Plain(HttpUser):
    @task
    def visit(self):
        begin()
        self.client.get(URL, name="visit")
        end(self)


class Fast(FastHttpUser):
    visit = task(Plain.visit)


class Resting(Plain):
    """Rests three times as long as an answer takes, so that many users are little load."""

    wait_time = between(0.05, 0.25)


class RestingFast(Fast):
    wait_time = between(0.05, 0.25)


class Judging(HttpUser):
    """Takes its time to judge an answer, and may be stopped meanwhile."""

    @task
    def visit(self):
        begin()
        with self.client.get(URL, name="visit", catch_response=True) as response:
            gevent.sleep(random.random() / 10)
            response.failure("no good")
        end(self)


class JudgingFast(FastHttpUser):
    visit = task(Judging.visit)


class Streaming(HttpUser):
    @task
    def visit(self):
        begin()
        response = self.client.get("/stream/20", name="visit", stream=True)
        next(response.iter_lines())
        gevent.sleep(random.random() / 10)
        end(self)


class Leaving(HttpUser):
    """Says goodbye; the goodbye of a user that was stopped counts like any request."""

    def on_start(self):
        begin()
        self.client.post(URL, name="hello")
        end(self)

    def on_stop(self):
        begin()
        self.client.delete(URL, name="goodbye")
        end(self)

    visit = task(Plain.visit)


class Several(HttpUser):
    """Makes requests in greenlets of its own, which nobody stops."""

    def on_start(self):
        self.pool = Pool(3)

    @task
    def visit(self):
        self.pool.spawn(Plain.visit, self)
        gevent.sleep(random.random() / 50)


class Impatient(HttpUser):
    """Gives up on some of its requests, in both ways there are."""

    @task
    def visit(self):
        begin()
        with gevent.Timeout(0.03, False):
            self.client.get(URL, name="given up")
        begin()
        self.client.get(URL, name="timed out", timeout=0.03)
        Plain.visit(self)


class ImpatientFast(FastHttpUser):
    @task
    def visit(self):
        begin()
        with gevent.Timeout(0.03, False):
            self.client.get(URL, name="given up")
        Plain.visit(self)


class Lingering(Plain):
    """Does not want to end."""

    def on_stop(self):
        print("lingers")
        gevent.sleep(60)


if LISTENER_TAKES_S:

    @events.request.add_listener
    def heard(**kw):
        gevent.sleep(LISTENER_TAKES_S)
