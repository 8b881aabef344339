"""An exception in a listener is logged, the run goes on, the exit code is 2; the other listeners
are still called."""

from locust import HttpUser, constant, events, task


@events.request.add_listener
def broken(**kw):
    raise RuntimeError("listener broke")


@events.request.add_listener
def narrow(name):
    print("unexpected: called with fewer arguments than were fired")


@events.request.add_listener
def sound(name, **kw):
    print("sound", name)


class Heard(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        self.client.get("/status/200", name="visit")
        self.environment.runner.quit()
