"""Transport errors of HttpUser: timeouts, refused, broken answers, wrong URLs: which reach the
task, what is recorded."""

from locust import HttpUser, constant, events, task


@events.request.add_listener
def heard(name, exception, response, **kw):
    print(name, type(exception).__name__, type(response).__name__)


class Broken(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        for name, url, options in (
            ("slow", "/delay/2000", {"timeout": 0.3}),
            ("pair of timeouts", "/delay/2000", {"timeout": (1, 0.3)}),
            ("refused", "http://127.0.0.1:1/", {}),
            ("unknown host", "http://no-such-host.invalid/", {}),
            ("reset", "/fault/reset", {}),
            ("short", "/fault/short-body", {}),
            ("chunk", "/fault/bad-chunk", {}),
            ("flood", "/fault/header-flood", {}),
            ("too many redirects", "/redirect/40", {}),
            ("after", "/status/200", {}),
        ):
            response = self.client.get(url, name=name, **options)
            print(name, response.status_code, response.text, type(response.error).__name__)
        for url in ("ftp://127.0.0.1/", "http://", "http://[::1", "nothing"):
            self.client.base_url = ""
            try:
                self.client.get(url)
            except Exception as error:
                print(url, type(error).__module__, type(error).__name__)
        self.environment.runner.quit()
