"""Users of locustfiles in a plan: the engine's drivers say how many there are, or when they act.

In: errands of the plan's command line, which runs on a thread of its own (make the users of a
scenario ready, it begins, it has ended). Out: users in greenlets of one environment's runner. Each
scenario is to the file what a test run is in Locust: its statistics begin anew, and `test_start`
and `test_stop` are fired around it.
"""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stderr

import locust
from gatecrash import _engine
from gatecrash.guest import loading
from gatecrash.guest.turns import ClassUnderDriver
from gatecrash.guest.watchdog import Watchdog
from locust import argument_parser, log
from locust.env import Environment
from locust.runners import STATE_CLEANUP, STATE_RUNNING, STATE_STOPPED

logger = logging.getLogger("locust.main")


class PlanUsers:
    """All users of locustfiles of one plan."""

    def __init__(self, door: _engine.Doorman):
        self._door = door
        self._files: dict[str, loading.Found] = {}
        self._environment: Environment | None = None

    def do(self, errand: _engine.Errand) -> None:
        """Does an errand, and answers it whatever comes of it."""
        match errand.kind:
            case "users":
                try:
                    self._door.open()
                    errand.made(*self._users(errand))
                except Refused as refusal:
                    errand.refuse(str(refusal))
            case "began":
                try:
                    self._begin()
                finally:
                    errand.done()
            case "ended":
                try:
                    self._end()
                finally:
                    errand.done()

    def _users(self, errand: _engine.Errand) -> tuple:
        """Statistics and classes of the users of one file in one scenario."""
        found = self._found(errand.file)
        chosen = _chosen(found, errand)
        environment = self._environment
        for each in chosen:
            known = environment.user_classes_by_name.get(each.__name__)
            if known is None:
                environment.user_classes.append(each)
            elif known is not each:
                raise Refused(f"two locustfiles of the plan have a class {each.__name__}")
            _set_host(each, errand.host)
        runner = environment.runner
        classes = [_under_driver(runner, each, errand.is_open) for each in chosen]
        return environment.stats._engine, classes

    def _found(self, file: str) -> loading.Found:
        """What a file holds; its listeners of `init` have been called."""
        if file not in self._files:
            listening = list(locust.events.init._handlers)
            self._files[file] = _load(file)
            self._initialise(file, self._files[file], listening)
        return self._files[file]

    def _initialise(self, file: str, found: loading.Found, listening: list) -> None:
        if self._environment is None:
            self._environment = _environment(file, found)
            self._environment.runner.rate_load = self
            Watchdog().start()
        # Each file's listeners once, as each file comes.
        init = locust.events.init
        everybody = list(init._handlers)
        init._handlers = [each for each in everybody if each not in listening]
        environment = self._environment
        init.fire(environment=environment, runner=environment.runner, web_ui=None)
        init._handlers = everybody
        if log.unhandled_greenlet_exception:
            raise Refused(f"a listener of `init` in {file} raised")

    def _begin(self) -> None:
        runner = self._environment.runner
        runner.begin_run()
        runner.update_state(STATE_RUNNING)
        self._environment.events.spawning_complete.fire(user_count=runner.user_count)

    def _end(self) -> None:
        runner = self._environment.runner
        if runner.state not in (STATE_CLEANUP, STATE_STOPPED):
            self._has_ended = True
            runner.stop()

    # Of the runner: what drives its users.

    _has_ended = False

    def end(self) -> None:
        """The file ends the run: the driver's business, unless its scenario is over."""
        if not self._has_ended:
            self._door.stop()
        self._has_ended = False

    def end_by_fault(self) -> None:
        """Ends the run because users cannot be made."""
        self._door.stop()

    def finish(self, exit_code: int) -> int:
        """The end of the process: the last events, and its exit code."""
        environment = self._environment
        if environment is None:
            return exit_code
        environment.events.quitting.fire(environment=environment, reverse=True)
        if environment.process_exit_code is not None:
            exit_code = environment.process_exit_code
        environment.runner.quit()
        environment.events.quit.fire(exit_code=exit_code)
        return exit_code


class Refused(Exception):
    """The users of a plan cannot be had, with the reason as a sentence."""


def _load(file: str) -> loading.Found:
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return loading.load_all([file])
    except SystemExit:
        raise Refused(said.getvalue().strip()) from None
    except Exception as error:
        raise Refused(f"{file} cannot be loaded:\n{loading.traceback_of(error)}") from None


def _environment(file: str, found: loading.Found) -> Environment:
    options = argument_parser.get_parser(default_config_files=()).parse_args([])
    options.headless = True
    log.setup_logging(options.loglevel, None)
    loading.raise_open_file_limit()
    environment = Environment(
        events=locust.events,
        parsed_options=options,
        parsed_locustfiles=[file],
        locustfile=file.rpartition("/")[2],
        available_user_classes=found.users,
        available_shape_classes=found.shapes,
        available_user_tasks=found.tasks,
    )
    environment.create_local_runner()
    return environment


def _chosen(found: loading.Found, errand: _engine.Errand) -> list[type]:
    """The classes that the plan names, or all."""
    for name in errand.classes:
        if name not in found.users:
            nearest = _engine.nearest_name(name, list(found.users))
            hint = f"; did you mean {nearest}?" if nearest else ""
            raise Refused(f"{errand.file} has no user class {name}{hint}")
    chosen = [found.users[name] for name in errand.classes or found.users]
    if fixed := [each.__name__ for each in chosen if each.fixed_count]:
        raise Refused(
            f"{', '.join(fixed)} of {errand.file}: fixed_count has no place in a plan; give the "
            "class a scenario of its own, and name the others by `classes`"
        )
    chosen = [each for each in chosen if each.weight > 0]
    if not chosen:
        raise Refused(f"{errand.file} has no user class with a weight above 0")
    if found.shapes:
        logger.warning(f"The plan says how many users there are, not the shape in {errand.file}")
    return chosen


def _set_host(user_class: type, host: str | None) -> None:
    if host is None:
        return
    given = user_class.__dict__.get("_gatecrash_host", host)
    if given != host:
        raise Refused(
            f"{user_class.__name__} cannot have two hosts ({given} and {host}) in one plan"
        )
    user_class._gatecrash_host = user_class.host = host


def _under_driver(runner, user_class: type, is_open: bool) -> tuple:
    handler = ClassUnderDriver(runner, user_class, is_open=is_open, stops_by_itself=False)
    return user_class.__name__, user_class.weight, handler.tasks, handler


def serve(door: _engine.Doorman, errand: _engine.Errand) -> int:
    """Does this errand and all that follow, until the command line has ended; its exit code."""
    users = PlanUsers(door)
    while errand is not None:
        users.do(errand)
        errand = door.next()
    return users.finish(door.exit_code)
