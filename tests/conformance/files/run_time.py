"""Ends by its run time; the task in flight is cut off or awaited, as --stop-timeout says."""

import gevent

from locust import HttpUser, constant, task


class Slow(HttpUser):
    wait_time = constant(0)

    def on_stop(self):
        print("on_stop", self.environment.runner.state)

    @task
    def slow(self):
        print("begins")
        self.client.get("/status/200", name="quick")
        gevent.sleep(2.4)
        self.client.get("/status/200", name="late")
        print("ends")
