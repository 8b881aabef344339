"""Interrupting the root: the user disappears without on_stop, the run ends by its time with 0."""

from locust import User, constant, task
from locust.exception import InterruptTaskSet


class Rootless(User):
    wait_time = constant(0)

    def on_stop(self):
        print("unexpected on_stop")

    @task
    def leave(self):
        print("leaves")
        raise InterruptTaskSet()
