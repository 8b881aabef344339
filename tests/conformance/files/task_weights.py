"""Weighted tasks drawn from the global `random`, seeded by the file: the sequence itself must
agree."""

import random

from locust import HttpUser, between, task


class Weighted(HttpUser):
    wait_time = between(0.001, 0.002)
    done = 0

    def on_start(self):
        random.seed(7)

    def count(self, letter):
        print(letter)
        self.client.get("/status/200", name=letter)
        self.done += 1
        if self.done == 30:
            self.environment.runner.quit()

    @task
    def a(self):
        self.count("a")

    @task(3)
    def b(self):
        self.count("b")

    @task(weight=6)
    def c(self):
        self.count("c")

    @task()
    def d(self):
        self.count("d")
