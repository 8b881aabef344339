"""The file sets the exit code itself, as CODE says, in quitting."""

import os

from locust import HttpUser, events, task


@events.quitting.add_listener
def judge(environment, **kw):
    environment.process_exit_code = int(os.environ["CODE"])


class Failing(HttpUser):
    @task
    def visit(self):
        self.client.get(os.environ.get("ROUTE", "/status/500"))
        self.environment.runner.quit()
