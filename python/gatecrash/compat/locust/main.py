"""Locust's command line: from arguments to exit code.

In: `sys.argv`, variables, config files, locustfiles. Out: a run with its outputs, and the end of
the process. `main` is the order of events that a locustfile can see; each step stands elsewhere.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

import gatecrash
import locust
from gatecrash.guest import account, loading, rate
from gatecrash.guest.account import Account, Wishes
from gatecrash.guest.iterations import IterationBudget
from gatecrash.guest.launch import Launch
from gatecrash.guest.outputs import Outputs
from gatecrash.guest.signals import Interrupts
from gatecrash.guest.teardown import Teardown
from gatecrash.guest.watchdog import Watchdog
from locust import log, stats
from locust.argument_parser import get_locustfiles_locally, get_parser, parse_locustfile_option
from locust.env import Environment
from locust.log import setup_logging
from locust.user.inspectuser import print_task_ratio, print_task_ratio_json
from locust.util.load_locustfile import load_locustfile, load_locustfile_pytest

try:
    # Adds its own options and users when it is installed.
    import locust_plugins  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "locust_plugins":
        raise

version = locust.__version__

COMMON_OPTIONS = {"num_users": "users", "spawn_rate": "spawn-rate", "run_time": "run-time"}
"""Options that a shape makes meaningless, unless it reads them itself."""

logger = logging.getLogger(__name__)

__all__ = [
    "COMMON_OPTIONS",
    "create_environment",
    "load_locustfile",
    "load_locustfile_pytest",
    "main",
    "merge_locustfiles_content",
    "version",
]


def create_environment(
    user_classes,
    options,
    events=None,
    shape_class=None,
    locustfile=None,
    parsed_locustfiles=None,
    available_user_classes=None,
    available_shape_classes=None,
    available_user_tasks=None,
):
    """An Environment from parsed options."""
    return Environment(
        locustfile=locustfile,
        user_classes=user_classes,
        shape_class=shape_class,
        events=events,
        host=options.host,
        reset_stats=options.reset_stats,
        parsed_options=options,
        parsed_locustfiles=parsed_locustfiles,
        available_user_classes=available_user_classes,
        available_shape_classes=available_shape_classes,
        available_user_tasks=available_user_tasks,
        profile=options.profile,
    )


def merge_locustfiles_content(
    locustfiles: list[str],
) -> tuple[
    dict[str, type[locust.User]],
    dict[str, locust.LoadTestShape],
    dict[str, list[locust.TaskSet | Callable]],
    locust.LoadTestShape | None,
]:
    """User classes, shapes, tasks by class name, and the shape to use, of all locustfiles.

    Ends the process with 1 when two files define the same name.
    """
    found = loading.load_all(locustfiles)
    return found.users, found.shapes, found.tasks, found.shape


def main():
    """Runs the command line; ends the process, never returns."""
    locustfiles = get_locustfiles_locally(parse_locustfile_option())
    found = _load(locustfiles)
    parser = get_parser()
    options = parser.parse_args()
    _check(parser, options)
    if not options.skip_log_setup:
        _start_logging(options)
    logger.info(f"Starting Gatecrash {gatecrash.__version__} (compatible with Locust {version})")
    if options.list_commands:
        print("Available Users:", *found.users, sep="\n    ")
        sys.exit(0)
    environment = _environment(found, options, locustfiles)
    load = None
    if rate.wanted(parser, options):
        if fault := rate.check_classes(environment.user_classes, found.shape):
            parser.error(fault)
        load = rate.RateLoad
    # A file or a plugin may have an option of this name that means something else.
    if "iterations" in parser.builtin_dests and options.iterations:
        environment.iteration_budget = IterationBudget(
            options.iterations, lambda: environment.runner.quit()
        )
    if options.show_task_ratio or options.show_task_ratio_json:
        _print_ratios(environment, options)
        sys.exit(0)
    _run(environment, options, load, Wishes.of(parser, options))


def _load(locustfiles: list[str]) -> loading.Found:
    try:
        return loading.load_all(locustfiles)
    except Exception as error:
        sys.stderr.write(loading.traceback_of(error))
        sys.exit(1)


def _start_logging(options) -> None:
    try:
        setup_logging(options.loglevel, options.logfile)
    except OSError as error:
        sys.stderr.write(f"The file of --logfile {options.logfile} cannot be written: {error}\n")
        sys.exit(1)


def _check(parser, options) -> None:
    """Faults in the options that only show when all are known."""
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    stats.validate_stats_configuration()
    rate.check(parser, options)
    account.check(parser, options)
    if options.headful:
        options.headless = False
    if options.autoquit != -1 and not options.autostart:
        sys.stderr.write("--autoquit is only meaningful in combination with --autostart\n")
        sys.exit(1)
    looks_only = options.list_commands or options.show_task_ratio or options.show_task_ratio_json
    if not options.headless and not looks_only:
        parser.error("the web page is not there yet in Gatecrash: run with --headless")


def _environment(found: loading.Found, options, locustfiles: list[str]) -> Environment:
    if not found.users:
        logger.error("No User class found!")
        sys.exit(1)
    user_classes = _chosen(found, options)
    loading.raise_open_file_limit()
    environment = create_environment(
        user_classes,
        options,
        events=locust.events,
        shape_class=found.shape,
        locustfile=os.path.basename(locustfiles[0]),
        parsed_locustfiles=locustfiles,
        available_user_classes=found.users,
        available_shape_classes=found.shapes,
        available_user_tasks=found.tasks,
    )
    if options.config_users:
        _configure_users(environment, options.config_users)
    if found.shape and not found.shape.use_common_options:
        _warn_of_options_without_effect(options)
    return environment


def _chosen(found: loading.Found, options) -> list[type[locust.User]]:
    """The user classes named on the command line, or all."""
    names = options.user_classes
    if missing := sorted(set(names or ()) - set(found.users)):
        logger.error(f"Unknown User(s): {', '.join(missing)}\n")
        sys.exit(1)
    chosen = [user for name, user in found.users.items() if not names or name in names]
    fixed = sum(user.fixed_count for user in chosen)
    if not found.shape and options.num_users and fixed > options.num_users:
        logger.info(
            f"Total fixed_count of User classes ({fixed}) is greater than the specified number "
            f"of users ({options.num_users}), so not all will be spawned."
        )
    return chosen


def _configure_users(environment: Environment, configs: list) -> None:
    try:
        for config in configs:
            for user_config in config:
                environment.update_user_class(user_config)
    except KeyError as error:
        logger.error(
            "Error applying user config, probably you tried to specify config for a User "
            f"not present in your locustfile: {error}"
        )
        sys.exit(-1)
    except Exception as error:
        logger.exception(error)
        sys.exit(-1)


def _warn_of_options_without_effect(options) -> None:
    ignored = [f"--{flag}" for dest, flag in COMMON_OPTIONS.items() if getattr(options, dest)]
    if ignored:
        logger.warning(
            "--run-time, --users or --spawn-rate have no impact on LoadShapes unless the shape "
            "class explicitly reads them. "
            "See: docs.locust.io/en/stable/custom-load-shape.html#use-common-options"
        )
        logger.warning(f"The following option(s) will be ignored: {', '.join(ignored)}")


def _print_ratios(environment: Environment, options) -> None:
    user_classes = environment.user_classes
    if options.show_task_ratio_json and not options.show_task_ratio:
        print_task_ratio_json(user_classes, options.num_users)
        return
    for heading, total in (("Task ratio per User class", False), ("Total task ratio", True)):
        print(f"\n {heading}")
        print("-" * 80)
        print_task_ratio(user_classes, options.num_users, total)


def _run(
    environment: Environment, options, load: type[rate.RateLoad] | None, wishes: Wishes
) -> None:
    """From the runner to the end of the process; `load` drives its users, if not their number."""
    runner = environment.create_local_runner()
    if options.equal_weights:
        environment.events.init.add_listener(_assign_equal_weights)
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    if log.unhandled_greenlet_exception:
        # An init listener raised, which is logged already.
        sys.exit(1)
    # Not before: listeners may change options, and who gets the tables.
    account = Account(environment, options, wishes)
    outputs = Outputs(environment, options, account)
    outputs.start()
    watchdog = Watchdog()
    watchdog.start()
    interrupts = Interrupts(
        on_first=lambda: watchdog.end_by(environment.stop_timeout),
        on_second=outputs.cut_short,
    )
    interrupts.install()
    launch = Launch(environment, options, watchdog, account, load)
    teardown = Teardown(environment, options, outputs, launch, account)
    launch.start()
    exit_code = launch.wait(interrupts)
    teardown.run(exit_code, interrupts.name)


def _assign_equal_weights(environment, **_kwargs):
    environment.assign_equal_weights()
