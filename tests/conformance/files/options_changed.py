"""parsed_options written in init take effect: a longer run, more users."""

import gevent

from locust import User, constant, events, task


@events.init.add_listener
def change(environment, **kw):
    options = environment.parsed_options
    print(
        options.num_users,
        options.spawn_rate,
        options.run_time,
        options.headless,
        options.stop_timeout,
    )
    options.run_time = None
    options.num_users = 2


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    print("users", user_count)


class Idle(User):
    wait_time = constant(0)

    @task
    def idle(self):
        gevent.sleep(1.5)
        gevent.spawn(self.environment.runner.quit)
        gevent.sleep(60)
