"""What tasks a class has, which comes next, and what each exception in one does."""

import functools
import logging
import random

import pytest
from gevent import GreenletExit

from locust import SequentialTaskSet, TaskSet, User, tag, task
from locust.exception import (
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import filter_tasks_by_tags


def names(holder) -> list[str]:
    return [each.__qualname__.rsplit(">.", 1)[-1] for each in holder.tasks]


def one(_):
    pass


def two(_):
    pass


def test_tasks_come_from_bases_then_the_attribute_then_marks():
    class Base(User):
        @task
        def a(self):
            pass

    class Derived(Base):
        @task(2)
        def a(self):
            pass

        tasks = [two]

    assert names(Derived) == ["Base.a", "two", "Derived.a", "Derived.a"]
    assert names(Base) == ["Base.a"]


@pytest.mark.parametrize(
    "declared", [[one, one, two], [(one, 2), two], {one: 2, two: 1}, [(one, 2), (two, 1)]]
)
def test_tasks_attribute_in_all_its_forms(declared):
    assert type("U", (User,), {"tasks": declared}).tasks == [one, one, two]


def test_the_mark_survives_a_wrapping_decorator():
    @task(3)
    def marked(self):
        pass

    @functools.wraps(marked)
    def wrapper(self):
        return marked(self)

    assert type("U", (User,), {"w": wrapper}).tasks == [wrapper] * 3


def test_task_forms():
    class U(User):
        @task
        def bare(self):
            pass

        @task()
        def called(self):
            pass

        @task(weight=2)
        def keyword(self):
            pass

        @task(0)
        def never(self):
            pass

        @task(2)
        class Nested(TaskSet):
            pass

    assert names(U) == ["U.bare", "U.called", "U.keyword", "U.keyword", "U.Nested", "U.Nested"]


def test_run_is_no_name_for_a_task():
    with pytest.raises(Exception, match="must not override it or register it as a task"):

        @task
        def run(self):
            pass


def test_on_start_as_task_warns(caplog):
    @task
    def on_start(self):
        pass

    assert "called both as a task AND on stop/start" in caplog.text


def test_abstract_is_not_inherited():
    class Base(User):
        abstract = True

    class Derived(Base):
        pass

    assert User.abstract is True and Base.abstract is True and Derived.abstract is False


class Tagged(User):
    @tag("a")
    @task
    def a(self):
        pass

    @task
    @tag("a", "b")
    def ab(self):
        pass

    @task
    def bare(self):
        pass

    @task
    class Inner(TaskSet):
        @tag("c")
        @task
        def c(self):
            pass


@pytest.mark.parametrize(
    ("tags", "exclude", "left"),
    [
        (None, None, ["a", "ab", "bare", "Inner"]),
        ({"a"}, None, ["a", "ab"]),
        ({"b", "c"}, None, ["ab", "Inner"]),
        (None, {"a"}, ["bare", "Inner"]),
        ({"a"}, {"b"}, ["a"]),
        (None, {"c"}, ["a", "ab", "bare"]),
    ],
)
def test_tags_filter_tasks(tags, exclude, left):
    inner = type("Inner", (TaskSet,), {"tasks": list(Tagged.Inner.tasks)})
    kept = [inner if each is Tagged.Inner else each for each in Tagged.tasks]
    holder = type("Copy", (User,), {"tasks": kept})
    filter_tasks_by_tags(holder, tags, exclude)
    assert [each.__name__ for each in holder.tasks] == left


def test_filtering_all_away_warns(caplog):
    holder = type("Empty", (User,), {"tasks": [one]})
    filter_tasks_by_tags(holder, {"x"})
    assert "Empty had no tasks left after filtering, instantiating it will fail!" in caplog.text


def test_tag_on_a_class_marks_its_tasks_and_needs_a_name():
    @tag("all")
    class Set(TaskSet):
        @task
        def inside(self):
            pass

    assert Set.tasks[0].locust_tag_set == {"all"}
    with pytest.raises(ValueError, match="No tag name was supplied"):
        tag(one)


# --- the loop


class Recorder(User):
    """Writes down what happens to it; subclasses say what to do at each task."""

    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.log = type(self).log = []

    def on_start(self):
        self.log.append("on_start")

    def on_stop(self):
        self.log.append("on_stop")

    def wait_time(self):
        self.log.append("wait")
        return 0


def happens(life, steps, **arguments) -> list:
    """What a user goes through whose tasks do `steps` in turn; a last step stops it."""
    script = iter([*steps, StopUser()])

    class Scripted(Recorder):
        @task
        def step(self):
            step = next(script)
            self.log.append("task")
            if isinstance(step, BaseException):
                raise step

    life(Scripted, **arguments)
    return Scripted.log


@pytest.mark.parametrize(
    ("step", "between"),
    [
        (None, ["wait"]),
        (RescheduleTask(), ["wait"]),
        (RescheduleTaskImmediately(), []),
        (ValueError("fault"), ["wait"]),
    ],
)
def test_what_comes_after_a_task(life, step, between):
    expected = ["on_start", "task", *between, "task", "on_stop"]
    assert happens(life, [step]) == expected


@pytest.mark.parametrize("ending", [StopUser(), StopTest(), GreenletExit()])
def test_endings_call_on_stop(life, ending):
    assert happens(life, [ending]) == ["on_start", "task", "on_stop"]


def test_interrupting_the_root_ends_the_user_without_on_stop(life):
    assert happens(life, [InterruptTaskSet()]) == ["on_start", "task"]


def test_a_task_that_raises_is_told_and_logged(life, caplog):
    told = []

    class U(User):
        @task
        def fault(self):
            if told:
                raise StopUser()
            self.environment.events.user_error.add_listener(lambda **kw: told.append(kw))
            raise ValueError("fault")

    life(U)
    (event,) = told
    assert sorted(event) == ["exception", "tb", "user_instance"]
    assert str(event["exception"]) == "fault"
    record = next(each for each in caplog.records if each.name == "locust.user.task")
    assert record.levelno == logging.ERROR
    assert "Traceback" in record.message and record.message.startswith("fault\n")


def test_without_catch_exceptions_the_exception_ends_the_user(life):
    class U(User):
        @task
        def fault(self):
            raise ValueError("fault")

    assert isinstance(life(U, catch_exceptions=False).exception, ValueError)


def test_a_user_without_tasks_is_told_what_to_do(life, caplog):
    class U(User):
        task = one
        count = 0

        def wait(self):
            raise AssertionError

        def wait_time(self):
            raise StopUser()

    life(U)
    assert "No tasks defined on U, but you have set a 'task' attribute on your class" in caplog.text


def test_exception_in_on_start_is_told_and_ends_the_user(life, caplog):
    told = []

    class U(User):
        def on_start(self):
            self.environment.events.user_error.add_listener(lambda **kw: told.append(kw))
            raise ValueError("no luck")

        def on_stop(self):
            told.append("on_stop")

    assert isinstance(life(U).exception, ValueError)
    assert [str(event["exception"]) for event in told] == ["no luck"]
    assert any(each.name == "locust.user.users" for each in caplog.records)


@pytest.mark.parametrize("ending", [StopUser, StopTest])
def test_stopping_in_on_start_calls_on_stop(life, ending):
    log = []

    class U(User):
        def on_start(self):
            raise ending()

        def on_stop(self):
            log.append("on_stop")

    life(U)
    assert log == ["on_stop"]


# --- TaskSets


@pytest.mark.parametrize(("reschedule", "between"), [(True, []), (False, ["wait"])])
def test_interrupt_returns_to_the_parent(life, reschedule, between):
    class U(Recorder):
        @task
        class Inner(TaskSet):
            def on_start(self):
                self.user.log.append("inner on_start")

            def on_stop(self):
                self.user.log.append("inner on_stop")

            @task
            def step(self):
                assert self.parent is self.user
                assert isinstance(self, TaskSet)
                self.user.log.append("inner task")
                if self.user.log.count("inner task") == 2:
                    raise StopUser()
                self.interrupt(reschedule)

    life(U)
    inner = ["inner on_start", "inner task", "inner on_stop"]
    assert U.log == ["on_start", *inner, *between, *inner, "on_stop"]


def test_interrupt_in_on_start_skips_on_stop(life):
    class U(Recorder):
        @task
        class Inner(TaskSet):
            def on_start(self):
                self.user.log.append("inner on_start")
                if self.user.log.count("inner on_start") == 2:
                    raise StopUser()
                self.interrupt()

            def on_stop(self):
                self.user.log.append("inner on_stop")

    life(U)
    assert U.log == ["on_start", "inner on_start", "inner on_start", "on_stop"]


def test_wait_time_of_a_taskset_wins_over_the_users(life):
    class U(Recorder):
        @task
        class Inner(TaskSet):
            def wait_time(self):
                raise StopUser()

            @task
            def step(self):
                pass

    life(U)
    assert "wait" not in U.log


def test_scheduled_tasks_come_first(life):
    class U(Recorder):
        @task
        class Inner(TaskSet):
            def on_start(self):
                self.schedule_task(lambda inner: self.user.log.append("second"))
                self.schedule_task(lambda inner: self.user.log.append("first"), first=True)
                self.schedule_task(self.bound)

            def bound(self):
                raise StopUser()

    life(U)
    assert [entry for entry in U.log if entry != "wait"] == [
        "on_start",
        "first",
        "second",
        "on_stop",
    ]


def test_overridden_steps_are_used(life):
    class U(Recorder):
        @task
        class Inner(TaskSet):
            tasks = [one]

            def get_next_task(self):
                self.user.log.append("get")
                return super().get_next_task()

            def schedule_task(self, task_callable, first=False):
                self.user.log.append("schedule")
                super().schedule_task(task_callable, first)

            def execute_next_task(self):
                self.user.log.append("execute")
                super().execute_next_task()

            def execute_task(self, task):
                self.user.log.append(task.__name__)
                raise StopUser()

    life(U)
    assert U.log == ["on_start", "get", "schedule", "execute", "one", "on_stop"]


def test_the_choice_is_that_of_pythons_random(life):
    class U(Recorder):
        tasks = [(lambda user, name=name: user.log.append(name)) for name in "abcde"]

        def wait_time(self):
            if len(self.log) > 20:
                raise StopUser()
            return 0

    random.seed(7)
    life(U)
    random.seed(7)
    assert U.log[1:-1] == [random.choice("abcde") for _ in range(20)]


def test_sequential_tasks_in_the_order_of_the_class_body(life):
    class Steps(SequentialTaskSet):
        @task
        def x(self):
            self.user.log.append("x")

        tasks = {one: 2}

        @task(2)
        def y(self):
            self.user.log.append("y")
            if len(self.user.log) > 6:
                raise StopUser()

        def wait(self):
            pass

    U = type("U", (Recorder,), {"tasks": [Steps]})
    assert [each.__name__ for each in Steps.tasks] == ["x", "one", "one", "y", "y"]
    life(U)
    assert U.log == ["on_start", "x", "y", "y", "x", "y", "y", "on_stop"]


def test_sequential_tasks_need_a_list_or_a_dict():
    with pytest.raises(ValueError, match="can only be set to list or dict"):
        type("Steps", (SequentialTaskSet,), {"tasks": (one,)})


def test_an_empty_sequence_says_so(make_environment):
    user = type("U", (User,), {})(make_environment())
    with pytest.raises(LocustError, match="No tasks defined"):
        type("Steps", (SequentialTaskSet,), {})(user).get_next_task()
