"""The end of the process: listeners, exit code, users, outputs, in the order that Locust has.

In: how the run ended. Out: everything written, and `sys.exit`. Nothing is skipped because
something before it failed to be good news.
"""

from __future__ import annotations

import logging
import sys

from locust import log

logger = logging.getLogger("locust.main")


class Teardown:
    """What is left to do when a run is over."""

    def __init__(self, environment, options, outputs):
        self.environment = environment
        self.options = options
        self.outputs = outputs

    def run(self, asked_for: int | None = None) -> None:
        """Does it all and ends the process; `asked_for` is a code that the file exited with."""
        environment = self.environment
        environment.events.quitting.fire(environment=environment, reverse=True)
        code = self._exit_code(asked_for)
        logger.info(f"Shutting down (exit code {code})")
        environment.runner.quit()
        if code == 0 and self._every_request_failed():
            # Known only now: the last users have just ended.
            code = self._exit_code(asked_for)
        self.outputs.finish()
        environment.events.quit.fire(exit_code=code)
        self.outputs.close()
        sys.exit(code)

    def _exit_code(self, asked_for: int | None) -> int:
        runner = self.environment.runner
        if self.environment.process_exit_code is not None:
            return self.environment.process_exit_code
        if asked_for is not None:
            return asked_for
        if len(runner.errors) or len(runner.exceptions) or self._every_request_failed():
            return self.options.exit_code_on_error
        return 2 if log.unhandled_greenlet_exception else 0

    def _every_request_failed(self) -> bool:
        total = self.environment.stats.total
        return total.num_requests > 0 and total.num_failures >= total.num_requests
