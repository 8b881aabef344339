"""reset_all and clear_all in the middle of a run."""

from locust import HttpUser, constant, task


class Resetting(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        stats = self.environment.stats
        self.client.get("/status/200", name="before")
        self.client.get("/status/404", name="before")
        stats.reset_all()
        print("reset", sorted(stats.entries), stats.total.num_requests, len(stats.errors))
        self.client.get("/status/200", name="between")
        stats.clear_all()
        print("clear", sorted(stats.entries), stats.total.num_requests, len(stats.errors))
        self.client.get("/status/200", name="after")
        print("after", sorted(stats.entries), stats.total.num_requests)
        self.environment.runner.quit()
