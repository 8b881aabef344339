"""What is kept of a run beside Locust's own outputs: verdicts, a folder of results, a page, and
what others may see while it goes on.

In: `--objective`, `--results`, `--html`, `--metrics-port`, `--otel` and `--trace`. Out: the engine's
account of the run, as lines for the console, files, a server, and a part in the exit code. A run
that asks for none of them has none of it, and ends as it does in Locust.
"""

from __future__ import annotations

import logging
import os
import platform
import shlex
import sys
from collections.abc import Callable
from typing import NamedTuple

import gevent

from gatecrash import _engine
from gatecrash.guest.turns import TURN
from locust.html import process_html_filename

logger = logging.getLogger("locust.main")

EXIT_NOT_RUN = 97
"""The exit code where the folder of the results cannot be made, or a port cannot be had."""

EXIT_OBJECTIVES = 99
"""The exit code of a run that missed an objective, or had no data for one."""

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file whose Markdown GitHub Actions shows with a job."""

UPDATE_INTERVAL_S = 0.25
"""How old the number of users may be in what is kept."""


class Wishes(NamedTuple):
    """What is asked for, by our options and not by those of that name that a file has."""

    objectives: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    results: str | None = None
    html: str | None = None
    metrics: tuple[str, int] | None = None
    """Where the numbers are served while it runs: host and port."""
    otel: dict[str, str] | None = None
    """What the variables `OTEL_…` say, where numbers are to be sent."""
    trace: bool = False
    """Requests have ids by which they can be found in traces."""
    secrets: tuple[str, ...] = ()
    """What must not be told."""

    @classmethod
    def of(cls, parser, options) -> Wishes:
        """The wishes of a command line; `{u}` and the like in the name of the page are filled in."""

        def given(dest: str):
            return getattr(options, dest) if dest in parser.builtin_dests else None

        if given("html_file"):
            process_html_filename(options)
        metrics_port = given("metrics_port")
        secret = (getattr(options, dest, None) for dest in parser.secret_args_included_in_web_ui)
        return cls(
            objectives=tuple(given("objectives") or ()),
            watches=tuple(given("watches") or ()),
            results=given("results"),
            html=given("html_file"),
            metrics=None if metrics_port is None else (given("metrics_host"), metrics_port),
            otel=_otel_variables() if given("otel") else None,
            trace=bool(given("trace")),
            secrets=tuple(str(value) for value in secret if value),
        )


def check(parser, options) -> None:
    """Faults in the options that only show when all are known."""
    given = "metrics_host" in parser.builtin_dests and "metrics_port" in parser.builtin_dests
    if given and options.metrics_port is None:
        if options.metrics_host != parser.get_default("metrics_host"):
            parser.error("--metrics-host is only meaningful in combination with --metrics-port")


class Account:
    """The account of one run; making it tries the folder and the page, so a bad path shows at
    once."""

    def __init__(self, environment, options, wishes: Wishes):
        self._environment = environment
        self._page = wishes.html
        self._is_written = True
        self._engine: _engine.Account | None = None
        is_watched = wishes.metrics is not None or wishes.otel is not None
        is_kept = wishes.objectives or wishes.watches or wishes.results or wishes.html
        if is_kept or is_watched or wishes.trace:
            self._engine = self._open(options, wishes)
            self._try_page()
            if is_watched:
                self._let_watch(wishes)
            if wishes.trace:
                self._engine.trace()

    def _open(self, options, wishes: Wishes) -> _engine.Account:
        try:
            return opened(
                self._environment,
                load=_load(self._environment, options),
                objectives=wishes.objectives,
                watches=wishes.watches,
                results=wishes.results,
                secrets=wishes.secrets,
            )
        except OSError as error:
            logger.error(f"--results {wishes.results}: {error}")
            sys.exit(EXIT_NOT_RUN)

    def _try_page(self) -> None:
        """The page is only written at the end, and must not be there before."""
        if not self._page:
            return
        try:
            os.makedirs(os.path.dirname(self._page) or ".", exist_ok=True)
            was_there = os.path.exists(self._page)
            open(self._page, "a").close()
            if not was_there:
                os.remove(self._page)
        except OSError as error:
            logger.error(f"The file of --html {self._page} cannot be written: {error}")
            sys.exit(1)

    def _let_watch(self, wishes: Wishes) -> None:
        try:
            served, sent = self._engine.let_watch(wishes.metrics, wishes.otel)
        except ValueError as error:
            logger.error(f"--otel: {error}")
            sys.exit(2)
        except OSError as error:
            logger.error(str(error))
            sys.exit(EXIT_NOT_RUN)
        if served:
            logger.info(f"Metrics at {served}")
        if sent:
            logger.info(f"Metrics are sent to {sent}")

    @property
    def engine(self) -> _engine.Account | None:
        """The engine's end of it, if anything is asked for."""
        return self._engine

    @property
    def decides(self) -> bool:
        """There are objectives: they say how the run ends, and single failures do not."""
        return self._engine is not None and self._engine.has_objectives

    def start(self, is_driven: bool) -> None:
        """Begins; a run that is driven by the engine is told by that."""
        if self._engine is None:
            return
        if not is_driven:
            runner = self._environment.runner
            names = list(runner.user_classes_by_name)
            if self._engine.watch(self._environment.stats._engine, names):
                runner.follow_user = _follow(names)
            # A run may be over before anybody looks.
            events = self._environment.events
            events.spawning_complete.add_listener(self._note_users)
        gevent.spawn(self._keep_up_to_date)

    def _note_users(self, user_count: int, **_kwargs) -> None:
        self._tell(self._engine.update(users=user_count))

    def _keep_up_to_date(self) -> None:
        while True:
            self._note_users(self._environment.runner.user_count)
            self._warn(self._engine.take_warning())
            gevent.sleep(UPDATE_INTERVAL_S)

    def _tell(self, fault: str | None) -> None:
        if fault is not None:
            self._is_written = False
            logger.warning(fault)

    def _warn(self, warning: str | None) -> None:
        if warning is not None:
            logger.warning(warning)

    def end(self, interrupted_by: str | None) -> None:
        """Judges and writes, when all has been counted."""
        if self._engine is None:
            return
        self._tell(self._engine.end(self._environment.stats._engine, interrupted_by))
        self._warn(self._engine.end_watching())
        if self._page:
            try:
                with open(self._page, "w", encoding="utf-8") as page:
                    page.write(self._engine.html())
            except OSError as error:
                self._tell(f"The file of --html {self._page} cannot be written: {error}")
        self._add_to_page_of_job()

    def _add_to_page_of_job(self) -> None:
        """The summary, on the page of a job of GitHub Actions. The file is the job's: that it
        cannot be written costs the run nothing."""
        if path := os.environ.get(SUMMARY_VARIABLE):
            try:
                with open(path, "a", encoding="utf-8") as page:
                    page.write(self._engine.markdown() + "\n")
            except OSError as error:
                logger.warning(f"The job's summary {path} cannot be written: {error}")

    @property
    def exit_code(self) -> int:
        """What the objectives come to."""
        return EXIT_OBJECTIVES if self._engine.is_missed else 0

    @property
    def is_written(self) -> bool:
        """Everything that should be kept is."""
        return self._is_written

    def lines(self, width: int, color: bool) -> list[str]:
        """The verdicts, below `width` columns."""
        return self._engine.verdict_lines(width, color) if self._engine is not None else []


def _follow(names: list[str]) -> Callable[[str, gevent.Greenlet], None]:
    """Lets requests in the greenlet of a user be known as those of its class, by its place among
    `names`."""
    numbers = {name: number for number, name in enumerate(names)}

    def follow(class_name: str, greenlet: gevent.Greenlet) -> None:
        greenlet.spawn_tree_locals = {TURN: _engine.Turn.follow(numbers.get(class_name))}

    return follow


def opened(
    environment, *, load="", objectives=(), watches=(), results: str | None = None, secrets=()
) -> _engine.Account:
    """The engine's account of a run of `environment`."""
    return _engine.Account(
        name=os.path.splitext(environment.locustfile or "locustfile")[0],
        load=load,
        objectives=list(objectives),
        watches=list(watches),
        results=results,
        secrets=list(secrets),
        command=shlex.join(["gatecrash", *sys.argv[1:]]),
        host=environment.host,
        python=platform.python_version(),
        machine=_machine(),
    )


def _otel_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}


def _machine() -> tuple[str, int, int, str]:
    """System, CPUs that this process may use, bytes of memory, and its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = f"{platform.system()} {platform.release()}"
    return system, len(os.sched_getaffinity(0)), memory, platform.node()


def _load(environment, options) -> str:
    """The load that is asked for, as a person reads it."""
    if getattr(options, "rate", None):
        return f"rate {options.rate}"
    if environment.shape_class:
        return f"shape {type(environment.shape_class).__name__}"
    users = options.num_users or 1
    return f"{users} user{'s' if users != 1 else ''}, {options.spawn_rate or 1:g} more per second"
