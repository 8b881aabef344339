"""locust.contrib.csv_request_logger writes a row per request."""

import os

from locust import HttpUser, constant, events, task
from locust.contrib.csv_request_logger import CsvRequestLogger


@events.init.add_listener
def install(environment, **kw):
    CsvRequestLogger("own_requests.csv").register(environment)


@events.quit.add_listener
def show(**kw):
    for line in open("own_requests.csv"):
        cells = line.strip().split(",")
        print(cells[1:3], cells[4:])
    os.remove("own_requests.csv")


class Logged(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        self.client.get("/status/200", name="good")
        self.client.get("/status/404", name="bad")
        self.environment.runner.quit()
