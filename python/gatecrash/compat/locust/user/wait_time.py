"""How long a user waits between tasks, in seconds.

Each factory gives a function of the user (or TaskSet) that it is called on. Pacing keeps its
state on that object: when its last wait was computed, and how long that wait was.
"""

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any


def between(min_wait: float, max_wait: float) -> Callable[[Any], float]:
    """A uniformly random wait from `min_wait` to `max_wait`."""
    return lambda instance: min_wait + random.random() * (max_wait - min_wait)


def constant(wait_time: float) -> Callable[[Any], float]:
    """Always the same wait."""
    return lambda instance: wait_time


def constant_pacing(wait_time: float) -> Callable[[Any], float]:
    """A wait that makes tasks start `wait_time` seconds apart.

    A task that takes longer is followed by no wait; lost time is not made up for.
    """

    def remaining(self) -> float:
        now = perf_counter()
        busy = now - self._cp_last_run - self._cp_last_wait_time
        self._cp_last_run = now
        self._cp_last_wait_time = max(0, wait_time - busy)
        return self._cp_last_wait_time

    return remaining


def constant_throughput(task_runs_per_second: float) -> Callable[[Any], float]:
    """A wait that makes each user run that many tasks per second; ValueError unless positive."""
    if task_runs_per_second <= 0:
        raise ValueError(
            f"constant_throughput() requires a positive rate, got: {task_runs_per_second}"
        )
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate: float) -> Callable[[Any], float]:
    """Exponentially distributed waits with mean `1 / rate`; ValueError unless positive."""
    if rate <= 0:
        raise ValueError(f"poisson() requires a positive rate, got: {rate}")
    return lambda instance: random.expovariate(rate)
