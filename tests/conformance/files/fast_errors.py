"""Transport errors of FastHttpUser: timeouts, refused, broken answers; none reaches the task."""

from locust import FastHttpUser, constant, events, task


@events.request.add_listener
def heard(name, exception, **kw):
    print(name, type(exception).__name__)


class FastBroken(FastHttpUser):
    wait_time = constant(0)
    network_timeout = 0.3
    connection_timeout = 0.3
    max_redirects = 2

    @task
    def visit(self):
        for name, url in (
            ("slow", "/delay/2000"),
            ("refused", "http://127.0.0.1:1/"),
            ("reset", "/fault/reset"),
            ("short", "/fault/short-body"),
            ("chunk", "/fault/bad-chunk"),
            ("too many redirects", "/redirect/5"),
            ("after", "/status/200"),
        ):
            response = self.client.get(url, name=name)
            print(name, response.status_code, response.text, response.headers is None)
        self.environment.runner.quit()
