"""Lengths of time as the command line takes them."""

from gatecrash import _engine


def parse_timespan(time_str) -> int:
    """Whole seconds in `20`, `20s`, `3m`, `2h`, `1h20m` or `3h30m10s`.

    Raises ValueError for anything else, the empty text included.
    """
    return _engine.parse_timespan(time_str or "")
