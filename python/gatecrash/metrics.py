"""Metrics of a locustfile's own, told beside its requests and judged by objectives.

In: names, and values from users, listeners or any greenlet. Out: nothing here; the engine counts
them on its own thread, and tables, files and verdicts of the run have them.

    from gatecrash import metrics

    credits = metrics.counter("credits")
    queue = metrics.gauge("queue", unit="jobs")
    relevant = metrics.rate("relevant")
    rerank = metrics.trend("rerank", unit="ms")

The same name is the same metric, wherever it is asked for. Values belong to the run that goes on:
they begin anew with its statistics. Importing this does not import `locust`, so nothing is patched.
"""

from __future__ import annotations

from gatecrash import _engine

__all__ = ["Counter", "Gauge", "Rate", "Trend", "counter", "gauge", "rate", "trend"]


class _Metric:
    """What all kinds have in common: a name, and the engine's end of it."""

    __slots__ = ("_record", "name", "unit")

    _kind: str

    def __init__(self, name: str, unit: str):
        self.name = name
        self.unit = unit
        self._record = _engine.Metric(self._kind, name, unit).add

    def __repr__(self) -> str:
        return f"<{self._kind} {self.name} ({self.unit})>"


class Counter(_Metric):
    """A sum that grows: orders, credits, bytes."""

    __slots__ = ()

    _kind = "counter"

    def add(self, value: float = 1) -> None:
        """Adds so much; ValueError below 0."""
        self._record(value)


class Gauge(_Metric):
    """A value that goes up and down, of which the latest counts: the length of a queue."""

    __slots__ = ()

    _kind = "gauge"

    def set(self, value: float) -> None:
        """It is this much now."""
        self._record(value)


class Rate(_Metric):
    """The share of yes among all answers: cache hits, relevant results."""

    __slots__ = ()

    _kind = "rate"

    def add(self, yes: bool) -> None:
        """One more yes, or no."""
        self._record(bool(yes))


class Trend(_Metric):
    """Values of which mean, extremes and percentiles are told: times, sizes, scores."""

    __slots__ = ()

    _kind = "trend"

    def add(self, value: float) -> None:
        """One more value, in the metric's unit."""
        self._record(value)


def counter(name: str, unit: str = "count") -> Counter:
    """The counter of that name.

    ValueError, here and below: the name is none (letters, digits, `_`, `.`, `-`, a letter first),
    belongs to something that is measured anyway, or to a metric of another kind or unit.
    """
    return Counter(name, unit)


def gauge(name: str, unit: str = "count") -> Gauge:
    """The gauge of that name."""
    return Gauge(name, unit)


def rate(name: str) -> Rate:
    """The rate of that name; told as a share."""
    return Rate(name, "share")


def trend(name: str, unit: str = "ms") -> Trend:
    """The trend of that name. Units that reports know are ms, bytes, count, share and per second;
    any other text is shown as it is."""
    return Trend(name, unit)
