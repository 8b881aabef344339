"""Users under a driver of the engine: each executes a task when it is handed a turn.

In: what the driver wants of the users of one class (start, perform, stop, cut off). Out: users in
greenlets of the runner's, whose own loop chooses the task of each turn and waits for the next one
where it would have waited for a time. A turn is all that leads to one execution: leaving a TaskSet
and entering another belongs to the turn that comes after. When turns come is the driver's business.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent
from gevent import getcurrent

from gatecrash import _engine
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import (
    ENDINGS,
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    TaskSet,
)

logger = logging.getLogger("locust.runners")

TURN = "gatecrash turn"
"""Where a greenlet, and those that it spawns, have the turn that the engine counts by."""

OTHER_TASKS = "other"
"""What a task is called that is not in the class's lists."""


class ClassUnderDriver:
    """The users of one class; called by the engine, on the hub."""

    def __init__(self, runner, user_class: type):
        self.tasks = [OTHER_TASKS]
        """The tasks' names, as the engine numbers them."""
        self._runner = runner
        self._class = user_class
        self._users: dict[int, UserUnderDriver] = {}
        self._numbers: dict[Callable, int] = {}
        self._number_tasks(user_class, "", set())

    def _number_tasks(self, holder, prefix: str, seen: set) -> None:
        functions = getattr(holder, "functions", None)
        for task in functions or holder.tasks:
            name = f"{prefix}{task_name(task)}"
            if is_taskset(task):
                if task not in seen:
                    self._number_tasks(task, f"{name}.", seen | {task})
            elif task not in self._numbers:
                self._numbers[task] = len(self.tasks)
                self.tasks.append(name)

    def number_of(self, task) -> int:
        """The number of a task; 0 for one that stands in no list."""
        try:
            return self._numbers.get(task, 0)
        except TypeError:
            return 0

    def __call__(self, wish: str, number: int, turn: _engine.Turn) -> None:
        user = self._users.get(number)
        match wish:
            case "start":
                self._start(number, turn)
            case "perform" if user is None:
                # It has ended since its last turn, by a kill of the file's own.
                self._start(number, None).hand(turn)
            case "perform":
                user.hand(turn)
            case "stop":
                # The runner ends its users by itself, all together, after test_stopping.
                turn.end()
            case "cut off" if user is not None:
                user.cut_off()

    def _start(self, number: int, start: _engine.Turn | None) -> UserUnderDriver:
        user = self._users[number] = UserUnderDriver(self, start)
        self._runner._spawn_own(self._make, number, user)
        return user

    def _make(self, number: int, driven: UserUnderDriver) -> None:
        try:
            driven.live(self._runner, self._class.__name__, lambda: self._forget(number, driven))
        except BaseException as error:
            self._forget(number, driven)
            if isinstance(error, Exception) and not isinstance(error, StopTest):
                # The next user would fare no better.
                gevent.spawn(self._runner.end_by_fault)
            raise

    def _forget(self, number: int, driven: UserUnderDriver) -> None:
        if self._users.get(number) is driven:
            del self._users[number]
        driven.gone()


class UserUnderDriver:
    """One user and its turns."""

    def __init__(self, of_class: ClassUnderDriver, start: _engine.Turn | None):
        self._class = of_class
        self._start = start
        self._handed: _engine.Turn | None = None
        self._turn: _engine.Turn | None = None
        self._waiting: gevent.Greenlet | None = None
        self._greenlet: gevent.Greenlet | None = None

    # Of the driver, on the hub.

    def hand(self, turn: _engine.Turn) -> None:
        """The next turn."""
        self._handed = turn
        if self._waiting is not None:
            self._waiting.switch()

    def cut_off(self) -> None:
        """Nobody waits for it any more."""
        self._handed = None
        self.end(False, gone=True)
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    # Of its life.

    def live(self, runner, class_name: str, when_gone: Callable[[], None]) -> None:
        """Makes the user and starts its greenlet."""
        if self._start is not None and not self._start.begin():
            raise gevent.GreenletExit
        user = runner._spawn_user(class_name)
        user._turns = self
        self._greenlet = user.greenlet
        # Before it runs, so that requests of its on_start find it, too.
        self._greenlet.spawn_tree_locals = {TURN: self._start}
        self._greenlet.link(lambda _greenlet: when_gone())

    def gone(self) -> None:
        """The user has ended, or never was; whoever waits for something of it hears so."""
        for turn in (self._start, self._turn, self._handed):
            if turn is not None:
                turn.end(False, gone=True)
        self._start = self._turn = self._handed = None

    # Of its loop, in its own greenlet.

    def steer(self, taskset: TaskSet) -> None:
        """Lets a TaskSet take turns instead of waiting for a time."""
        taskset.execute_task = self._executing(taskset.execute_task)
        taskset.wait = lambda: self._between_tasks(taskset._user)
        if taskset is taskset._user._taskset_instance:
            self.begin(taskset._user)

    def begin(self, user) -> None:
        """on_start is over: waits for the first turn."""
        if self._start is not None:
            self._start.end()
            self._start = None
        self._take(user)

    def _between_tasks(self, user) -> None:
        """Where the loop waits. A call from within a task waits for nothing."""
        if self._turn is None:
            self._take(user)

    def _take(self, user) -> None:
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_WAITING
        turn = self._next()
        if user._state == LOCUST_STATE_STOPPING:
            user._taskset_instance._end_waiting()
        user._state = LOCUST_STATE_RUNNING
        self._turn = self._greenlet.spawn_tree_locals[TURN] = turn

    def _next(self) -> _engine.Turn:
        """The next turn that is still wanted, begun."""
        while True:
            while self._handed is None:
                self._waiting = getcurrent()
                try:
                    # Somebody may switch here for reasons of their own: look again.
                    gevent.get_hub().switch()
                finally:
                    self._waiting = None
            turn, self._handed = self._handed, None
            if turn.begin():
                return turn

    def _executing(self, execute_task: Callable) -> Callable:
        """`execute_task` of a TaskSet, where the execution of a task ends the turn."""
        working = False

        def execute(task):
            nonlocal working
            if working or is_taskset(task):
                return execute_task(task)
            working = True
            try:
                self.execute(task, lambda: execute_task(task))
            finally:
                working = False

        return execute

    def execute(self, task, call: Callable[[], None]) -> None:
        """Executes the task of the turn."""
        number = self._class.number_of(task)
        try:
            call()
        except (InterruptTaskSet, RescheduleTaskImmediately):
            # The loop goes on without a wait, so the next turn is waited for here.
            self.end(True, number)
            user = self._greenlet.args[0]
            self._between_tasks(user)
            raise
        except RescheduleTask:
            self.end(True, number)
            raise
        except ENDINGS as ending:
            self.end(isinstance(ending, StopUser), number, gone=True)
            raise
        except BaseException:
            self.end(False, number)
            raise
        self.end(True, number)

    def end(self, ok: bool = True, task: int = 0, gone: bool = False) -> None:
        """The running turn is done."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end(ok, gone=gone, task=task)


def is_taskset(task) -> bool:
    """Whether a task is a nested TaskSet, whose own tasks are executed."""
    return isinstance(task, type) and issubclass(task, TaskSet)


def task_name(task) -> str:
    """A task as the reports call it."""
    return getattr(task, "__name__", None) or getattr(task, "name", None) or repr(task)
