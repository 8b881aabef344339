"""Runs in this process: ramps, states, the order of events, and every way to stop."""

import logging

import gevent
import pytest
from gevent.event import Event

from gatecrash.guest.iterations import IterationBudget
from locust import LoadTestShape, User, constant, task
from locust.env import Environment
from locust.exception import RunnerAlreadyExistsError, StopTest
from locust.runners import LocalRunner, MasterRunner, WorkerNode, WorkerNodes, WorkerRunner

LIFECYCLE = ("test_start", "spawning_complete", "test_stopping", "test_stop")


class Idle(User):
    """Has nothing to do for as long as it is let."""

    wait_time = constant(1000)

    @task
    def nothing(self):
        pass


class Other(Idle):
    pass


def watch(environment) -> list:
    """A list that the names of lifecycle events are added to."""
    seen = []
    for name in LIFECYCLE:
        hook = getattr(environment.events, name)
        hook.add_listener(lambda name=name, **_: seen.append(name))
    return seen


def ramped(environment) -> Event:
    """An event that is set at the end of the next ramp."""
    done = Event()
    environment.events.spawning_complete.add_listener(lambda **_: done.set())
    return done


def start(environment, users: int) -> LocalRunner:
    runner = environment.runner or environment.create_local_runner()
    done = ramped(environment)
    runner.start(users, spawn_rate=1000)
    done.wait()
    return runner


def test_a_run_from_start_to_stop(make_environment):
    environment = make_environment(Idle, Other)
    seen = watch(environment)
    runner = environment.create_local_runner()
    assert runner.state == "ready"
    start(environment, 5)
    assert runner.state == "running"
    assert runner.user_count == 5
    assert sorted(runner.user_classes_count.values()) == [2, 3]
    assert runner.target_user_classes_count == runner.user_classes_count
    assert runner.target_user_count == 5
    start(environment, 2)
    assert runner.user_count == 2
    runner.stop()
    assert runner.state == "stopped" and runner.user_count == 0
    assert sum(runner.final_user_classes_count.values()) == 2
    assert seen == [
        "test_start",
        "spawning_complete",
        "spawning_complete",
        "test_stopping",
        "test_stop",
    ]
    runner.stop()
    assert seen.count("test_stop") == 1


def test_log_lines_that_tools_look_for(make_environment, caplog):
    caplog.set_level(logging.INFO)
    start(make_environment(Idle), 2)
    assert "Ramping to 2 users at a rate of 1000.00 per second" in caplog.messages
    assert 'All users spawned: {"Idle": 2} (2 total users)' in caplog.messages


def test_user_greenlets_carry_their_users(make_environment):
    runner = start(make_environment(Idle), 2)
    assert all(isinstance(greenlet.args[0], Idle) for greenlet in runner.user_greenlets)


def test_spawn_users_returns_them(make_environment):
    runner = make_environment(Idle).create_local_runner()
    users = runner.spawn_users({"Idle": 2})
    assert [type(user) for user in users] == [Idle, Idle]
    assert runner.state == "spawning"
    gevent.idle()
    runner.stop_users({"Idle": 1})
    assert runner.user_count == 1


def test_a_user_that_forgets_the_base_constructor_is_told(make_environment):
    class Forgetful(User):
        def __init__(self, environment):
            pass

    runner = make_environment(Forgetful).create_local_runner()
    with pytest.raises(AssertionError, match="Perhaps you defined your own __init__"):
        runner.spawn_users({"Forgetful": 1})


def test_host_of_the_environment_is_read_after_test_start(make_environment):
    class U(Idle):
        host = "http://own"

    environment = make_environment(U)

    @environment.events.test_start.add_listener
    def choose(environment, **_):
        environment.host = "http://chosen"

    start(environment, 1)
    assert U.host == "http://chosen"


def test_user_classes_may_be_chosen_in_test_start(make_environment):
    environment = make_environment(Idle, Other)

    @environment.events.test_start.add_listener
    def choose(environment, **_):
        environment.user_classes = [Other]

    assert start(environment, 2).user_classes_count == {"Other": 2}


def test_exceptions_of_users_are_counted_by_traceback(make_environment):
    class U(User):
        @task
        def fault(self):
            if len(faults) == 3:
                gevent.sleep(1000)
            faults.append(1)
            raise ValueError("fault")

    faults = []
    runner = start(make_environment(U), 1)
    while len(faults) < 3:
        gevent.sleep(0)
    (entry,) = runner.exceptions.values()
    assert entry["count"] == 3 and entry["msg"] == "fault" and entry["nodes"] == {"local"}
    assert "in fault" in entry["traceback"]


# --- stopping


def test_without_stop_timeout_users_end_where_they_are(make_environment):
    ended = []

    class U(User):
        @task
        def long(self):
            gevent.sleep(1000)

        def on_stop(self):
            ended.append("on_stop")

    environment = make_environment(U)
    seen = watch(environment)
    runner = start(environment, 3)
    gevent.idle()
    environment.events.test_stop.add_listener(lambda **_: ended.append("test_stop"))
    runner.stop()
    assert ended == ["on_stop"] * 3 + ["test_stop"]
    assert seen[-1] == "test_stop"


def test_with_stop_timeout_users_finish_their_task(make_environment):
    finished = []
    gate = Event()

    class U(User):
        @task
        def long(self):
            gate.wait()
            finished.append(1)

    runner = start(make_environment(U, stop_timeout=1000), 3)
    gevent.idle()
    stopping = gevent.spawn(runner.stop)
    gevent.idle()
    assert runner.user_count == 3 and runner.state == "cleanup"
    gate.set()
    stopping.join()
    assert len(finished) == 3 and runner.user_count == 0


def test_after_the_stop_timeout_users_are_ended(make_environment, caplog):
    caplog.set_level(logging.INFO)

    class U(User):
        @task
        def long(self):
            gevent.sleep(1000)

    runner = start(make_environment(U, stop_timeout=0.01), 1)
    gevent.idle()
    runner.stop()
    assert runner.user_count == 0
    assert "Not all users finished their tasks & terminated in 0.01 seconds" in caplog.text


@pytest.mark.parametrize("users", [1, 3])
@pytest.mark.parametrize("stop_timeout", [0, 1000])
def test_quit_from_a_task_ends_the_run(make_environment, users, stop_timeout):
    log = []

    class U(User):
        wait_time = constant(1000)

        @task
        def leave(self):
            gevent.sleep(0)
            if not log:
                log.append("quit")
                self.environment.runner.quit()
                log.append("after")

        def on_stop(self):
            log.append("on_stop")

    environment = make_environment(U, stop_timeout=stop_timeout)
    seen = watch(environment)
    start(environment, users)
    environment.runner.greenlet.join()
    gevent.idle()
    assert environment.runner.state == "stopped" and environment.runner.user_count == 0
    assert seen.count("test_stopping") == seen.count("test_stop") == 1
    assert log.count("on_stop") == users and "after" not in log


def test_every_user_may_ask_for_the_end(make_environment):
    class U(User):
        @task
        def leave(self):
            gevent.sleep(0)
            self.environment.runner.quit()

    environment = make_environment(U, stop_timeout=1000)
    seen = watch(environment)
    start(environment, 5)
    environment.runner.greenlet.join()
    assert seen.count("test_stop") == 1
    assert environment.runner.state == "stopped"


@pytest.mark.parametrize("event", ["test_start", "spawning_complete"])
def test_quit_from_a_listener_ends_the_run(make_environment, event):
    environment = make_environment(Idle)
    runner = environment.create_local_runner()
    seen = watch(environment)
    getattr(environment.events, event).add_listener(lambda **_: runner.quit())
    runner.start(3, spawn_rate=1000)
    runner.greenlet.join()
    gevent.idle()
    assert runner.state == "stopped" and runner.user_count == 0
    assert seen[-1] == "test_stop"


def test_two_stops_at_once_are_one(make_environment):
    gate = Event()

    class U(Idle):
        def on_stop(self):
            gate.wait()

    environment = make_environment(U)
    seen = watch(environment)
    runner = start(environment, 1)
    gevent.idle()
    stops = [gevent.spawn(runner.stop) for _ in range(2)]
    gevent.idle()
    gate.set()
    gevent.joinall(stops)
    assert seen.count("test_stopping") == seen.count("test_stop") == 1


@pytest.mark.parametrize("headless", [True, False])
def test_stop_test_from_a_users_constructor_ends_the_run(make_environment, caplog, headless):
    class U(Idle):
        def __init__(self, environment):
            super().__init__(environment)
            raise StopTest("no point in going on")

    class Options:
        stop_timeout = 0

    Options.headless = headless
    environment = make_environment(U, parsed_options=Options)
    runner = environment.create_local_runner()
    stopped = Event()
    environment.events.test_stop.add_listener(lambda **_: stopped.set())
    runner.start(1, 1)
    stopped.wait()
    assert "no point in going on" in caplog.text and "Stopping Locust..." in caplog.text
    assert runner.state == "stopped"
    gevent.idle()
    assert len(runner.greenlet) == (0 if headless else 1)


def test_iterations_end_the_run_when_the_last_has_ended(make_environment):
    executed = []

    class U(User):
        @task
        def count(self):
            executed.append("begun")
            gevent.sleep(0)
            executed.append("ended")

    environment = make_environment(U)
    runner = environment.create_local_runner()
    environment.iteration_budget = IterationBudget(7, runner.quit)
    runner.start(3, spawn_rate=1000)
    runner.greenlet.join()
    assert executed.count("begun") == executed.count("ended") == 7


def test_a_nested_taskset_is_no_iteration_of_its_own(make_environment):
    from locust import TaskSet

    executed = []

    class U(User):
        @task
        class Inner(TaskSet):
            @task
            def count(self):
                executed.append(1)
                self.interrupt()

    environment = make_environment(U)
    runner = environment.create_local_runner()
    environment.iteration_budget = IterationBudget(4, runner.quit)
    runner.start(1, spawn_rate=1)
    runner.greenlet.join()
    assert len(executed) == 4


def test_requests_that_nobody_waited_for_are_told_once(make_environment, monkeypatch, caplog):
    from gatecrash.guest import stopping

    caplog.set_level(logging.INFO)
    total = {"in_flight": 3, "unreported": 0}
    monkeypatch.setattr(stopping._engine, "abandoned", lambda: total)
    monkeypatch.setattr(stopping, "_told", {"in_flight": 1, "unreported": 0})
    runner = start(make_environment(Idle), 1)
    runner.stop()
    start(runner.environment, 1)
    runner.stop()
    lines = [each for each in caplog.messages if each.startswith("Abandoned requests")]
    assert len(lines) == 1 and "2 in flight" in lines[0]


# --- shapes


def shaped(make_environment, *answers, headless=True):
    """A run steered by a shape that gives `answers` in turn, then None; joined to its end."""

    class Shape(LoadTestShape):
        def __init__(self):
            # As often seen: the base constructor is skipped.
            self.answers = iter(answers)

        def tick(self):
            self.seconds = self.get_run_time()
            self.users = self.get_current_user_count()
            return next(self.answers, None)

    class Options:
        stop_timeout = 0

    Options.headless = headless
    environment = make_environment(Idle, Other, shape_class=Shape(), parsed_options=Options)
    return environment, environment.create_local_runner()


@pytest.fixture
def _quick_ticks(monkeypatch):
    """Shapes are asked without a second between."""
    from gatecrash.guest import shapes

    monkeypatch.setattr(shapes.gevent, "sleep", lambda seconds: gevent.idle())


@pytest.mark.usefixtures("_quick_ticks")
def test_a_shape_steers_the_run(make_environment, caplog):
    caplog.set_level(logging.INFO)
    answers = [(2, 1000), (2, 1000), (3, 1000.0, [Other]), (1, 1000, None)]
    environment, runner = shaped(make_environment, *answers)
    counts = []
    environment.events.spawning_complete.add_listener(
        lambda user_count, **_: counts.append(user_count)
    )
    runner.start_shape()
    runner.greenlet.join()
    assert counts == [2, 3, 1]
    assert [each for each in caplog.messages if each.startswith("Shape test")] == [
        "Shape test starting.",
        "Shape test updating to 2 users at 1000.00 spawn rate",
        "Shape test updating to 3 users at 1000.00 spawn rate",
        "Shape test updating to 1 users at 1000.00 spawn rate",
        "Shape test stopping",
    ]
    assert runner.state == "stopped" and runner.shape_greenlet is None
    assert environment.shape_class.seconds >= 0


@pytest.mark.usefixtures("_quick_ticks")
def test_without_headless_a_shapes_end_leaves_the_runner(make_environment):
    environment, runner = shaped(make_environment, (1, 1000), headless=False)
    stopped = Event()
    environment.events.test_stop.add_listener(lambda **_: stopped.set())
    runner.start_shape()
    stopped.wait()
    gevent.idle()
    assert runner.state == "stopped" and runner.shape_greenlet is None
    assert len(runner.greenlet) == 1


def test_stopping_ends_the_shape(make_environment):
    environment, runner = shaped(make_environment, *[(1, 1000)] * 1000)
    done = ramped(environment)
    runner.start_shape()
    done.wait()
    runner.stop()
    assert runner.shape_greenlet is None and runner.user_count == 0


# --- the Environment, messages, what is not there yet


def test_one_runner_per_environment(make_environment):
    environment = make_environment(Idle)
    environment.create_local_runner()
    with pytest.raises(RunnerAlreadyExistsError):
        environment.create_local_runner()


def test_what_an_environment_refuses():
    class Weightless(User):
        weight = 0

    with pytest.raises(ValueError, match="no users with weight > 0"):
        Environment(user_classes=[Weightless])
    with pytest.raises(ValueError, match="have the same class name"):
        Environment(user_classes=[Idle, type("Idle", (User,), {})])
    with pytest.raises(ValueError, match="shape_class should be instance of LoadTestShape"):
        Environment(user_classes=[Idle], shape_class=LoadTestShape)


def test_classes_without_weight_are_dropped_from_the_callers_list():
    class Weightless(User):
        weight = 0

    class Fixed(User):
        weight = 0
        fixed_count = 1

    classes = [Weightless, Idle, Fixed]
    assert Environment(user_classes=classes).user_classes is classes
    assert classes == [Idle, Fixed]


def test_equal_weights_flatten_tasks():
    def a(_):
        pass

    def b(_):
        pass

    from locust import TaskSet

    inner = type("Inner", (TaskSet,), {"tasks": [b, b]})
    user = type("U", (User,), {"tasks": [a, a, a, inner], "weight": 5})
    Environment(user_classes=[user]).assign_equal_weights()
    assert user.weight == 1 and sorted(each.__name__ for each in user.tasks) == ["a", "b"]


def test_update_user_class():
    def a(_):
        pass

    def b(_):
        pass

    user = type("U", (User,), {"tasks": [a, b]})
    environment = Environment(
        user_classes=[user],
        available_user_classes={"U": user},
        available_user_tasks={"U": user.tasks},
    )
    environment.update_user_class(
        {"user_class_name": "U", "host": "http://h", "weight": 3, "tasks": ["b"]}
    )
    assert (user.host, user.weight, user.tasks) == ("http://h", 3, [b])
    with pytest.raises(KeyError):
        environment.update_user_class({"user_class_name": "None"})


def test_messages_reach_the_processs_own_listener(make_environment, caplog):
    runner = make_environment(Idle).create_local_runner()
    got = []
    runner.register_message("greet", lambda environment, msg, **_: got.append(msg))
    runner.send_message("greet", {"a": [1]})
    assert (got[0].type, got[0].data, got[0].node_id) == ("greet", {"a": [1]}, "local")
    with pytest.raises(Exception, match="already had a listener"):
        runner.register_message("greet", print)
    runner.send_message("unknown")
    assert "Unknown message type received: unknown" in caplog.text


def test_a_local_runner_looks_like_the_only_worker(make_environment):
    runner = make_environment(Idle).create_local_runner()
    assert (runner.worker_index, runner.worker_count) == (0, 1)
    assert not isinstance(runner, MasterRunner | WorkerRunner)


def test_what_is_not_there_yet_says_so(make_environment):
    for call in (
        lambda: make_environment().create_master_runner(),
        lambda: make_environment().create_worker_runner("127.0.0.1", 5557),
        lambda: make_environment().create_web_ui(),
    ):
        with pytest.raises(NotImplementedError, match="not there yet in Gatecrash"):
            call()


def test_workers_by_state():
    nodes = WorkerNodes()
    nodes["a"] = WorkerNode("a", state="ready")
    nodes["b"] = WorkerNode("b", state="running")
    nodes["b"].user_classes_count = {"U": 2, "V": 1}
    assert [each.id for each in nodes.ready] == ["a"]
    assert [each.user_count for each in nodes.running] == [3]
    assert len(nodes) == 2 and not nodes.missing and not nodes.spawning
