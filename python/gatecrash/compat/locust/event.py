"""Event hooks: how locustfiles listen to a run, and how everything that happens is told.

In: listeners, and `fire(...)` with keyword arguments. Out: each listener called in order, in
the caller's greenlet. A listener that raises is logged and marks the process as failed; the
few exceptions that steer a user (stop, reschedule, interrupt) pass through to the caller.
"""

from __future__ import annotations

import inspect
import logging
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from gatecrash import _engine

from locust import log
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

STEERING = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)
"""Exceptions with which a listener may steer the user whose request it is told about."""


class Listeners(list):
    """A hook's listeners. Files reach in and change them, so the hook is told of every change."""

    def __init__(self, hook: EventHook, listeners=()):
        super().__init__(listeners)
        self._hook = hook


def _telling(name: str) -> Callable:
    change = getattr(list, name)

    def changing(self, *args, **kwargs):
        result = change(self, *args, **kwargs)
        self._hook._decide_direct()
        return result

    return changing


for _name in (
    *("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
    *("__delitem__", "__iadd__", "__imul__", "__setitem__"),
):
    setattr(Listeners, _name, _telling(_name))


class EventHook:
    """One event.

    `direct` is the engine's statistics shard when the run's own recorder is the only listener,
    else None: as long as it is set, the engine may record a plain request by itself and need
    not come back to Python for it. A `fire` that a file has replaced sets it to None too.
    """

    direct: Any = None

    def __init__(self):
        self._handlers = []

    def __setattr__(self, name, value):
        if name == "_handlers":
            value = Listeners(self, value)
        super().__setattr__(name, value)
        if name in ("_handlers", "fire"):
            self._decide_direct()

    def _decide_direct(self) -> None:
        only_one = len(self._handlers) == 1
        our_fire = "fire" not in self.__dict__ and type(self).fire is _FIRE
        self.direct = getattr(self._handlers[0], "shard", None) if only_one and our_fire else None

    def add_listener(self, handler):
        """Appends a listener and returns it, so it works as a decorator."""
        # A new list each time: `fire` can walk the one it started with, whatever listeners do.
        self._handlers = [*self._handlers, handler]
        return handler

    def remove_listener(self, handler):
        """Removes a listener; ValueError when it is not registered."""
        handlers = list(self._handlers)
        handlers.remove(handler)
        self._handlers = handlers

    def fire(self, *, reverse=False, **kwargs):
        """Calls every listener with the keyword arguments, the last one first if `reverse`."""
        handlers = self._handlers[::-1] if reverse else self._handlers
        for told, handler in enumerate(handlers, 1):
            try:
                handler(**kwargs)
            except BaseException as error:
                if isinstance(error, STEERING) or not isinstance(error, Exception):
                    _count_unheard(handlers[told:], kwargs.get("response"))
                    raise
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())
                log.unhandled_greenlet_exception = True

    @contextmanager
    def measure(
        self, request_type: str, name: str, response_length: int = 0, context=None
    ) -> Generator[dict[str, Any]]:
        """Times a block and fires this event for it (meant for the `request` event).

        Yields the event's arguments, which the block may change. An Exception in the block
        becomes the request's `exception` and goes no further.
        """
        arguments: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        started = time.perf_counter()
        try:
            yield arguments
        except Exception as error:
            arguments["exception"] = error
        finally:
            arguments["response_time"] = (time.perf_counter() - started) * 1000
            self.fire(**arguments)


_FIRE = EventHook.fire
"""Kept to notice when somebody replaces it."""


def _count_unheard(handlers: list, response) -> None:
    """A listener was left before these ones heard of an answer. If the statistics are among them,
    it is in no table."""
    if getattr(response, "status_code", 0) and any(hasattr(each, "shard") for each in handlers):
        _engine.count_unreported()


class DeprecatedEventHook(EventHook):
    """An event that still works and says on every registration what to use instead."""

    def __init__(self, message):
        self.message = message
        super().__init__()

    def add_listener(self, handler):
        logging.warning(self.message)
        return super().add_listener(handler)


class Events:
    """The events of one Environment; below each stand the arguments that listeners get."""

    request: EventHook
    """A request ended: request_type, name, response_time (ms or None), response_length,
    exception, context, response, start_time (epoch s), url."""
    user_error: EventHook
    """A user's code raised: user_instance, exception, tb."""
    report_to_master: EventHook
    """A worker is about to report: client_id, data (may be added to)."""
    worker_report: EventHook
    """The master got a report: client_id, data."""
    worker_connect: EventHook
    """A worker joined: client_id."""
    spawning_complete: EventHook
    """A ramp is finished: user_count (of all nodes)."""
    quitting: EventHook
    """The process is about to end; listeners may set process_exit_code: environment."""
    quit: EventHook
    """The last thing before the process ends: exit_code."""
    init: EventHook
    """Everything is set up, nothing runs yet: environment, runner, web_ui."""
    init_command_line_parser: EventHook
    """A command-line parser was built and may be added to: parser."""
    test_start: EventHook
    """A run begins, before the first user: environment."""
    test_stopping: EventHook
    """A run is about to stop, users still there: environment."""
    test_stop: EventHook
    """A run has stopped: environment."""
    reset_stats: EventHook
    """Somebody asked for the statistics to start again: no arguments."""
    cpu_warning: EventHook
    """The process is too busy to measure well: environment, cpu_usage (percent)."""
    heartbeat_sent: EventHook
    """The master answered a worker: client_id, timestamp."""
    heartbeat_received: EventHook
    """A worker heard from its master: client_id, timestamp."""
    usage_monitor: EventHook
    """Regular reading of the process: environment, cpu_usage (percent), memory_usage (bytes)."""

    def __init__(self):
        # Subclasses add events of their own by annotation, so ask the instance's class chain.
        for cls in reversed(type(self).__mro__):
            for name, kind in inspect.get_annotations(cls).items():
                if kind in ("EventHook", EventHook):
                    setattr(self, name, EventHook())
