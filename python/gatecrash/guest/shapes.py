"""Following a load shape: asking it once a second and starting what it answers.

In: the Environment's shape. Out: `runner.start` whenever the answer changes, the run's end when
the answer is None.
"""

from __future__ import annotations

import logging
import time

import gevent

logger = logging.getLogger("locust.runners")

FOLLOWING = ("ready", "spawning", "running")
"""States of a runner in which its shape has a say."""


def follow(runner) -> None:
    """Asks until the shape, or somebody else, ends the run."""
    logger.info("Shape worker starting")
    shape = runner.environment.shape_class
    while runner.state in FOLLOWING:
        asked_at = time.monotonic()
        answer = shape.tick() if shape is not None else None
        if answer is None:
            _end(runner)
            return
        if answer != runner.shape_last_tick:
            _start(runner, answer)
            runner.shape_last_tick = answer
        gevent.sleep(max(asked_at + 1 - time.monotonic(), 0))


def _start(runner, answer: tuple) -> None:
    user_count, spawn_rate, *rest = answer
    logger.info("Shape test updating to %d users at %.2f spawn rate", user_count, spawn_rate)
    user_classes = rest[0] if rest else None
    runner.start(user_count=user_count, spawn_rate=spawn_rate, user_classes=user_classes)


def _end(runner) -> None:
    from locust.runners import end_run

    logger.info("Shape test stopping")
    try:
        end_run(runner.environment)
    finally:
        runner.shape_greenlet = None
        runner.shape_last_tick = None
