"""Listeners: signatures, order, removal, own hooks, measure(), a coroutine that nobody awaits."""

import warnings

from locust import HttpUser, constant, events, task
from locust.event import EventHook, Events

warnings.simplefilter("ignore")


@events.request.add_listener
def full(
    request_type,
    name,
    response_time,
    response_length,
    exception,
    context,
    response,
    start_time=0.0,
    url="",
    **kw,
):
    print(
        "full",
        request_type,
        name,
        type(response_time).__name__,
        response_length,
        repr(exception),
        context,
    )
    print(" ", response.status_code, type(start_time).__name__, url.rpartition("/")[2], sorted(kw))


@events.request.add_listener
def few(name, **kw):
    print("few", name, sorted(kw))


@events.request.add_listener
async def nobody_awaits(**kw):
    print("unexpected")


class Holder:
    @events.request.add_listener
    def in_a_class(name, **kw):
        print("in a class", name)


def removed(**kw):
    print("unexpected")


print("returned as is", events.request.add_listener(removed) is removed)
events.request.remove_listener(removed)

own = EventHook()
own.add_listener(lambda **kw: print("own first", kw))
own.add_listener(lambda **kw: print("own second", kw))
own.fire(a=1)
own.fire(reverse=True, a=2)
try:
    own.fire(1)
except TypeError as error:
    print("positional", type(error).__name__)
print(sorted(name for name in vars(Events()) if not name.startswith("_")))


class Heard(HttpUser):
    wait_time = constant(0)

    def context(self):
        return {"user": "one", "both": "user"}

    @task
    def visit(self):
        self.client.get("/status/200", context={"both": "call"})
        self.client.get("/status/404", name="missing")
        with events.request.measure("CALC", "sum", response_length=3) as meta:
            meta["context"] = {"why": "test"}
            meta["response"] = Answer
        with events.request.measure("CALC", "broken", context={}) as meta:
            meta["response"] = Answer
            raise ValueError("swallowed")
        print("after")
        self.environment.runner.quit()


class Answer:
    status_code = 299
