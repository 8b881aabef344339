"""The Environment: everything that one run shares, open for files to add to.

In: user classes and options. Out: the runner, the statistics, the events. It checks what it is
given and makes runners; it starts nothing.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING, Any, TypeVar

from locust.dispatch import UsersDispatcher
from locust.event import Events
from locust.exception import RunnerAlreadyExistsError
from locust.runners import LocalRunner, MasterRunner, Runner, WorkerRunner
from locust.shape import LoadTestShape
from locust.stats import RequestStats, StatsCSV
from locust.user.collect import filter_tasks_by_tags
from locust.user.task import TaskHolder, TaskSet
from locust.user.users import User

if TYPE_CHECKING:
    from locust.web import WebUI

RunnerType = TypeVar("RunnerType", bound=Runner)


class Environment:
    """A run and all that belongs to it; files may hang attributes of their own on it."""

    def __init__(
        self,
        *,
        user_classes: list[type[User]] | None = None,
        shape_class: LoadTestShape | None = None,
        tags: list[str] | None = None,
        locustfile: str | None = None,
        exclude_tags: list[str] | None = None,
        events: Events | None = None,
        host: str | None = None,
        reset_stats=False,
        stop_timeout: float | None = None,
        catch_exceptions=True,
        parsed_options: Namespace | None = None,
        parsed_locustfiles: list[str] | None = None,
        available_user_classes: dict[str, User] | None = None,
        available_shape_classes: dict[str, LoadTestShape] | None = None,
        available_user_tasks: dict[str, list[TaskSet | Callable]] | None = None,
        dispatcher_class: type[UsersDispatcher] = UsersDispatcher,
        profile: str | None = None,
    ):
        self.runner: Runner | None = None
        self.web_ui: WebUI | None = None
        self.process_exit_code: int | None = None
        """If set, the exit code of the process, whatever happened."""
        self.iteration_budget: Any = None
        """What is left of --iterations; None: as many as there is time for."""
        self.events = events or Events()
        self.locustfile = locustfile
        """Name of the locustfile, without its folder."""
        self.user_classes: list[type[User]] = user_classes or []
        self.shape_class = shape_class
        """An instance, in spite of its name."""
        self.tags = tags
        """Only tasks with one of these tags; None: as in parsed_options."""
        self.exclude_tags = exclude_tags
        """No tasks with one of these tags; None: as in parsed_options."""
        self.stats = RequestStats()
        self.stats._engine.count_metrics()
        self.host = host
        """Base URL of what is tested; put on every user class when a run starts."""
        self.reset_stats = reset_stats
        """Whether the statistics start again when all users are there."""
        self.stop_timeout = _stop_timeout(stop_timeout, parsed_options)
        """Seconds that users get to finish their task when they shall stop."""
        self.catch_exceptions = catch_exceptions
        """Whether a user goes on after an exception in a task."""
        self.parsed_options = parsed_options
        self.parsed_locustfiles = parsed_locustfiles
        self.available_user_classes = available_user_classes
        self.available_shape_classes = available_shape_classes
        self.available_user_tasks = available_user_tasks
        self.dispatcher_class = dispatcher_class
        self.profile = profile
        """A name for the run."""
        self.worker_logs: dict[str, list[str]] = {}
        self._remove_user_classes_with_weight_zero()
        self._validate_user_class_name_uniqueness()
        self._validate_shape_class_instance()

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """The user classes by their names."""
        return {each.__name__: each for each in self.user_classes}

    def create_local_runner(self) -> LocalRunner:
        """The runner of a run in this process."""
        return self._create_runner(LocalRunner)

    def create_master_runner(self, master_bind_host="*", master_bind_port=5557) -> MasterRunner:
        """Not there yet: raises NotImplementedError."""
        return self._create_runner(MasterRunner, master_bind_host, master_bind_port)

    def create_worker_runner(self, master_host: str, master_port: int) -> WorkerRunner:
        """Not there yet: raises NotImplementedError."""
        return self._create_runner(WorkerRunner, master_host, master_port)

    def _create_runner(self, runner_class: type[RunnerType], *args) -> RunnerType:
        if self.runner is not None:
            raise RunnerAlreadyExistsError(f"Environment.runner already exists ({self.runner})")
        self.runner = runner_class(self, *args)
        if self.shape_class:
            self.shape_class.runner = self.runner
        return self.runner

    def create_web_ui(
        self,
        host="",
        port=8089,
        web_base_path: str | None = None,
        web_login: bool = False,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        stats_csv_writer: StatsCSV | None = None,
        delayed_start=False,
        userclass_picker_is_active=False,
        build_path: str | None = None,
    ) -> WebUI:
        """Not there yet: raises NotImplementedError."""
        from locust.web import WebUI

        self.web_ui = WebUI(self, host, port)
        return self.web_ui

    def update_user_class(self, user_settings):
        """Sets attributes of the class named by `user_class_name`; `tasks` are given by names.

        KeyError when there is no such class.
        """
        name = user_settings.get("user_class_name")
        user_class = self.available_user_classes[name]
        tasks = self.available_user_tasks[name]
        for key, value in user_settings.items():
            if key == "tasks":
                user_class.tasks = [task for task in tasks if task.__name__ in value]
            elif key != "user_class_name":
                setattr(user_class, key, value)

    def update_worker_logs(self, worker_log_report):
        """Keeps the log lines that a worker sent."""
        worker_id = worker_log_report.get("worker_id")
        if worker_id:
            self.worker_logs[worker_id] = worker_log_report.get("logs", [])

    def assign_equal_weights(self) -> None:
        """Gives every class weight 1 and every task, nested ones too, the same chance."""
        for user_class in self.user_classes:
            user_class.weight = 1
            user_class.tasks = _flattened(user_class.tasks)

    def _filter_tasks_by_tags(self) -> None:
        # Once only: what the first run removed is gone.
        if getattr(self, "_tasks_filtered", False):
            return
        self._tasks_filtered = True
        tags = self._tags("tags")
        exclude_tags = self._tags("exclude_tags")
        for user_class in self.user_classes:
            filter_tasks_by_tags(user_class, tags, exclude_tags)

    def _tags(self, name: str) -> set[str] | None:
        given = getattr(self, name)
        if given is not None:
            return set(given)
        from_options = getattr(self.parsed_options, name, None)
        return set(from_options) if from_options else None

    def _remove_user_classes_with_weight_zero(self) -> None:
        if not self.user_classes:
            return
        # In place, as the caller may hold on to the list.
        self.user_classes[:] = [
            each for each in self.user_classes if each.weight > 0 or each.fixed_count > 0
        ]
        if not self.user_classes:
            raise ValueError("There are no users with weight > 0.")

    def _validate_user_class_name_uniqueness(self) -> None:
        if len(self.user_classes_by_name) != len(self.user_classes):
            names = ", ".join(map(methodcaller("fullname"), self.user_classes))
            raise ValueError(f"The following user classes have the same class name: {names}")

    def _validate_shape_class_instance(self) -> None:
        if self.shape_class is not None and not isinstance(self.shape_class, LoadTestShape):
            raise ValueError(
                "shape_class should be instance of LoadTestShape or subclass LoadTestShape, "
                f"but got: {self.shape_class}"
            )


def _stop_timeout(given: float | None, options: Namespace | None) -> float:
    if given is not None:
        return given
    return float(getattr(options, "stop_timeout", 0.0)) if options else 0.0


def _flattened(tasks: list) -> list:
    """All tasks below `tasks`, each once, the last one first (as Locust orders them)."""
    flat: list = []
    rest = list(tasks)
    while rest:
        task = rest.pop()
        if isinstance(task, TaskHolder):
            rest.extend(task.tasks)
        elif not callable(task):
            raise ValueError("Unrecognized task type in user")
        elif task not in flat:
            flat.append(task)
    return flat
