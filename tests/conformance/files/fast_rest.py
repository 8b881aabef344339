"""rest() of both users: parsed JSON, wrong JSON, assertions and exceptions in the block, refused
connections."""

import re

from locust import FastHttpUser, HttpUser, constant, events, task


@events.request.add_listener
def heard(request_type, name, exception, **kw):
    text = re.sub(r" at [^ ]*\.py:\d+", " at FILE", repr(exception))
    print(
        "heard",
        request_type,
        re.sub(r"_=\d+", "_=MS", name),
        re.sub(r"Host:[^,]*|:\d{4,5}", "", text)[:160],
    )


class RestFast(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        with self.rest("POST", "/echo", json={"a": 1}, name="json") as response:
            print(
                response.js["request_line"],
                getattr(response, "error", "none"),
                response.status_code,
                type(response).__name__,
            )
        with self.rest("GET", "/status/200", name="not json") as response:
            print("js", response.js)
        with self.rest("GET", "/status/404", name="missing") as response:
            print("js", response.js, repr(response.error))
        with self.rest("GET", "/echo", name="asserted") as response:
            assert response.js["request_line"].startswith("POST"), "wrong method"
        with self.rest("GET", "/echo", name="bare assert"):
            assert False
        with self.rest("GET", "/json", name="raised") as response:
            response.js["nothing here"]
        with self.rest("GET", "/echo", name="by hand") as response:
            response.failure("by hand")
        with self.rest("GET", "http://127.0.0.1:1/", name="refused") as response:
            print(response.js, response.status_code)
        with self.rest("GET", "/echo", headers={"X-Own": "1"}, name="headers") as response:
            sent = {name.lower(): value for name, value in response.js["headers"]}
            print(sent.get("x-own"), sent.get("accept"), sent.get("content-type"))
        with self.rest_("GET", "/echo") as response:
            print(response.js["request_line"].partition("=")[0])
        self.environment.runner.quit()


class Rest(HttpUser):
    wait_time = constant(0)
    visit = RestFast.visit
    tasks = [visit]
