"""Constants of locust.stats assigned by the file change intervals and columns; rounding can be
replaced."""

import time

import locust.stats
from locust import HttpUser, task

locust.stats.CONSOLE_STATS_INTERVAL_SEC = 60
locust.stats.CSV_STATS_INTERVAL_SEC = 0.2
locust.stats.CSV_STATS_FLUSH_INTERVAL_SEC = 0.2
locust.stats.PERCENTILES_TO_REPORT = [0.25, 0.5, 0.999, 1.0]
locust.stats.bucket_response_time = lambda response_time: 7


class Constants(HttpUser):
    @task
    def visit(self):
        self.client.get("/status/200", name="visit")
        print(self.environment.stats.total.response_times)
        time.sleep(1.5)
        self.environment.runner.quit()
