"""Tasks and TaskSets: what a user does next, and what each exception in a task means.

In: a class with tasks. Out: its tasks called one after the other, with a wait after each, until
somebody ends the user. The loop (`TaskSet.run`) calls only methods that files may override, and
takes the shortest way between them because it runs once per request. It never starts or counts
users: that is the runner's.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections import deque
from collections.abc import Callable
from time import perf_counter, time
from types import FunctionType
from typing import TYPE_CHECKING, Protocol, TypeVar, final, runtime_checkable

import gevent
from gevent import GreenletExit

from gatecrash._engine import switches
from locust.exception import (
    InterruptTaskSet,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.collect import filter_tasks_by_tags, get_tasks_from_base_classes, is_markov_taskset

if TYPE_CHECKING:
    from locust import User

logger = logging.getLogger(__name__)

TaskT = TypeVar("TaskT", bound=Callable)

LOCUST_STATE_RUNNING = "running"
LOCUST_STATE_WAITING = "waiting"
LOCUST_STATE_STOPPING = "stopping"

ENDINGS = (StopUser, StopTest, GreenletExit)
"""What ends a user for good, as opposed to a TaskSet or a task."""

END_COMES_WITHIN_S = 1
"""How long a user that was stopped while it waited looks out for its end."""

__all__ = [
    "DefaultTaskSet",
    "LOCUST_STATE_RUNNING",
    "LOCUST_STATE_STOPPING",
    "LOCUST_STATE_WAITING",
    "TaskHolder",
    "TaskSet",
    "TaskSetMeta",
    "TaskT",
    "filter_tasks_by_tags",
    "get_tasks_from_base_classes",
    "is_markov_taskset",
    "tag",
    "task",
]


@runtime_checkable
class TaskHolder(Protocol[TaskT]):
    """Anything with a `tasks` list."""

    tasks: list[TaskT]


def task(weight=1):
    """Marks a method or a nested TaskSet class as a task: `@task`, `@task(3)`.

    A task of weight 3 is chosen three times as often as one of weight 1.
    """

    def mark(func):
        if func.__name__ in ("on_start", "on_stop"):
            logging.warning(
                "You have tagged your on_stop/start function with @task. "
                "This will make the method get called both as a task AND on stop/start."
            )
        if func.__name__ == "run":
            raise Exception(
                "User.run() is a method used internally by Locust, "
                "and you must not override it or register it as a task"
            )
        # The mark lives on the function, so decorators that copy its __dict__ keep it.
        func.locust_task_weight = times
        return func

    if callable(weight):
        times = 1
        return mark(weight)
    times = weight
    return mark


def tag(*tags: str) -> Callable[[TaskT], TaskT]:
    """Gives a task, or every task of a TaskSet, names to choose by (`--tags`, `--exclude-tags`)."""
    if not tags or callable(tags[0]):
        raise ValueError("No tag name was supplied")

    def mark(decorated):
        if hasattr(decorated, "tasks"):
            decorated.tasks = [mark(each) for each in decorated.tasks]
        else:
            # Only its own set counts: one inherited through a class must not be added to.
            own = decorated.__dict__.get("locust_tag_set", set())
            decorated.locust_tag_set = own | set(tags)
        return decorated

    return mark


class TaskSetMeta(type):
    """Collects a TaskSet's tasks when its class is made."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        return type.__new__(mcs, classname, bases, class_dict)


class TaskSet(metaclass=TaskSetMeta):
    """Tasks that a user chooses from at random, over and over.

    A TaskSet among another's tasks is run as a task of it and keeps going until it is
    interrupted (`self.interrupt()`).
    """

    tasks: list[TaskSet | Callable] = []
    """Callables and TaskSet classes; a list, a list of (task, weight), or {task: weight}."""
    min_wait: float | None = None
    """Milliseconds; only used when the user has no wait_time. Use wait_time."""
    max_wait: float | None = None
    """Milliseconds; only used when the user has no wait_time. Use wait_time."""
    wait_function = None
    """Without meaning since Locust 1.0; kept because files read it."""

    _user: User
    _parent: User

    def __init__(self, parent: User) -> None:
        self._task_queue: deque = deque()
        self._time_start = time()
        self._user = parent._user if isinstance(parent, TaskSet) else parent
        self._parent = parent
        self.min_wait = self.min_wait or self._user.min_wait
        self.max_wait = self.max_wait or self._user.max_wait
        self.wait_function = self.wait_function or self._user.wait_function
        self._cp_last_run: float = perf_counter()
        self._cp_last_wait_time: float = 0
        self._switches_seen = 0

    @property
    def user(self) -> User:
        """The user that runs this TaskSet."""
        return self._user

    @property
    def parent(self):
        """The TaskSet that runs this one, or the user."""
        return self._parent

    @property
    def client(self):
        """The user's client."""
        return self._user.client

    def on_start(self) -> None:
        """Called before the first task."""

    def on_stop(self):
        """Called when the TaskSet is interrupted or its user ends."""

    @final
    def run(self):
        """Runs tasks until the TaskSet is interrupted or the user ends, by an exception."""
        try:
            self.on_start()
        except InterruptTaskSet as interrupt:
            raise _back_to_parent(interrupt).with_traceback(interrupt.__traceback__) from None
        if self._user._turns is not None:
            self._user._turns.steer(self)
        guard = getattr(self._user.environment, "iteration_budget", None)
        if guard is not None and "execute_task" not in self.__dict__:
            self.execute_task = guard.wrap(self.execute_task)
        while True:
            try:
                self._run_tasks()
            except InterruptTaskSet as interrupt:
                self._leave()
                raise _back_to_parent(interrupt) from interrupt
            except ENDINGS:
                self._finish()
                raise
            except Exception as error:
                self._report(error)
                self.wait()

    def _run_tasks(self):
        """One task and one wait after the other; returns never, ends by exception."""
        user = self._user
        queue = self._task_queue
        if _is_plain(self):
            self._run_plain_tasks(user, queue)
        while True:
            try:
                if not queue:
                    self.schedule_task(self.get_next_task())
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser()
                self.execute_next_task()
            except RescheduleTaskImmediately:
                continue
            except RescheduleTask:
                pass
            self.wait()

    def _run_plain_tasks(self, user, queue):
        """The same where no step is overridden: the steps stand here in one piece, because this
        runs once per request and each call it saves is CPU that the machine can load with."""
        is_root = isinstance(self, DefaultTaskSet)
        holder = user if is_root else self
        getrandbits = random.getrandbits
        while True:
            try:
                if queue or not holder.tasks:
                    if not queue:
                        self.schedule_task(self.get_next_task())
                    chosen = queue.popleft()
                else:
                    # random.choice, without its two calls.
                    tasks = holder.tasks
                    length = len(tasks)
                    bits = length.bit_length()
                    at = getrandbits(bits)
                    while at >= length:
                        at = getrandbits(bits)
                    chosen = tasks[at]
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser()
                if is_root and type(chosen) is FunctionType:
                    chosen(user)
                else:
                    self.execute_task(chosen)
            except RescheduleTaskImmediately:
                continue
            except RescheduleTask:
                pass
            if user._state == LOCUST_STATE_STOPPING:
                raise StopUser()
            seconds = (user.wait_time or self.wait_time)()
            if seconds == 0 and (seen := switches()) != self._switches_seen:
                self._switches_seen = seen
            else:
                user._state = LOCUST_STATE_WAITING
                self._sleep(seconds)
                if user._state == LOCUST_STATE_STOPPING:
                    self._end_waiting()
                user._state = LOCUST_STATE_RUNNING

    def _report(self, error: Exception) -> None:
        """Tells about an exception of a task; raises it again unless the run goes on after one."""
        environment = self._user.environment
        environment.events.user_error.fire(
            user_instance=self, exception=error, tb=error.__traceback__
        )
        if not environment.catch_exceptions:
            raise error
        logger.error("%s\n%s", error, traceback.format_exc())

    def _leave(self) -> None:
        """on_stop at an interrupt: it may still end the user."""
        try:
            self.on_stop()
        except ENDINGS:
            raise
        except Exception:
            logging.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())

    def _finish(self) -> None:
        """on_stop at the user's end: whatever it raises, the end goes on."""
        try:
            self.on_stop()
        except Exception:
            logging.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())

    def execute_next_task(self):
        """Runs the task at the head of the queue."""
        self.execute_task(self._task_queue.popleft())

    def execute_task(self, task):
        """Runs one task: a method bound to this object, a nested TaskSet class, or a function."""
        if getattr(task, "__self__", None) is self:
            task()
        elif isinstance(task, type) and issubclass(task, TaskSet):
            task(self).run()
        else:
            task(self)

    def schedule_task(self, task_callable, first=False):
        """Puts a task at the end of the queue, or at its head with `first`."""
        if first:
            self._task_queue.appendleft(task_callable)
        else:
            self._task_queue.append(task_callable)

    def get_next_task(self):
        """One of the tasks, chosen by Python's own `random`."""
        tasks = self.tasks
        if not tasks:
            hint = _misspelt_tasks(self, "")
            raise Exception(
                f"No tasks defined on {type(self).__name__}{hint} use the @task decorator "
                "or set the 'tasks' attribute of the TaskSet"
            )
        return random.choice(tasks)

    def wait_time(self):
        """Seconds until the next task: the user's wait_time unless the class has its own."""
        user = self._user
        wait_time = user.wait_time
        if wait_time:
            return wait_time()
        if self.min_wait is not None and self.max_wait is not None:
            return random.randint(self.min_wait, self.max_wait) / 1000.0
        raise MissingWaitTimeError(
            f"You must define a wait_time method on either the {type(user).__name__} "
            f"or {type(self).__name__} class"
        )

    def wait(self):
        """Waits for `wait_time()` seconds; a user that shall stop is stopped here."""
        user = self._user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_WAITING
        seconds = self.wait_time()
        # A wait of 0 is there to let others run. A request that went through the engine has
        # done that already; a second round through the hub would only cost.
        if seconds == 0 and (seen := switches()) != self._switches_seen:
            self._switches_seen = seen
        else:
            self._sleep(seconds)
        if user._state == LOCUST_STATE_STOPPING:
            self._end_waiting()
        user._state = LOCUST_STATE_RUNNING

    def _end_waiting(self):
        """The wait is over, and in the same moment the user was stopped because it waited. Its end
        is on the way and must find it here, not in a task or in on_stop."""
        gevent.sleep(END_COMES_WITHIN_S)
        raise StopUser()

    def _sleep(self, seconds):
        gevent.sleep(seconds)
        self._switches_seen = switches()

    def interrupt(self, reschedule=True):
        """Leaves this TaskSet; the parent goes on at once, or waits first without `reschedule`."""
        raise InterruptTaskSet(reschedule)


class DefaultTaskSet(TaskSet):
    """A user's root: runs the user's own tasks and hands them the user."""

    def get_next_task(self):
        """One of the user's tasks."""
        tasks = self._user.tasks
        if not tasks:
            hint = _misspelt_tasks(self._user, " on your class")
            raise Exception(
                f"No tasks defined on {type(self._user).__name__}{hint} Use the @task decorator or "
                "set the 'tasks' attribute of the User "
                "(or mark it as abstract = True if you only intend to subclass it)"
            )
        return random.choice(tasks)

    def execute_task(self, task):
        """Runs one task with the user as its argument."""
        if isinstance(task, type) and issubclass(task, TaskSet):
            task(self._user).run()
        else:
            task(self._user)


_STEPS = (
    "execute_next_task",
    "execute_task",
    "get_next_task",
    "schedule_task",
    "wait",
    "wait_time",
    "_sleep",
)


def _is_plain(taskset: TaskSet) -> bool:
    """No step of the loop is overridden, by a class or on the object."""
    if any(step in taskset.__dict__ for step in _STEPS):
        return False
    ours = DefaultTaskSet if isinstance(taskset, DefaultTaskSet) else TaskSet
    return all(getattr(type(taskset), step) is getattr(ours, step) for step in _STEPS)


def _back_to_parent(interrupt: InterruptTaskSet) -> Exception:
    kind = RescheduleTaskImmediately if interrupt.reschedule else RescheduleTask
    return kind(interrupt.reschedule)


def _misspelt_tasks(holder, where: str) -> str:
    if getattr(holder, "task", None):
        return f", but you have set a 'task' attribute{where} - maybe you meant to set 'tasks'?"
    return "."
