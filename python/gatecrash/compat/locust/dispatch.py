"""The ramp's pace: which users shall exist, step by step, with the pauses between.

In: workers, user classes, a target and a rate. Out: an iterator that sleeps between its steps
and yields `{worker id: {class name: users}}`, absolute numbers. Which class comes next, and how
users spread over workers, is planned by the engine; here is only the clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import gevent

from gatecrash import _engine

if TYPE_CHECKING:
    from locust import User
    from locust.runners import WorkerNode


class UsersDispatcher(Iterator):
    """Dispatches users in bursts of `max(1, floor(rate))`, `burst / rate` seconds apart.

    Call `new_dispatch`, then iterate until the target is reached; a later `new_dispatch` goes on
    from what was dispatched last, also in the middle of a ramp.
    """

    def __init__(self, worker_nodes: list[WorkerNode], user_classes: list[type[User]]):
        self._user_classes = list(user_classes)
        self._plan = _engine.Dispatcher(
            [node.id for node in worker_nodes], _as_rows(self._user_classes)
        )
        self._resume_at: float | None = None
        self._in_progress = False
        self._durations: list[float] = []

    def get_current_user_count(self) -> int:
        """Users dispatched so far, over all workers."""
        return self._plan.current_user_count

    @property
    def dispatch_in_progress(self) -> bool:
        """Whether a ramp has begun and not ended."""
        return self._in_progress

    @property
    def dispatch_iteration_durations(self) -> list[float]:
        """Seconds that each step of this ramp took to plan."""
        return self._durations

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Starts a ramp to `target_user_count` at `spawn_rate` users per second.

        `user_classes` are the classes to take new users from, from now on; None leaves them as
        they are. Raises ValueError for a negative target or a rate that is not finite and > 0.
        """
        if target_user_count < 0:
            raise ValueError(f"target_user_count must be at least 0, got {target_user_count}")
        classes = self._user_classes if user_classes is None else list(user_classes)
        self._plan.retarget(target_user_count, spawn_rate, _as_rows(classes))
        self._user_classes = classes
        self._resume_at = None
        self._in_progress = True
        self._durations.clear()

    def add_worker(self, worker_node: WorkerNode) -> None:
        """One more worker; the next step deals all users out anew."""
        self._plan.add_worker(worker_node.id)

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """One worker less, likewise."""
        self._plan.remove_worker(worker_node.id)

    def __next__(self) -> dict[str, dict[str, int]]:
        if not self._plan.rebalance_pending:
            self._pause()
        began = time.perf_counter()
        step = self._plan.next_step()
        if step is None:
            self._in_progress = False
            raise StopIteration
        users, wait_s = step
        self._durations.append(time.perf_counter() - began)
        if wait_s > 0:
            self._resume_at = began + wait_s
        return users

    def _pause(self) -> None:
        """Sleeps what is left of the pause; what was done with the last step counts into it."""
        if self._resume_at is not None:
            gevent.sleep(max(0.0, self._resume_at - time.perf_counter()))
            self._resume_at = None


def _as_rows(user_classes: list[type[User]]) -> list[tuple[str, float, int]]:
    return [(user.__name__, float(user.weight), int(user.fixed_count)) for user in user_classes]
