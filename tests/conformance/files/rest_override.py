"""A user that overrides rest() and adds a check to every answer."""

from contextlib import contextmanager

from locust import FastHttpUser, constant, task


class Checked(FastHttpUser):
    wait_time = constant(0)

    @contextmanager
    def rest(self, method, url, **kwargs):
        with super().rest(method, url, headers={"X-Checked": "1"}, **kwargs) as response:
            if response.js and not response.js["request_line"].startswith("GET"):
                response.failure("not a GET")
            yield response

    @task
    def visit(self):
        with self.rest("GET", "/echo", name="good") as response:
            print(response.js["request_line"])
        with self.rest("DELETE", "/echo", name="bad") as response:
            print(response.js["request_line"])
        self.environment.runner.quit()
