"""The command line: names, precedence, config files, what is refused and with which words."""

import argparse
import json
import re
import sys

import gatecrash
import locust
import pytest
from gatecrash.guest import option_rows
from locust import argument_parser
from locust.argument_parser import (
    get_locustfiles_locally,
    get_parser,
    parse_locustfile_option,
)


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """An empty directory, an empty home, no variables, no listeners, no warning told yet."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    for row in option_rows.all_rows():
        if row["env_var"]:
            monkeypatch.delenv(row["env_var"], raising=False)
    monkeypatch.delenv("LOCUST_USER_CLASSES", raising=False)
    monkeypatch.setattr(sys, "argv", ["gatecrash"])
    monkeypatch.setattr(locust.events, "init_command_line_parser", locust.event.EventHook())
    option_rows._warn_once.cache_clear()
    return work


def parse(*args):
    return get_parser().parse_args(list(args))


def refused(capsys, *args) -> str:
    """What stderr says about a command line that ends with 2."""
    with pytest.raises(SystemExit) as end:
        parse(*args)
    assert end.value.code == 2
    return capsys.readouterr().err


def add_option(*flags, **keywords):
    @locust.events.init_command_line_parser.add_listener
    def _(parser):
        parser.add_argument(*flags, **keywords)


# Names and defaults

LOCUST_DEFAULTS = {
    "locustfile": "locustfile.py",
    "config": None,
    "host": None,
    "num_users": None,
    "spawn_rate": None,
    "run_time": None,
    "list_commands": False,
    "config_users": None,
    "web_host": "",
    "web_host_display_name": None,
    "web_port": 8089,
    "headless": False,
    "autostart": False,
    "autoquit": -1,
    "headful": False,
    "web_auth": None,
    "web_login": False,
    "tls_cert": "",
    "tls_key": "",
    "class_picker": False,
    "build_path": "",
    "legacy_ui": False,
    "master": False,
    "master_bind_host": "*",
    "master_bind_port": 5557,
    "expect_workers": 1,
    "expect_workers_max_wait": 0,
    "enable_rebalancing": False,
    "expect_slaves": None,
    "worker": False,
    "processes": None,
    "slave": None,
    "master_host": "127.0.0.1",
    "master_port": 5557,
    "web_base_path": "",
    "tags": None,
    "exclude_tags": None,
    "csv_prefix": None,
    "stats_history_enabled": False,
    "print_stats": False,
    "only_summary": False,
    "reset_stats": False,
    "html_file": None,
    "json": False,
    "json_file": None,
    "skip_log_setup": False,
    "loglevel": "INFO",
    "logfile": None,
    "show_task_ratio": False,
    "show_task_ratio_json": False,
    "exit_code_on_error": 1,
    "stop_timeout": 0,
    "equal_weights": False,
    "profile": None,
    "otel": False,
    "user_classes": [],
}


OUR_DEFAULTS = {
    "iterations": None,
    "rate": None,
    "max_users": 10_000,
    "poisson": False,
    "seed": None,
    "objectives": None,
    "results": None,
    "watches": None,
    "metrics_host": "127.0.0.1",
    "metrics_port": None,
    "trace": False,
}


def test_attributes_and_defaults_are_those_of_locust():
    assert vars(parse()) == LOCUST_DEFAULTS | OUR_DEFAULTS
    assert argument_parser.default_args_dict() == LOCUST_DEFAULTS | OUR_DEFAULTS


def test_values_are_read():
    options = parse(
        *"-f a.py -H http://h -u 5 -r 2.5 -t 1h20m -i 7 -s 90s --csv out -L debug".split(),
        *"-T a b -E c --exit-code-on-error 3 --config-users".split(),
        '{"user_class_name": "A", "weight": 2}',
        *"--headless First Second".split(),
    )
    expected = {
        "locustfile": "a.py",
        "host": "http://h",
        "num_users": 5,
        "spawn_rate": 2.5,
        "run_time": 4800,
        "iterations": 7,
        "stop_timeout": 90,
        "csv_prefix": "out",
        "loglevel": "DEBUG",
        "tags": ["a", "b"],
        "exclude_tags": ["c"],
        "exit_code_on_error": 3,
        "config_users": [[{"user_class_name": "A", "weight": 2}]],
        "headless": True,
        "user_classes": ["First", "Second"],
    }
    assert {name: getattr(options, name) for name in expected} == expected


def test_long_names_may_be_shortened():
    assert parse("--spawn", "7").spawn_rate == 7
    assert parse("--iter", "3").iterations == 3


def test_user_classes_come_from_a_variable(monkeypatch):
    monkeypatch.setenv("LOCUST_USER_CLASSES", "A B")
    assert parse().user_classes == ["A", "B"]
    assert parse("C").user_classes == ["C"]


def test_config_users_may_be_a_file(surroundings):
    (surroundings / "users.json").write_text('[{"user_class_name": "A"}]')
    assert parse("--config-users", "users.json").config_users == [[{"user_class_name": "A"}]]


def test_variables_that_only_look_like_ours_are_ignored(monkeypatch, capsys):
    for name in ("LOCUST_MODE", "LOCUST_OPTS", "LOCUST_LOG_LEVEL", "LOCUST_WORKERS"):
        monkeypatch.setenv(name, "x")
    assert vars(parse()) == LOCUST_DEFAULTS | OUR_DEFAULTS
    assert capsys.readouterr().err == ""


# Precedence and config files


def test_precedence(surroundings, monkeypatch):
    """Each source sets its own option and all those of the sources that win over it."""
    names = ["users", "spawn-rate", "run-time", "csv", "loglevel", "logfile"]
    dests = ["num_users", "spawn_rate", "run_time", "csv_prefix", "loglevel", "logfile"]

    def lines(values):
        return "".join(f"{name} = {value}\n" for name, value in values.items())

    def toml(values):
        return "[tool.locust]\n" + "".join(f'{name} = "{v}"\n' for name, v in values.items())

    by_level = [
        {"users": 1, "spawn-rate": 1, "run-time": 1, "csv": 1, "loglevel": "debug", "logfile": 1},
        {"spawn-rate": 2, "run-time": 2, "csv": 2, "loglevel": "info", "logfile": 2},
        {"run-time": 3, "csv": 3, "loglevel": "warning", "logfile": 3},
        {"csv": 4, "loglevel": "error", "logfile": 4},
    ]
    (surroundings.parent / "home" / ".locust.conf").write_text(lines(by_level[0]))
    (surroundings / "locust.conf").write_text(lines(by_level[1]))
    (surroundings / "pyproject.toml").write_text(toml(by_level[2]))
    (surroundings / "mine.conf").write_text(lines(by_level[3]))
    monkeypatch.setenv("LOCUST_LOGLEVEL", "critical")
    monkeypatch.setenv("LOCUST_LOGFILE", "5")
    options = parse("--config", "mine.conf", "--logfile", "6")
    assert len(names) == len(dests)
    assert [getattr(options, dest) for dest in dests] == [1, 2.0, 3, "4", "CRITICAL", "6"]


def test_conf_files_as_people_write_them(surroundings, capsys):
    (surroundings / "locust.conf").write_text(
        "[runtime settings]\n"
        "# how we run\n"
        "locustfile = a.py, b.py\n"
        "headless\n"
        "users=100\n"
        "spawn-rate 2.5\n"
        "run-time: 5m\n"
        "csv-full-history = true\n"
        "only-summary = 1\n"
        "reset-stats = false\n"
        "tags = [a, b]\n"
        "host = http://localhost:8000/\n"
        "master = false\n"
        "web-port = 8089\n"
    )
    options = parse()
    expected = {
        "locustfile": "a.py, b.py",
        "headless": True,
        "num_users": 100,
        "spawn_rate": 2.5,
        "run_time": 300,
        "stats_history_enabled": True,
        "only_summary": True,
        "reset_stats": False,
        "tags": ["a", "b"],
        "host": "http://localhost:8000/",
    }
    assert {name: getattr(options, name) for name in expected} == expected
    assert capsys.readouterr().err == "", "what asks for nothing is not told"


def test_toml_files(surroundings):
    (surroundings / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[tool.locust]\nusers = 3\nheadless = true\ntags = ["a", "b"]\n'
        'config-users = [{user_class_name = "A", weight = 2}]\n'
    )
    options = parse()
    assert (options.num_users, options.headless, options.tags) == (3, True, ["a", "b"])
    assert options.config_users == [[{"user_class_name": "A", "weight": 2}]]


def test_a_toml_file_of_something_else_says_nothing(surroundings):
    (surroundings / "pyproject.toml").write_text("[tool.other]\nusers = 3\n")
    assert parse().num_users is None


def test_json_files(surroundings):
    config = {
        "users": 10,
        "spawn_rate": 2.5,
        "run-time": "1m",
        "headless": True,
        "reset_stats": False,
        "host": None,
        "tags": ["a"],
        "config_users": [{"user_class_name": "A"}],
    }
    (surroundings / "run.json").write_text(json.dumps(config))
    options = parse("--config", "run.json", "--users", "11")
    assert (options.num_users, options.spawn_rate, options.run_time) == (11, 2.5, 60)
    assert (options.headless, options.reset_stats, options.host) == (True, False, None)
    assert options.tags == ["a"]
    assert options.config_users == [[{"user_class_name": "A"}]]


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1]", "must hold one JSON object"), ("{", "is not JSON"), ('{"userz": 1}', "--userz")],
)
def test_json_files_that_say_nothing_useful(surroundings, capsys, text, said):
    (surroundings / "run.json").write_text(text)
    error = refused(capsys, "--config", "run.json")
    assert error.startswith("gatecrash: error: ")
    assert said in error and "run.json" in error


def test_a_config_file_that_is_not_there(capsys):
    assert "Unable to open config file: no.conf" in refused(capsys, "--config", "no.conf")


def test_a_json_list_in_a_variable(monkeypatch):
    monkeypatch.setenv("LOCUST_CONFIG_USERS", '[{"user_class_name": "A"}]')
    assert parse().config_users == [[{"user_class_name": "A"}]]


# Refusals


def test_unknown_options_are_refused_with_a_hint(capsys):
    error = refused(capsys, "--spawnrate=3")
    assert error == (
        "gatecrash: error: unrecognized arguments: --spawnrate=3\nDid you mean '--spawn-rate'?\n"
    )
    assert refused(capsys, "A", "--list", "") == "gatecrash: error: unrecognized arguments: \n"
    assert refused(capsys, "--frobnicate") == (
        "gatecrash: error: unrecognized arguments: --frobnicate\n"
    )


def test_unknown_config_keys_are_refused_with_the_file(surroundings, capsys):
    (surroundings / "locust.conf").write_text("userz = 3\n")
    assert refused(capsys) == (
        "gatecrash: error: unrecognized arguments: --userz=3 (from locust.conf)\n"
        "Did you mean '--users'?\n"
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("-u many", "argument -u/--users: invalid int value: 'many'"),
        ("-r 0", "argument -r/--spawn-rate: must be > 0"),
        ("-r inf", "argument -r/--spawn-rate: must be a finite number"),
        ("-r fast", "argument -r/--spawn-rate: 'fast' is not a number"),
        ("-t 1min", "argument -t/--run-time: '1min' is not a length of time"),
        ("-i 0", "argument -i/--iterations: must be at least 1, not 0"),
        ("-L LOUD", "argument --loglevel/-L: invalid choice: 'LOUD'"),
        ("--config-users {}", "each object must name its class in user_class_name"),
        ("--config-users no.json", "cannot read no.json"),
    ],
)
def test_bad_values_are_refused(capsys, args, said):
    assert said in refused(capsys, *args.split())


LATER = [row for row in option_rows.all_rows() if row["missing"] or row["advice"]]


@pytest.mark.parametrize("row", LATER, ids=lambda row: row["dest"])
def test_what_is_not_built_is_refused_on_the_command_line(capsys, row):
    for flag in row["flags"]:
        error = refused(capsys, *([flag] if row["kind"] == "flag" else [flag, "1"]))
        assert (row["missing"] or row["advice"]) in error
        assert row["flags"][0] in error


def test_what_is_not_built_is_refused_in_every_spelling(capsys):
    assert "a profile" in refused(capsys, "--profile=x")
    assert "several processes" in refused(capsys, "--proc", "4")
    assert "the web page" in refused(capsys, "-P8090")
    assert "the web page" in refused(capsys, "-lP", "8090")


def test_what_is_not_built_is_told_in_variables_and_files(surroundings, monkeypatch, capsys):
    monkeypatch.setenv("LOCUST_ENABLE_OPENTELEMETRY", "1")
    monkeypatch.setenv("LOCUST_MODE_MASTER", "1")
    monkeypatch.setenv("LOCUST_MODE_WORKER", "false")
    monkeypatch.setenv("LOCUST_WEB_HOST", "")
    (surroundings / "locust.conf").write_text("web-port = 80\nautostart = 1\nusers = 2\n")
    options = parse()
    assert (options.otel, options.master, options.web_port) == (True, False, 8089)
    assert (options.autostart, options.num_users) == (False, 2)
    parse()
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "gatecrash: warning: config key autostart has no effect: "
        "the web page is not there yet in Gatecrash",
        "gatecrash: warning: config key web-port has no effect: "
        "the web page is not there yet in Gatecrash",
        "gatecrash: warning: variable LOCUST_MODE_MASTER has no effect: "
        "running on several machines (master and workers) is not there yet in Gatecrash",
    ], "each once"


def test_history_without_files_is_refused(capsys):
    with pytest.raises(SystemExit) as end, pytest.warns(DeprecationWarning):
        argument_parser.parse_options(["--csv-full-history"])
    assert end.value.code == 2
    error = "gatecrash: error: '--csv-full-history' requires '--csv'.\n"
    assert capsys.readouterr().err == error


# Options of files and plugins


def test_options_of_a_file(monkeypatch, surroundings):
    add_option("--tenant", env_var="MY_TENANT", default="t0", help="Which", choices=["t0", "t1"])
    add_option("--my_count", type=int)
    add_option("--hidden", include_in_web_ui=False)
    add_option("--password", is_secret=True, is_required=True, default="")
    add_option("--sizes", is_multiple=True, action="append")
    monkeypatch.setenv("MY_TENANT", "t1")
    (surroundings / "run.json").write_text('{"my-count": 4, "sizes": [1, 2]}')
    options = parse("--config", "run.json", "--hidden", "x")
    assert (options.tenant, options.my_count, options.hidden) == ("t1", 4, "x")
    assert options.sizes == ["1", "2"]
    extra = argument_parser.ui_extra_args_dict([])
    assert sorted(extra) == ["my_count", "password", "sizes", "tenant"]
    assert extra["tenant"] == {
        "default_value": "t1",
        "is_secret": False,
        "is_required": False,
        "help_text": "Which",
        "is_multiple": False,
        "choices": ["t0", "t1"],
    }
    assert extra["password"]["is_secret"] and extra["password"]["is_required"]
    assert extra["sizes"]["is_multiple"]


def test_an_option_of_a_file_replaces_ours():
    add_option("--host", default="theirs", dest="host_name")
    options = parse("--host", "x")
    assert (options.host_name, options.host) == ("x", None), "ours keeps its default"


def test_an_option_in_a_group_replaces_ours():
    @locust.events.init_command_line_parser.add_listener
    def _(parser):
        group = parser.add_argument_group("Plugin")
        group.add_argument("-i", "--iterations", type=int, default=0)

    parser = get_parser()
    assert parser.parse_args(["-i", "0"]).iterations == 0
    assert "iterations" not in parser.builtin_dests
    assert "num_users" in parser.builtin_dests


def test_a_long_name_of_a_file_takes_our_short_one_along(capsys):
    add_option("--iterations", type=float)
    assert parse("--iterations", "0.5").iterations == 0.5
    assert "unrecognized arguments: -i" in refused(capsys, "-i", "3")


def test_a_short_name_of_a_file_leaves_our_long_one():
    add_option("-t", "--token")
    options = parse("-t", "abc", "--run-time", "5")
    assert (options.token, options.run_time) == ("abc", 5)


def test_objectives_come_as_often_as_they_are_given(surroundings, monkeypatch):
    texts = ["p95 < 300ms", "goodput(ttft < 2s, tpot < 50ms) > 5/s"]
    assert parse("--objective", texts[0], "--objective", texts[1]).objectives == texts
    monkeypatch.setenv("GATECRASH_OBJECTIVE", texts[1])
    assert parse().objectives == [texts[1]]
    (surroundings / "pyproject.toml").write_text(
        "[tool.locust]\nobjective = ['p95 < 300ms', 'error_rate < 1%']\n"
    )
    assert parse().objectives == [texts[1]], "a variable comes before a file"
    monkeypatch.delenv("GATECRASH_OBJECTIVE")
    assert parse().objectives == ["p95 < 300ms", "error_rate < 1%"]
    assert parse("--objective", texts[1]).objectives == [texts[1]]


def test_an_objective_that_cannot_be_read_is_pointed_at(capsys):
    error = refused(capsys, "--objective", "p95 < 300 parsecs")
    said, text, pointer = error.splitlines()[:3]
    assert said.startswith("gatecrash: error: argument --objective: ")
    assert text.strip() == "p95 < 300 parsecs"
    place = pointer.index("^") - text.index("p95")
    assert text.strip()[place:] in ("parsecs", "300 parsecs", " parsecs")


def test_a_file_may_build_what_we_have_not(capsys):
    add_option("--profile", dest="their_profile")
    assert parse("--profile", "x").their_profile == "x"
    assert capsys.readouterr().err == ""


# First pass, help, version


def test_the_first_pass_tolerates_what_it_does_not_know(monkeypatch, capsys):
    monkeypatch.setenv("LOCUST_MODE_WORKER", "1")
    options = parse_locustfile_option("-f a.py --tenant t1 -u 5 --html x --master-host h A".split())
    assert (options.locustfile, options.worker, options.master_host) == ("a.py", True, "h")
    assert capsys.readouterr().err == "", "the second pass tells"


def test_the_first_pass_reads_config_files(surroundings):
    (surroundings / "locust.conf").write_text("locustfile = b.py\nspawn_rate = 1\ntenant = 1\n")
    assert parse_locustfile_option([]).locustfile == "b.py"


def test_help(capsys):
    add_option("--tenant", help="Which tenant")
    with pytest.raises(SystemExit) as end:
        parse_locustfile_option(["-u", "5", "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert text.startswith("Usage: gatecrash [options] [UserClass ...]\n")
    shown = [row for row in option_rows.all_rows() if not row["hidden"]]
    for flag in (flag for row in shown for flag in row["flags"]):
        assert re.search(rf"{flag}[ ,\n]", text), flag
    assert "--headful" not in text and "Which tenant" in text
    in_one_line = " ".join(text.split())
    missing = [row for row in shown if row["missing"]]
    assert in_one_line.count("(not there yet)") == len(missing) > 0


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        parse_locustfile_option(["-V"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"gatecrash {gatecrash.__version__} (compatible with Locust 2.47.0)")


# Locustfiles


def test_files_directories_and_lists(surroundings):
    folder = surroundings / "tests"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.py", "_b.py", "inner/c.py", "notes.txt"):
        (folder / name).write_text("")
    (surroundings / "x.locustfile.py").write_text("")
    options = argparse.Namespace(locustfile="tests, x.locustfile.py", worker=False)
    found = [path.removeprefix(f"{surroundings}/") for path in get_locustfiles_locally(options)]
    assert sorted(found) == ["tests/a.py", "tests/inner/c.py", "x.locustfile.py"]


@pytest.mark.parametrize(
    ("locustfile", "worker", "code", "said"),
    [
        ("no.py", False, 1, "Could not find 'no.py'. Ensure your locustfile ends with '.py'"),
        ("module", False, 1, "Could not find 'module'"),
        (".", False, 1, "Could not find any locustfiles in directory '.'"),
        ("-", False, 1, "only works together with --worker"),
        ("-", True, 2, "is not there yet in Gatecrash"),
        ("http://127.0.0.1:1/x.py", False, 1, "Failed to get locustfile from: http://127.0.0.1:1"),
    ],
)
def test_locustfiles_that_are_not_there(capsys, locustfile, worker, code, said):
    with pytest.raises(SystemExit) as end:
        get_locustfiles_locally(argparse.Namespace(locustfile=locustfile, worker=worker))
    assert end.value.code == code
    assert said in capsys.readouterr().err
