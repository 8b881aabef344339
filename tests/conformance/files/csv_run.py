"""A run that leaves successes, failures and exceptions in every output file, then rests until
all are written."""

import time

from locust import HttpUser, constant, task


class Writing(HttpUser):
    wait_time = constant(0)
    done = 0

    @task
    def visit(self):
        self.done += 1
        if self.done == 3:
            time.sleep(2.2)
            self.environment.runner.quit()
        self.client.get("/status/200", name="good")
        self.client.get("/status/404", name="bad, with a comma")
        self.client.post("/status/200", name='quoted "name"')
        self.client.get("http://127.0.0.1:1/", name="refused")
        with self.client.get(
            "/status/200", name="bad, with a comma", catch_response=True
        ) as response:
            response.failure("my own words")
        raise ValueError("an exception")
