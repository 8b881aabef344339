"""Starting a headless run, and waiting for its end.

In: options. Out: users that ramp up (or a shape that says how many), a timer for --run-time, keys
that change the number of users; then, when the run is over for whatever reason, that it is over.
"""

from __future__ import annotations

import atexit
import logging

import gevent

from gatecrash import _engine
from gatecrash.guest.account import Account
from gatecrash.guest.rate import RateLoad
from gatecrash.guest.signals import Interrupts
from gatecrash.guest.watchdog import Watchdog
from locust.input_events import input_listener
from locust.log import greenlet_exception_logger

logger = logging.getLogger("locust.main")

SHORTEST_WATCHED_S = 5
"""How long a run must last for its CPU time to say more than that it started."""

KEYS_SPAWN_RATE = 100
"""Users per second with which a key changes their number."""


class Launch:
    """One headless run."""

    def __init__(
        self,
        environment,
        options,
        watchdog: Watchdog,
        account: Account,
        load: type[RateLoad] | None,
    ):
        self.environment = environment
        self._watchdog = watchdog
        self._account = account
        self.runner = environment.runner
        self._load = load(self.runner, options, account) if load else None
        self._watch: _engine.RunWatch | None = None
        self.options = options
        self._on_exception = greenlet_exception_logger(logger)

    def start(self) -> None:
        """Starts everything and returns."""
        self._account.start(is_driven=self._load is not None)
        if self._load is not None:
            self._start_load(self._load)
        else:
            self._start_users()
        keys = self._spawn(input_listener(self._keys()))
        # Whatever ends the process, the terminal must show what is typed again.
        atexit.register(keys.kill)

    def doubts(self) -> list[str]:
        """What speaks against the numbers of a run that has no driver to answer for them."""
        watch = self._watch
        if watch is None or watch.elapsed_s < SHORTEST_WATCHED_S:
            return []
        return watch.doubts()

    def _start_users(self) -> None:
        self._watch = _engine.RunWatch(self.environment.stats._engine)
        if self.options.num_users is None:
            self.options.num_users = 1
        if self.options.spawn_rate is None:
            self.options.spawn_rate = 1
        if self.environment.shape_class:
            self.runner.start_shape()
        else:
            self._spawn(self.runner.start, self.options.num_users, self.options.spawn_rate)
            self._limit_run_time(self.options.run_time)

    def _start_load(self, load: RateLoad) -> None:
        _tell_run_time(self.options.run_time)
        self._spawn(load.start)
        if self.options.run_time:
            self._watchdog.end_by(self.options.run_time + load.grace_s)

    def _limit_run_time(self, seconds: float | None) -> None:
        _tell_run_time(seconds)
        if seconds:
            # The hub's clock stands while it does not run; starting up has taken a while.
            gevent.get_hub().loop.update_now()
            timer = gevent.spawn_later(seconds, self._end, "--run-time limit reached")
            timer.link_exception(self._on_exception)
            self._watchdog.end_by(seconds + self.environment.stop_timeout)

    def _end(self, reason: str) -> None:
        logger.info(f"{reason}, shutting down")
        self.runner.quit()

    def _spawn(self, function, *args) -> gevent.Greenlet:
        greenlet = gevent.spawn(function, *args)
        greenlet.link_exception(self._on_exception)
        return greenlet

    def _keys(self) -> dict:
        if self._load is not None:
            return self._load.keys()
        return {
            "w": lambda: self._change_users(+1),
            "W": lambda: self._change_users(+10),
            "s": lambda: self._change_users(-1),
            "S": lambda: self._change_users(-10),
        }

    def _change_users(self, difference: int) -> None:
        if self.runner.state == "spawning":
            logging.warning("Users are being spawned, their number can't be changed right now")
            return
        self.runner.start(max(0, self.runner.user_count + difference), KEYS_SPAWN_RATE)

    def wait(self, interrupts: Interrupts) -> int | None:
        """Returns when the run has ended or somebody asks for its end.

        The exit code that the file itself asked for with `sys.exit()` inside a user, else None.
        """
        ended = gevent.spawn(self.runner.greenlet.join)
        try:
            gevent.wait([ended, interrupts.received], count=1)
        except KeyboardInterrupt:
            return None
        except SystemExit as exit_call:
            logger.info(f"sys.exit({exit_call.code}) called, shutting down")
            return exit_code_of(exit_call)
        if interrupts.received.is_set():
            interrupts.announce()
        elif self.environment.shape_class:
            logger.info("Shape test completed, shutting down")
        return None


def _tell_run_time(seconds: float | None) -> None:
    if seconds:
        logger.info(f"Run time limit set to {seconds} seconds")
    else:
        logger.info("No run time limit set, use CTRL+C to interrupt")


def exit_code_of(exit_call: SystemExit) -> int:
    """The code that Python would end with: none is 0, a text is 1."""
    if exit_call.code is None:
        return 0
    return exit_call.code if isinstance(exit_call.code, int) else 1
