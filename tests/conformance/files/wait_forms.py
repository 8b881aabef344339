"""Every way to say how long to wait, asked for its value directly."""

import random

from locust import User, between, constant, constant_pacing, constant_throughput, task
from locust import wait_time as waits


class Holder:
    def __init__(self):
        import time

        self._cp_last_run = time.perf_counter()
        self._cp_last_wait_time = 0


random.seed(5)
print("constant", constant(2.5)(None))
print("between", between(1, 3)(None), between(0.5, 0.5)(Holder()))
for factory, argument in ((constant_throughput, 0), (constant_throughput, -1), (waits.poisson, 0)):
    try:
        print(factory.__name__, factory(argument))
    except Exception as error:
        print(factory.__name__, type(error).__name__)
random.seed(5)
print("poisson", round(waits.poisson(4)(Holder()), 9))
holder = Holder()
pace = constant_pacing(10)
print("pacing", [round(pace(holder), 1) for _ in range(3)])
holder = Holder()
print("throughput", round(constant_throughput(0.1)(holder), 1))


class Waiting(User):
    def wait_time(self):
        return 0.25

    @task
    def once(self):
        print("method", self.wait_time())
        self.wait_time = lambda: 0.125
        print("instance", self.wait_time())
        self.environment.runner.quit()


class ByLambda(User):
    wait_time = lambda self: 0.5  # noqa: E731

    @task
    def once(self):
        print("lambda", self.wait_time())
        self.environment.runner.quit()
