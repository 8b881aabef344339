"""What files can import, call and look at: every public name of real Locust, with its parameters
and defaults, exists under Gatecrash or stands in `surface_exceptions.toml` with a reason."""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

import harness
from surface import MODULES

EXCEPTIONS = Path(__file__).parent / "surface_exceptions.toml"
LEAST_NAMES = 250


@dataclass(frozen=True)
class Exempt:
    """Names that are allowed to differ: a pattern for the dotted name, and why."""

    name: str
    reason: str


def load_exceptions(path: Path = EXCEPTIONS) -> list[Exempt]:
    """The names that may differ."""
    return [Exempt(**entry) for entry in tomllib.loads(path.read_text())["exception"]]


def surface_of(tool: harness.Tool) -> dict:
    """Module → name → description, as the tool's Python tells it."""
    arguments = ["gatecrash"] if tool.name == "gatecrash" else []
    told = subprocess.run(
        [tool.python, harness.HERE / "surface.py", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        # One of the modules refuses to be imported without it.
        env={"PATH": os.environ["PATH"], "OPENAI_API_KEY": "none"},
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def differences(theirs: dict, ours: dict) -> dict[str, str]:
    """Dotted name → in what ours differs, for each public name of theirs."""
    found = {}
    for module, names in theirs.items():
        for name, described in names.items():
            found |= _differences_of(f"{module}.{name}", described, ours.get(module, {}).get(name))
    return found


def _differences_of(path: str, theirs: dict, ours: dict | None) -> dict[str, str]:
    if ours is None:
        return {path: "missing"}
    if theirs["kind"] != ours["kind"]:
        return {path: f"{ours['kind']} instead of {theirs['kind']}"}
    if theirs["kind"] == "object":
        return {f"{path}.{name}": "missing" for name in set(theirs["has"]) - set(ours["has"])}
    found = {}
    if theirs.get("call") != ours.get("call"):
        found[path] = f"{_shown(ours['call'])} instead of {_shown(theirs['call'])}"
    if "value" in theirs and theirs["value"] != ours.get("value", theirs["value"]):
        found[path] = f"{ours['value']} instead of {theirs['value']}"
    for name, member in theirs.get("members", {}).items():
        if member["own"]:
            found |= _differences_of(f"{path}.{name}", member, ours["members"].get(name))
    return found


def _shown(call: list[str] | None) -> str:
    return "no parameters told" if call is None else f"({', '.join(call)})"


@pytest.fixture(scope="module")
def theirs(locust):
    return surface_of(locust)


@pytest.fixture(scope="module")
def found(theirs, gatecrash):
    return differences(theirs, surface_of(gatecrash))


def test_every_name_is_there(found):
    exempt = load_exceptions()
    new = {
        name: what
        for name, what in sorted(found.items())
        if not any(fnmatch.fnmatchcase(name, entry.name) for entry in exempt)
    }
    assert not new, "\n".join(f"{name}: {what}" for name, what in new.items())


def test_no_exception_is_stale(found):
    stale = [entry.name for entry in load_exceptions() if not fnmatch.filter(found, entry.name)]
    assert not stale, f"these names agree by now, take them off {EXCEPTIONS.name}: {stale}"


def test_locust_itself_is_seen(theirs):
    """So that an empty answer cannot pass for agreement."""
    assert {*theirs, "(instances)"} == {*MODULES, "(instances)"}
    failed = [module for module, names in theirs.items() if "(import)" in names]
    assert not failed, failed
    assert sum(map(len, theirs.values())) >= LEAST_NAMES


F = {"kind": "function", "call": ["a", "b=1"]}
C = {"kind": "class", "call": ["a"], "members": {"f": F | {"own": True}, "g": F | {"own": False}}}


@pytest.mark.parametrize(
    ("theirs", "ours", "name"),
    [
        (F, None, "m.x"),
        (F, F | {"call": ["a", "b=2"]}, "m.x"),
        (F, C, "m.x"),
        (C, C | {"members": {}}, "m.x.f"),
        (C, C | {"call": ["a", "b"]}, "m.x"),
        ({"kind": "value", "value": "2"}, {"kind": "value", "value": "3"}, "m.x"),
        ({"kind": "object", "has": ["a", "b"]}, {"kind": "object", "has": ["b"]}, "m.x.a"),
    ],
)
def test_a_difference_is_seen(theirs, ours, name):
    described = {"x": ours} if ours else {}
    assert list(differences({"m": {"x": theirs}}, {"m": described})) == [name]
    assert not differences({"m": {"x": theirs}}, {"m": {"x": theirs}})
