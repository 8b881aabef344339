"""Many requests at a steady pace: counts over a fixed time."""

from locust import FastHttpUser, HttpUser, constant, constant_pacing, constant_throughput, task


class Constant(HttpUser):
    fixed_count = 4
    wait_time = constant(0.25)

    @task
    def visit(self):
        self.client.get("/status/200", name="constant")


class Pacing(HttpUser):
    fixed_count = 4
    wait_time = constant_pacing(0.25)

    @task
    def visit(self):
        self.client.get("/status/200", name="pacing")


class Throughput(FastHttpUser):
    fixed_count = 4
    wait_time = constant_throughput(4)

    @task
    def visit(self):
        self.client.get("/status/200", name="throughput")
