"""A shape of (users, rate) pairs whose constructor skips the base's; None ends the run."""

from locust import LoadTestShape, User, constant, task


class Staged(LoadTestShape):
    def __init__(self):
        super(LoadTestShape, self).__init__()
        self.ticks = 0

    def tick(self):
        self.ticks += 1
        stage = {1: (2, 2), 2: (2, 2), 3: (1, 10)}.get(self.ticks)
        print("tick", self.ticks, stage, round(self.get_run_time()), self.get_current_user_count())
        return stage


class Idle(User):
    wait_time = constant(100)

    @task
    def idle(self):
        pass
