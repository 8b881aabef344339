"""Users: a person's stand-in, one greenlet each.

In: an Environment. Out: a user that can be started, runs `on_start`, its tasks and `on_stop`, and
can be stopped. How many there are and when is the runner's business.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any, final

from gevent import GreenletExit

from locust.clients import HttpSession, RestMixin
from locust.exception import CatchResponseError, StopTest, StopUser
from locust.user.collect import get_tasks_from_base_classes
from locust.user.task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    TaskSet,
)
from locust.user.wait_time import constant
from locust.util import deprecation

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatecrash.guest.turns import UserUnderDriver
    from gevent import Greenlet
    from gevent.pool import Group
    from urllib3 import PoolManager

logger = logging.getLogger(__name__)

NO_HOST = (
    "You must specify the base host. Either in the host attribute in the User class, "
    "or on the command line using the --host option."
)


class UserMeta(type):
    """Collects a user's tasks; a class is runnable unless its own body says it is abstract."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
        deprecation.check_for_deprecated_task_set_attribute(class_dict)
        return type.__new__(mcs, classname, bases, class_dict)


class User(metaclass=UserMeta):
    """Base of all users; has no client of its own."""

    host: str | None = None
    """Base URL of what is tested; the Environment's host replaces it on the class."""
    min_wait: float | None = None
    """Milliseconds; only used when wait_time is None. Use wait_time."""
    max_wait: float | None = None
    """Milliseconds; only used when wait_time is None. Use wait_time."""
    wait_time: Any = constant(0)
    """A method that returns the seconds to wait after each task."""
    wait_function = None
    """Without meaning since Locust 1.0; kept because files read it."""
    tasks: list[TaskSet | Callable] = []
    """Callables and TaskSet classes; a list, a list of (task, weight), or {task: weight}."""
    weight: float = 1
    """This class's share of all users, relative to the other classes' weights."""
    fixed_count: int = 0
    """If above 0, exactly so many users of this class, made before the weighted ones."""
    abstract: bool = True
    """True: only meant to be subclassed. Not inherited."""

    _turns: UserUnderDriver | None = None
    """Where the user gets its turns when a driver of the engine says when; None: by itself."""

    def __init__(self, environment) -> None:
        super().__init__()
        self.environment = environment
        self._state: str | None = None
        self._greenlet: Greenlet | None = None
        self._group: Group
        self._taskset_instance: TaskSet | None = None
        self._cp_last_run: float = time.perf_counter()
        self._cp_last_wait_time: float = 0

    def on_start(self) -> None:
        """Called once, before the first task."""

    def on_stop(self):
        """Called once, when the user ends."""

    @final
    def run(self):
        """The user's life, in the current greenlet. An exception in on_start goes through."""
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = DefaultTaskSet(self)
        try:
            self._begin()
            self._taskset_instance.run()
        except (GreenletExit, StopUser, StopTest):
            if self._turns is not None:
                self._turns.end(gone=True)
            self.on_stop()

    def _begin(self) -> None:
        try:
            self.on_start()
        except Exception as error:
            logger.error("%s\n%s", error, traceback.format_exc())
            if not isinstance(error, (StopUser, StopTest)):
                self.environment.events.user_error.fire(
                    user_instance=self, exception=error, tb=error.__traceback__
                )
            raise

    def wait(self):
        """Waits as after a task; the user may be stopped meanwhile even with a stop timeout."""
        self._taskset_instance.wait()

    def start(self, group: Group):
        """Starts and returns a greenlet of `group`; its first argument is the user."""
        self._group = group
        self._greenlet = group.spawn(run_user, self)
        return self._greenlet

    def stop(self, force: bool = False):
        """Ends the user: at once (True) when forced or waiting, else after its task (False).

        Raises an Exception when it is stopping already.
        """
        if force or self._state in (None, LOCUST_STATE_WAITING):
            if not force:
                # Its wait may be over before its end arrives: it must not begin another task.
                self._state = LOCUST_STATE_STOPPING
            self._group.killone(self._greenlet)
            return True
        if self._state == LOCUST_STATE_RUNNING:
            self._state = LOCUST_STATE_STOPPING
            return False
        raise Exception(
            f"Tried to stop User in an unexpected state: {self._state}. This should never happen."
        )

    @property
    def group(self):
        """The group of greenlets that the user runs in."""
        return self._group

    @property
    def greenlet(self):
        """The user's greenlet; None before `start`."""
        return self._greenlet

    def context(self) -> dict:
        """Entries that every request event of this user carries in its `context`."""
        return {}

    @classmethod
    def json(cls):
        """What the page shows of this class."""
        return {
            "host": cls.host,
            "weight": cls.weight,
            "fixed_count": cls.fixed_count,
            "tasks": [each.__name__ for each in cls.tasks],
        }

    @classmethod
    def fullname(cls) -> str:
        """Module and class name with dots, e.g. `my_package.my_module.MyUser`."""
        name = f"{cls.__module__}.{cls.__qualname__}"
        return ".".join(part for part in name.split(".") if part != "<locals>")


def run_user(user: User) -> None:
    """A user greenlet's body; taking the user as argument lets others find it in `args[0]`."""
    user.run()


class HttpUser(User, RestMixin):
    """A user with an HTTP client, `self.client`, that keeps its connections and cookies."""

    abstract: bool = True
    pool_manager: PoolManager | None = None
    """A pool of connections to share between users; by default each user has its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = HttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
        )
        # Proxies and passwords of the machine must not change what is measured.
        self.client.trust_env = False


class PytestUser(User):
    """A user that runs one pytest-style test function over and over, without waiting."""

    abstract = True
    functions: list
    """The collected test functions, each with the fixture that gives it its client."""
    fixtures: list

    def run(self):  # type: ignore[override]
        """Calls each function with its client; failed requests are in the statistics already."""
        from geventhttpclient.useragent import ConnectionError as FastConnectionError
        from requests.exceptions import RequestException

        failures = (RequestException, CatchResponseError, ConnectionError, FastConnectionError)
        self._state = LOCUST_STATE_RUNNING
        self.fixtures = [next(each.fixturedef.func(self)) for each in self.functions]
        while True:
            for function, client in zip(self.functions, self.fixtures, strict=True):
                try:
                    self._call(function, client)
                except failures as error:
                    # A wrong URL is a fault of the file; requests makes those ValueErrors.
                    if isinstance(error, ValueError):
                        raise
                    logger.debug("%s\n%s", error, traceback.format_exc())

    def _call(self, function, client) -> None:
        if self._turns is None:
            function.obj(client)
        else:
            self._turns.execute_function(self, function, lambda: function.obj(client))
