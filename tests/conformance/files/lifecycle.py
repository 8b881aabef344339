"""The order of all events and hooks of a run, and an on_stop that still uses the API."""

import gevent

from locust import HttpUser, TaskSet, events, task


def announce(name):
    def listener(**kw):
        print(name, sorted(kw))

    return listener


for name in (
    *("init", "test_start", "spawning_complete", "test_stopping", "test_stop"),
    *("quitting", "quit", "user_error", "reset_stats"),
):
    getattr(events, name).add_listener(announce(name))
for name in ("quitting", "quit", "test_stop"):
    getattr(events, name).add_listener(announce(name + " again"))


@events.quit.add_listener
def ended(exit_code, **kw):
    print("exit code", exit_code)


class Living(HttpUser):
    def __init__(self, environment):
        super().__init__(environment)
        print("init user", environment.runner.state)

    def on_start(self):
        print("on_start", self.environment.runner.state)
        self.client.post("/status/200", name="login")

    def on_stop(self):
        print("on_stop", self.environment.runner.state)
        print(self.client.post("/status/200", name="logout").status_code)

    @task
    class Work(TaskSet):
        def on_start(self):
            print("set on_start")

        def on_stop(self):
            print("set on_stop")

        @task
        def work(self):
            self.client.get("/status/200", name="work")
            gevent.spawn(self.user.environment.runner.quit)
            gevent.sleep(60)
