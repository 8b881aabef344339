"""A shape of (users, rate, classes) triples; a whole-number float and zero users are fine."""

from locust import LoadTestShape, User, constant, events, task


class Idle(User):
    abstract = True
    wait_time = constant(100)

    def on_start(self):
        print("start", type(self).__name__)

    def on_stop(self):
        print("stop", type(self).__name__)

    @task
    def idle(self):
        pass


class Early(Idle):
    pass


class Late(Idle):
    pass


class ByClass(LoadTestShape):
    stages = [(2, 10, [Early]), (3, 10.0, [Early, Late]), (0, 10, None)]

    def tick(self):
        if not self.stages:
            return None
        return self.stages.pop(0)


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    print("complete", user_count)
