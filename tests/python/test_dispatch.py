"""The dispatcher's clock: which steps it yields, and how long it pauses between them."""

from types import SimpleNamespace

import pytest
from locust import dispatch
from locust.dispatch import UsersDispatcher


class Clock:
    """Stands for the time: a sleep moves it, and so does whatever the test does."""

    def __init__(self):
        self.now = 100.0
        self.sleeps = []

    def sleep(self, seconds):
        self.sleeps.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(dispatch, "gevent", SimpleNamespace(sleep=clock.sleep))
    monkeypatch.setattr(dispatch, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def user_class(name, weight=1, fixed_count=0):
    return type(name, (), {"weight": weight, "fixed_count": fixed_count})


def nodes(*ids):
    return [SimpleNamespace(id=id_) for id_ in ids]


def test_a_ramp_up_and_down(clock):
    dispatcher = UsersDispatcher(nodes("local"), [user_class("B"), user_class("A", 2)])
    dispatcher.new_dispatch(5, 2.5)
    assert dispatcher.dispatch_in_progress
    assert list(dispatcher) == [
        {"local": {"A": 1, "B": 1}},
        {"local": {"A": 3, "B": 1}},
        {"local": {"A": 3, "B": 2}},
    ]
    assert clock.sleeps == [0.8, 0.8], "none after the last step"
    assert dispatcher.get_current_user_count() == 5
    assert len(dispatcher.dispatch_iteration_durations) == 3
    assert not dispatcher.dispatch_in_progress
    dispatcher.new_dispatch(1, 100)
    assert list(dispatcher) == [{"local": {"A": 1, "B": 0}}]


def test_work_between_steps_counts_into_the_pause(clock):
    dispatcher = UsersDispatcher(nodes("local"), [user_class("A")])
    dispatcher.new_dispatch(3, 1)
    next(dispatcher)
    clock.now += 0.25
    next(dispatcher)
    clock.now += 7
    next(dispatcher)
    assert clock.sleeps == [0.75, 0]


def test_a_new_target_does_not_wait_for_the_old_one(clock):
    dispatcher = UsersDispatcher(nodes("local"), [user_class("A")])
    dispatcher.new_dispatch(10, 0.1)
    next(dispatcher)
    dispatcher.new_dispatch(3, 5)
    assert list(dispatcher) == [{"local": {"A": 3}}]
    assert clock.sleeps == []


def test_a_subset_of_classes(clock):
    a, b = user_class("A"), user_class("B")
    dispatcher = UsersDispatcher(nodes("local"), [a, b])
    dispatcher.new_dispatch(2, 10, [b])
    assert list(dispatcher) == [{"local": {"A": 0, "B": 2}}]
    dispatcher.new_dispatch(4, 10)
    assert list(dispatcher) == [{"local": {"A": 0, "B": 4}}], "the subset stays"


def test_fixed_counts_are_read_again(clock):
    a, fixed = user_class("A"), user_class("F", fixed_count=1)
    dispatcher = UsersDispatcher(nodes("local"), [a, fixed])
    for target, count in [(3, 1), (1, 1), (4, 2)]:
        fixed.fixed_count = count
        dispatcher.new_dispatch(target, 10)
        steps = list(dispatcher)
    assert steps == [{"local": {"A": 2, "F": 2}}]


def test_workers_come_and_go(clock):
    dispatcher = UsersDispatcher(nodes("a_1", "a_2"), [user_class("A")])
    dispatcher.new_dispatch(4, 2)
    assert next(dispatcher) == {"a_1": {"A": 1}, "a_2": {"A": 1}}
    dispatcher.add_worker(*nodes("b_1"))
    assert next(dispatcher) == {"a_1": {"A": 1}, "b_1": {"A": 1}, "a_2": {"A": 0}}
    assert clock.sleeps == [], "a new distribution is told at once"
    assert next(dispatcher) == {"a_1": {"A": 2}, "b_1": {"A": 1}, "a_2": {"A": 1}}
    assert clock.sleeps == [1.0]
    dispatcher.remove_worker(*nodes("a_1"))
    assert next(dispatcher) == {"b_1": {"A": 2}, "a_2": {"A": 2}}
    assert list(dispatcher) == []


@pytest.mark.parametrize(
    ("target", "rate", "said"),
    [(-1, 1, "target_user_count"), (1, 0, "spawn_rate"), (1, float("nan"), "spawn_rate")],
)
def test_what_cannot_be_dispatched(target, rate, said):
    dispatcher = UsersDispatcher(nodes("local"), [user_class("A")])
    with pytest.raises(ValueError, match=said):
        dispatcher.new_dispatch(target, rate)


def test_no_classes():
    with pytest.raises(ValueError, match="no User class"):
        UsersDispatcher(nodes("local"), [])
