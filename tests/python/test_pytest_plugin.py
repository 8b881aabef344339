"""Pytest-style files under pytest itself: our fixtures, `--host`, and nothing counted."""

import http.server
import os
import subprocess
import sys
import textwrap
import threading

import pytest


@pytest.fixture
def server():
    """The URL of a server that answers every GET with its path."""

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.path.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_fixtures_under_pytest(server, tmp_path):
    (tmp_path / "test_style.py").write_text(
        textwrap.dedent(
            """
            def test_session(session):
                assert session.get("/a?b=1").text == "/a?b=1"
                with session.get("/c", catch_response=True) as response:
                    response.failure("nobody counts this")

            def test_fastsession(fastsession):
                assert fastsession.get("/d").text == "/d"
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "gatecrash.pytest_plugin", "--host", server],
        cwd=tmp_path,
        # Where the wheel is installed pytest finds the plugin by itself; here it is named.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
