"""An on_start that raises ends its user for good; the other user goes on and ends the run."""

import gevent

from locust import User, constant, events, task


@events.user_error.add_listener
def heard(user_instance, exception, tb, **kw):
    print("user_error", type(user_instance).__name__, repr(exception))


class Broken(User):
    fixed_count = 1

    def on_start(self):
        raise RuntimeError("no login")

    def on_stop(self):
        print("unexpected on_stop")

    @task
    def never(self):
        print("unexpected")


class Sound(User):
    fixed_count = 1
    wait_time = constant(0)

    @task
    def look(self):
        gevent.sleep(0.2)
        print("alive", self.environment.runner.user_count)
        self.environment.runner.quit()
