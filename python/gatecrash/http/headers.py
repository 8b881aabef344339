"""A session's headers, which say when they were changed.

In: whatever a file does to ``client.headers``. Out: the same case-insensitive mapping that
``requests`` has, plus a flag by which the engine's encoded copy of it is kept up to date.
"""

from requests.structures import CaseInsensitiveDict


class SessionHeaders(CaseInsensitiveDict):
    """Headers that raise a flag (``_engine.Flag``) when they change."""

    def __init__(self, data=None, *, flag):
        self._flag = flag
        super().__init__(data)

    def __setitem__(self, name, value):
        self._flag.set()
        super().__setitem__(name, value)

    def __delitem__(self, name):
        self._flag.set()
        super().__delitem__(name)

    def as_dict(self):
        """Name to value, in order, in the case in which the names were set."""
        return dict(self._store.values())
