"""The smallest file on the fast client: one class, one task, no wait."""

from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def index(self):
        self.client.get("/")
