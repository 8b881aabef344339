"""`locust` is ours, whoever else would like to find it."""

import importlib
import sys
from importlib.machinery import ModuleSpec

import pytest

import gatecrash
from gatecrash.finder import FOLDER, LocustFinder


class Greedy:
    """Another finder that claims to have everything."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self)


def test_installing_again_puts_the_finder_first(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [Greedy(), *sys.meta_path])
    gatecrash.install()
    assert [isinstance(finder, LocustFinder) for finder in sys.meta_path].count(True) == 1
    assert importlib.util.find_spec("locust.stats").origin == str(FOLDER / "stats.py")


def test_an_unknown_submodule_is_not_looked_for_elsewhere():
    with pytest.raises(ModuleNotFoundError, match=r"locust\.nowhere"):
        importlib.import_module("locust.nowhere")
