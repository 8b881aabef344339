"""From a row of the engine's option table to an argument of a parser.

In: rows of `_engine.option_table()`. Out: arguments of an `ArgumentParser`. Options that do not
work yet become arguments that refuse to be given on the command line; from variables and config
files they are told and left out (see `LocustArgumentParser`). Values are never looked at here.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from gatecrash import _engine

Row = dict[str, Any]

LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

TRUE_WORDS = frozenset({"true", "yes", "on", "1"})


@functools.cache
def all_rows() -> tuple[Row, ...]:
    """Every option, in the order of the help."""
    return tuple(_engine.option_table())


def rows_of(*dests: str) -> list[Row]:
    """The rows with these attributes."""
    return [row for row in all_rows() if row["dest"] in dests]


class UnavailableAction(argparse.Action):
    """An option that exists in Locust but has no effect here: using it is an error."""

    def __init__(self, *args, why: str, is_flag: bool, **kwargs):
        super().__init__(*args, nargs=0 if is_flag else None, **kwargs)
        self.why = why

    def __call__(self, parser, namespace, values, option_string=None):
        parser.error(f"{'/'.join(self.option_strings)}: {self.why}; leave the option out")

    def warn(self, key: str, value: str | list) -> None:
        """Says on stderr that a variable or a config key is left out, if it asks for anything."""
        if self._asks(value):
            source = "variable" if key == getattr(self, "env_var", None) else "config key"
            _warn_once(f"{source} {key} has no effect: {self.why}")

    def _asks(self, value: str | list) -> bool:
        if self.nargs == 0:
            return str(value).lower() in TRUE_WORDS
        return str(value) not in ("", str(self.default))


@functools.cache
def _warn_once(text: str) -> None:
    """Each warning once per process: parsers are built more than once."""
    sys.stderr.write(f"gatecrash: warning: {text}\n")


def add_rows(parser, rows: Iterable[Row], types: dict[str, Callable], version: str = "") -> None:
    """Adds the options to `parser`, those of other groups under the group's title.

    `types` has the function that reads a value, by kind; `version` is what `--version` prints.
    """
    groups = {parser._optionals.title: parser._optionals}
    for row in rows:
        title = row["group"]
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        keywords = _keywords(row, types, version)
        action = groups[title].add_argument(*(row["flags"] or [row["dest"]]), **keywords)
        action.table_flags = tuple(row["flags"])


def add_early_rows(parser, types: dict[str, Callable]) -> None:
    """Adds what must be known before the locustfile is loaded, free of effects of its own."""
    known = {action.dest for action in parser._actions}
    for row in all_rows():
        if row["early"] and row["dest"] not in known:
            plain = row | {"missing": None, "advice": None}
            if row["kind"] in ("help", "version"):
                plain |= {"kind": "flag", "default": False}
            add_rows(parser, [plain], types)


def _keywords(row: Row, types: dict[str, Callable], version: str) -> dict[str, Any]:
    keywords: dict[str, Any] = {
        "help": argparse.SUPPRESS if row["hidden"] else row["help"],
    }
    if row["flags"]:
        keywords["dest"] = row["dest"]
    if row["env_var"]:
        keywords["env_var"] = row["env_var"]
    if row["metavar"]:
        keywords["metavar"] = row["metavar"]
    if row["missing"] or row["advice"]:
        return keywords | _unavailable(row)
    if row["kind"] not in ("help", "version"):
        keywords["default"] = row["default"]
    return keywords | _keywords_of_kind(row["kind"], types, version)


def _unavailable(row: Row) -> dict[str, Any]:
    missing = row["missing"]
    return {
        "action": UnavailableAction,
        "why": f"{missing} is not there yet in Gatecrash" if missing else row["advice"],
        "is_flag": row["kind"] == "flag",
        "default": row["default"],
        "help": argparse.SUPPRESS if row["hidden"] else f"{row['help']} (not there yet)",
    }


def _keywords_of_kind(kind: str, types: dict[str, Callable], version: str) -> dict[str, Any]:
    match kind:
        case "flag":
            return {"action": "store_true"}
        case "list":
            return {"nargs": "*"}
        case "objectives" | "watches":
            return {"action": "append", "type": types[kind]}
        case "user_config":
            return {"nargs": "*", "type": types[kind]}
        case "log_level":
            return {"type": str.upper, "choices": LOG_LEVELS}
        case "config_file":
            return {"is_config_file_arg": True}
        case "user_classes":
            names = os.environ.get("LOCUST_USER_CLASSES", "").split()
            return {"nargs": "*", "default": names}
        case "help":
            return {"action": "help"}
        case "version":
            return {"action": "version", "version": version}
        case "text":
            return {}
        case _:
            return {"type": types[kind]}


def settle_replaced(parser) -> None:
    """Takes out what is left of our options whose long name a file or a plugin took over.

    Their attribute stays with its default where nobody else provides it, since the run reads it.
    """
    for action in list(parser._actions):
        flags = getattr(action, "table_flags", ())
        taken = [flag for flag in flags if parser._option_string_actions.get(flag) is not action]
        if any(flag.startswith("--") for flag in taken):
            for flag in set(flags) - set(taken):
                del parser._option_string_actions[flag]
            action.container._remove_action(action)
    provided = {action.dest for action in parser._actions} | {"help", "version"}
    for row in all_rows():
        if row["dest"] not in provided:
            parser.set_defaults(**{row["dest"]: row["default"]})
