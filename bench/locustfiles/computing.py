"""Users that compute for 50 ms in Python between requests."""

import time

from locust import HttpUser, task

COMPUTING_S = 0.05


class Computing(HttpUser):
    @task
    def fetch_and_compute(self):
        self.client.get("/json")
        end = time.perf_counter() + COMPUTING_S
        while time.perf_counter() < end:
            pass
