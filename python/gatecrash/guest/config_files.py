"""What config files say, whatever their format.

In: an open file. Out: an ordered dict from key to text or list of texts, as configargparse wants
it. Which keys exist, and which file wins, is not known here.

| name ends in | format |
|---|---|
| `.toml` | the section `[tool.locust]` |
| `.json` | one object |
| anything else | `key = value`, `key value`, `key: value` or a bare `key` per line; `# comments`; lines like `[section]` are skipped; `[a, b]` is a list |
"""

from __future__ import annotations

import json
import tomllib
from collections import OrderedDict
from typing import Any

import configargparse

TOML_SECTION = "tool.locust"


def parse_json(stream) -> OrderedDict:
    """Options from a file with one JSON object; null stands for "not set"."""
    try:
        config = json.load(stream)
    except ValueError as error:
        raise fault(stream, f"is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise fault(stream, "must hold one JSON object of options")
    return as_texts(config)


def parse_toml(stream, sections: list[str]) -> OrderedDict:
    """Options from the first of these sections that exists; none if none does."""
    try:
        config = tomllib.loads(stream.read())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise fault(stream, f"is not TOML: {error}") from error
    for section in sections:
        if table := _section(config, section):
            return as_texts(table)
    return OrderedDict()


def _section(config: dict[str, Any], dotted: str) -> dict[str, Any]:
    for name in dotted.split("."):
        config = config.get(name, {}) if isinstance(config, dict) else {}
    return config if isinstance(config, dict) else {}


def as_texts(config: dict[str, Any]) -> OrderedDict:
    """The values as they would stand on the command line; lists stay lists."""
    return OrderedDict(
        (key, value if isinstance(value, list) else as_text(value))
        for key, value in config.items()
        if value is not None
    )


def as_text(value: Any) -> str:
    """One value as one word of a command line: nested ones as JSON."""
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def fault(stream, what: str) -> configargparse.ConfigFileParserException:
    """An exception that names the file."""
    return configargparse.ConfigFileParserException(f"{getattr(stream, 'name', 'config')} {what}")
