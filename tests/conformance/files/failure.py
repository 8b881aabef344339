"""One request that fails, then the end."""

from locust import HttpUser, task


class Failing(HttpUser):
    @task
    def visit(self):
        self.client.get("/status/500")
        self.environment.runner.quit()
