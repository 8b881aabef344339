"""An on_start that never returns: the run still ends by its time."""

import gevent

from locust import User, task


class Stuck(User):
    def on_start(self):
        print("on_start")
        gevent.sleep(3600)

    def on_stop(self):
        print("on_stop")

    @task
    def never(self):
        print("unexpected")
