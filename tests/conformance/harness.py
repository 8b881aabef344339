"""Run one case under one tool and bring back everything it left behind.

In: a tool (real Locust or Gatecrash), a `Case`, a target to load. Out: a `Run` with exit code,
stdout, stderr, the files written into its own empty directory, and what the target received per
route. Nothing is judged or normalised here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = HERE / "files"
CACHE = HERE / ".cache"
HEADLESS = ("--headless", "-u", "1", "-r", "1", "-H", "{target}", "--only-summary")
POLL_S = 0.02
# A file that fails in a loop prints without end; such a run is cut off, as one that has no end.
OUTPUT_LIMIT_BYTES = 1 << 19
# Written by Python itself into any directory it runs in; never part of what a tool reports.
NOT_OUTPUT = {"__pycache__", ".pytest_cache", ".home"}


@dataclass(frozen=True)
class Case:
    """One file and the way it is run; the same for both tools.

    `args` follow the `HEADLESS` ones unless `bare`; `{target}` in an argument or a variable
    becomes the target's url. A `script` is run by the tool's Python instead of by the tool.
    `needs` are files or folders brought along to the same place, `unpack` a folder whose
    contents lie beside the file. `signals` are (text to wait for on stdout, signal name).
    `timed` relaxes counts to 5 % and leaves wording alone. Only a case of the `slow_way` may send
    requests by a library of Python's instead of the engine.
    """

    name: str
    group: str
    says: str
    file: str | None
    args: tuple[str, ...] = ()
    bare: bool = False
    script: bool = False
    needs: tuple[str, ...] = ()
    unpack: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    timed: bool = False
    signals: tuple[tuple[str, str], ...] = ()
    slow_way: bool = False
    time_limit_s: float = 20.0


@dataclass(frozen=True)
class Tool:
    """A program under test: its command, and the Python of the environment it lives in."""

    name: str
    command: Path

    @property
    def python_command(self) -> list[str]:
        """How a script that imports `locust` by itself is started."""
        if self.name == "gatecrash" and self.command.name == "gatecrash":
            return [str(self.command), "python"]
        return [str(self.python)]

    @property
    def python(self) -> Path:
        """The interpreter beside the command."""
        return self.command.parent / "python"

    def argv(self, case: Case, target_url: str) -> list[str]:
        """The command line of `case` for this tool."""
        args = [arg.replace("{target}", target_url) for arg in case.args]
        if case.script:
            return [*self.python_command, case.file, *args]
        if case.bare:
            return [str(self.command), *args]
        headless = [arg.replace("{target}", target_url) for arg in HEADLESS]
        return [str(self.command), "-f", case.file, *headless, *args]


@dataclass
class Run:
    """What one tool left behind. `exit_code` is negative for a signal, None when it had to be
    killed."""

    tool: str
    exit_code: int | None
    stdout: str
    stderr: str
    files: dict[str, str] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    directory: str = ""
    target_url: str = ""


def locust() -> Tool:
    """Real Locust, from GATECRASH_CONFORMANCE_LOCUST or `.venvs/locust`."""
    return _tool("locust", "GATECRASH_CONFORMANCE_LOCUST", ROOT / ".venvs/locust/bin/locust")


def gatecrash() -> Tool:
    """Gatecrash, from GATECRASH_CONFORMANCE_GATECRASH or `.venvs/gatecrash`."""
    default = ROOT / ".venvs/gatecrash/bin/gatecrash"
    return _tool("gatecrash", "GATECRASH_CONFORMANCE_GATECRASH", default)


def _tool(name: str, variable: str, default: Path) -> Tool:
    return Tool(name, Path(os.environ.get(variable, default)).absolute())


class Target:
    """The server to load: a process of our own on a free port, or one that already runs."""

    def __init__(self, place: str | None = None):
        """`place` is a url or a command whose output names one; by default
        GATECRASH_CONFORMANCE_TARGET."""
        default = f"{ROOT}/target/debug/gatecrash target clinic --port 0"
        place = place or os.environ.get("GATECRASH_CONFORMANCE_TARGET", default)
        self.process = None
        self.identity = place
        if place.startswith(("http://", "https://")):
            self.url = place.rstrip("/")
        else:
            self._start(shlex.split(place))

    def _start(self, command: list[str]) -> None:
        binary = Path(command[0])
        if binary.is_file():
            self.identity = hashlib.sha256(binary.read_bytes()).hexdigest()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if found := re.search(r"https?://[\w.]+:\d+", line):
                self.url = found[0]
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise RuntimeError(f"{shlex.join(command)} ended without naming its url:\n{''.join(seen)}")

    def received(self) -> dict[str, int]:
        """Requests received so far per method and route, as the target's own record tells."""
        with urllib.request.urlopen(f"{self.url}/truth", timeout=10) as answer:
            endpoints = json.load(answer)["endpoints"]
        return {
            f"{e['method']} {e['path']}": e["received"] for e in endpoints if e["path"] != "/truth"
        }

    def close(self) -> None:
        """End the process if it is ours."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)


def run(tool: Tool, case: Case, target: Target) -> Run:
    """Run `case` under `tool` in an empty directory and collect what it leaves behind."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        directory = Path(name).resolve()
        brought = _bring_files(case, directory)
        before = target.received()
        result = _execute(tool.argv(case, target.url), case, directory, target.url)
        result.tool = tool.name
        result.received = _difference(before, target.received())
        result.files = _written(directory, brought)
        return result


def run_cached(tool: Tool, case: Case, target: Target, version: str) -> Run:
    """Like `run`, but remembered by everything that can change the outcome. For the reference side.

    Timed cases run afresh, so that both sides meet the machine in the same state.
    """
    if case.timed:
        return run(tool, case, target)
    place = CACHE / f"{case.name}-{_cache_key(case, target, version)}.json"
    if place.exists():
        return Run(**json.loads(place.read_text()))
    result = run(tool, case, target)
    if result.exit_code is not None:
        # One that had to be killed may have met a busy machine.
        CACHE.mkdir(exist_ok=True)
        place.write_text(json.dumps(asdict(result)))
    return result


def version_of(tool: Tool) -> str:
    """What the tool's `--version` prints; RuntimeError when it cannot even do that."""
    told = subprocess.run([tool.command, "-V"], capture_output=True, text=True, timeout=60)
    if told.returncode != 0:
        raise RuntimeError(f"{tool.command} -V ended with {told.returncode}:\n{told.stderr}")
    return told.stdout.strip()


def _cache_key(case: Case, target: Target, version: str) -> str:
    digest = hashlib.sha256(f"{version}|{target.identity}|{case}".encode())
    digest.update(Path(__file__).read_bytes())
    for source, place in _sources(case):
        digest.update(str(place).encode() + source.read_bytes())
    return digest.hexdigest()[:16]


def _sources(case: Case) -> list[tuple[Path, Path]]:
    """Each file that `case` needs, and where it lies in the directory of the run."""
    found = []
    for name in (case.file, *case.needs):
        if name and (FILES / name).exists():
            found += [(path, path.relative_to(FILES)) for path in _files_under(FILES / name)]
    if case.unpack:
        found += [
            (path, path.relative_to(FILES / case.unpack))
            for path in _files_under(FILES / case.unpack)
        ]
    return found


def _files_under(path: Path) -> list[Path]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in files if file.is_file() and not NOT_OUTPUT & set(file.parts)]


def _bring_files(case: Case, directory: Path) -> set[str]:
    brought = set()
    for source, place in _sources(case):
        (directory / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, directory / place)
        brought.add(str(place))
    return brought


def _environment(case: Case, directory: Path, target_url: str) -> dict[str, str]:
    kept = {"PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8", "TZ": "UTC"}
    home = directory / ".home"
    home.mkdir(exist_ok=True)
    fixed = {
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        "TARGET": target_url,
    }
    own = {key: value.replace("{target}", target_url) for key, value in case.env}
    return kept | fixed | own


def _execute(argv: list[str], case: Case, directory: Path, target_url: str) -> Run:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            argv,
            cwd=directory,
            env=_environment(case, directory, target_url),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        exit_code = _attend(process, case, (out.fileno(), err.fileno()))
        return Run("", exit_code, _read(out), _read(err), {}, {}, str(directory), target_url)


def _attend(process: subprocess.Popen, case: Case, outputs: tuple[int, int]) -> int | None:
    """Wait for the end, sending the case's signals when their text appears; kill what goes
    beyond a limit."""
    deadline = time.monotonic() + case.time_limit_s
    waiting = list(case.signals)
    while (
        time.monotonic() < deadline
        and max(os.fstat(fd).st_size for fd in outputs) < OUTPUT_LIMIT_BYTES
    ):
        if (code := process.poll()) is not None:
            return code
        if waiting and waiting[0][0].encode() in os.pread(outputs[0], OUTPUT_LIMIT_BYTES, 0):
            process.send_signal(getattr(signal, waiting.pop(0)[1]))
        time.sleep(POLL_S)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return None


def _read(stream) -> str:
    stream.seek(0)
    return stream.read(OUTPUT_LIMIT_BYTES).decode("utf-8", "backslashreplace")


def _written(directory: Path, brought: set[str]) -> dict[str, str]:
    found = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if (
            path.is_file()
            and name not in brought
            and not NOT_OUTPUT & set(path.relative_to(directory).parts)
        ):
            found[name] = path.read_bytes().decode("utf-8", "backslashreplace")
    return found


def _difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    grown = {route: count - before.get(route, 0) for route, count in after.items()}
    return {route: count for route, count in sorted(grown.items()) if count}
