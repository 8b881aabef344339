"""The `gatecrash` command of a Python environment.

In: the command line. Out: exactly one of three doors.

- `gatecrash python script.py …`, `gatecrash python -m module …`: Python with `locust`
  resolving to ours, for files that start themselves;
- `gatecrash run plan.yaml`, `gatecrash target …` and every other native sub-command: the Rust
  command line, which comes back here for users of locustfiles;
- everything else: Locust's command line (`locust.main.main`).
"""

from __future__ import annotations

import signal
import sys

from gatecrash._engine import native_main

PYTHON_USAGE = """\
usage: gatecrash python script.py [argument …]
       gatecrash python -m module [argument …]
"""


def main() -> None:
    """Runs the command line in `sys.argv` and ends the process with its exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["python"]:
        run_python(arguments[1:])
        return
    exit_code = run_native(arguments)
    if exit_code is not None:
        sys.exit(exit_code)
    from locust.main import main as locust_main

    locust_main()


def run_native(arguments: list[str]) -> int | None:
    """Runs a command of the native command line to its end and returns its exit code; None if
    the first word is no such command."""
    # The command hears of Ctrl-C by itself.
    own_handler = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    door = native_main(arguments)
    errand = door.next()
    if errand is not None:
        from gatecrash.guest import plan

        return plan.serve(door, errand)
    signal.signal(signal.SIGINT, own_handler)
    return door.exit_code


def run_python(arguments: list[str]) -> None:
    """Runs a script or a module as `python` would, with `locust` resolving to ours."""
    import os
    import runpy

    if arguments[:1] == ["-m"] and len(arguments) > 1:
        sys.argv = arguments[1:]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments and not arguments[0].startswith("-"):
        sys.argv = arguments
        sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")
    else:
        sys.stderr.write(PYTHON_USAGE)
        sys.exit(2)


if __name__ == "__main__":
    main()
