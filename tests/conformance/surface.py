"""Describe the public names of Locust's modules, as the Python that runs this imports them.

In: nothing, or `gatecrash` as argument: then that package is imported first, and names are told
wherever they are defined. Out, on stdout: JSON of module → name → what it is: parameters with kinds
and defaults for what can be called, members for classes, values for constants. Run once in each
environment; nothing is compared here.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import sys
from importlib.machinery import ModuleSpec
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)

MODULES = (
    *("locust", "locust.exception", "locust.clients", "locust.env", "locust.event"),
    *("locust.runners", "locust.stats", "locust.log", "locust.shape", "locust.dispatch"),
    *("locust.argument_parser", "locust.web", "locust.html", "locust.debug", "locust.main"),
    *("locust.input_events", "locust.rpc", "locust.rpc.protocol", "locust.rpc.zmqrpc"),
    *("locust.user", "locust.user.task", "locust.user.users", "locust.user.wait_time"),
    *("locust.user.sequential_taskset", "locust.user.markov_taskset", "locust.user.inspectuser"),
    *("locust.util.timespan", "locust.util.rounding", "locust.util.date", "locust.util.cache"),
    *("locust.util.directory", "locust.util.url", "locust.util.load_locustfile"),
    *("locust.util.deprecation", "locust.util.exception_handler"),
    *("locust.contrib.fasthttp", "locust.contrib.csv_request_logger", "locust.contrib.socketio"),
    *("locust.contrib.mqtt", "locust.contrib.postgres", "locust.contrib.mongodb"),
    *("locust.contrib.milvus", "locust.contrib.qdrant", "locust.contrib.dns"),
    "locust.contrib.oai",
)
# What the user's own environment has to bring for `locust.contrib`.
NOT_INSTALLED = (
    *("dns", "grpc", "httpx", "openai", "paho", "psycopg", "pymilvus", "pymongo"),
    *("qdrant_client", "socketio"),
)
PLAIN = (str, int, float, bool, type(None))
FUNCTIONS = (
    *(FunctionType, BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType),
    *(classmethod, staticmethod),
)
OURS = ("locust", "gatecrash")


class StandIns:
    """Imports modules that are not installed as empty ones, in which every name is a class."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NOT_INSTALLED:
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = ModuleType(spec.name)
        module.__getattr__ = lambda name: _stand_in(module, name)
        return module

    def exec_module(self, module):
        pass


def _stand_in(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    made = type(name, (), {"__module__": module.__name__, "__init__": lambda self, *a, **k: None})
    setattr(module, name, made)
    return made


def surface(everything: bool) -> dict:
    """Module → name → description; a module that cannot be imported is described by the error."""
    found = {}
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            found[name] = {"(import)": {"error": str(error)}}
            continue
        found[name] = {
            public: describe(value)
            for public in sorted(all_names_of(module) if everything else names_of(module))
            if (value := getattr(module, public, None)) is not None or public in vars(module)
        }
    found["(instances)"] = instances()
    return found


def names_of(module) -> set[str]:
    """What `module` offers: its `__all__`, what it defines, and what a package collects.

    Classes and functions that a plain module imports for itself are counted where they are
    defined.
    """
    names = set(getattr(module, "__all__", ()))
    collects = hasattr(module, "__path__")
    for name, value in vars(module).items():
        if name.startswith("_") or name == "TYPE_CHECKING" or isinstance(value, ModuleType):
            continue
        home = getattr(value, "__module__", None)
        if inspect.isclass(value) or inspect.isroutine(value):
            if home == module.__name__ or (collects and is_locusts(home)):
                names.add(name)
        elif isinstance(value, (*PLAIN, list, tuple, dict, set)) or is_locusts(home):
            names.add(name)
    return names


def all_names_of(module) -> set[str]:
    """All that can be imported from `module`, wherever it is defined."""
    return {*vars(module), *getattr(module, "__all__", ())}


def is_locusts(home: str | None) -> bool:
    """Whether `home` is a module of Locust, or of what stands in for it."""
    return home is not None and home.partition(".")[0] in OURS


def describe(value) -> dict:
    """What can be said of a value without running anything of it."""
    if inspect.isclass(value):
        return {"kind": "class", "call": signature(value), "members": members(value)}
    if callable(value):
        return {"kind": "function", "call": signature(value)}
    return {"kind": "value", "value": constant(value)}


def constant(value) -> str:
    """A plain value as it is written, else only its kind."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, (list, tuple, dict)) and not value:
        return repr(value)
    if isinstance(value, (list, tuple)) and all(isinstance(item, PLAIN) for item in value):
        return repr(value)
    return f"<{type(value).__name__}>"


def signature(function) -> list[str] | None:
    """Each parameter as `name`, `name=default`, `*name` or `**name`, with `/` and `*` between."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    told, keyword_only = [], False
    for parameter in parameters:
        if parameter.kind == parameter.KEYWORD_ONLY and not keyword_only:
            told.append("*")
        keyword_only = keyword_only or parameter.kind in (
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        )
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        text = stars.get(parameter.kind, "") + parameter.name
        if parameter.default is not parameter.empty:
            text += f"={default(parameter.default)}"
        if parameter.kind == parameter.POSITIONAL_ONLY and parameter.name != "self":
            text += " (positional)"
        told.append(text)
    return told


def default(value) -> str:
    """A default as it is written; a class or function by its name."""
    return getattr(value, "__name__", None) or constant(value)


def members(kind: type) -> dict:
    """The public members by name; `own` tells those that Locust's own classes define."""
    found = {}
    for base in reversed(kind.__mro__[:-1]):
        for name in vars(base):
            if not name.startswith("_") or name in ("__enter__", "__exit__"):
                found[name] = member(kind, name) | {"own": is_locusts(base.__module__)}
    return found


def member(kind: type, name: str) -> dict:
    """One member as the class shows it."""
    value = inspect.getattr_static(kind, name)
    if isinstance(value, FUNCTIONS):
        return {"kind": "function", "call": signature(getattr(kind, name))}
    if hasattr(type(value), "__get__") and not inspect.isclass(value):
        return {"kind": "attribute"}
    return {"kind": "attribute", "value": constant(value)}


def instances() -> dict:
    """Public attributes of the objects that files meet, made as a library makes them."""
    from locust import FastHttpUser, HttpUser, TaskSet, events, task
    from locust.env import Environment
    from locust.stats import RequestStats, StatsEntry, StatsError

    class Http(HttpUser):
        host = "http://127.0.0.1:1"

        @task
        def visit(self):
            pass

    class Fast(FastHttpUser):
        host = "http://127.0.0.1:1"
        tasks = Http.tasks

    environment = Environment(user_classes=[Http, Fast])
    runner = environment.create_local_runner()
    users = Http(environment), Fast(environment)
    stats = RequestStats()
    made = {
        "Environment": environment,
        "LocalRunner": runner,
        "HttpUser": users[0],
        "FastHttpUser": users[1],
        "HttpSession": users[0].client,
        "FastHttpSession": users[1].client,
        "TaskSet": TaskSet(users[0]),
        "Events": events,
        "RequestStats": stats,
        "StatsEntry": StatsEntry(stats, "name", "GET"),
        "StatsError": StatsError("GET", "name", "error"),
    }
    return {name: {"kind": "object", "has": public(value)} for name, value in made.items()}


def public(value) -> list[str]:
    return sorted(name for name in dir(value) if not name.startswith("_"))


if __name__ == "__main__":
    ours = sys.argv[1:] == ["gatecrash"]
    if ours:
        import gatecrash  # noqa: F401
    sys.meta_path.append(StandIns())
    with contextlib.redirect_stdout(sys.stderr):
        told = surface(everything=ours)
    json.dump(told, sys.stdout)
