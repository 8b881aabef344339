"""Calls that only `requests` can serve: a mounted adapter, an auth object, hooks, a proxy. All
are counted the same."""

from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPDigestAuth

from locust import HttpUser, constant, task


class Marking(HTTPAdapter):
    def send(self, request, *args, **kwargs):
        request.headers["X-Adapter"] = "mounted"
        return super().send(request, *args, **kwargs)


class Token(AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = "Token t"
        return request


def sent(response):
    return {name.lower(): value for name, value in response.json()["headers"]}


class Slow(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        client = self.client
        print("auth", sent(client.get("/echo", name="auth", auth=Token()))["authorization"])
        print(
            "callable",
            sent(client.get("/echo", name="auth", auth=lambda r: r)).get("authorization"),
        )
        print(
            "digest",
            client.get("/status/200", name="digest", auth=HTTPDigestAuth("u", "p")).status_code,
        )
        seen = []
        client.get(
            "/status/200",
            name="hook",
            hooks={"response": lambda r, **kw: seen.append(r.status_code)},
        )
        client.hooks["response"].append(lambda r, **kw: seen.append("session"))
        client.get("/status/404", name="hook")
        client.hooks["response"].clear()
        print("hooks", seen)
        print(
            "proxy",
            client.get(
                "/status/200", name="proxy", proxies={"http": "http://127.0.0.1:1"}
            ).status_code,
        )
        client.auth = Token()
        print("session auth", sent(client.get("/echo", name="session"))["authorization"])
        client.auth = None
        client.mount("http://", Marking(max_retries=2, pool_maxsize=3))
        print("adapter", sent(client.get("/echo", name="adapter"))["x-adapter"])
        print("adapter", client.get("/status/500", name="adapter").status_code)
        self.environment.runner.quit()
