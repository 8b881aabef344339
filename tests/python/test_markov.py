"""Chains of tasks: which are accepted, and how they are walked."""

import random

import pytest

from locust import MarkovTaskSet, User, tag, transition, transitions
from locust.user.markov_taskset import (
    InvalidTransitionError,
    MarkovTaskTagError,
    NoMarkovTasksError,
    NonMarkovTaskTransitionError,
)


def chain(**members):
    return type("Chain", (MarkovTaskSet,), members)


def step(name, *ways, **weights):
    def body(self):
        pass

    body.__name__ = name
    return transitions(weights or list(ways))(body)


def test_a_walk_begins_at_the_first_task_and_follows_transitions(make_environment):
    Chain = chain(a=step("a", "b"), b=step("b", "c"), c=step("c", "a"))
    user = type("U", (User,), {})(make_environment())
    walk = Chain(user)
    assert [walk.get_next_task().__name__ for _ in range(5)] == ["a", "b", "c", "a", "b"]


def test_weights_are_repeats_for_random_choice(make_environment):
    Chain = chain(a=step("a", a=1, b=3), b=step("b", ("a", 2)))
    assert Chain.a.transitions == ["a", "b", "b", "b"]
    assert Chain.b.transitions == ["a", "a"]
    walk = Chain(type("U", (User,), {})(make_environment()))
    random.seed(1)
    walk.get_next_task()
    random.seed(1)
    assert walk.current.__name__ == random.choice(["a", "b", "b", "b"])


def test_single_transitions_add_up():
    @transition("b", weight=2)
    @transition("a")
    def task(self):
        pass

    assert task.transitions == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, NoMarkovTasksError),
        ({"a": step("a", "b")}, InvalidTransitionError),
        ({"a": step("a", "b"), "b": lambda self: None}, NonMarkovTaskTransitionError),
        ({"a": tag("x")(step("a", "a"))}, MarkovTaskTagError),
    ],
)
def test_chains_that_cannot_work_are_refused(members, error):
    with pytest.raises(error):
        chain(**members)


def test_unreachable_tasks_only_warn(caplog):
    chain(a=step("a", "a"), b=step("b", "a"))
    assert "The following markov tasks are unreachable in class Chain: {'b'}" in caplog.text


def test_an_abstract_chain_is_not_checked():
    assert chain(abstract=True).abstract is True
