"""When users start: the moments of a ramp in batches, of a rate below one, of a burst."""

import time

from locust import User, constant, events, task


class Ramping(User):
    wait_time = constant(100)

    def on_start(self):
        moments.append(time.perf_counter())

    @task
    def idle(self):
        pass


@events.test_start.add_listener
def begin(environment, **kw):
    global moments, runner
    moments, runner = [time.perf_counter()], environment.runner


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    import gevent

    gevent.spawn_later(0.3, finish)


def finish():
    print([round((moment - moments[0]) * 5) / 5 for moment in moments[1:]])
    runner.quit()
