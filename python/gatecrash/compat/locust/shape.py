"""Load shapes: a file's own answer to "how many users now", asked about once a second.

In: the runner and the time since the run began. Out: what `tick` returns. The asking is
done by `gatecrash.guest.shapes`, never here.
"""

from __future__ import annotations

import time
from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from locust.runners import Runner

if TYPE_CHECKING:
    from locust import User


class LoadTestShapeMeta(ABCMeta):
    """Makes every subclass usable unless its own body says `abstract = True`."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict.setdefault("abstract", False)
        return super().__new__(mcs, classname, bases, class_dict)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """Base of custom shapes; a locustfile's first one is used by itself."""

    runner: Runner | None = None
    """The runner, set when it is made."""
    abstract: ClassVar[bool] = True
    """True: only meant to be subclassed."""
    use_common_options: ClassVar[bool] = False
    """True: the shape reads --users, --spawn-rate and --run-time itself."""

    def __init__(self):
        self.start_time = time.perf_counter()

    def reset_time(self):
        """Makes `get_run_time` start again at 0; the runner calls it when the run begins."""
        self.start_time = time.perf_counter()

    def get_run_time(self):
        """Seconds since the run began."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self):
        """Users that exist at this moment."""
        return self.runner.user_count

    @abstractmethod
    def tick(self) -> tuple[int, float] | tuple[int, float, list[type[User]] | None] | None:
        """`(user_count, spawn_rate)`, perhaps with the user classes to use, or None to stop."""
