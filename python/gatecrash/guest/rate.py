"""`--rate`: so many task executions per time, on as many users as that takes.

In: the options, and a runner. Out: the engine's open driver at work on the users of all classes,
the end of the run when its time is over, and what became of the executions. When they start is the
engine's business, what they are the users'.
"""

from __future__ import annotations

import logging
import random

import gevent

from gatecrash import _engine
from gatecrash.guest.account import Account
from gatecrash.guest.turns import ClassUnderDriver

logger = logging.getLogger("locust.runners")

EXIT_INVALID = 98
"""The exit code of a run that could not be driven as asked."""

GRACE_S = 30
"""How long executions may go on after the run's time where --stop-timeout says nothing: those that
are cut off are the slow ones, and without them the times would look better than they are."""

REPORT_WIDTH = 100
"""Columns of the report."""

LARGEST_SEED = 2**53
MOST_USERS = 2**32 - 1


def wanted(parser, options) -> bool:
    """Whether a rate is asked for, by our option and not by one of that name that a file has."""
    return "rate" in parser.builtin_dests and options.rate is not None


def check(parser, options) -> None:
    """Faults in the options; what a rate needs is filled in."""
    if not wanted(parser, options):
        _refuse_what_needs_a_rate(parser, options)
        return
    instead = {"num_users": "--users", "spawn_rate": "--spawn-rate", "iterations": "--iterations"}
    for dest, flag in instead.items():
        if dest in parser.builtin_dests and getattr(options, dest) is not None:
            parser.error(
                f"--rate and {flag} do not go together: a rate takes as many users as it needs, "
                "up to --max-users, and lasts for --run-time"
            )
    for dest, most in (("max_users", MOST_USERS), ("seed", LARGEST_SEED)):
        if dest in parser.builtin_dests and (getattr(options, dest) or 0) > most:
            parser.error(f"argument --{dest.replace('_', '-')}: must be at most {most}")
    if options.headful:
        parser.error("--rate and --headful do not go together: there is no page yet to steer it")
    options.headless = True


def _refuse_what_needs_a_rate(parser, options) -> None:
    for dest, flag in {"max_users": "max-users", "poisson": "poisson", "seed": "seed"}.items():
        given = getattr(options, dest, None) != parser.get_default(dest)
        if dest in parser.builtin_dests and given:
            parser.error(f"--{flag} is only meaningful in combination with --rate")


def check_classes(user_classes, shape) -> str | None:
    """What a rate cannot be had with, as a sentence; None if it can."""
    if shape is not None:
        return (
            f"--rate and the shape {type(shape).__name__} do not go together: a shape says how "
            "many users there are, a rate takes as many as it needs"
        )
    fixed = [each.__name__ for each in user_classes if each.fixed_count]
    if fixed:
        return (
            f"--rate and fixed_count do not go together ({', '.join(fixed)}): a rate takes as "
            "many users as it needs. Name the classes to run after all options, or set "
            "fixed_count to 0 by --config-users"
        )
    return None


class RateLoad:
    """The executions of one run."""

    def __init__(self, runner, options, account: Account):
        self._runner = runner
        self._options = options
        self._account = account
        self._run: _engine.RateRun | None = None
        self._paused = False

    @property
    def grace_s(self) -> float:
        """Seconds that executions may go on after the run's time."""
        return self._runner.environment.stop_timeout or GRACE_S

    def start(self) -> None:
        """Begins the run."""
        runner, options = self._runner, self._options
        runner.rate_load = self
        runner.begin_run()
        seed = options.seed
        if seed is None:
            seed = random.randrange(1, LARGEST_SEED)
        else:
            # Tasks are drawn by Python's own generator.
            random.seed(seed)
        logger.info(f"Starting {options.rate} task executions, seed {seed}")
        runner.update_state("spawning")
        self._run = _engine.RateRun(
            runner.stats._engine,
            [self._class(each) for each in runner.user_classes],
            rate=options.rate,
            max_users=options.max_users,
            poisson=options.poisson,
            seed=seed,
            run_time_s=options.run_time,
            grace_s=self.grace_s,
            account=self._account.engine,
        )
        runner.environment.events.spawning_complete.fire(user_count=runner.user_count)
        gevent.spawn(self._follow)

    def _class(self, user_class) -> tuple:
        handler = ClassUnderDriver(self._runner, user_class, is_open=True, stops_by_itself=True)
        return user_class.__name__, user_class.weight, handler.tasks, handler

    def _follow(self) -> None:
        self._run.wait()
        if self._runner.state not in ("cleanup", "stopped"):
            logger.info("All executions are done, shutting down")
            self._runner.quit()

    def end(self) -> None:
        """Lets no more executions start, and waits for the end of those under way."""
        caller = gevent.getcurrent()
        turns = caller.args[0]._turns if caller in self._runner.user_greenlets else None
        if turns is not None:
            # The one who ends the run is in an execution that nothing else will end.
            turns.release()
        if self._run is not None:
            self._run.stop()
            self._run.wait()

    def end_by_fault(self) -> None:
        """Ends the run because users cannot be made."""
        self._runner.quit()

    def keys(self) -> dict:
        """What each key does."""
        return {
            "w": lambda: self._change_rate(+1),
            "W": lambda: self._change_rate(+10),
            "s": lambda: self._change_rate(-1),
            "S": lambda: self._change_rate(-10),
            "p": self._pause,
        }

    def _change_rate(self, more_per_s: float) -> None:
        logger.info(f"From now on {self._run.change_rate(more_per_s)} task executions")

    def _pause(self) -> None:
        self._paused = not self._paused
        self._run.pause(self._paused)
        logger.info("Paused: no task executions" if self._paused else "Going on")

    @property
    def is_invalid(self) -> bool:
        """The run has ended, and was not driven as asked."""
        return self._run is not None and self._run.validity == "invalid"

    def report(self, color: bool) -> list[str]:
        """What became of the executions, as lines."""
        return self._run.report(REPORT_WIDTH, color) if self._run is not None else []
