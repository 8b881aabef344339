"""Does what a README says: runs its commands in their order, as a reader would type them.

In: a README, and the folder to stand in. Out: nothing, or exit code 1 and what went wrong. A
command of the README is a statement of a ```sh block; one that ends in `&` is a server, which must
say where it listens before the next one begins and is ended at the end. Run by `test_readmes.py`
in a process of its own, which may be in a network of its own.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND_PATIENCE_S = 100
START_PATIENCE_S = 20


def blocks(readme: str) -> list[str]:
    """The contents of the ```sh blocks."""
    return re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[str]:
    """The statements of a block, each whole: over several lines where the shell wants more."""
    found: list[str] = []
    begun = ""
    for line in block.splitlines():
        begun += line + "\n"
        if begun.strip() == "" or begun.lstrip().startswith("#"):
            begun = ""
        elif not line.endswith("\\") and _is_whole(begun):
            found.append(begun.strip())
            begun = ""
    if begun:
        raise SystemExit(f"this is no whole command:\n{begun}")
    return found


def _is_whole(text: str) -> bool:
    checked = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
    return checked.returncode == 0 and not checked.stderr


def main(readme: Path) -> None:
    """Runs every command; the first one that fails ends it."""
    found = [command for block in blocks(readme.read_text()) for command in commands(block)]
    if not found:
        raise SystemExit(f"{readme} shows no command in a block of sh")
    servers: list[subprocess.Popen] = []
    try:
        for command in found:
            print(f"$ {command}", flush=True)
            if _without_comment(command).endswith("&"):
                servers.append(_serve(_without_comment(command).removesuffix("&")))
            else:
                _run(command)
    finally:
        for server in servers:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _without_comment(command: str) -> str:
    return re.sub(r"\s+#[^'\"\n]*$", "", command).rstrip()


def _run(command: str) -> None:
    done = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_PATIENCE_S,
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\nexit code {done.returncode} of: {command}")


def _serve(command: str) -> subprocess.Popen:
    """Starts a server in a process group of its own; back when its port answers."""
    # Into a file: a pipe that nobody reads would hold it up once it is full.
    log = tempfile.NamedTemporaryFile("r")
    with open(log.name, "w") as out:
        server = subprocess.Popen(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    ends = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < ends and server.poll() is None:
        place = re.search(r"https?://([\w.]+):(\d+)", Path(log.name).read_text())
        if place and _answers(place[1], int(place[2])):
            return server
        time.sleep(0.05)
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    raise SystemExit(f"{Path(log.name).read_text()}\nno server answers: {command}")


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
