"""Makes `locust` and `locust.*` importable from `compat/locust`, before anything else.

In: a module name that Python wants to import. Out: the spec of the file in our folder.
It never lets a `locust.x` that we do not have fall through to another installation:
half of one package and half of another would fail in ways that nobody can read.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "compat" / "locust"


class LocustFinder:
    """A `sys.meta_path` entry that owns the name `locust`."""

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """The spec for `locust` and what is below it; None for every other name."""
        if fullname == "locust":
            return spec_from_file_location(
                fullname, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
            )
        if not fullname.startswith("locust."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return spec


def install() -> None:
    """Puts the finder first, or there again: pytest, for one, puts its own before it.

    Raises ImportError when another `locust` is loaded already: its classes and ours
    could not meet in one run.
    """
    ours = [finder for finder in sys.meta_path if isinstance(finder, LocustFinder)]
    if ours:
        sys.meta_path.remove(ours[0])
        sys.meta_path.insert(0, ours[0])
        return
    loaded = sys.modules.get("locust")
    if loaded is not None:
        raise ImportError(
            f"another 'locust' is already imported from {getattr(loaded, '__file__', '?')}; "
            "import gatecrash before the first 'import locust'"
        )
    sys.meta_path.insert(0, LocustFinder())
