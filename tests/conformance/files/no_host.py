"""A user without a host, and none on the command line."""

from locust import HttpUser, task


class Homeless(HttpUser):
    @task
    def visit(self):
        self.client.get("/")
