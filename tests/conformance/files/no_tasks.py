"""A user without tasks: an exception for each attempt to pick one."""

import gevent

from locust import User, constant, events


@events.user_error.add_listener
def heard(exception, **kw):
    print(type(exception).__name__, exception)


class Empty(User):
    wait_time = constant(100)

    def on_start(self):
        gevent.spawn_later(0.2, self.environment.runner.quit)
