"""`--iterations N`: a run that ends after N task executions of all users together.

In: each execution, before and after it. Out: N of them begin and no more; when the last of them
has ended, the run ends. A nested TaskSet is no execution of its own: its tasks are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent

from locust.exception import StopUser

logger = logging.getLogger("locust.runners")


class IterationBudget:
    """The executions that are left."""

    def __init__(self, iterations: int, on_spent: Callable[[], None]):
        self.iterations = iterations
        self._to_begin = iterations
        self._to_end = iterations
        self._on_spent = on_spent

    def wrap(self, execute_task: Callable) -> Callable:
        """`execute_task` of a TaskSet, counted; a user that finds none left is stopped."""

        def execute(task):
            if isinstance(task, type):
                execute_task(task)
                return
            self._begin()
            try:
                execute_task(task)
            finally:
                self._end()

        return execute

    def _begin(self) -> None:
        if self._to_begin == 0:
            raise StopUser()
        self._to_begin -= 1

    def _end(self) -> None:
        self._to_end -= 1
        if self._to_end == 0:
            logger.info(f"Iteration limit reached ({self.iterations}), stopping the run")
            gevent.spawn(self._on_spent)
