"""Times as text."""

from datetime import UTC, datetime


def format_utc_timestamp(unix_timestamp):
    """`2026-01-31T12:00:59Z`, whole seconds."""
    return datetime.fromtimestamp(int(unix_timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_safe_timestamp(unix_timestamp):
    """Local time that is fit for a file's name: `2026-01-31-12h00`."""
    return datetime.fromtimestamp(int(unix_timestamp)).strftime("%Y-%m-%d-%Hh%M")


def format_duration(start_time, end_time):
    """The time between two epoch times in words: `1 hour, 2 minutes and 5 seconds`."""
    rest = int(end_time - start_time)
    parts = []
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, length)
        if count > 0:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    if not parts:
        return "0 seconds"
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
