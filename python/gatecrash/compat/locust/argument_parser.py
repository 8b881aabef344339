"""The command line of a Locust-style run: parsers, and which locustfiles they mean.

In: arguments, variables, config files. Out: a namespace with Locust's attribute names. What
options exist comes from the engine's table (`gatecrash.guest.option_rows`); files and plugins add
theirs by the `init_command_line_parser` event, and win when they take a name of ours.

Later ones win: defaults, `~/.locust.conf`, `./locust.conf`, `./pyproject.toml`, `--config FILE`,
variables, the command line.

Two passes: `parse_locustfile_option` reads what is needed to load the locustfiles and tolerates
the rest; `get_parser` makes the parser that knows everything, once they are loaded.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import json
import math
import os
import platform
import sys
import tempfile
import warnings
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlparse

import configargparse

import gatecrash
from gatecrash import _engine
from gatecrash.guest import config_files, option_rows
from gatecrash.guest.later import not_there_yet
from locust._version import version
from locust.util.directory import get_abspaths_in
from locust.util.timespan import parse_timespan
from locust.util.url import is_url

DEFAULT_CONFIG_FILES = ("~/.locust.conf", "locust.conf", "pyproject.toml")

LONGEST_DOWNLOAD_BYTES = 10_000_000
"""A locustfile behind a URL that is longer than this is refused."""

DOWNLOAD_TIMEOUT_S = 60

USAGE = "Usage: gatecrash [options] [UserClass ...]"

EPILOG = """Examples:

    gatecrash -f my_test.py -H https://www.example.com --headless

    gatecrash --headless -u 100 -r 10 -t 20m --csv out/run MyHttpUser AnotherUser

Other commands:

    gatecrash target clinic --port 8000      an API to try this out on (see its --help)
    gatecrash python script.py               Python, with `import locust` served by Gatecrash

Every option can also be set in a config file, by its long name without dashes, and most by a
variable, LOCUST_USERS for --users and so on."""


class LocustArgumentParser(configargparse.ArgumentParser):
    """A `configargparse.ArgumentParser` whose arguments also know how the web page shows them."""

    def add_argument(self, *args, **kwargs) -> configargparse.Action:
        """Takes what `ArgumentParser.add_argument` takes, and:

        - `include_in_web_ui` (True): the page has a field for it;
        - `is_secret` (False): that field hides what is typed;
        - `is_required` (False): it must be filled in;
        - `is_multiple` (False): it is a choice of several.
        """
        shown = {
            "include_in_web_ui": kwargs.pop("include_in_web_ui", True),
            "is_secret": kwargs.pop("is_secret", False),
            "is_required": kwargs.pop("is_required", False),
            "is_multiple": kwargs.pop("is_multiple", False),
        }
        action = super().add_argument(*args, **kwargs)
        for name, value in shown.items():
            setattr(action, name, value)
        return action

    def error(self, message):
        """Ends the process with 2; an unknown name is told with the nearest one that exists."""
        if "unrecognized arguments:" in message:
            words = message.partition("unrecognized arguments:")[2].split() or [""]
            unknown = words[0].partition("=")[0]
            message += self._origin(unknown) + self._hint(unknown)
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _origin(self, unknown: str) -> str:
        for source, settings in getattr(self, "_source_to_settings", {}).items():
            kind, _, path = source.partition("|")
            keys = {f"--{key.lstrip('-')}" for key in settings}
            if kind == "config_file" and unknown in keys:
                return f" (from {path})"
        return ""

    def _hint(self, unknown: str) -> str:
        flags = [flag for action in self._actions for flag in action.option_strings]
        nearest = _engine.nearest_name(unknown, flags)
        return f"\nDid you mean '{nearest}'?" if nearest else ""

    def get_possible_config_keys(self, action):
        """The long names without dashes in front; inside, `-` and `_` are the same."""
        keys = super().get_possible_config_keys(action)
        spellings = [
            spelling
            for key in keys
            if not key.startswith("--")
            for spelling in (key.replace("-", "_"), key.replace("_", "-"))
        ]
        return keys + [spelling for spelling in spellings if spelling not in keys]

    def convert_item_to_command_line_arg(self, action, key, value):
        """Makes arguments of a variable or a config key; told and left out if it has no effect."""
        if isinstance(action, option_rows.UnavailableAction):
            action.warn(key, value)
            return []
        if isinstance(value, list):
            value = [config_files.as_text(item) for item in value]
        return super().convert_item_to_command_line_arg(action, key, value)

    @property
    def builtin_dests(self) -> set[str]:
        """Attributes whose option is Gatecrash's own, not one that a file or plugin put there."""
        return {action.dest for action in self._actions if hasattr(action, "table_flags")}

    @property
    def args_included_in_web_ui(self) -> dict[str, configargparse.Action]:
        """Arguments that the page shows, by attribute."""
        return self._shown("include_in_web_ui")

    @property
    def secret_args_included_in_web_ui(self) -> dict[str, configargparse.Action]:
        """Those of them whose field hides what is typed."""
        return self._shown("is_secret")

    @property
    def required_args_included_in_web_ui(self) -> dict[str, configargparse.Action]:
        """Those of them that must be filled in."""
        return self._shown("is_required")

    @property
    def multiple_args_included_in_web_ui(self) -> dict[str, configargparse.Action]:
        """Those of them that are a choice of several."""
        return self._shown("is_multiple")

    def _shown(self, attribute: str) -> dict[str, configargparse.Action]:
        return {
            action.dest: action
            for action in self._actions
            if getattr(action, "include_in_web_ui", False) and getattr(action, attribute)
        }


class LocustTomlConfigParser(configargparse.TomlConfigParser):
    """Reads options from a section of a TOML file."""

    def parse(self, stream):
        """Key to text or list."""
        return config_files.parse_toml(stream, self.sections)


class LocustConfigParser(configargparse.ConfigFileParser):
    """Reads options from a `.toml`, `.json` or `.conf` file."""

    def parse(self, stream):
        """Key to text or list."""
        if stream.name.endswith(".toml"):
            return LocustTomlConfigParser([config_files.TOML_SECTION]).parse(stream)
        if stream.name.endswith(".json"):
            return config_files.parse_json(stream)
        return configargparse.DefaultConfigFileParser().parse(stream)


# Which locustfiles


def parse_locustfile_option(args=None) -> configargparse.Namespace:
    """The first pass: what must be known before the locustfiles are loaded.

    Prints the help or the version and ends the process when one of them is asked for.
    """
    parser = get_empty_argument_parser(add_help=False)
    option_rows.add_early_rows(parser, _types())
    options, _ = parser.parse_known_args(args=args)
    if options.help or options.version:
        get_parser().parse_args(args=args)
    return options


def get_locustfiles_locally(options) -> list[str]:
    """Paths of the locustfiles that `-f` names. Ends the process with 1 if one is not there."""
    if options.locustfile == "-":
        return parse_locustfile_paths(retrieve_locustfiles_from_master(options))
    return parse_locustfile_paths([item.strip() for item in options.locustfile.split(",")])


def parse_locustfile_paths(paths: list[str]) -> list[str]:
    """Absolute paths of the files that files, directories and URLs stand for."""
    return [found for path in paths for found in _parse_locustfile_path(path)]


def _parse_locustfile_path(path: str) -> list[str]:
    if is_url(path):
        return [download_locustfile_from_url(path)]
    if os.path.isdir(path):
        return get_abspaths_in(path, extension=".py") or _end(
            f"Could not find any locustfiles in directory '{path}'"
        )
    if path.endswith(".py") and os.path.exists(path):
        return [os.path.abspath(path)]
    _end(
        f"Could not find '{path}'. Ensure your locustfile ends with '.py' or is a directory "
        "with locustfiles. See --help for available options."
    )


def download_locustfile_from_url(url: str) -> str:
    """Path of a copy of the file at `url`, which is removed when the process ends."""
    text = _downloaded_text(url)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        _end(f"Failed to get locustfile from: {url}. It is not Python: '{text[:100]}'")
    name = os.path.basename(urlparse(url).path) or "locustfile.py"
    path = os.path.join(tempfile.mkdtemp(prefix="gatecrash-"), name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    atexit.register(exit_handler, path)
    return path


def _downloaded_text(url: str) -> str:
    import requests

    try:
        with requests.get(url, stream=True, timeout=DOWNLOAD_TIMEOUT_S) as response:
            response.raise_for_status()
            body = bytearray()
            for piece in response.iter_content(65536):
                body += piece
                if len(body) > LONGEST_DOWNLOAD_BYTES:
                    _end(
                        f"Failed to get locustfile from: {url}. It is longer than "
                        f"{LONGEST_DOWNLOAD_BYTES} bytes."
                    )
            return body.decode(response.encoding or "utf-8", errors="replace")
    except requests.exceptions.RequestException as error:
        _end(f"Failed to get locustfile from: {url}. Exception: {error}")


def exit_handler(filename) -> None:
    """Removes a downloaded locustfile and the folder made for it, if nobody else has."""
    with contextlib.suppress(OSError):
        os.remove(filename)
        os.rmdir(os.path.dirname(filename))


def retrieve_locustfiles_from_master(options) -> list[str]:
    """What `-f -` means on a worker, which Gatecrash does not have yet: ends the process."""
    if not options.worker:
        _end("-f - takes the locustfile from a master, which only works together with --worker.")
    _end("--worker: taking the locustfile from a master is not there yet in Gatecrash.", code=2)


def download_locustfile_from_master(master_host: str, master_port: int) -> str:
    """Sources of a master's locustfiles; not there yet."""
    raise not_there_yet("Taking the locustfile from a master")


def parse_locustfiles_from_master(locustfile_sources) -> list[str]:
    """Paths of copies of a master's locustfiles; not there yet."""
    raise not_there_yet("Taking the locustfile from a master")


def _end(message: str, code: int = 1) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)


# How values are read


def raise_argument_type_error(err_msg):
    """A class of argparse actions that refuse to be given, with this message."""

    class ErrorRaisingAction(configargparse.Action):
        def __call__(self, parser, namespace, values, option_string=None):
            raise configargparse.ArgumentError(self, err_msg)

    return ErrorRaisingAction


def timespan(time_str) -> int:
    """Whole seconds in a text like 1h20m."""
    try:
        return parse_timespan(time_str)
    except ValueError as error:
        raise configargparse.ArgumentTypeError(str(error)) from error


def positive_integer(string) -> int:
    """A whole number of at least 1."""
    try:
        value = int(string)
    except ValueError:
        raise configargparse.ArgumentTypeError(f"'{string}' is not a whole number") from None
    if value < 1:
        raise configargparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def port(string) -> int:
    """The number of a port; 0 for one that is free."""
    try:
        value = int(string)
    except ValueError:
        raise configargparse.ArgumentTypeError(f"'{string}' is not a whole number") from None
    if not 0 <= value <= 65535:
        raise configargparse.ArgumentTypeError(f"must be from 0 to 65535, not {value}")
    return value


def rate(string) -> str:
    """A text like 100/s."""
    try:
        return _engine.parse_rate(string)
    except ValueError as error:
        raise configargparse.ArgumentTypeError(str(error)) from error


def objective(string) -> str:
    """What must hold, as text that can be judged."""
    try:
        _engine.check_objective(string)
    except ValueError as error:
        raise configargparse.ArgumentTypeError(str(error)) from error
    return string


def watch(string) -> str:
    """What is watched, as NAME=SOURCE."""
    try:
        _engine.check_watch(string)
    except ValueError as error:
        raise configargparse.ArgumentTypeError(str(error)) from error
    return string


def gt_zero(t):
    """Makes a reader of numbers above zero from a reader of numbers."""

    def checker(value):
        try:
            number = t(value)
        except ValueError:
            raise configargparse.ArgumentTypeError(f"'{value}' is not a number") from None
        if not math.isfinite(number):
            raise configargparse.ArgumentTypeError("must be a finite number")
        if number <= 0:
            raise configargparse.ArgumentTypeError("must be > 0")
        return number

    return checker


def json_user_config(string):
    """A list of dicts, from JSON text or from a `.json` file; each names its `user_class_name`."""
    try:
        config = _json_of_file(string) if string.endswith(".json") else json.loads(string)
    except OSError as error:
        raise configargparse.ArgumentTypeError(f"cannot read {string}: {error}") from error
    except ValueError as error:
        raise configargparse.ArgumentTypeError(
            f"neither JSON nor the name of a .json file with JSON: {error}"
        ) from error
    configs = config if isinstance(config, list) else [config]
    for item in configs:
        if not isinstance(item, dict) or "user_class_name" not in item:
            raise configargparse.ArgumentTypeError(
                f"each object must name its class in user_class_name: {json.dumps(item)}"
            )
    return configs


def _json_of_file(path: str):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _types() -> dict[str, Any]:
    return {
        "int": int,
        "positive_int": positive_integer,
        "port": port,
        "positive_float": gt_zero(float),
        "timespan": timespan,
        "rate": rate,
        "objectives": objective,
        "watches": watch,
        "user_config": json_user_config,
    }


# Parsers


def get_empty_argument_parser(
    add_help=True, default_config_files=DEFAULT_CONFIG_FILES
) -> LocustArgumentParser:
    """A parser that knows `-f`, `--config` and, with `add_help`, `-h`."""
    parser = LocustArgumentParser(
        prog="gatecrash",
        usage=configargparse.SUPPRESS,
        description=USAGE,
        epilog=EPILOG,
        formatter_class=configargparse.RawDescriptionHelpFormatter,
        add_help=False,
        add_config_file_help=False,
        add_env_var_help=False,
        conflict_handler="resolve",
        default_config_files=default_config_files,
        config_file_parser_class=LocustConfigParser,
    )
    parser._optionals.title = "Common options"
    first = ["help"] if add_help else []
    option_rows.add_rows(
        parser, option_rows.rows_of(*first, "locustfile", "config"), _types(), _version()
    )
    return parser


def setup_parser_arguments(parser) -> None:
    """Adds every option that `parser` does not have yet."""
    known = {action.dest for action in parser._actions} | {"help"}
    rows = [row for row in option_rows.all_rows() if row["dest"] not in known]
    option_rows.add_rows(parser, rows, _types(), _version())


def get_parser(default_config_files=DEFAULT_CONFIG_FILES) -> LocustArgumentParser:
    """The parser that knows everything, the options of loaded files and plugins included."""
    import locust

    parser = get_empty_argument_parser(default_config_files=default_config_files)
    setup_parser_arguments(parser)
    locust.events.init_command_line_parser.fire(parser=parser)
    option_rows.settle_replaced(parser)
    return parser


def parse_options(args=None) -> configargparse.Namespace:
    """Parses and checks a whole command line. Use `get_parser().parse_args()` instead."""
    warnings.warn(
        "parse_options() is deprecated: use get_parser().parse_args()",
        DeprecationWarning,
        stacklevel=2,
    )
    parser = get_parser()
    options = parser.parse_args(args=args)
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    return options


def default_args_dict() -> dict:
    """What the options are without a command line or config files, by attribute."""
    parser = get_empty_argument_parser(default_config_files=())
    setup_parser_arguments(parser)
    return vars(parser.parse_args([]))


class UIExtraArgOptions(NamedTuple):
    """How the page shows an option that a file or plugin added."""

    default_value: str
    is_secret: bool
    is_required: bool
    help_text: str
    is_multiple: bool
    choices: list[str] | None = None


def ui_extra_args_dict(args=None) -> dict[str, dict[str, Any]]:
    """Options that files and plugins added, as the page shows them, by attribute."""
    ours = default_args_dict()
    parser = get_parser()
    values = vars(parser.parse_args(args))
    return {
        dest: UIExtraArgOptions(
            default_value=values[dest],
            is_secret=action.is_secret,
            is_required=action.is_required,
            help_text=action.help,
            is_multiple=action.is_multiple,
            choices=action.choices,
        )._asdict()
        for dest, action in parser.args_included_in_web_ui.items()
        if dest in values and dest not in ours
    }


def _version() -> str:
    return (
        f"gatecrash {gatecrash.__version__} (compatible with Locust {version}) "
        f"from {os.path.dirname(gatecrash.__file__)} (Python {platform.python_version()})"
    )
