"""A target whose certificate nobody vouches for: SECURE is its url. One user verifies, one does
not."""

import os

from locust import FastHttpUser, HttpUser, task


class Verifying(HttpUser):
    host = os.environ["SECURE"]

    @task
    def visit(self):
        print("verified", self.client.get("/json").status_code)
        print("unverified", self.client.get("/json", verify=False).status_code)
        self.environment.runner.quit()


class VerifyingFast(FastHttpUser):
    host = os.environ["SECURE"]
    insecure = False

    @task
    def visit(self):
        print("verified", self.client.get("/json").status_code)
        self.environment.runner.quit()
