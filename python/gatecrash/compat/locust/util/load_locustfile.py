"""Importing locustfiles and finding what they hold.

In: a path. Out: the user classes and shapes of that file. Import happens with the file's folder
first on sys.path and the module in sys.modules under the file's name, as files rely on both.
"""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from locust.shape import LoadTestShape
from locust.user import User
from locust.user.users import PytestUser


def is_user_class(item) -> bool:
    """Whether something is a user class that can be run."""
    return bool(inspect.isclass(item) and issubclass(item, User) and item.abstract is False)


def is_shape_class(item) -> bool:
    """Whether something is a shape class that can be used."""
    return bool(
        inspect.isclass(item)
        and issubclass(item, LoadTestShape)
        and not getattr(item, "abstract", True)
    )


def load_locustfile(path) -> tuple[dict[str, type[User]], list[LoadTestShape]]:
    """The runnable user classes of a file by name, and an instance of each of its shapes.

    Classes that the file imports count. Whatever the file raises goes through.
    """
    module = _import(path)
    users = {name: item for name, item in vars(module).items() if is_user_class(item)}
    shapes = [item() for item in vars(module).values() if is_shape_class(item)]
    return users, shapes


def _import(path: str) -> ModuleType:
    folder, filename = os.path.split(path)
    name = os.path.splitext(filename)[0]
    if name == "locust":
        # A file of this name must not take the place of the package that it imports.
        name = "locustfile"
    loader = SourceFileLoader(name, path)
    module = module_from_spec(spec_from_file_location(name, path, loader=loader))
    sys.modules[name] = module
    sys.path.insert(0, os.getcwd())
    with _first_on_path(folder):
        loader.exec_module(module)
    return module


@contextmanager
def _first_on_path(folder: str):
    """Puts a folder first on sys.path for a while; it goes back to where it was, if anywhere."""
    place = sys.path.index(folder) if folder in sys.path else None
    if place is not None:
        del sys.path[place]
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
        if place is not None:
            sys.path.insert(place, folder)


def load_locustfile_pytest(path) -> dict[str, type[User]]:
    """A user class for each test function of a pytest-style file, by the function's name.

    ValueError when a function asks for anything but one known fixture per argument.
    """
    users: dict[str, type[PytestUser]] = {}
    for function in _collected(path):
        if function.name not in users:
            users[function.name] = type(function.name, (PytestUser,), {"functions": []})
        users[function.name].functions.append(function)
    return users  # type: ignore[return-value]


def _collected(path: str) -> list:
    """The file's test functions as pytest finds them, each with its fixture attached."""
    import pytest
    from _pytest.config import Config

    from gatecrash import pytest_plugin

    # -q: no heading and counts on stdout; -s: stdin stays ours, keys steer the run. The fixtures
    # are ours even where real Locust is installed, whose plugin has some of the same names.
    config = Config.fromdictargs({}, ["-q", "-s", "-p", "no:locust", path])
    if not config.pluginmanager.is_registered(pytest_plugin):
        config.pluginmanager.register(pytest_plugin, "gatecrash")
    config._do_configure()
    collection = pytest.Session.from_config(config)
    config.hook.pytest_sessionstart(session=collection)
    collection.perform_collect()
    config.hook.pytest_collection_modifyitems(
        session=collection, config=config, items=collection.items
    )
    functions = [item for item in collection.items if isinstance(item, pytest.Function)]
    for function in functions:
        function.kwargs = {}  # type: ignore[attr-defined]
        for name in inspect.signature(function.obj).parameters:
            function.fixturedef = _fixture(collection, function, name)  # type: ignore[attr-defined]
    return functions


def _fixture(collection, function, name: str):
    found = collection._fixturemanager.getfixturedefs(name, function)
    if not found:
        raise ValueError(f"Could not find fixture for parameter {name!r} in {function.name}")
    if len(found) > 1:
        raise ValueError(
            f"Multiple fixtures found for parameter {name!r} in {function.name}: {found}"
        )
    return found[0]
