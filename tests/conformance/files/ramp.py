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


def moment_of(seconds):
    # On a busy machine a start comes late, by up to 0.18 s here; it never comes early.
    return int((seconds + 0.02) / 0.4) * 0.4


def finish():
    print([moment_of(moment - moments[0]) for moment in moments[1:]])
    runner.quit()
