"""A counted number of requests, fast ones, slow ones and failures, then a rest until all is
written: a run of which it is known what objectives come to."""

import time

from locust import HttpUser, constant, task

ROUNDS = 10


class Judged(HttpUser):
    wait_time = constant(0)
    rounds = 0

    @task
    def visit(self):
        self.rounds += 1
        for _ in range(7):
            self.client.get("/status/200", name="/fast")
        for _ in range(2):
            self.client.get("/delay/150", name="/slow/[ms]")
        self.client.post("/status/503", name="/broken")
        if self.rounds == ROUNDS:
            # The last second of a run is in none of Locust's CSV files.
            time.sleep(2.2)
            self.environment.runner.quit()
