"""A plain User with a client of its own that fires request events: with and without each
optional argument."""

import time

from locust import User, constant, events, task


class Client:
    def __init__(self, environment):
        self.fire = environment.events.request.fire

    def call(self, name, time_ms, exception=None, **more):
        self.fire(
            request_type="RPC",
            name=name,
            response_time=time_ms,
            response_length=4,
            exception=exception,
            **more,
        )


class Rpc(User):
    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = Client(environment)


@events.request.add_listener
def heard(request_type, name, response_time, context=None, **kw):
    print(request_type, name, response_time, context, sorted(kw))


class Calling(Rpc):
    wait_time = constant(0)

    @task
    def visit(self):
        self.client.call(
            "ok", 1.5, context={}, response=None, start_time=time.time(), url="rpc://x"
        )
        self.client.call("failed", 20, ValueError("broken"))
        self.client.call("text", 20, "as text")
        self.client.call("extra", 3, own_metric={"tokens": 5})
        self.client.call("none", None)
        self.client.call("number", 12345)
        events.request.fire(
            request_type="METRIC", name="no exception given", response_time=1, response_length=0
        )
        self.environment.runner.quit()
