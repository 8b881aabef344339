"""environment.host assigned in init or test_start reaches the users."""

import os

from locust import HttpUser, constant, events, task


@events.init.add_listener
def early(environment, **kw):
    print("init", environment.host)
    environment.host = "http://127.0.0.1:1"


@events.test_start.add_listener
def late(environment, **kw):
    print("test_start", environment.host)
    environment.host = os.environ["TARGET"]


class Hosted(HttpUser):
    wait_time = constant(0)
    host = "http://overwritten.invalid"

    @task
    def visit(self):
        print(self.host == os.environ["TARGET"], self.client.base_url == self.host)
        self.client.get("/status/200")
        self.environment.runner.quit()
