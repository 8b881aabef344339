"""A collector that keeps what it is sent.

In: a folder, and the status to answer with. Out: for each request `N.body` as it came and `N.json`
with its path and headers in the folder; the address on stdout.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER, STATUS = Path(sys.argv[1]), int(sys.argv[2])


class Receiver(BaseHTTPRequestHandler):
    """Takes every POST."""

    count = 0

    def do_POST(self):
        """Keeps the request whole before it is answered."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = {"path": self.path} | {name.lower(): value for name, value in self.headers.items()}
        (FOLDER / f"{Receiver.count:04}.json").write_text(json.dumps(told))
        (FOLDER / f"{Receiver.count:04}.body").write_bytes(body)
        Receiver.count += 1
        self.send_response(STATUS)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
