"""Does every call of the corpus with a user of its own and writes what `/echo` saw to
`wire.json`."""

import json

import gevent
from wire_calls import BOTH, FAST, HTTP

from locust import FastHttpUser, HttpUser


def seen(client, call):
    """The bytes of the request, or how the call failed."""
    try:
        response = call(client)
    except Exception as error:
        return {"raised": type(error).__name__}
    try:
        return {"raw": response.json()["raw"], "status": response.status_code}
    except Exception:
        error = type(getattr(response, "error", None)).__name__
        return {"status": response.status_code, "error": error}


done = {}


def all_calls(user):
    calls = {}
    for name, call in user.corpus.items():
        with gevent.Timeout(5, False):
            calls[name] = {"raised": "nothing within 5 s"}
            calls[name] = seen(type(user)(user.environment).client, call)
    done[type(user).__name__] = calls
    if len(done) == len(user.environment.user_classes):
        with open("wire.json", "w") as file:
            json.dump(done, file)
        gevent.spawn(user.environment.runner.quit)
    gevent.sleep(60)


class http(HttpUser):
    fixed_count = 1
    corpus = BOTH | HTTP
    tasks = [all_calls]


class fast(FastHttpUser):
    fixed_count = 1
    corpus = BOTH | FAST
    tasks = [all_calls]
