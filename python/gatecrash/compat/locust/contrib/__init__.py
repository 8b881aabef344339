"""Clients beyond `HttpUser`; each module needs the package of what it talks to."""

import importlib


def __getattr__(name: str):
    # Files use `locust.contrib.fasthttp` without importing it, as they can with Locust.
    if name == "fasthttp":
        return importlib.import_module("locust.contrib.fasthttp")
    raise AttributeError(f"module 'locust.contrib' has no attribute {name!r}")
