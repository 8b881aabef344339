"""Metrics of a locustfile's own: where they count, and what is refused."""

import itertools
import subprocess
import sys

import gevent
import pytest

from gatecrash import metrics
from locust.env import Environment
from locust.stats import RequestStats


def told(environment) -> dict[str, str]:
    """The lines of the table of measures, by their first word."""
    lines = environment.stats._engine.measure_table(100, False)
    return {line.split()[0]: line for line in lines if line.split()}


_numbers = itertools.count()


@pytest.fixture
def unique():
    """A name that no other test uses: a metric is known by its name as long as the process."""
    return f"metric_{next(_numbers)}"


def test_values_count_in_the_statistics_of_the_environment(make_environment, unique):
    environment = make_environment()
    counter = metrics.counter(unique)
    counter.add()
    counter.add(4)
    assert "5" in told(environment)[unique].split()


def test_values_begin_anew_with_the_statistics(make_environment, unique):
    environment = make_environment()
    counter = metrics.counter(unique)
    counter.add(5)
    environment.stats.reset_all()
    assert unique not in told(environment)
    counter.add(2)
    assert "2" in told(environment)[unique].split()


def test_the_latest_environment_has_them(make_environment, unique):
    first, second = make_environment(), make_environment()
    metrics.trend(unique).add(7)
    assert unique in told(second) and unique not in told(first)


def test_a_run_has_them_that_begins(make_environment, unique):
    first, second = make_environment(), make_environment()
    first.create_local_runner().begin_run()
    metrics.trend(unique).add(7)
    assert unique in told(first) and unique not in told(second)


def test_statistics_alone_take_none(make_environment, unique):
    environment = make_environment()
    RequestStats()
    metrics.trend(unique).add(7)
    assert unique in told(environment)


def test_the_same_name_is_the_same_metric(make_environment, unique):
    environment = make_environment()
    metrics.counter(unique).add(1)
    metrics.counter(unique).add(1)
    assert "2" in told(environment)[unique].split()
    for other in (metrics.gauge, metrics.trend, metrics.rate):
        with pytest.raises(ValueError, match=f"{unique} is a counter"):
            other(unique)
    with pytest.raises(ValueError, match="bytes"):
        metrics.counter(unique, unit="bytes")


def test_they_may_be_used_from_greenlets_and_threads(make_environment, unique):
    environment = make_environment()
    counter = metrics.counter(unique)
    gevent.joinall([gevent.spawn(counter.add) for _ in range(50)])
    pool = gevent.get_hub().threadpool
    for _ in range(50):
        pool.spawn(counter.add)
    pool.join()
    assert "100" in told(environment)[unique].split()


@pytest.mark.parametrize("name", ["", "two words", "1st", "a<b", "x" * 101, "ttft", "service_time"])
def test_names_that_cannot_be(name):
    with pytest.raises(ValueError):
        metrics.counter(name)


def test_a_counter_only_grows(make_environment, unique):
    make_environment()
    with pytest.raises(ValueError, match="only grows"):
        metrics.counter(unique).add(-1)


def test_a_value_must_be_a_number(make_environment, unique):
    make_environment()
    with pytest.raises(TypeError):
        metrics.trend(unique).add("much")


ALONE = """
import sys
from gatecrash import metrics
assert "locust" not in sys.modules and "gevent" not in sys.modules
early = metrics.counter("early")
try:
    early.add(1)
except RuntimeError as error:
    print(error)
from locust.env import Environment
environment = Environment()
early.add(2)
(line,) = [each for each in environment.stats._engine.measure_table(100, False) if "early" in each]
print(line.split())
"""


def test_a_metric_may_be_named_before_locust_is_imported():
    """In a process of its own, as importing patches."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    why, line = done.stdout.splitlines()
    assert "early has no run to count in" in why
    assert "'early'" in line and "'2'" in line


def test_an_environment_is_all_it_takes(unique):
    environment = Environment()
    metrics.gauge(unique, unit="jobs").set(3)
    assert "jobs" in told(environment)[unique]
