"""Users themselves: waits, hosts, what they tell about their class."""

import random

import gevent
import pytest

from locust import (
    HttpUser,
    TaskSet,
    User,
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
    task,
)
from locust.exception import MissingWaitTimeError, StopTest
from locust.user import wait_time


def test_between_and_poisson_use_pythons_random():
    random.seed(3)
    waits = [between(2, 5)(None), poisson(4)(None)]
    random.seed(3)
    assert waits == [2 + random.random() * 3, random.expovariate(4)]


def test_constant():
    assert constant(3)(None) == 3


@pytest.mark.parametrize("make", [constant_throughput, poisson])
@pytest.mark.parametrize("rate", [0, -1])
def test_rates_must_be_positive(make, rate):
    with pytest.raises(ValueError, match=f"requires a positive rate, got: {rate}"):
        make(rate)


@pytest.mark.parametrize("make", [lambda: constant_pacing(10), lambda: constant_throughput(0.1)])
def test_pacing_counts_from_start_to_start(monkeypatch, make):
    class Owner:
        _cp_last_run = 100.0
        _cp_last_wait_time = 0

    clock = iter([103.0, 112.0, 130.0, 131.0])
    monkeypatch.setattr(wait_time, "perf_counter", lambda: next(clock))
    pace, owner = make(), Owner()
    # 3 s of work: 7 s left. Then 9 s, of which 7 were that wait: 2 s of work, 8 left.
    # Then 18 s, of which 8 were the wait: exactly 10, nothing left; it is not made up for.
    assert [pace(owner) for _ in range(4)] == [7, 8, 0, 9]


def test_a_user_without_any_wait_time_is_told(make_environment):
    class U(User):
        wait_time = None

    user = U(make_environment())
    with pytest.raises(MissingWaitTimeError):
        TaskSet(user).wait_time()
    U.min_wait, U.max_wait = 1000, 1000
    assert TaskSet(user).wait_time() == 1.0


def test_http_user_without_a_host_stops_the_test(make_environment):
    class U(HttpUser):
        pass

    with pytest.raises(StopTest, match="You must specify the base host"):
        U(make_environment())


def test_http_user_has_a_client_that_ignores_the_machines_proxies(make_environment):
    class U(HttpUser):
        host = "http://127.0.0.1:1"

    environment = make_environment()
    user = U(environment)
    assert user.client.base_url == "http://127.0.0.1:1"
    assert user.client.trust_env is False
    assert TaskSet(user).client is user.client


def test_what_a_class_tells_of_itself():
    class U(User):
        host = "http://h"
        weight = 2.5

        @task(2)
        def a(self):
            pass

    assert U.json() == {"host": "http://h", "weight": 2.5, "fixed_count": 0, "tasks": ["a", "a"]}
    assert U.fullname() == f"{__name__}.test_what_a_class_tells_of_itself.U"


def test_old_names_say_what_they_are_now():
    import locust

    for name, now in (("Locust", "User"), ("HttpLocust", "HttpUser")):
        with pytest.raises(ImportError, match=f"The {name} class has been renamed to {now} in"):
            type("L", (getattr(locust, name),), {})


def test_task_set_attribute_warns():
    class Set(TaskSet):
        pass

    with pytest.warns(DeprecationWarning, match=r"tasks = \[Set\]"):
        type("U", (User,), {"task_set": Set})


def test_the_class_stays_open(make_environment):
    user = User(make_environment())
    user.token = "own attribute"
    assert user.token == "own attribute"


@pytest.mark.parametrize("own_wait", [False, True], ids=["plain loop", "own wait()"])
def test_a_wait_that_ends_while_the_user_is_stopped_begins_no_task(
    make_environment, monkeypatch, own_wait
):
    told = []

    class U(User):
        wait_time = constant(0.02)

        @task
        class Steps(TaskSet):
            @task
            def work(self):
                told.append("task")

            if own_wait:

                def wait(self):
                    super().wait()

        def on_stop(self):
            gevent.sleep(0.01)
            told.append("on_stop")

    environment = make_environment(U, stop_timeout=5)
    runner = environment.create_local_runner()
    kill = runner.user_greenlets.killone
    # The end arrives when the wait is long over.
    monkeypatch.setattr(
        runner.user_greenlets, "killone", lambda user: (gevent.sleep(0.1), kill(user))
    )
    runner.start(1, 1)
    gevent.sleep(0.01)
    runner.stop()
    assert told == ["task", "on_stop"]
