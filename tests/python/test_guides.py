"""The code in the guides runs as it stands there."""

import http.server
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/guides/locust-files.md"
PLACE = "http://127.0.0.1:8000"
FIRST_LINE = "import gatecrash  # before locust\n"
# A package of the same name that must not be taken: as if Locust were installed.
OTHER_LOCUST = "raise ImportError('not the locust of Gatecrash')\n"


@pytest.fixture
def place():
    """The URL of a server, and the paths that it was asked for."""
    seen = []

    class Answers(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            seen.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", seen
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("way", ["import first", "gatecrash python", "gatecrash python -m"])
def test_the_script_of_the_guide(way, place, tmp_path):
    url, seen = place
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (script,) = [block for block in blocks if block.startswith(FIRST_LINE)]
    assert PLACE in script
    (tmp_path / "locust.py").write_text(OTHER_LOCUST)
    own_way = way == "import first"
    (tmp_path / "script.py").write_text(
        (FIRST_LINE if own_way else "") + script.removeprefix(FIRST_LINE).replace(PLACE, url)
    )
    start = {
        "import first": ["script.py"],
        "gatecrash python": ["-m", "gatecrash", "python", "script.py"],
        "gatecrash python -m": ["-m", "gatecrash", "python", "-m", "script"],
    }
    done = subprocess.run(
        [sys.executable, *start[way]], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    told = re.fullmatch(r"(\d+) requests\n", done.stdout)
    assert told and 0 < int(told[1]) <= len(seen) <= int(told[1]) + 5
    assert set(seen) == {"/"}
