"""A wait_time of None is an error of the task loop, the old min_wait and max_wait are still
read."""

from locust import User, task


class OldNames(User):
    wait_time = None
    min_wait = 1
    max_wait = 1
    done = 0

    @task
    def once(self):
        self.done += 1
        print("task", self.done)
        if self.done == 2:
            self.environment.runner.quit()
