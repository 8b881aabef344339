"""Users that only ask, and wait a little."""

from locust import HttpUser, constant, task


class Waiting(HttpUser):
    wait_time = constant(0.05)

    @task
    def fetch(self):
        self.client.get("/json")
