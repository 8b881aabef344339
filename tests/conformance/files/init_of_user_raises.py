"""A user whose __init__ raises."""

from locust import User, task


class Raising(User):
    def __init__(self, environment):
        super().__init__(environment)
        raise RuntimeError("no such user")

    @task
    def never(self):
        print("unexpected")
