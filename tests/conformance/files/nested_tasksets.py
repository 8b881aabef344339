"""Nested TaskSets: parents, the user, on_start and on_stop at each level, both kinds of
interrupt."""

import random

from locust import HttpUser, TaskSet, constant, task


class Inner(TaskSet):
    wait_time = constant(0)

    def on_start(self):
        print("inner start", type(self.parent).__name__, self.user is self.parent.user)

    def on_stop(self):
        print("inner stop")

    @task
    def one(self):
        self.client.get("/status/200", name="inner")
        self.interrupt(reschedule=False)


class Outer(TaskSet):
    tasks = [Inner]
    visits = 0

    def on_start(self):
        print("outer start", type(self.parent).__name__, self.client is self.user.client)

    def on_stop(self):
        print("outer stop")

    def wait(self):
        print("outer waits")
        Outer.visits += 1
        if Outer.visits % 2 == 0:
            self.interrupt()


class Nested(HttpUser):
    def on_start(self):
        print("user start")
        random.seed(2)

    def on_stop(self):
        print("user stop")

    @task
    class Whole(Outer):
        pass

    @task
    def leaf(self):
        print("leaf")
        if Outer.visits >= 4:
            self.environment.runner.quit()

    def wait(self):
        print("unexpected: the loop asks the root set")
