"""The steering exceptions pass through a listener into the task."""

from locust import HttpUser, constant, events, task
from locust.exception import RescheduleTask, StopUser


@events.request.add_listener
def steer(name, **kw):
    if name == "first":
        raise RescheduleTask()
    if name == "second":
        raise StopUser()


class Steered(HttpUser):
    wait_time = constant(0)
    done = 0

    def on_stop(self):
        print("on_stop")
        self.environment.runner.quit()

    @task
    def visit(self):
        self.done += 1
        print("task", self.done)
        self.client.get("/status/200", name=["first", "second"][self.done - 1])
        print("unexpected")
