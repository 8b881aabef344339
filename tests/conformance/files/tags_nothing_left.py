"""A tag that no task carries: the warning, and a user that cannot be run."""

from locust import User, constant, task


class Untagged(User):
    wait_time = constant(100)

    @task
    def plain(self):
        pass
