"""Never ends by itself: for signals and run times."""

from locust import HttpUser, constant, events, task


@events.quitting.add_listener
def quitting(**kw):
    print("quitting")


@events.test_stop.add_listener
def stopped(**kw):
    print("test_stop")


class Forever(HttpUser):
    wait_time = constant(0.05)

    def on_stop(self):
        print("on_stop")

    @task
    def visit(self):
        self.client.get("/status/200", name="visit")
        print("visited")
