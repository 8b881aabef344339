"""Misuse is punished as Locust does: counted or not counted, and with which error."""

from locust import HttpUser, constant, task
from locust.exception import LocustError


class Misusing(HttpUser):
    wait_time = constant(0)

    @task
    def misuse(self):
        self.client.get("/status/200", name="never entered", catch_response=True)
        for label, use in (
            ("with", self.enter),
            ("success", self.success),
            ("failure", self.failure),
        ):
            try:
                use()
            except LocustError as error:
                print(label, type(error).__name__, error)
        with self.client.get("/status/200", name="after", catch_response=True) as response:
            pass
        try:
            response.failure("too late")
        except LocustError as error:
            print("late", error)
        self.environment.runner.quit()

    def enter(self):
        with self.client.get("/status/200", name="no catch_response"):
            print("unexpected")

    def success(self):
        self.client.get("/status/200", name="no block").success()

    def failure(self):
        self.client.get("/status/200", name="no block").failure("x")
