"""All users fail in on_start."""

from locust import User, task


class Broken(User):
    def on_start(self):
        raise RuntimeError("no login")

    @task
    def never(self):
        print("unexpected")
