"""What is wrong from outside is told in a sentence on stderr, with the right exit code.

Each row of `FAULTS` is run under Gatecrash, and under real Locust where that defines an exit code:
the two must be equal. Nothing here may show a panic of the engine, or a traceback where nobody's
code but ours could stand in it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

import pytest

import harness
from harness import Case

PANIC = re.compile(r"panicked at|RUST_BACKTRACE|stack backtrace|PanicException|Fatal Python error")
FRAME = re.compile(r'^ *File "([^"]+)", line \d+', re.MULTILINE)
OURS = re.compile(r"/gatecrash/|/bin/gatecrash$")
UNWRITABLE = r"cannot be written: .*No such file or directory"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `says` are regular expressions, each of which some line of stderr
    has; `prints` is a line of stdout. `traceback` allows one, `whole` also with frames of ours: it
    then comes from a greenlet, as in Locust. `sends` tells whether the target may hear of it."""

    case: Case
    exit_code: int
    says: tuple[str, ...]
    prints: str = ""
    traceback: bool = False
    whole: bool = False
    sends: bool = True
    as_locust: bool = True


def fault(
    name: str, file: str | None, args: str, exit_code: int, *says: str, as_=(), **how
) -> Fault:
    """A row: `as_` are the fields of its `Case`, `how` those of the `Fault` itself."""
    words = tuple(shlex.split(args))
    file_name = re.sub(r"\W+", "-", f"bad {name}")
    case = Case(file_name, "Bad input", name, file, words, **dict(as_))
    return Fault(case, exit_code, says, **how)


def env(**variables: str) -> dict:
    return {"env": tuple(variables.items())}


FAULTS = [
    fault("no file", None, "--headless", 1, r"Could not find 'locustfile\.py'", as_={"bare": True}),
    fault(
        *("absent file", None, "-f absent.py --headless", 1, r"Could not find 'absent\.py'"),
        as_={"bare": True},
    ),
    fault(
        *("syntax error", "syntax_error.py", "", 1),
        *(r'^  File ".*/syntax_error\.py", line 3$', r"^SyntaxError: invalid syntax$"),
        traceback=True,
        sends=False,
    ),
    fault(
        *("import raises", "import_raises.py", "", 1),
        *(r'^  File ".*/import_raises\.py", line 3', r"^RuntimeError: at import$"),
        traceback=True,
        sends=False,
    ),
    fault("no user class", "no_user.py", "", 1, r"ERROR/.*: No User class found!"),
    fault("unknown user class", "success.py", "Nobody", 1, r"ERROR/.*Unknown User\(s\): Nobody"),
    fault(
        *("no host", None, "-f no_host.py --headless -t 2", 0),
        r"ERROR/.*You must specify the base host.*--host",
        as_={"bare": True, "needs": ("no_host.py",)},
        sends=False,
    ),
    fault(
        *("refused port", "failure.py", "-H http://127.0.0.1:1", 1),
        r"^1 +GET /status/500: ConnectionRefusedError\(111, 'Connection refused'\)",
        sends=False,
    ),
    fault(
        *("unknown host", "failure.py", "-H http://no-such-host.invalid", 1),
        r"^1 +GET /status/500: gaierror\(-\d+, '.+'\)",
        sends=False,
    ),
    *(
        fault(
            *(f"faults of the target, {user}", "faults.py", user, 1),
            *(r"^1 +GET short-body: .*[Ii]ncomplete", r"^1 +GET reset: .*[Cc]onnection"),
            *(r"^1 +GET bad-chunk: .*[Cc]hunk", r"^1 +GET header-flood: .*more than 100 headers"),
            *(r"^1 +GET no-answer: .*timed out", r"^1 +GET close-before-answer: .*connection"),
            prints="goes on 200",
        )
        for user in ("Faulty", "FaultyFast")
    ),
    fault(
        *("__init__ raises", "init_of_user_raises.py", "-t 1", 2),
        *(
            r'File ".*/init_of_user_raises\.py", line \d+, in __init__',
            "RuntimeError: no such user",
        ),
        traceback=True,
        whole=True,
    ),
    fault(
        *("on_start raises", "on_start_raises.py", "-t 1", 1),
        *(r"ERROR/locust\.user\.users: no login", r'File ".*/on_start_raises\.py", line \d+'),
        traceback=True,
        whole=True,
    ),
    fault(
        *("on_start sleeps for ever", "on_start_forever.py", "-t 1", 0),
        "--run-time limit reached",
        prints="on_stop",
    ),
    fault(
        *("on_start computes for ever", "on_start_busy.py", "-t 1", 0),
        r"computed for \d+ s .*/on_start_busy\.py:\d+ in on_start\. The run is over",
        "--run-time limit reached",
        as_locust=False,  # which never ends
    ),
    fault(
        *("on_start computes for ever, Ctrl-C", "on_start_busy.py", "", 0),
        *(r"/on_start_busy\.py:\d+ in on_start\. The run is over", "Got Ctrl-C"),
        as_={"signals": (("computes", "SIGINT"),)},
        as_locust=False,
    ),
    *(
        fault(
            *(f"sys.exit({code})", "exit_code.py", "", exit_code),
            rf"sys\.exit\({told}\) called, shutting down",
            as_=env(CODE=code),
        )
        for code, told, exit_code in (
            ("7", 7, 7),
            ("nothing", None, 0),
            ("no money", "no money", 1),
        )
    ),
    *(
        fault(
            *(f"--csv {prefix}", "success.py", f"--csv {prefix}", 1),
            rf"ERROR/.*The files of --csv {prefix} cannot be written: .*{reason}",
            sends=False,
        )
        for prefix, reason in (
            ("/proc/none/x", "No such file or directory"),
            ("/proc/x", "No such file or directory"),
            ("success.py/x", "File exists"),
        )
    ),
    fault(
        *("--json-file", "success.py", "--json-file /proc/none/x", 1),
        rf"ERROR/.*The file of --json-file /proc/none/x\.json {UNWRITABLE}",
        sends=False,
    ),
    fault(
        *("--logfile", "success.py", "--logfile /proc/none/x", 1),
        rf"The file of --logfile /proc/none/x {UNWRITABLE}",
        sends=False,
    ),
]


def check(fault: Fault, ours: harness.Run) -> None:
    """What must hold of Gatecrash's run; the harness has killed one that does not end."""
    assert ours.exit_code == fault.exit_code, ours.stderr[-3000:]
    for sentence in fault.says:
        assert re.search(sentence, ours.stderr, re.MULTILINE), (sentence, ours.stderr[-3000:])
    assert fault.prints in ours.stdout
    assert not PANIC.search(ours.stderr + ours.stdout), ours.stderr
    assert fault.sends or not ours.received, "the target heard of a run that could not be"
    assert fault.traceback or "Traceback" not in ours.stderr, ours.stderr
    if not fault.whole:
        assert not [path for path in FRAME.findall(ours.stderr) if OURS.search(path)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.case.says)
def test_a_fault_is_told(fault, gatecrash, locust, locust_version, target):
    check(fault, harness.run(gatecrash, fault.case, target))
    if fault.as_locust:
        theirs = harness.run_cached(locust, fault.case, target, locust_version)
        assert theirs.exit_code == fault.exit_code, "Locust ends otherwise"


@pytest.fixture(scope="module")
def secure_target():
    """A target with a certificate that nobody vouches for."""
    binary = harness.ROOT / "target/debug/gatecrash"
    target = harness.Target(f"{binary} target plain --tls --port 0")
    yield target
    target.close()


@pytest.mark.parametrize("user_class", ["Verifying", "VerifyingFast"])
def test_a_broken_certificate_is_told(user_class, gatecrash, locust, target, secure_target):
    row = fault(
        *("TLS", None, f"-f untrusted.py --headless --only-summary {user_class}", 1),
        r"^1 +GET /json: .*SSLCertVerificationError\(1, '.*certificate.*'\)",
        prints="verified 0",
        as_={"bare": True, "needs": ("untrusted.py",), **env(SECURE=secure_target.url)},
    )
    ours = harness.run(gatecrash, row.case, target)
    check(row, ours)
    assert ours.stdout == harness.run(locust, row.case, target).stdout
