"""The version of Locust that this package is compatible with."""

from gatecrash import LOCUST_VERSION

__version__ = version = LOCUST_VERSION
__version_tuple__ = version_tuple = tuple(int(part) for part in LOCUST_VERSION.split("."))
__commit_id__ = commit_id = None

__all__ = [
    "__commit_id__",
    "__version__",
    "__version_tuple__",
    "commit_id",
    "version",
    "version_tuple",
]
