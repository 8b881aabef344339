"""How a request gets its name: name=, name="", the query, params, rename_request, request_name,
absolute URLs, fragments."""

import os

from locust import FastHttpUser, HttpUser, constant, task


class Named(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        get, target = self.client.get, os.environ["TARGET"]
        get("/status/200?q=1&r=a b")
        get("/status/200", params={"q": "ä", "list": [1, 2], "none": None})
        get("/status/200", name="")
        get("/status/200", name="given")
        get(url="/status/200", name=None)
        get("/status/200#fragment")
        get("/status/200/ü/€")
        get("/status/200/%7Btilde%7D/{braces}")
        get(target + "/status/200")
        with self.client.rename_request("renamed"):
            get("/status/200")
            get("/status/200", name="name wins")
            print(self.client.request_name)
        self.client.request_name = "set by hand"
        get("/status/200")
        self.client.request_name = None
        get("/redirect/1", allow_redirects=False)
        get("/redirect/2")
        print(sorted(str(key) for key in self.environment.stats.entries).__len__())
        self.environment.runner.quit()


class NamedFast(FastHttpUser):
    wait_time = constant(0)
    visit = Named.visit
    tasks = [visit]
