"""A session's headers, which say when they were changed.

In: whatever a file does to ``client.headers``. Out: the same case-insensitive mapping that
``requests`` has, plus a flag by which the engine's encoded copy of it is kept up to date.
"""

from requests.structures import CaseInsensitiveDict


class SessionHeaders(CaseInsensitiveDict):
    """Headers with a ``changed`` flag, which whoever copies them lowers."""

    changed = True

    def __setitem__(self, name, value):
        self.changed = True
        super().__setitem__(name, value)

    def __delitem__(self, name):
        self.changed = True
        super().__delitem__(name)

    def as_dict(self):
        """Name to value, in order, in the case in which the names were set."""
        return dict(self._store.values())
