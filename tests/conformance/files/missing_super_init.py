"""A user whose __init__ forgets the base's: it runs all the same."""

from locust import User, task


class Forgetful(User):
    def __init__(self, environment):
        self.environment = environment

    @task
    def still_runs(self):
        print("runs")
        self.environment.runner.quit()
