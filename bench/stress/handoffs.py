"""Does the boundary ever lose a wake-up?

In: how many hand-overs to make, and the URL of a target (`/delay/MS` must exist there). Out: one
JSON line with what happened; exit code 0. When nothing moves for ten seconds a watchdog on a real
thread prints what it saw and ends the process with exit code 3.

64 greenlets hand over to the lane and back without pause. Beside them run users that are killed
at random moments, calls under a `gevent.Timeout` that mostly strikes first, and a user of the
`requests` library, all on one hub.

    python bench/stress/handoffs.py 10000000 http://127.0.0.1:8000
"""

import json
import os
import random
import sys
import time

import gatecrash  # noqa: F401 (first: `locust` resolves to ours from here on)
import locust  # noqa: F401 (patches the world for gevent)
import gevent
import gevent.monkey
import requests
from gatecrash import _engine
from locust.clients import HttpSession
from locust.event import EventHook

USERS = 64
SILENCE_S = 10

counts = {"hand_overs": 0, "kills": 0, "timeouts": 0, "beside": 0}


def hand_over(total):
    """Hands over until all of them together have done it ``total`` times."""
    echo = _engine.echo
    while counts["hand_overs"] < total:
        echo()
        counts["hand_overs"] += 1


def respawn(pool, total):
    """Kills somebody at random and puts another in their place."""
    while counts["hand_overs"] < total:
        gevent.sleep(random.random() * 0.004)
        at = random.randrange(len(pool))
        pool[at].kill(block=random.random() < 0.5)
        pool[at] = gevent.spawn(hand_over, total)
        counts["kills"] += 1


def strike(session, total):
    """Calls that a timeout ends, mostly before the answer."""
    while counts["hand_overs"] < total:
        with gevent.Timeout(random.random() * 0.012, False):
            session.get("/delay/5")
            continue
        counts["timeouts"] += 1


def beside(url, total):
    """A user of the library itself, on sockets of its own."""
    with requests.Session() as session:
        while counts["hand_overs"] < total:
            assert session.get(f"{url}/delay/1", timeout=5).status_code == 200
            counts["beside"] += 1


def watch():
    """Ends the process when nothing moves any more."""
    sleep = gevent.monkey.get_original("time", "sleep")
    seen = None
    while True:
        sleep(SILENCE_S)
        if counts == seen:
            sys.stderr.write(f"a wake-up was lost: nothing moved for {SILENCE_S} s: {counts}\n")
            os._exit(3)
        seen = dict(counts)


def main(total, url):
    """Runs everything and prints the counts."""
    gevent.monkey.get_original("_thread", "start_new_thread")(watch, ())
    random.seed(total)
    started = time.monotonic()
    pool = [gevent.spawn(hand_over, total) for _ in range(USERS)]
    sessions = [HttpSession(url, EventHook(), None) for _ in range(8)]
    others = [gevent.spawn(strike, session, total) for session in sessions]
    others += [gevent.spawn(beside, url, total), gevent.spawn(respawn, pool, total)]
    gevent.joinall(others)
    gevent.joinall(pool)
    faults = [repr(user.exception) for user in (*pool, *others) if user.exception]
    print(json.dumps({**counts, "seconds": round(time.monotonic() - started, 1), "faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
