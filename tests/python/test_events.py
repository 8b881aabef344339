"""Event hooks: order, faults, what passes through, and when the engine may go on alone."""

import pytest

from locust import log
from locust.event import EventHook, Events
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)


def test_listeners_are_called_in_order_by_keyword():
    hook, calls = EventHook(), []
    first = hook.add_listener(lambda **kw: calls.append(("first", kw)))
    assert callable(first)

    @hook.add_listener
    def second(x):
        calls.append(("second", x))

    hook.fire(x=1)
    assert calls == [("first", {"x": 1}), ("second", 1)]
    calls.clear()
    hook.fire(reverse=True, x=2)
    assert calls == [("second", 2), ("first", {"x": 2})]
    hook.remove_listener(first)
    calls.clear()
    hook.fire(x=3)
    assert calls == [("second", 3)]


def test_a_listener_that_raises_is_logged_and_the_others_still_called(caplog):
    hook, calls = EventHook(), []

    @hook.add_listener
    def bad(**_):
        raise ValueError("fault")

    hook.add_listener(lambda **_: calls.append(1))
    hook.fire()
    assert calls == [1]
    assert "Uncaught exception in event handler" in caplog.text
    assert log.unhandled_greenlet_exception is True


@pytest.mark.parametrize(
    "steering",
    [StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet, SystemExit],
)
def test_exceptions_that_steer_pass_through(steering):
    hook = EventHook()

    @hook.add_listener
    def steer(**_):
        raise steering()

    with pytest.raises(steering):
        hook.fire()
    assert log.unhandled_greenlet_exception is False


def test_listeners_may_change_the_hook_while_it_fires():
    hook, calls = EventHook(), []

    @hook.add_listener
    def once():
        hook.remove_listener(once)
        hook.add_listener(lambda: calls.append("late"))

    hook.add_listener(lambda: calls.append("other"))
    hook.fire()
    assert calls == ["other"]
    hook.fire()
    assert calls == ["other", "other", "late"]


class Recorder:
    shard = "the shard"

    def __call__(self, **_):
        pass


def test_direct_only_with_the_recorder_alone():
    hook, recorder = EventHook(), Recorder()
    assert hook.direct is None
    hook.add_listener(recorder)
    assert hook.direct == "the shard"
    other = hook.add_listener(print)
    assert hook.direct is None
    hook.remove_listener(other)
    assert hook.direct == "the shard"
    hook.remove_listener(recorder)
    assert hook.direct is None


@pytest.mark.parametrize(
    "change",
    [
        lambda hook: hook._handlers.insert(0, print),
        lambda hook: hook._handlers.append(print),
        lambda hook: hook._handlers.clear(),
        lambda hook: setattr(hook, "_handlers", [print, *hook._handlers]),
        lambda hook: hook._handlers.__setitem__(slice(None), [print]),
        lambda hook: setattr(hook, "fire", lambda **_: None),
    ],
)
def test_direct_ends_when_a_file_reaches_into_the_hook(change):
    hook = EventHook()
    hook.add_listener(Recorder())
    assert hook.direct == "the shard"
    change(hook)
    assert hook.direct is None


def test_direct_ends_when_fire_is_replaced_on_the_class(monkeypatch):
    monkeypatch.setattr(EventHook, "fire", lambda self, **_: None)
    hook = EventHook()
    hook.add_listener(Recorder())
    assert hook.direct is None


def test_measure_fires_with_what_the_block_left():
    hook, told = EventHook(), []
    hook.add_listener(lambda **kw: told.append(kw))
    with hook.measure("X", "name", response_length=3, context={"a": 1}) as meta:
        meta["name"] = "other"
    (event,) = told
    assert event["request_type"] == "X" and event["name"] == "other"
    assert event["response_length"] == 3 and event["context"] == {"a": 1}
    assert event["exception"] is None and event["response_time"] >= 0


def test_measure_keeps_the_exception_of_the_block():
    hook, told = EventHook(), []
    hook.add_listener(lambda **kw: told.append(kw))
    error = ValueError("fault")
    with hook.measure("X", "name"):
        raise error
    assert told[0]["exception"] is error


def test_events_are_hooks_of_their_own_and_subclasses_add_more():
    class More(Events):
        mine: EventHook

    assert Events().init is not Events().init
    assert isinstance(More().mine, EventHook) and isinstance(More().request, EventHook)
    assert not hasattr(Events(), "request_success")
