"""Stopping users: who goes, how long they get, and what they leave behind.

In: how many users of each class shall go. Out: those users gone, `on_stop` called. The caller
itself is never stopped here, even if it is one of them: it has work left to do.
"""

from __future__ import annotations

import logging

import gevent
from gevent.pool import Group

from gatecrash import _engine

logger = logging.getLogger("locust.runners")


def stop_users(runner, counts: dict[str, int]) -> bool:
    """Stops `counts` users per class; True if the caller is one of them and must end itself."""
    me = gevent.getcurrent()
    chosen = _choose(runner, counts)
    others = [user for user in chosen if user.greenlet is not me]
    timeout = runner.environment.stop_timeout
    if timeout:
        _stop_gracefully(others, timeout)
    else:
        _each(others, force=True).join()
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(
            "%g users have been stopped, %g still running", sum(counts.values()), runner.user_count
        )
    return len(others) < len(chosen)


def _choose(runner, counts: dict[str, int]) -> list:
    """Any users of each class, as many as asked for or as there are."""
    left = dict(counts)
    chosen = []
    for greenlet in runner.user_greenlets:
        # A greenlet that has just ended has let go of its user.
        user = greenlet.args[0] if greenlet.args else None
        name = type(user).__name__
        if left.get(name, 0) > 0:
            left[name] -= 1
            chosen.append(user)
    return chosen


def _stop_gracefully(users: list, timeout: float) -> None:
    """Lets users finish their task for `timeout` seconds, then ends those that are left."""
    greenlets = Group()
    for user in users:
        greenlets.add(user.greenlet)
    # A ramp-down may have asked some already; those are only waited for.
    _each([user for user in users if user._state != "stopping"], force=False).join()
    if not greenlets.join(timeout=timeout):
        logger.info(
            "Not all users finished their tasks & terminated in "
            f"{timeout} seconds. Stopping them..."
        )
        greenlets.kill(block=True)


def _each(users: list, force: bool) -> Group:
    """Calls `stop` of each user in a greenlet, as each may have to wait for an `on_stop`."""
    calls = Group()
    for user in users:
        calls.spawn(user.stop, force=force)
    return calls


_told: dict[str, int] = {}


def report_abandoned() -> None:
    """Says how many requests nobody waited for to their end, since this was last asked."""
    _tell(_engine.abandoned())


def close_books() -> None:
    """Ends the counting, so that all that is written at the end says the same; what is under way
    now, in greenlets that nobody stopped, is abandoned too."""
    _tell(_engine.close_books())


def _tell(abandoned: dict[str, int]) -> None:
    new = {kind: count - _told.get(kind, 0) for kind, count in abandoned.items()}
    _told.update(abandoned)
    if any(new.values()):
        logger.info(
            f"Abandoned requests: {new['in_flight']} in flight when nobody waited for them any "
            f"more, {new['unreported']} answered but never reported. They are in no table."
        )
