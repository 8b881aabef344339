"""A ramp: bringing the number of users from what it is to what is wanted.

In: the wanted number, the rate, and a dispatcher that says step by step how many users of which
class shall exist (and sleeps between its steps). Out: users started and stopped by the runner.
Which class comes next is the dispatcher's business alone.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

logger = logging.getLogger("locust.runners")


@dataclass
class Ramp:
    """One call of `runner.start`."""

    user_count: int
    spawn_rate: float
    wait: bool = False
    user_classes: list | None = None

    def check(self, current: int) -> None:
        """ValueError when `wait` is asked for a ramp of more than one step."""
        if self.wait and self.user_count - current > self.spawn_rate:
            raise ValueError(
                "wait is True but the amount of users to add is greater than the spawn rate"
            )

    def run(self, runner, node, dispatcher) -> None:
        """Runs to the end of the ramp; `node.user_classes_count` follows it."""
        logger.info(
            "Ramping to %d users at a rate of %.2f per second", self.user_count, self.spawn_rate
        )
        dispatcher.new_dispatch(self.user_count, self.spawn_rate, self.user_classes)
        for dispatched in dispatcher:
            wanted = dispatched[node.id]
            if logger.isEnabledFor(logging.DEBUG):
                logger.debug(f"Ramping to {counts_for_log(wanted)}")
            self._step(runner, wanted)
            node.user_classes_count = wanted
        logger.info(f"All users spawned: {counts_for_log(runner.user_classes_count)}")

    def _step(self, runner, wanted: dict[str, int]) -> None:
        current = runner.user_classes_count
        missing = {name: count - current[name] for name, count in wanted.items()}
        to_start = {name: count for name, count in missing.items() if count > 0}
        to_stop = {name: -count for name, count in missing.items() if count < 0}
        if self.wait:
            # Starting waits for users to end, so those that shall go must go first.
            runner.stop_users(to_stop)
            runner.spawn_users(to_start, True)
        else:
            # Stopping may take as long as the stop timeout; new users need not wait for it.
            runner.spawn_users(to_start, False)
            runner.stop_users(to_stop)


def counts_for_log(counts: dict[str, int]) -> str:
    """`{"A": 1, "B": 2} (3 total users)`, sorted by name."""
    ordered = dict(sorted(counts.items()))
    return f"{json.dumps(ordered)} ({sum(counts.values())} total users)"
