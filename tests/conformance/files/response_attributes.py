"""What a response can be asked, as `requests` answers it."""

from datetime import timedelta

import requests

from locust import HttpUser, constant, task
from locust.clients import HttpSession, ResponseContextManager


class Asking(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        client = self.client
        print(isinstance(client, requests.Session), type(client) is HttpSession)
        response = client.post("/echo?a=1", json={"b": "ü"}, headers={"X-One": "1"}, name="echo")
        print(isinstance(response, requests.Response), type(response) is ResponseContextManager)
        print(response.status_code, response.reason, response.ok, bool(response), response.encoding)
        print(
            response.json()["request_line"],
            response.headers["CONTENT-type"],
            type(response.headers).__name__,
        )
        print(type(response.elapsed) is timedelta, 0 < response.elapsed.total_seconds() < 5)
        print(
            response.url.endswith("/echo?a=1"),
            response.history,
            response.is_redirect,
            response.links,
        )
        request = response.request
        print(
            type(request).__name__,
            request.method,
            request.url.endswith("/echo?a=1"),
            request.path_url,
            request.body,
        )
        print(
            request.headers["x-one"],
            request.headers["Content-Type"],
            request.headers["Content-Length"],
        )
        print(response.text == response.content.decode(), len(list(response.iter_content(7))) > 1)
        print(
            response.apparent_encoding is not None,
            response.next,
            response.is_permanent_redirect,
            response.error,
        )
        response.close()
        plain = client.get("/status/404", name="missing")
        print(plain.status_code, plain.reason, plain.ok, bool(plain), plain.text)
        try:
            plain.raise_for_status()
        except requests.HTTPError as error:
            print(
                type(error).__name__,
                str(error).replace(client.base_url, "BASE"),
                error.response is plain,
            )
        try:
            plain.json()
        except requests.exceptions.JSONDecodeError as error:
            print(type(error).__name__)
        for path in ("/gzip", "/deflate", "/br", "/zstd"):
            answer = client.get(path)
            print(
                path,
                answer.status_code,
                answer.headers.get("content-encoding"),
                len(answer.content) > 0,
            )
        for code in (201, 204, 304):
            answer = client.get(f"/status/{code}")
            print(code, answer.content, answer.reason)
        self.environment.runner.quit()
