"""An exception in an init listener ends the program with 1 before anything is sent."""

from locust import HttpUser, events, task


@events.init.add_listener
def broken(environment, **kw):
    raise RuntimeError("init broke")


class Unused(HttpUser):
    @task
    def visit(self):
        self.client.get("/status/200")
