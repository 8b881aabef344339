"""FastHttpUser: methods, attributes of the response, naming, codes that count as success,
sessions and cookies."""

from locust import FastHttpUser, constant, task
from locust.contrib.fasthttp import FastHttpSession, FastResponse, ResponseContextManager


class Fast(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        client = self.client
        print(type(client) is FastHttpSession, client.base_url == self.host, client.auth_header)
        for method in ("get", "post", "put", "patch", "delete", "options", "head"):
            response = getattr(client, method)("/status/200")
            print(method, response.status_code, repr(response.text), response.content, response.ok)
        print(isinstance(response, ResponseContextManager), isinstance(response, FastResponse))
        for code in (201, 202, 203, 204, 206, 226, 304, 400, 404, 418, 500, 503):
            response = client.get(f"/status/{code}", name=f"code {code}")
            print(code, response.status_code, response.ok, repr(getattr(response, "error", "none")))
        response = client.get("/status/404", name="missing")
        try:
            response.raise_for_status()
        except Exception as error:
            print(type(error).__name__, error)
        response = client.post("/echo", json={"a": [1, None, "ü"]})
        print(
            response.json()["request_line"],
            response.headers["content-type"],
            response.headers.get("CONTENT-TYPE"),
        )
        print(
            response.url.endswith("/echo"),
            response.request.method,
            response.request.url.endswith("/echo"),
        )
        print(response.encoding, len(list(response.iter_content(16, True))) if False else "")
        client.get("/cookies/set?flavour=oat", allow_redirects=False, name="set")
        print([(cookie.name, cookie.value) for cookie in client.cookiejar])
        print(client.get("/redirect/2", name="followed").status_code)
        print(client.get("/redirect/1", name="not followed", allow_redirects=False).status_code)
        with client.get("/status/404", name="forgiven", catch_response=True) as response:
            response.success()
        with client.get("/status/200", name="failed", catch_response=True) as response:
            response.failure("no")
        try:
            client.get("/status/200", name="no block").success()
        except Exception as error:
            print(type(error).__name__, error)
        try:
            with client.get("/status/200", name="no catch"):
                print("entered without catch_response")
        except Exception as error:
            print(type(error).__name__, error)
        self.environment.runner.quit()
