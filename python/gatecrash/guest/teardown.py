"""The end of the process: listeners, exit code, users, outputs, in the order that Locust has.

In: how the run ended. Out: everything written, and `sys.exit`. Nothing is skipped because
something before it failed to be good news.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from gatecrash.guest.account import Account
from gatecrash.guest.launch import exit_code_of
from gatecrash.guest.rate import EXIT_INVALID
from gatecrash.guest.stopping import close_books
from gatecrash.http import foreign
from locust import log

logger = logging.getLogger("locust.main")


class Teardown:
    """What is left to do when a run is over."""

    def __init__(self, environment, options, outputs, launch, account: Account):
        self.environment = environment
        self.options = options
        self.outputs = outputs
        self._launch = launch
        self._account = account
        self._asked_for: int | None = None

    def run(self, asked_for: int | None = None, interrupted_by: str | None = None) -> None:
        """Does it all and ends the process; `asked_for` is a code that the file exited with,
        `interrupted_by` the signal that ended the run."""
        environment = self.environment
        self._asked_for = asked_for
        self._despite_exit(
            lambda: environment.events.quitting.fire(environment=environment, reverse=True)
        )
        told = self._tell_exit_code() if not self._account.decides else None
        self._despite_exit(environment.runner.quit)
        # A user that asked for the end itself may still be at its on_stop.
        environment.runner.user_greenlets.join()
        if slow_way := foreign.summary():
            logger.info(slow_way)
        for doubt in self._launch.doubts():
            logger.warning(f"The numbers are doubtful: {doubt}")
        close_books()
        self._account.end(interrupted_by)
        code = self._tell_exit_code() if told is None else self._corrected(told)
        self.outputs.finish()
        self._despite_exit(lambda: environment.events.quit.fire(exit_code=code))
        self.outputs.close()
        sys.exit(code if self._asked_for is None else self._asked_for)

    def _tell_exit_code(self) -> int:
        """Logs the exit code: as Locust does before the users are stopped, but objectives are
        judged by all that they did."""
        code = self._exit_code()
        logger.info(f"Shutting down (exit code {code})")
        return code

    def _corrected(self, told: int) -> int:
        """The exit code, logged once more if it is not the one that was told."""
        if why := self._why_it_ends_otherwise(told):
            code = self._exit_code()
            logger.info(f"The exit code is {code} and not {told}: {why}")
            return code
        return told

    def _why_it_ends_otherwise(self, told: int) -> str | None:
        """What happened since the exit code `told` was logged that changes it."""
        if self._asked_for is not None and self._asked_for != told:
            return f"sys.exit({self._asked_for}) was called while the users were being stopped"
        if told == 0 and self._every_request_failed() and self._exit_code() != 0:
            return (
                "every request failed, and the first one ended while the users were being "
                "stopped. If that is fine, run with --exit-code-on-error 0"
            )
        if told != EXIT_INVALID and self._exit_code() == EXIT_INVALID:
            return "the run is INVALID, for the reasons below"
        if told == 0 and not self._account.is_written:
            return "a file could not be written, see above"
        return None

    def _despite_exit(self, step: Callable[[], None]) -> None:
        """Takes a step; `sys.exit()` in a listener gives the code, and the rest is still done."""
        try:
            step()
        except SystemExit as exit_call:
            self._asked_for = exit_code_of(exit_call)

    def _exit_code(self) -> int:
        runner = self.environment.runner
        if self._asked_for is not None:
            return self._asked_for
        if self.environment.process_exit_code is not None:
            return self.environment.process_exit_code
        if runner.rate_load is not None and runner.rate_load.is_invalid:
            return EXIT_INVALID
        if self._has_failures():
            return self.options.exit_code_on_error
        if log.unhandled_greenlet_exception:
            return 2
        if self._account.decides and self._account.exit_code:
            return self._account.exit_code
        return 0 if self._account.is_written else 1

    def _has_failures(self) -> bool:
        """As Locust has it: one failure is enough, unless objectives say what must hold."""
        runner = self.environment.runner
        failed = len(runner.errors) or len(runner.exceptions) or self._every_request_failed()
        return bool(failed) and not self._account.decides

    def _every_request_failed(self) -> bool:
        total = self.environment.stats.total
        return total.num_requests > 0 and total.num_failures >= total.num_requests
