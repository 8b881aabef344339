"""An on_start that computes for ever and never gives way: the run still ends by its time."""

from locust import User, task


class Busy(User):
    def on_start(self):
        print("computes")
        while True:
            pass

    @task
    def never(self):
        print("unexpected")
