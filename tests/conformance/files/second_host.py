"""A second HttpSession built by hand for another host, and a wrapper around the client."""

import os

from locust import HttpUser, constant, task
from locust.clients import HttpSession


class Wrapping:
    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return getattr(self.client, name)


class TwoHosts(HttpUser):
    wait_time = constant(0)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        environment = args[0]
        self.api = HttpSession(
            base_url=os.environ["TARGET"] + "/status",
            request_event=environment.events.request,
            user=self,
        )
        self.wrapped = Wrapping(self.api)

    @task
    def visit(self):
        print(self.api.get("/200", name="api").status_code)
        print(self.client.get("/status/200", name="client").status_code, self.api.user is self)
        print(self.wrapped.post("/201", name="wrapped", json={}).status_code)
        self.environment.runner.quit()
