"""Users under a driver of the engine: each executes a task when it is handed a turn.

In: what the driver wants of the users of one class (start, perform, stop, cut off). Out: users in
greenlets of the runner's, whose own loop chooses the task of each turn and waits for the next one
where it would have waited for a time. A turn is all that leads to one execution: leaving a TaskSet
and entering another belongs to the turn that comes after. When turns come is the driver's business:
in the open model at instants, in the closed one after the rest that the user's wait time asks for.
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

    def __init__(self, runner, user_class: type, *, is_open: bool, stops_by_itself: bool):
        """`is_open`: turns are due at instants, and wait times do not apply. `stops_by_itself`:
        the runner ends its users, all together, so the driver's wish to stop one is no news."""
        self.is_open = is_open
        self._stops_by_itself = stops_by_itself
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
            case "stop" if self._stops_by_itself or user is None:
                turn.end()
            case "stop":
                user.stop(turn)
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
        self._stop: _engine.Turn | None = None
        self._is_cut_off = False
        self._is_working = False
        """A task is being executed."""
        self._executed: tuple[bool, int] | None = None
        """Whether the task of the running turn went well, and its number, once that is known."""
        self._waiting: gevent.Greenlet | None = None
        self._greenlet: gevent.Greenlet | None = None

    # Of the driver, on the hub.

    def hand(self, turn: _engine.Turn) -> None:
        """The next turn."""
        self._handed = turn
        if self._waiting is not None:
            self._waiting.switch()

    def stop(self, turn: _engine.Turn) -> None:
        """It shall end; it has no turn."""
        turn.begin()
        self._stop = turn
        self._greenlet.kill(block=False)

    def cut_off(self) -> None:
        """Nobody waits for it any more."""
        self._is_cut_off = True
        self._handed = None
        self.end(gone=True)
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
        if self._is_cut_off:
            # While it was made.
            self._greenlet.kill(block=False)

    def gone(self) -> None:
        """The user has ended, or never was; whoever waits for something of it hears so."""
        self.end(gone=True)
        for turn in (self._start, self._handed, self._stop):
            if turn is not None:
                turn.end(turn is self._stop, gone=True)
        self._start = self._handed = self._stop = None

    # Of its loop, in its own greenlet.

    def steer(self, taskset: TaskSet) -> None:
        """Lets a TaskSet take turns where it would wait."""
        taskset.execute_task = self._executing(taskset, taskset.execute_task)
        taskset.wait = self._waiting_of(taskset, taskset.wait)
        if taskset is taskset._user._taskset_instance:
            self.begin(taskset._user)

    def begin(self, user) -> None:
        """on_start is over: waits for the first turn."""
        if self._start is not None:
            self._start.end()
            self._start = None
        self._take(user)

    def _waiting_of(self, taskset: TaskSet, own_wait: Callable[[], None]) -> Callable[[], None]:
        """`wait` of a TaskSet: ends the turn and takes the next one. From within a task it waits,
        unless wait times do not apply."""
        is_locusts = getattr(own_wait, "__func__", None) is TaskSet.wait

        def wait():
            if self._is_working:
                return None if self._class.is_open else own_wait()
            rest_s = 0.0
            if not self._class.is_open:
                # A wait of the file's own making is done here; else the driver lets it rest.
                rest_s = taskset.wait_time() if is_locusts else own_wait() or 0.0
            self.end(rest_s=rest_s)
            return self._take(taskset._user)

        return wait

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

    def _executing(self, taskset: TaskSet, execute_task: Callable) -> Callable:
        """`execute_task` of a TaskSet, where the execution of a task is what the turn is for."""

        def execute(task):
            if self._is_working or is_taskset(task):
                return execute_task(task)
            return self.execute(task, taskset._user, lambda: execute_task(task))

        return execute

    def execute(self, task, user, call: Callable[[], None]) -> None:
        """Executes the task of the turn."""
        number = self._class.number_of(task)
        try:
            self._work(call)
        except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately) as steering:
            self._executed = True, number
            if _goes_on_at_once(steering):
                # The loop goes on without a wait, so the next turn is waited for here.
                self.end()
                self._take(user)
            raise
        except ENDINGS as ending:
            self._executed = isinstance(ending, StopUser), number
            self.end(gone=True)
            raise
        except BaseException:
            self._executed = False, number
            raise
        self._executed = True, number

    def execute_function(self, user, function, call: Callable[[], None]) -> None:
        """The same for a pytest-style user, which knows neither TaskSets nor waits."""
        self.begin(user)
        try:
            self.execute(function, user, call)
        finally:
            self.end()

    def _work(self, call: Callable[[], None]) -> None:
        self._executed = None
        self._is_working = True
        try:
            call()
        finally:
            self._is_working = False

    def end(self, *, rest_s: float = 0.0, gone: bool = False) -> None:
        """The running turn is done; if nothing was executed it came to nothing."""
        turn, self._turn = self._turn, None
        ok, task = self._executed or (False, 0)
        self._executed = None
        if turn is not None:
            turn.end(ok, gone=gone, task=task, rest_s=rest_s)

    def release(self) -> None:
        """The running turn is done, because its task waits for the end of all turns."""
        self._executed = self._executed or (True, 0)
        self.end()


def _goes_on_at_once(steering: Exception) -> bool:
    if isinstance(steering, InterruptTaskSet):
        return steering.reschedule
    return isinstance(steering, RescheduleTaskImmediately)


def is_taskset(task) -> bool:
    """Whether a task is a nested TaskSet, whose own tasks are executed."""
    return isinstance(task, type) and issubclass(task, TaskSet)


def task_name(task) -> str:
    """A task as the reports call it."""
    return getattr(task, "__name__", None) or getattr(task, "name", None) or repr(task)
