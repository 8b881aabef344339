"""`import locust`, served by Gatecrash: Locust's API, whose requests go through our engine.

Importing it patches the standard library for gevent, as Locust does, unless the variable
LOCUST_SKIP_MONKEY_PATCH is set. Submodules are reachable as attributes without an import of
their own; those that few files need are loaded when asked for.
"""

import importlib
import os

if not os.getenv("LOCUST_SKIP_MONKEY_PATCH"):
    from gevent import monkey

    # Before anything else is imported: who has taken a function from `socket` or `time` by then
    # keeps one that stops every user.
    monkey.patch_all()

    if not os.getenv("LOCUST_SKIP_URLLIB3_PATCH"):
        import urllib3
        from gevent import queue

        # urllib3's own queue waits on locks from before the patch.
        urllib3.connectionpool.ConnectionPool.QueueCls = queue.LifoQueue

from locust._version import version as __version__  # noqa: E402, I001  (others read it)
from locust import (  # noqa: E402
    argument_parser,
    clients,
    dispatch,
    env,
    event,
    exception,
    log,
    rpc,
    runners,
    shape,
    stats,
    user,
    util,
)
from locust.debug import run_single_user  # noqa: E402
from locust.event import Events  # noqa: E402
from locust.shape import LoadTestShape  # noqa: E402
from locust.user import wait_time  # noqa: E402
from locust.user.markov_taskset import MarkovTaskSet, transition, transitions  # noqa: E402
from locust.user.sequential_taskset import SequentialTaskSet  # noqa: E402
from locust.user.task import TaskSet, tag, task  # noqa: E402
from locust.user.users import HttpUser, User  # noqa: E402
from locust.user.wait_time import (  # noqa: E402
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
)
from locust.util.deprecation import DeprecatedHttpLocustClass as HttpLocust  # noqa: E402
from locust.util.deprecation import DeprecatedLocustClass as Locust  # noqa: E402

events = Events()
"""The events of the process's own Environment, the one that the command line makes."""

__all__ = (
    "FastHttpUser",
    "HttpLocust",
    "HttpUser",
    "LoadTestShape",
    "Locust",
    "MarkovTaskSet",
    "SequentialTaskSet",
    "TaskSet",
    "User",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "run_single_user",
    "tag",
    "task",
    "transition",
    "transitions",
    "wait_time",
)

_LOADED_WHEN_ASKED = frozenset({"contrib", "html", "input_events", "main", "web"})


def __getattr__(name: str):
    if name in _LOADED_WHEN_ASKED:
        return importlib.import_module(f"locust.{name}")
    if name == "FastHttpUser":
        # Most files do without, and the library behind it takes its time to load.
        return importlib.import_module("locust.contrib.fasthttp").FastHttpUser
    raise AttributeError(f"module 'locust' has no attribute {name!r}")
