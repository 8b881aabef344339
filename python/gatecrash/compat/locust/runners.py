"""Runners: start, ramp, stop and end the users of a run.

In: an Environment, and calls to `start`, `stop`, `quit`. Out: user greenlets, the run's state,
the events around it. How ramps, stops, shapes and readings of the machine go step by step
stands in `gatecrash.guest`; requests are never seen here, they go from clients to the engine.
"""

from __future__ import annotations

import inspect
import json
import logging
import socket
import traceback
from abc import abstractmethod
from collections.abc import Callable, Iterator, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict
from uuid import uuid4

import gevent
from gevent.event import Event
from gevent.pool import Group

from gatecrash.guest import shapes, usage
from gatecrash.guest.later import not_there_yet
from gatecrash.guest.ramp import Ramp
from gatecrash.guest.stopping import report_abandoned, stop_users
from locust.dispatch import UsersDispatcher
from locust.exception import StopTest
from locust.log import greenlet_exception_logger
from locust.rpc import Message
from locust.stats import RequestStats, StatsError, StatsRecorder

if TYPE_CHECKING:
    from gatecrash.guest.rate import RateLoad
    from locust import User
    from locust.env import Environment

logger = logging.getLogger(__name__)

STATE_INIT = "ready"
STATE_SPAWNING = "spawning"
STATE_RUNNING = "running"
STATE_CLEANUP = "cleanup"
STATE_STOPPING = "stopping"
STATE_STOPPED = "stopped"
STATE_MISSING = "missing"

CPU_MONITOR_INTERVAL = 10.0
CPU_WARNING_THRESHOLD = 90
WORKER_REPORT_INTERVAL = 3.0
WORKER_LOG_REPORT_INTERVAL = 10
HEARTBEAT_INTERVAL = 1
HEARTBEAT_LIVENESS = 3
HEARTBEAT_DEAD_INTERNAL = -60
MASTER_HEARTBEAT_TIMEOUT = 60
FALLBACK_INTERVAL = 5
CONNECT_TIMEOUT = 5
CONNECT_RETRY_COUNT = 60


def locust_exception_handler(environment: Environment):
    """For `link_exception`: StopTest ends the run, anything else is logged and remembered."""
    log_exception = greenlet_exception_logger(logger)

    def on_exception(greenlet):
        kind, error, _ = greenlet.exc_info
        if kind is StopTest:
            stop_test(environment, error)
        else:
            log_exception(greenlet)

    return on_exception


def stop_test(environment: Environment, reason: StopTest) -> None:
    """Says why the run ends, and ends it."""
    logger.error(reason)
    logger.warning("Stopping Locust...")
    end_run(environment)


def end_run(environment: Environment) -> None:
    """Ends the run, and the process with it unless there is a page to start the next one from."""
    if environment.parsed_options and environment.parsed_options.headless:
        environment.runner.quit()
    else:
        environment.runner.stop()


class ExceptionDict(TypedDict):
    """One kind of exception in users' code, as `runner.exceptions` keeps it."""

    count: int
    msg: str
    traceback: str
    nodes: set[str]


class Runner:
    """What all runners share; files may hang attributes of their own on it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = STATE_INIT
        self.user_greenlets = Group()
        """The greenlet of each user; its first argument is the user."""
        self.greenlet = Group()
        """The runner's own greenlets; `join` waits for the runner's end."""
        self.spawning_greenlet: gevent.Greenlet | None = None
        self.shape_greenlet: gevent.Greenlet | None = None
        self.shape_last_tick: tuple | None = None
        self.current_cpu_usage: float = 0.0
        self.current_memory_usage: int = 0
        self.cpu_warning_emitted: bool = False
        self.worker_cpu_warning_emitted: bool = False
        self.exceptions: dict[int, ExceptionDict] = {}
        self.target_user_count: int = 0
        """Users wanted, from the start of a ramp."""
        self.target_user_classes_count: dict[str, int] = {}
        """Users per class, from the end of a ramp."""
        self.final_user_classes_count: dict[str, int] = {}
        """Users per class just before the run was stopped."""
        self.custom_messages: dict[str, tuple[Callable, bool]] = {}
        self.connection_broken = False
        self._users_dispatcher: UsersDispatcher | None = None
        self.rate_load: RateLoad | None = None
        """What drives the users of a run at a rate; None where their number is asked for."""
        self.follow_user: Callable[[str, gevent.Greenlet], None] | None = None
        """Called with each new user's class and greenlet, where somebody asks whose its requests
        are."""
        self._stopped: Event | None = None
        self._spawn_own(self.monitor_cpu_and_memory)
        environment.events.request.add_listener(StatsRecorder(self.stats))
        environment.events.spawning_complete.add_listener(self._on_spawning_complete)

    def __del__(self) -> None:
        if self.greenlet:
            self.greenlet.kill(block=False)

    def _spawn_own(self, function: Callable, *args) -> gevent.Greenlet:
        # A function without arguments, as its name stands in every report of an exception.
        def run():
            try:
                function(*args)
            except StopTest as stop:
                stop_test(self.environment, stop)

        run.__name__ = run.__qualname__ = function.__name__
        greenlet = self.greenlet.spawn(run)
        greenlet.link_exception(locust_exception_handler(self.environment))
        return greenlet

    def _on_spawning_complete(self, user_count: int) -> None:
        self.update_state(STATE_RUNNING)
        if self.environment.reset_stats:
            logger.info("Resetting stats\n")
            self.stats.reset_all()

    @property
    def user_classes(self) -> list[type[User]]:
        """The Environment's user classes."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """The Environment's user classes by name."""
        return self.environment.user_classes_by_name

    @property
    def stats(self) -> RequestStats:
        """The Environment's statistics."""
        return self.environment.stats

    @property
    def errors(self) -> dict[str, StatsError]:
        """The kinds of failed requests."""
        return self.stats.errors

    @property
    def user_count(self) -> int:
        """Users that exist now."""
        return len(self.user_greenlets)

    @property
    def user_classes_count(self) -> dict[str, int]:
        """Users that exist now, per class; classes without users count 0."""
        counts = {each.__name__: 0 for each in self.user_classes}
        for greenlet in self.user_greenlets:
            # A greenlet that has just ended has let go of its user.
            if greenlet.args:
                name = type(greenlet.args[0]).__name__
                counts[name] = counts.get(name, 0) + 1
        return counts

    def update_state(self, new_state: str) -> None:
        """Sets the state."""
        self.state = new_state

    def cpu_log_warning(self) -> bool:
        """Says at the end of a run that the machine was too busy, if it was."""
        if self.cpu_warning_emitted:
            logger.warning(
                "CPU usage was too high at some point during the test! "
                "The load may be less than this test would give on a larger machine."
            )
        return self.cpu_warning_emitted

    def monitor_cpu_and_memory(self) -> NoReturn:
        """Reads the process's CPU and memory every CPU_MONITOR_INTERVAL seconds."""
        usage.monitor(self)

    def spawn_users(self, user_classes_spawn_count: dict[str, int], wait: bool = False):
        """Starts so many users of each class and returns them; with `wait` waits for their end."""
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.update_state(STATE_SPAWNING)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                f"Spawning additional {json.dumps(user_classes_spawn_count)} "
                f"({json.dumps(self.user_classes_count)} already running)..."
            )
        new_users: list[User] = []
        for name, count in user_classes_spawn_count.items():
            new_users += [self._spawn_user(name) for _ in range(count)]
            logger.debug("All users of class %s spawned", name)
        if wait:
            self.user_greenlets.join()
            logger.info("All users stopped\n")
        return new_users

    def _spawn_user(self, class_name: str) -> User:
        user = self.user_classes_by_name[class_name](self.environment)
        if not hasattr(user, "environment"):
            raise AssertionError(
                f"Attribute 'environment' is missing on user {class_name}. Perhaps you defined "
                "your own __init__ and forgot to call the base constructor? "
                "(super().__init__(*args, **kwargs))"
            )
        greenlet = user.start(self.user_greenlets)
        if self.follow_user is not None:
            # Before it runs, so that requests of its on_start are known, too.
            self.follow_user(class_name, greenlet)
        return user

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:
        """Stops so many users of each class, whichever, and waits until they are gone."""
        if stop_users(self, user_classes_stop_count):
            gevent.getcurrent().kill(block=False)

    @abstractmethod
    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Brings the number of users to `user_count`, `spawn_rate` users per second."""

    @abstractmethod
    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Sends a message to the listeners of other nodes."""

    def start_shape(self) -> None:
        """Starts a run that the Environment's shape steers."""
        if self.shape_greenlet:
            logger.info("There is an ongoing shape test running. Editing is disabled")
            return
        logger.info("Shape test starting.")
        self.update_state(STATE_INIT)
        self.shape_greenlet = self._spawn_own(self.shape_worker)
        if self.environment.shape_class is not None:
            # Here and not only in the constructor: subclasses often skip that one.
            self.environment.shape_class.reset_time()

    def shape_worker(self) -> None:
        """Asks the shape once a second until it says that the run is over."""
        shapes.follow(self)

    def stop(self) -> None:
        """Stops the run: no more users when it returns.

        Called by a user or by a `test_start` listener it ends its caller too.
        """
        if self.state == STATE_STOPPED:
            return
        me = gevent.getcurrent()
        if self._stopped is not None:
            # Somebody is stopping the run already. If that one waits for us, we must not wait.
            if self._is_waited_for(me):
                raise gevent.GreenletExit
            self._stopped.wait()
            return
        self._stopped = Event()
        try:
            ends_me = self._stop(me)
        finally:
            self._stopped.set()
            self._stopped = None
        if me is self.spawning_greenlet:
            raise gevent.GreenletExit
        if ends_me:
            me.kill(block=False)

    def _is_waited_for(self, me: gevent.Greenlet) -> bool:
        return me in self.user_greenlets or me is self.spawning_greenlet

    def _stop(self, me: gevent.Greenlet) -> bool:
        """Stops everything but the caller; True if the caller is a user that must end too."""
        _log_caller_of_stop()
        self.environment.events.test_stopping.fire(environment=self.environment)
        self.final_user_classes_count = self.user_classes_count
        self.update_state(STATE_CLEANUP)
        if self.spawning_greenlet is not None and self.spawning_greenlet is not me:
            self.spawning_greenlet.kill(block=True)
        if self.environment.shape_class is not None and self.shape_greenlet is not me:
            if self.shape_greenlet is not None:
                self.shape_greenlet.kill(block=True)
                self.shape_greenlet = None
            self.shape_last_tick = None
        if self.rate_load is not None:
            self.rate_load.end()
        ends_me = stop_users(self, self.user_classes_count)
        self._users_dispatcher = None
        self.update_state(STATE_STOPPED)
        report_abandoned()
        self.cpu_log_warning()
        self.environment.events.test_stop.fire(environment=self.environment)
        return ends_me

    def quit(self) -> None:
        """Stops the run and the runner itself: `runner.greenlet.join()` returns."""
        me = gevent.getcurrent()
        if self._stopped is not None and self._is_waited_for(me):
            # Another greenlet waits for the ongoing stop in our place, and then ends the runner.
            gevent.spawn(self.quit)
            raise gevent.GreenletExit
        try:
            self.stop()
        finally:
            self.greenlet.kill(block=True)

    def end_by_fault(self) -> None:
        """Ends the run because its users cannot be made; why has been logged."""
        logger.error("The users cannot be made, stopping the run")
        if self.rate_load is not None:
            self.rate_load.end_by_fault()

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        """Counts an exception of a user's code; same traceback, same entry."""
        key = hash(formatted_tb)
        entry = self.exceptions.setdefault(
            key, {"count": 0, "msg": msg, "traceback": formatted_tb, "nodes": set()}
        )
        entry["count"] += 1
        entry["nodes"].add(node_id)
        self.stats.log_exception(key, msg, formatted_tb, node_id)

    def register_message(self, msg_type: str, listener: Callable, concurrent=False) -> None:
        """Calls `listener(environment=, msg=)` for messages of this type; one per type."""
        if msg_type in self.custom_messages:
            raise Exception(
                f"Tried to register listener method for {msg_type}, but it already had a listener!"
            )
        self.custom_messages[msg_type] = (listener, concurrent)


class LocalRunner(Runner):
    """Runs users in this process."""

    def __init__(self, environment) -> None:
        super().__init__(environment)
        # What a distributed run's workers have, so that files need not ask which it is.
        self.worker_index = 0
        self.worker_count = 1
        self.client_id = f"{socket.gethostname()}_{uuid4().hex}"
        self._local_worker_node = WorkerNode(id="local")
        self._local_worker_node.user_classes_count = self.user_classes_count
        environment.events.user_error.add_listener(self._on_user_error)

    def _on_user_error(self, user_instance, exception, tb) -> None:
        self.log_exception("local", str(exception), "".join(traceback.format_tb(tb)))

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Starts the ramp in a greenlet of its own and returns; a running ramp is replaced.

        With `wait` the ramp waits for the users of each step to end.
        """
        if self.spawning_greenlet is not None:
            self.spawning_greenlet.kill(block=True)
        ramp = Ramp(user_count, spawn_rate, wait, user_classes)
        self.spawning_greenlet = self._spawn_own(self._start, ramp)

    def _start(self, ramp: Ramp) -> None:
        self.target_user_count = ramp.user_count
        if self.state not in (STATE_RUNNING, STATE_SPAWNING):
            self.begin_run()
        ramp.check(self.user_count)
        self._set_hosts()
        if self.state not in (STATE_INIT, STATE_STOPPED):
            self.update_state(STATE_SPAWNING)
        if self._users_dispatcher is None:
            self._users_dispatcher = self.environment.dispatcher_class(
                worker_nodes=[self._local_worker_node], user_classes=self.user_classes
            )
        ramp.run(self, self._local_worker_node, self._users_dispatcher)
        self.target_user_classes_count = self.user_classes_count
        total = sum(self.target_user_classes_count.values())
        self.environment.events.spawning_complete.fire(user_count=total)

    def _set_hosts(self) -> None:
        if self.environment.host:
            for user_class in self.user_classes:
                user_class.host = self.environment.host

    def begin_run(self) -> None:
        """What comes before the first user: empty statistics, tags, hosts, `test_start`."""
        self.stats.clear_all()
        self.stats._engine.count_metrics()
        self.exceptions = {}
        self.cpu_warning_emitted = False
        self.worker_cpu_warning_emitted = False
        self.environment._filter_tasks_by_tags()
        self.environment.events.test_start.fire(environment=self.environment)
        self._set_hosts()

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Hands the message to this process's own listener of its type."""
        logger.debug(f"Running locally: sending {msg_type} message to self")
        if msg_type not in self.custom_messages:
            logger.warning(f"Unknown message type received: {msg_type}")
            return
        listener, _ = self.custom_messages[msg_type]
        listener(environment=self.environment, msg=Message(msg_type, data, "local"))


class DistributedRunner(Runner):
    """A runner of many nodes; not there yet."""

    def __init__(self, environment, *args, **kwargs) -> None:
        # Without a greenlet group: nothing was started, so __del__ has nothing to end.
        self.greenlet = None
        raise not_there_yet("Running on several nodes (master and workers)")


class MasterRunner(DistributedRunner):
    """The runner that workers report to; not there yet."""

    def __init__(self, environment, master_bind_host, master_bind_port) -> None:
        super().__init__(environment)


class WorkerRunner(DistributedRunner):
    """A runner that a master steers; not there yet."""

    worker_index = -1

    def __init__(self, environment: Environment, master_host: str, master_port: int) -> None:
        super().__init__(environment)


class WorkerNode:
    """What is known of one worker; a run in one process has a single one."""

    def __init__(self, id: str, state=STATE_INIT, heartbeat_liveness=HEARTBEAT_LIVENESS) -> None:
        self.id: str = id
        self.state = state
        self.heartbeat = heartbeat_liveness
        self.cpu_usage: int = 0
        self.cpu_warning_emitted = False
        self.memory_usage: int = 0
        self.user_classes_count: dict[str, int] = {}

    @property
    def user_count(self) -> int:
        """Users that the worker runs."""
        return sum(self.user_classes_count.values())


class WorkerNodes(MutableMapping):
    """Workers by their ids, and by their states."""

    def __init__(self) -> None:
        self._worker_nodes: dict[str, WorkerNode] = {}

    def get_by_state(self, state) -> list[WorkerNode]:
        """The workers in a state."""
        return [each for each in self.values() if each.state == state]

    @property
    def all(self) -> ValuesView[WorkerNode]:
        """All workers."""
        return self.values()

    @property
    def ready(self) -> list[WorkerNode]:
        """Workers that wait for a run."""
        return self.get_by_state(STATE_INIT)

    @property
    def spawning(self) -> list[WorkerNode]:
        """Workers in a ramp."""
        return self.get_by_state(STATE_SPAWNING)

    @property
    def running(self) -> list[WorkerNode]:
        """Workers whose ramp is finished."""
        return self.get_by_state(STATE_RUNNING)

    @property
    def missing(self) -> list[WorkerNode]:
        """Workers that have not been heard of for a while."""
        return self.get_by_state(STATE_MISSING)

    def __setitem__(self, k: str, v: WorkerNode) -> None:
        self._worker_nodes[k] = v

    def __delitem__(self, k: str) -> None:
        del self._worker_nodes[k]

    def __getitem__(self, k: str) -> WorkerNode:
        return self._worker_nodes[k]

    def __len__(self) -> int:
        return len(self._worker_nodes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._worker_nodes)


def _log_caller_of_stop() -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "unknown"
    logger.debug(f"Stopping all users (called from {where})")
