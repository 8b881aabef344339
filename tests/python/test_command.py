"""The command as a process: exit codes, what goes to stdout and stderr, and how it is ended."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PATIENCE_S = 30

SCRIPT = """
from locust import User, constant, events, task
import os, sys, time

def told(name):
    return lambda **_: print(name, flush=True)

for name in "init test_start spawning_complete test_stopping test_stop quitting quit".split():
    getattr(events, name).add_listener(told(name))

class U(User):
    wait_time = constant(0.01)
    done = 0

    def count(self, exception=None):
        self.environment.events.request.fire(
            request_type="X", name="n", response_time=1.0, response_length=2,
            exception=exception, context={},
        )
        U.done += 1

    def on_start(self):
        print("on_start", flush=True)

    def on_stop(self):
        print("on_stop", flush=True)
"""

QUITS = """
    @task
    def work(self):
        self.count()
        if U.done == 3:
            self.environment.runner.quit()
"""

LASTS = """
    @task
    def work(self):
        self.count()
"""

ORDER = ["init", "test_start", "spawning_complete", "on_start"]


@pytest.fixture
def command(spawn, tmp_path):
    """Starts the command in a folder with the locustfile `SCRIPT` + `text`."""

    def start(text: str, *arguments: str, whole: bool = False) -> subprocess.Popen:
        script = textwrap.dedent(text) if whole else SCRIPT + text
        (tmp_path / "locustfile.py").write_text(script)
        return spawn(sys.executable, "-m", "gatecrash", *arguments)

    return start


@pytest.fixture
def run(command):
    """Runs it headless to its end: (exit code, lines on stdout, stderr)."""

    def to_the_end(text: str, *arguments: str, **how):
        process = command(text, "--headless", "--only-summary", *arguments, **how)
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out.splitlines(), err

    return to_the_end


def test_a_run_that_ends_itself(run):
    code, out, err = run(QUITS)
    assert code == 0
    stops = ["test_stopping", "test_stop", "on_stop"]
    assert out == [*ORDER, *stops, "quitting", "quit"]
    assert "Starting Gatecrash" in err and "(compatible with Locust 2.47.0)" in err
    assert "No run time limit set, use CTRL+C to interrupt" in err
    assert "Shutting down (exit code 0)" in err
    assert "Aggregated" in err


def test_run_time_ends_a_run(run):
    code, out, err = run(LASTS, "-t", "1")
    assert code == 0
    assert out == [*ORDER, "test_stopping", "on_stop", "test_stop", "quitting", "quit"]
    assert "Run time limit set to 1 seconds" in err
    assert "--run-time limit reached, shutting down" in err


def test_iterations_end_a_run(run):
    code, out, err = run(LASTS.replace("self.count()", "print('work')"), "-i", "5", "-u", "2")
    assert code == 0 and out.count("work") == 5
    assert "Iteration limit reached (5), stopping the run" in err


def test_an_option_of_the_file_replaces_ours(run):
    own = """
@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--iterations", type=int, help="Something else")

@events.quitting.add_listener
def _(environment, **_):
    print("own", environment.parsed_options.iterations, U.done)
"""
    code, out, err = run(QUITS + own, "--iterations", "1")
    assert code == 0 and "own 1 3" in out
    assert "Iteration limit" not in err


FAILS = QUITS.replace("self.count()", "self.count(exception=ValueError('bad'))")
RAISES_ONCE = QUITS.replace(
    "if U.done", "if U.done == 2:\n            raise ValueError\n        if U.done"
)
EXITS = """
@events.quitting.add_listener
def _(environment, **_):
    environment.process_exit_code = 42
"""
RAISES = """
@events.{event}.add_listener
def _(**_):
    raise {error}
"""


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        pytest.param(FAILS, [], 1, id="failed requests"),
        pytest.param(FAILS, ["--exit-code-on-error", "0"], 0, id="failures forgiven"),
        pytest.param(FAILS, ["--exit-code-on-error", "7"], 7, id="failures with a code"),
        pytest.param(QUITS + EXITS, [], 42, id="the file's own code"),
        pytest.param(FAILS + EXITS.replace("42", "0"), [], 0, id="the file's own 0"),
        pytest.param(RAISES_ONCE, [], 1, id="an exception in a task"),
        pytest.param(QUITS + RAISES.format(event="test_start", error="ValueError"), [], 2,
                     id="an exception in a listener"),
        pytest.param(QUITS + RAISES.format(event="quitting", error="SystemExit(5)"), [], 5,
                     id="sys.exit in a listener"),
        pytest.param(QUITS + RAISES.format(event="test_stop", error="SystemExit(5)"), [], 5,
                     id="sys.exit in test_stop"),
        pytest.param(QUITS.replace("self.environment.runner.quit()", "sys.exit(7)"), [], 7,
                     id="sys.exit in a task"),
    ],
)  # fmt: skip
def test_exit_codes(run, text, arguments, expected):
    code, out, err = run(text, *arguments)
    assert code == expected
    # However it ends, everybody hears of it and the tables are there.
    assert out[-1] == "quit" and "test_stop" in out
    assert "Aggregated" in err and "Response time percentiles" in err
    assert "Shutting down (exit code" in err


def test_an_exception_in_an_init_listener_ends_at_once(run):
    code, out, err = run(QUITS + RAISES.format(event="init", error="ValueError('no')"))
    assert code == 1 and out == ["init"]
    assert "ValueError: no" in err


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("x = 1", 1, "No User class found!"),
        ("def broken(:", 1, "SyntaxError"),
        ("from locust import nothing_like_it", 1, "ImportError"),
        (
            "from locust import HttpUser\nclass U(HttpUser): tasks = [print]",
            0,
            "You must specify the base host",
        ),
        (
            "from locust import User\nclass U(User):\n    def on_start(s): raise ValueError('no')",
            1,
            "ValueError: no",
        ),
        (
            "from locust import User\nclass U(User):\n    def __init__(s, e): raise ValueError('no')",
            2,
            "ValueError: no",
        ),
        ("from locust import User\nclass U(User):\n    weight = 0", 1, "no users with weight > 0"),
    ],
)
def test_faulty_files(run, text, code, message):
    ended, _, err = run(text, "-t", "1", whole=True)
    assert (ended, message in err) == (code, True), err


def test_a_file_that_is_not_there(run):
    code, _, err = run(QUITS, "-f", "elsewhere.py")
    assert code == 1 and "Could not find 'elsewhere.py'." in err


def test_unknown_class_names(run):
    code, _, err = run(QUITS, "U", "V")
    assert code == 1 and "Unknown User(s): V" in err


def test_an_on_start_that_never_returns(run):
    code, out, err = run(
        """
        from locust import User
        class U(User):
            def on_start(self):
                while True: pass
            def on_stop(self): print("on_stop")
        """,
        "-t",
        "1",
        whole=True,
    )
    assert code == 0 and out == ["on_stop"]
    assert "without giving way" in err and "locustfile.py:5 in on_start" in err


def test_without_headless_the_page_is_missed(command):
    process = command(QUITS)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "--headless" in err


def test_list(run):
    code, out, _ = run(QUITS, "--list")
    assert code == 0 and out == ["Available Users:", "    U"]


def test_task_ratio(run):
    code, out, _ = run(QUITS, "--show-task-ratio")
    assert code == 0
    assert out == [
        "",
        " Task ratio per User class",
        "-" * 80,
        " 100.0      U" + " " * 49,
        "   100.0      work" + " " * 44,
        "",
        " Total task ratio",
        "-" * 80,
        " 100.0      U" + " " * 49,
        "   100.0      work" + " " * 44,
    ]


def test_config_users(run):
    text = QUITS + "    weight = 1\n" + "@events.init.add_listener\ndef _(**_): print(U.host)\n"
    config = '[{"user_class_name": "U", "host": "http://h"}]'
    code, out, _ = run(text, "--config-users", config)
    assert code == 0 and "http://h" in out
    code, _, err = run(text, "--config-users", config.replace('"U"', '"V"'))
    assert code == 255 and "Error applying user config" in err


def read_until(process: subprocess.Popen, line: str) -> None:
    while process.stdout.readline().rstrip("\n") != line:
        assert process.poll() is None, process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_all_outputs(command, number):
    process = command(LASTS, "--headless", "--only-summary")
    read_until(process, "on_start")
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert out.splitlines() == ["quitting", "test_stopping", "on_stop", "test_stop", "quit"]
    assert "Aggregated" in err
    assert ("Got SIGTERM signal" in err) == (number == signal.SIGTERM)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_at_once(command, number, code):
    stubborn = LASTS.replace("self.count()", "print('work', flush=True); time.sleep(1000)")
    process = command(stubborn, "--headless", "--only-summary", "--stop-timeout", "1000")
    read_until(process, "work")
    os.kill(process.pid, number)
    read_until(process, "test_stopping")
    os.kill(process.pid, number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code


def test_the_files_own_handler_wins(command):
    own = """
@events.test_start.add_listener
def _(environment, **_):
    import signal
    def leave(*_):
        print("own handler", flush=True)
        os._exit(9)
    signal.signal(signal.SIGTERM, leave)
"""
    process = command(LASTS + own, "--headless", "--only-summary")
    read_until(process, "on_start")
    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 9 and out == "own handler\n"


def test_python_runs_a_script_with_our_locust(tmp_path):
    (tmp_path / "beside.py").write_text("VALUE = 3")
    (tmp_path / "script.py").write_text(
        "import sys, locust, beside\n"
        "print(__name__, locust.__file__.split('/')[-3], beside.VALUE, sys.argv[1:])"
    )
    for how in (["script.py"], ["-m", "script"]):
        done = subprocess.run(
            [sys.executable, "-m", "gatecrash", "python", *how, "a"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.stdout == "__main__ compat 3 ['a']\n", done.stderr


def test_one_user_under_a_debugger(tmp_path):
    text = textwrap.dedent(
        """
        from locust import User, events, run_single_user, task
        from locust.exception import StopUser

        for name in ("init", "test_start", "test_stop"):
            getattr(events, name).add_listener(lambda name=name, **_: print(name))

        class U(User):
            @task
            def work(self):
                self.environment.events.request.fire(
                    request_type="X", name="n", response_time=1.6, response_length=2,
                    exception=ValueError("bad"), context={},
                )
                assert self.environment.single_user_instance is self
                raise StopUser()

        run_single_user(U, include_length=True)
        """
    )
    (tmp_path / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "gatecrash", "python", "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.splitlines() == [
        "",
        f"type\t{'name':<50}\tresp_ms\tlength\texception\t\t",
        "init",
        "test_start",
        f"X\t{'n':<50}\t2      \t2\tValueError('bad')\t",
    ], done.stderr


def test_keys_change_the_number_of_users(command, tmp_path):
    import pty

    (tmp_path / "locustfile.py").write_text(SCRIPT + LASTS)
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gatecrash", "--headless", "--only-summary"],
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    read_until(process, "on_start")
    os.write(master, b"W")
    for _ in range(10):
        read_until(process, "on_start")
    os.write(master, b"s")
    read_until(process, "on_stop")
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE_S)
    os.close(master)
    os.close(terminal)
    assert process.returncode == 0
    assert "Ramping to 11 users" in err and "Ramping to 10 users" in err


def test_a_silenced_tables_logger_stays_silent(command):
    silence = """
@events.init.add_listener
def _(**_):
    import logging
    logging.getLogger("locust.stats_logger").disabled = True
"""
    process = command(LASTS + silence, "--headless", "-t", "1")
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Ramping" in err and "Aggregated" not in err


def test_csv_files_that_cannot_be_written_show_before_the_first_request(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = run(LASTS, "--csv", "file/run")
    assert code == 1 and out == ["init"]
    assert "The files of --csv file/run cannot be written" in err


def test_used_as_a_library(tmp_path):
    text = textwrap.dedent(
        """
        import gevent
        from locust import User, constant, task
        from locust.env import Environment
        from locust.log import setup_logging
        from locust.stats import stats_history, stats_printer

        setup_logging("INFO")

        class U(User):
            wait_time = constant(0)

            @task
            def work(self):
                self.environment.events.request.fire(
                    request_type="X", name="n", response_time=5, response_length=1,
                    exception=None, context={},
                )
                if self.environment.stats.total.num_requests == 10:
                    self.environment.runner.quit()

        env = Environment(user_classes=[U])
        runner = env.create_local_runner()
        env.events.init.fire(environment=env, runner=runner, web_ui=None)
        gevent.spawn(stats_printer(env.stats))
        gevent.spawn(stats_history, env.runner)
        runner.start(1, spawn_rate=1)
        gevent.spawn_later(60, runner.quit)
        runner.greenlet.join()
        entry = env.stats.get("n", "X")
        print(env.stats.total.num_requests, entry.avg_response_time, runner.state)
        """
    )
    (tmp_path / "script.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "gatecrash", "python", "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout == "10 5.0 stopped\n", done.stderr
    assert "All users spawned" in done.stderr


COMPUTES = """
from locust import User, task
import time

class U(User):
    @task
    def compute(self):
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
"""


def test_a_run_whose_interpreter_was_full_is_doubtful(run):
    code, _, err = run(COMPUTES, "-t", "6", "-u", "2", "-r", "2", whole=True)
    # A line, and never an exit code.
    assert code == 0
    assert "The numbers are doubtful: the users' interpreter was busy for " in err


def test_a_run_with_nothing_to_say_against_it_says_nothing(run):
    code, _, err = run(LASTS.replace("wait_time = constant(0.01)", ""), "-t", "6")
    assert code == 0 and "doubtful" not in err
