"""Which files are run, and how: one row per behaviour that files, people and scripts rely on.

In: nothing. Out: `CASES`, in the order of the page that is made from them. A row's `says` is the
sentence that the page shows, so it tells what must agree.
"""

from __future__ import annotations

import shlex

from harness import Case

CASES: list[Case] = []


def section(group: str):
    """What adds a row to `group`."""

    def case(name: str, says: str, file: str | None, args: str = "", **how) -> None:
        """Add one row; `args` is a piece of command line, `how` the other fields of `Case`."""
        env = tuple(how.pop("env", {}).items())
        words = tuple(shlex.split(args))
        CASES.append(Case(name, group, says, file, words, env=env, **how))

    return case


def users_and_tasks() -> None:
    case = section("Users and tasks")
    case("methods", "every method of the client", "methods.py")
    case(
        "task-weights",
        "weighted tasks follow the global random, seeded by the file",
        "task_weights.py",
    )
    case(
        "task-collections",
        "tasks as list, dict, pairs, inherited and overridden",
        "task_collections.py",
        "-l",
    )
    case(
        "nested-tasksets",
        "nested TaskSets, parents, on_start, on_stop, interrupt",
        "nested_tasksets.py",
    )
    case("sequential-taskset", "SequentialTaskSet in order of declaration", "sequential_taskset.py")
    case("markov-taskset", "MarkovTaskSet: transitions and wrong chains", "markov_taskset.py")
    case("wrapped-tasks", "functools.wraps around @task keeps the task", "wrapped_tasks.py")
    case("reschedule", "RescheduleTask, RescheduleTaskImmediately, schedule_task", "reschedule.py")
    case(
        "stop-user", "StopUser in a task, in on_start, in a nested set", "stop_user.py", "-u 3 -r 3"
    )
    case("interrupt-root", "InterruptTaskSet in a task of a user", "interrupt_root.py", "-t 1")
    case(
        "users-mix",
        "weights, fixed_count, abstract: the order of starts",
        "users_mix.py",
        "-u 20 -r 20",
    )
    case(
        "imported-users",
        "imported user classes run too",
        "imported_users.py",
        needs=("shared_users.py",),
    )
    case(
        "attribute-names",
        "attributes and tasks named like methods of the API",
        "attribute_names.py",
    )
    case("contexts", "context of user and call, HttpUser", "contexts.py", "Context")
    case("contexts-fast", "context of user and call, FastHttpUser", "contexts.py", "ContextFast")
    case("no-tasks", "a user without tasks", "no_tasks.py")
    case("tags-include", "--tags", "tags.py", "-T a")
    case("tags-exclude", "--exclude-tags", "tags.py", "-E a c")
    case("tags-both", "--tags and --exclude-tags", "tags.py", "-T a -E b")
    case("tags-none-left", "a tag that no task carries", "tags_nothing_left.py", "-T x -t 1")


def waiting() -> None:
    case = section("Waiting and load")
    case("wait-forms", "every form of wait_time", "wait_forms.py")
    case("missing-wait-time", "wait_time of None, min_wait and max_wait", "missing_wait_time.py")
    for name, users, rate in (
        ("batches", "6", "2"),
        ("slow", "2", "0.5"),
        ("burst", "8", "100"),
        ("uneven", "5", "2.4"),
    ):
        says = f"the moments of a ramp of {users} users at {rate}/s"
        case(f"ramp-{name}", says, "ramp.py", f"-u {users} -r {rate}")
    case("shape-pairs", "a shape of pairs that skips the base's __init__", "shape_pairs.py")
    case("shape-classes", "a shape of triples with user classes", "shape_classes.py")
    case("shape-common-options", "use_common_options", "shape_common_options.py", "-u 7 -r 3 -t 50")
    case("rendezvous", "all users meet at spawning_complete", "rendezvous.py", "-u 5 -r 5")
    case(
        "waiting-users",
        "counts of 24 waiting users over ten seconds",
        "waiting_users.py",
        "-u 24 -r 24",
        timed=True,
    )


def requests_over_http() -> None:
    case = section("Requests: HttpUser")
    case("names", "how a request gets its name", "names.py", "Named")
    case("catch-response", "what a with-block decides", "catch_response.py")
    case("catch-response-misuse", "misuse of catch_response", "catch_response_misuse.py")
    case("request-meta", "request_meta overwritten in the block", "request_meta.py", "Rewriting")
    case(
        "status-zero", "a refused connection is a response of status 0", "status_zero.py", "Refused"
    )
    case("http-errors", "timeouts, refused, broken answers, wrong URLs", "http_errors.py")
    case("base-url", "base_url and host changed while running", "base_url_changed.py", "Moving")
    case("response-attributes", "what a response can be asked", "response_attributes.py")
    case("streaming", "stream=True in all its uses", "streaming.py", "Streaming")
    case("redirects", "redirects, history, methods, limits", "redirects.py")
    case("cookies", "the cookie jar of each user", "cookies.py", "-u 2 -r 2")
    case("second-host", "an HttpSession built by hand for a second host", "second_host.py")
    case("rest", "rest() of HttpUser", "fast_rest.py", "Rest")
    case("many-errors", "how failures are grouped", "many_errors.py")
    case("slow-way", "adapters, auth objects, hooks, proxies", "slow_way.py", slow_way=True)


def requests_over_fast_http() -> None:
    case = section("Requests: FastHttpUser")
    case("fast-basics", "methods, attributes, valid codes", "fast_basics.py")
    case("fast-attributes", "class attributes and arguments", "fast_attributes.py")
    case("fast-names", "how a request gets its name", "names.py", "NamedFast")
    case("fast-rest", "rest(): JSON, assertions, exceptions", "fast_rest.py", "RestFast")
    case("fast-rest-override", "rest() overridden", "rest_override.py")
    case("fast-errors", "timeouts, refused, broken answers", "fast_errors.py")
    case("fast-status-zero", "a refused connection", "status_zero.py", "FastRefused")
    case("fast-base-url", "base_url changed while running", "base_url_changed.py", "MovingFast")
    case("fast-request-meta", "request_meta overwritten", "request_meta.py", "RewritingFast")
    case("fast-streaming", "iter_lines and stream=True", "streaming.py", "StreamingFast")


def events() -> None:
    case = section("Events and runner")
    case("lifecycle", "the order of all events and hooks", "lifecycle.py")
    case("listeners", "signatures, order, own hooks, measure, coroutines", "listeners.py")
    case("listener-raises", "an exception in a listener: exit code 2", "listener_raises.py")
    case("listener-steers", "steering exceptions pass through a listener", "listener_steers.py")
    case("init-raises", "an exception in an init listener", "init_raises.py")
    case("exception-in-task", "an exception in a task", "exception_in_task.py")
    case(
        "exception-in-on-start", "an on_start that raises", "exception_in_on_start.py", "-u 2 -r 2"
    )
    case("host-from-init", "environment.host assigned in init and test_start", "host_from_init.py")
    case("open-objects", "own attributes on every object", "open_objects.py")
    case("options-changed", "parsed_options written in init", "options_changed.py", "-t 1")
    case("custom-client", "a client of the file's own fires requests", "custom_client.py")
    case("messages", "messages within one process", "messages.py")
    case("runner-state", "what the runner says in each phase", "runner_state.py")
    for where in ("task", "on_start", "greenlet", "request listener", "with block", "tick"):
        name = f"quit-from-{where.replace(' ', '-').replace('_', '-')}"
        case(name, f"runner.quit() from {where}", "quit_from.py", env={"WHERE": where})
    for where in (
        "import",
        "init",
        "test_start",
        "on_start",
        "task",
        "request listener",
        "greenlet",
        "quitting",
    ):
        name = f"exit-in-{where.replace(' ', '-').replace('_', '-')}"
        case(name, f"sys.exit() in {where}", "exit_in.py", "-t 2", env={"WHERE": where})


def cooperation() -> None:
    case = section("Cooperation and environment")
    case(
        "cooperation",
        "sleep, requests, sockets, locks, queues, threads",
        "cooperation.py",
        "-u 2 -r 2",
    )
    case("greenlets", "greenlets and pools of the file's own, gevent.Timeout", "greenlets.py")
    case(
        "import-environment",
        "sibling modules are found before installed ones",
        None,
        "-f import_environment/locustfile.py --headless -H {target} --only-summary",
        bare=True,
        needs=("import_environment",),
    )
    case("single-user", "run_single_user", "single_user.py", script=True)
    case("library", "Environment and runner as a library", "library.py", script=True)
    case("pytest-style", "test functions as users", "test_pytest_style.py", "-u 2 -r 2")
    case("old-names", "names of versions long gone", "old_names.py")
    case("request-logger", "locust.contrib.csv_request_logger", "request_logger.py")
    case("logging", "the file's own logging", "logging_file.py")
    case("logging-debug", "--loglevel", "logging_file.py", "-L warning")
    case("logging-to-file", "--logfile", "logging_file.py", "--logfile run.log")
    case("logging-own", "--skip-log-setup", "logging_file.py", "--skip-log-setup")


def statistics() -> None:
    case = section("Statistics and outputs")
    case("stats-reader", "reading statistics while running and at the end", "stats_reader.py")
    case("stats-arithmetic", "numbers of known samples", "stats_arithmetic.py")
    case("stats-reset", "reset_all and clear_all", "stats_reset.py")
    case("stats-constants", "constants of locust.stats", "stats_constants.py", "--csv out")
    case("csv", "--csv", "csv_run.py", "--csv out")
    case(
        "csv-history",
        "--csv-full-history, in a new folder",
        "csv_run.py",
        "--csv a/b.csv --csv-full-history",
    )
    case("json", "--json", "failure.py", "--json")
    case("json-file", "--json-file", "failure.py", "--json-file result")
    case(
        "console",
        "periodic tables",
        "csv_run.py",
        "-f csv_run.py --headless -H {target}",
        bare=True,
    )
    case("task-ratio", "--show-task-ratio", "task_ratio.py", "--show-task-ratio")
    case("task-ratio-json", "--show-task-ratio-json", "task_ratio.py", "--show-task-ratio-json")
    case("list", "--list", "two_users.py", "--list")
    case("reset-stats", "--reset-stats", "success.py", "--reset-stats -u 1")


def command_line() -> None:
    case = section("Command line and exit codes")
    case("success", "success ends with 0", "success.py")
    case("failure", "a failed request ends with 1", "failure.py")
    case("exit-code-on-error", "--exit-code-on-error", "failure.py", "--exit-code-on-error 5")
    case("exit-code-zero", "--exit-code-on-error 0", "failure.py", "--exit-code-on-error 0")
    case(
        "own-exit-code", "process_exit_code set by the file", "own_exit_code.py", env={"CODE": "42"}
    )
    case(
        "own-exit-code-zero",
        "process_exit_code 0 after failures",
        "own_exit_code.py",
        env={"CODE": "0"},
    )
    case("run-time", "--run-time cuts off the task in flight", "run_time.py", "-t 1")
    case("stop-timeout", "--stop-timeout awaits the task in flight", "run_time.py", "-t 1 -s 5")
    case("stop-timeout-short", "--stop-timeout that is over", "run_time.py", "-t 1 -s 1")
    for signal in ("SIGINT", "SIGTERM"):
        says = f"{signal} ends the run in order"
        case(signal.lower(), says, "iterations_forever.py", signals=(("visited", signal),))
    case(
        "class-names", "user classes named on the command line", "two_users.py", "Second -u 2 -r 9"
    )
    case("equal-weights", "--equal-weights", "two_users.py", "--equal-weights -u 4 -r 9")
    config = '{"user_class_name": "First", "weight": 1, "greeting": "hey", "tasks": ["rare"]}'
    case("config-users", "--config-users", "two_users.py", f"-u 4 -r 9 --config-users '{config}'")
    case("arguments-default", "arguments of the file's own: defaults", "arguments.py")
    case(
        "arguments-given",
        "arguments of the file's own: given",
        "arguments.py",
        "--tenant t --count 7 --wait_time 2 --verbose-user --size m"
        " --numbers 1 2 --body '{\"a\": 1}' -o mine",
    )
    case(
        "arguments-variable",
        "a variable for an own argument",
        "arguments.py",
        env={"TENANT": "from variable"},
    )
    case("arguments-wrong", "an own argument of the wrong type", "arguments.py", "--count many")
    case("arguments-unknown", "an unknown flag", "success.py", "--hedless")
    case("arguments-abbreviated", "an abbreviated flag", "success.py", "--spawn 2")
    case(
        "config-files",
        "locust.conf and pyproject.toml",
        None,
        "--headless",
        bare=True,
        unpack="conf",
    )
    case(
        "config-precedence",
        "files, --config, variables, flags",
        None,
        "--config extra.conf -r 9 --headless",
        bare=True,
        unpack="conf",
        env={
            "LOCUST_RUN_TIME": "30",
            "LOCUST_HOST": "http://variable.invalid",
            "LOCUST_MODE": "ignored",
        },
    )
    case("variables", "LOCUST_* alone", "success.py", bare=True, env=_all_by_variable("success.py"))
    case(
        "csv-history-alone", "--csv-full-history without --csv", "success.py", "--csv-full-history"
    )


def _all_by_variable(file: str) -> dict[str, str]:
    return {
        "LOCUST_LOCUSTFILE": file,
        "LOCUST_HOST": "{target}",
        "LOCUST_HEADLESS": "true",
        "LOCUST_USERS": "1",
        "LOCUST_ONLY_SUMMARY": "yes",
        "LOCUST_WORKERS": "ignored",
    }


def bad_input() -> None:
    case = section("Bad input")
    case("no-file", "no locustfile at all", None, "--headless", bare=True)
    case("file-missing", "a file that does not exist", None, "-f absent.py --headless", bare=True)
    case("syntax-error", "a syntax error", "syntax_error.py")
    case("import-raises", "an exception at import", "import_raises.py")
    case("no-user", "no user class", "no_user.py")
    case("unknown-user", "an unknown user class", "success.py", "Nobody")
    case(
        "no-host",
        "no host",
        None,
        "-f no_host.py --headless -t 2",
        bare=True,
        needs=("no_host.py",),
    )
    case("refused-port", "a refused port", "failure.py", "-H http://127.0.0.1:1")
    case("unknown-host", "an unknown host", "failure.py", "-H http://no-such-host.invalid")
    case("user-init-raises", "a user whose __init__ raises", "init_of_user_raises.py", "-t 1")
    case(
        "user-init-forgotten",
        "a user that forgets super().__init__",
        "missing_super_init.py",
        "-t 1",
    )
    case("on-start-forever", "an on_start that never returns", "on_start_forever.py", "-t 1")
    case("wrong-run-time", "a run time that is none", "success.py", "-t 1min")
    case("wrong-spawn-rate", "a spawn rate of 0", "success.py", "-r 0")


for add_section in (
    *(users_and_tasks, waiting, requests_over_http, requests_over_fast_http, events, cooperation),
    *(statistics, command_line, bad_input),
):
    add_section()
BY_NAME = {row.name: row for row in CASES}
if len(BY_NAME) != len(CASES):
    raise ValueError("two cases share a name")
