"""Class attributes of FastHttpUser reach its client: headers, pools, redirects, timeouts;
requests-only arguments are tolerated."""

from base64 import b64decode

from locust import FastHttpUser, constant, task
from locust.contrib.fasthttp import FastHttpSession


class Attributes(FastHttpUser):
    wait_time = constant(0)
    default_headers = {"X-Default": "yes"}
    max_redirects = 1
    connection_timeout = 2.5
    network_timeout = 3.5
    insecure = False
    concurrency = 2

    def sent(self, response):
        return {name.lower(): value for name, value in response.json()["headers"]}

    @task
    def visit(self):
        get = self.client.get
        headers = {"X-Own": "1"}
        sent = self.sent(get("/echo", name="echo", headers=headers))
        print(sent.get("x-default"), sent.get("x-own"), headers)
        print(
            get("/redirect/1", name="one").status_code, get("/redirect/3", name="three").status_code
        )
        print(self.sent(get("/echo", name="auth", auth=("u", "p")))["authorization"])
        response = get("/echo", name="unknown", timeout=5, verify=False)
        print(response.status_code, response.json()["request_line"])
        print(get("/echo", name="params", params={"a": 1, "b": "ü"}).json()["request_line"])
        response = self.client.post("/echo", {"form": "a b"}, name="form")
        print(b64decode(response.json()["body"]), self.sent(response).get("content-type"))
        self.client.base_url = self.client.base_url + "/status"
        print(get("/200", name="base").status_code)
        other = FastHttpSession(self.environment.events.request, self) if False else None
        print(
            other,
            self.client.client.max_redirects
            if hasattr(self.client.client, "max_redirects")
            else None,
        )
        self.client.client.clientpool.close()
        print(get("/200", name="new connection").status_code)
        self.environment.runner.quit()
