"""What is sent is what Locust sends: the bytes of each call as the target's `/echo` saw them.

Both tools do the corpus of `files/wire_calls.py` once; each call is a test. Bytes are compared
raw, so order and case of headers count. What may differ stands in `EXCEPTIONS`, a multipart
boundary only in its random digits.
"""

from __future__ import annotations

import base64
import json
import re
import sys

import pytest

import compare
import harness
from harness import Case

sys.path.insert(0, str(harness.FILES))
from wire_calls import BOTH, FAST, HTTP  # noqa: E402

WIRE = Case("wire", "Wire", "bytes", "wire.py", ("-u", "2", "-r", "2"), needs=("wire_calls.py",))
CALLS = [*(("http", name) for name in BOTH | HTTP), *(("fast", name) for name in BOTH | FAST)]
BOUNDARY = re.compile(rb"boundary=([0-9a-f]{32})")
# Pattern in the bytes → what stands for it, each with its reason.
EXCEPTIONS: list[tuple[re.Pattern[bytes], bytes, str]] = []


@pytest.fixture(scope="module")
def seen(locust, gatecrash, target):
    """What `/echo` saw of every call: tool → kind of client → call."""
    runs = [harness.run(tool, WIRE, target) for tool in (locust, gatecrash)]
    assert not compare.slow_way_faults(runs[1].stderr, expected=False)
    return {run.tool: calls_of(run) for run in runs}


def calls_of(run: harness.Run) -> dict:
    """The calls that a run wrote down."""
    if "wire.json" not in run.files:
        pytest.fail(f"{run.tool} wrote no wire.json:\n{run.stdout}\n{run.stderr[-3000:]}")
    return json.loads(run.files["wire.json"])


def readable(call: dict) -> dict | str:
    """The bytes of one call with everything replaced that may differ."""
    if "raw" not in call:
        return call
    raw = base64.b64decode(call["raw"])
    for boundary in set(BOUNDARY.findall(raw)):
        raw = raw.replace(boundary, b"-" * len(boundary))
    for pattern, placeholder, _reason in EXCEPTIONS:
        raw = pattern.sub(placeholder, raw)
    return raw.decode("latin-1")


@pytest.mark.parametrize(("kind", "name"), CALLS, ids=lambda part: str(part))
def test_same_bytes(kind, name, seen):
    theirs, ours = (readable(seen[tool][kind][name]) for tool in ("locust", "gatecrash"))
    assert ours == theirs


def test_corpus_is_seen(seen):
    """Nearly all calls reach `/echo`, so that equal errors cannot pass for equal bytes."""
    for kind, calls in seen["locust"].items():
        missed = {name: call for name, call in calls.items() if "raw" not in call}
        assert len(missed) <= 0.12 * len(calls), f"{kind}: {missed}"
    assert len(CALLS) >= 200
