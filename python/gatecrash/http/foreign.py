"""Requests that only ``requests`` itself could make, counted by reason.

A run that is slower than it might be can be told why.
"""

from collections import Counter

#: Reason to number of requests, for this process.
requests_by_reason = Counter()


def count(reason):
    """Counts one request that did not go through the engine."""
    requests_by_reason[reason] += 1


def summary():
    """One line for the log, or None when every request went through the engine."""
    if not requests_by_reason:
        return None
    total = sum(requests_by_reason.values())
    reasons = ", ".join(f"{reason}: {n}" for reason, n in requests_by_reason.most_common())
    return f"Requests sent by a Python library instead of the engine: {total} ({reasons})"
