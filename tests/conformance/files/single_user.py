"""run_single_user: a script that runs one user in the foreground and prints each request."""

from locust import HttpUser, events, run_single_user, task
from locust.exception import StopUser


@events.init.add_listener
def init(environment, **kw):
    print("init", sorted(kw), environment.runner)


@events.test_start.add_listener
def test_start(environment, **kw):
    print("test_start", environment.host)


@events.request.add_listener
def heard(name, exception, **kw):
    print("heard", name, type(exception).__name__)


class Single(HttpUser):
    done = 0

    def on_start(self):
        print("on_start")

    def on_stop(self):
        print("on_stop")

    @task
    def visit(self):
        self.done += 1
        print(
            self.client.get("/status/200").text,
            self.client.get("/status/404", name="missing").status_code,
        )
        if self.done == 2:
            raise StopUser()


if __name__ == "__main__":
    import os

    Single.host = os.environ["TARGET"]
    run_single_user(Single)
    print("returned")
