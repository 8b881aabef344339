"""Redirects: history, methods, cookies set on the way, limits, relative and absolute places."""

import os

from locust import HttpUser, constant, events, task


@events.request.add_listener
def heard(request_type, name, url, response, exception, **kw):
    print(
        "heard",
        request_type,
        name,
        url.rpartition("/")[2],
        response.status_code,
        type(exception).__name__,
    )


class Redirected(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        client, target = self.client, os.environ["TARGET"]
        response = client.get("/redirect/3", name="three")
        print(
            [hop.status_code for hop in response.history],
            response.url.removeprefix(target),
            response.status_code,
        )
        print([hop.headers["location"] for hop in response.history], response.request.method)
        for status in (301, 302, 303, 307, 308):
            response = client.post(
                f"/redirect-to?status={status}&url=/echo", data="body", name=f"post {status}"
            )
            sent = response.json()
            print(status, response.request.method, sent["request_line"], len(response.history))
        response = client.head("/redirect/1", name="head")
        print(response.status_code, response.history)
        response = client.get(f"/redirect-to?url={target}/status/404", name="to a failure")
        print(response.status_code, response.history[0].status_code)
        client.get("/redirect/1")
        response = client.get(
            "/cookies/set?flavour=oat&redirect=/cookies", name="cookies on the way"
        )
        print(
            response.status_code,
            response.history[0].cookies.get("flavour"),
            client.cookies.get_dict(),
        )
        client.max_redirects = 2
        response = client.get("/redirect/3", name="too many")
        print(response.status_code, type(response.error).__name__)
        with client.get(
            "/redirect/1", name="block", catch_response=True, allow_redirects=False
        ) as response:
            print(
                response.status_code, response.is_redirect, response.next.url.removeprefix(target)
            )
        self.environment.runner.quit()
