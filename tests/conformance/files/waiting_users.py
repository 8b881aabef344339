"""Many requests at a steady pace: counts over a fixed time, which begins when all users run."""

import gevent

from locust import (
    FastHttpUser,
    HttpUser,
    constant,
    constant_pacing,
    constant_throughput,
    events,
    task,
)

# Between two requests: the twentieth of each user is due after 9.5 s.
TIME_S = 9.75


@events.init.add_listener
def init(environment, **kw):
    @environment.events.spawning_complete.add_listener
    def complete(user_count, **kw):
        gevent.spawn_later(TIME_S, environment.runner.quit)


class Constant(HttpUser):
    fixed_count = 8
    wait_time = constant(0.5)

    @task
    def visit(self):
        self.client.get("/status/200", name="constant")


class Pacing(HttpUser):
    fixed_count = 8
    wait_time = constant_pacing(0.5)

    @task
    def visit(self):
        self.client.get("/status/200", name="pacing")


class Throughput(FastHttpUser):
    fixed_count = 8
    wait_time = constant_throughput(2)

    @task
    def visit(self):
        self.client.get("/status/200", name="throughput")
