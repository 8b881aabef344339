"""Turn a `Run` into an `Outcome`, without what differs between any two honest runs.

In: raw output of one tool. Out: aspects (exit code, lines, tables, files, received counts) made
of plain lists of lines, in which times are `<time>`, figures that measure time are `#` of the
same width, addresses, ports, directories and versions are placeholders, and of a traceback only
the frames in the user's own files remain. Names, methods, counts, wording, column widths and
order stay as they are. Nothing is compared here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field

from harness import Run

LOG_LINE = re.compile(
    r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] ([^\s/]+)/([A-Z]+)/([\w.]+): ?(.*)$"
)
TABLE_HEADER = re.compile(r"^(Type +Name +# reqs|Type +Name +50%|# occurrences +Error)")
TABLE_TITLE = re.compile(r"^(Response time percentiles \(approximated\)|Error report)$")
SEPARATOR = re.compile(r"^[-|]+$")
SHUTTING_DOWN = re.compile(r"Shutting down \(exit code")
# Depends on how busy the machine is, not on the tool.
UNSTEADY = re.compile(r"CPU usage (above|was too high)|Response times may be inaccurate")
REPLACEMENTS = (
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x<address>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?"), "<time>"),
    (re.compile(r"Greenlet-\d+"), "Greenlet-<n>"),
    (re.compile(r"minimal_ident=\d+"), "minimal_ident=<n>"),
    # What a tool calls its own functions and where it is installed is nobody's business.
    (re.compile(r"(<Greenlet at 0x<address>): .*?(?=>? failed with|>$)"), r"\1: <function>"),
    (re.compile(r"at /\S+\.py:\d+ in (rest|request)\b"), r"at <package> in \1"),
)
TRACEBACK_BEGINS = "Traceback (most recent call last):"
LINES_MAX = 400
FIGURE_WIDTH = 7
RUN_TIME = r"\d+(?:\.\d+)?"
CSV_TIMED_COLUMNS = {"First Seen", "Last Seen", "Timestamp"}
CSV_EXACT_COLUMNS = {
    *("Type", "Name", "Request Count", "Failure Count", "Average Content Size"),
    *("Method", "Error", "Occurrences", "Count", "Message", "Nodes"),
}
JSON_EXACT_KEYS = {
    *(
        "name",
        "method",
        "num_requests",
        "num_none_requests",
        "num_failures",
        "total_content_length",
    ),
}


@dataclass
class Outcome:
    """What is compared: aspect name → lines. `counts` is the final table: (method, name) →
    (requests, failures)."""

    aspects: dict[str, list[str]]
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


def outcome(run: Run) -> Outcome:
    """Everything that is compared about `run`."""
    stderr = _replace(run.stderr, run).splitlines()
    periodic, log, final = split_tables(stderr)
    aspects = {
        "exit code": [str(run.exit_code)],
        "stdout": [
            mask_debug_line(line)
            for line in mask_json_block(_replace(run.stdout, run)).splitlines()
        ],
        "log": [line for line in short_traceback(log) if not UNSTEADY.search(line)],
        "periodic tables": ["printed" if periodic else "none"],
        "final tables": [mask_row(line) for line in final],
        "received": [f"{count} {route}" for route, count in run.received.items()],
        "files": list(run.files),
    }
    for name, text in run.files.items():
        aspects[f"file {name}"] = normalise_file(name, _replace(text, run))
    return Outcome({aspect: _bounded(lines) for aspect, lines in aspects.items()}, counts_of(final))


def _bounded(lines: list[str]) -> list[str]:
    """What a run that fails in a loop prints without end is only compared up to a limit."""
    return lines if len(lines) <= LINES_MAX else [*lines[:LINES_MAX], "(more than is compared)"]


def _replace(text: str, run: Run) -> str:
    """Take out what belongs to this one run: its directory, the target's port, addresses, dates."""
    text = text.replace(run.directory, "<dir>")
    port = run.target_url.rpartition(":")[2]
    text = (
        text.replace(run.target_url, "<target>")
        .replace(f":{port}", ":<port>")
        .replace(f"port={port}", "port=<port>")
    )
    lines = []
    for line in text.split("\n"):
        if logged := LOG_LINE.match(line):
            line = "{1}/{2}: {3}".format(*logged.group(0, 2, 3, 4))
        for pattern, placeholder in REPLACEMENTS:
            line = pattern.sub(placeholder, line)
        lines.append(line)
    return "\n".join(lines)


def split_tables(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Part stderr into tables of the running test, log lines, and tables after the shutdown
    line."""
    periodic, log, final = [], [], []
    ended = in_table = False
    for line in lines:
        ended = ended or bool(SHUTTING_DOWN.search(line))
        if TABLE_TITLE.match(line) or TABLE_HEADER.match(line):
            in_table = True
        if in_table:
            (final if ended else periodic).append(line)
            in_table = line != ""
        else:
            log.append(line)
    if not ended:
        periodic, final = _part_at_last_summary(periodic)
    return periodic, [line for line in log if line], final


def _part_at_last_summary(tables: list[str]) -> tuple[list[str], list[str]]:
    """Where the shutdown line is not logged, the final tables begin with the last table of
    requests."""
    starts = [
        place for place, line in enumerate(tables) if line.startswith("Type") and "# fails" in line
    ]
    summary = starts[-1] if any(TABLE_TITLE.match(line) for line in tables) else len(tables)
    return tables[:summary], tables[summary:]


def mask_row(line: str) -> str:
    """Hide the figures of a table row that measure time, keeping every column's width."""
    if (
        SEPARATOR.match(line)
        or TABLE_HEADER.match(line)
        or TABLE_TITLE.match(line)
        or "|" not in line
    ):
        return mask_percentile_row(line)
    head, bar, figures = line.partition("|")
    return head + bar + re.sub(RUN_TIME, _hash_of_same_width, figures)


def mask_percentile_row(line: str) -> str:
    """Hide the eleven percentiles of a row of the percentile table; other lines pass unchanged."""
    found = re.match(rf"^(.*?)((?: +{RUN_TIME}){{11}})( +\d+)$", line)
    if not found:
        return line
    return found[1] + re.sub(RUN_TIME, _hash_of_same_width, found[2]) + found[3]


def _hash_of_same_width(number: re.Match) -> str:
    """A figure wider than its column, such as a rate over a millisecond, counts as one that
    fills it."""
    return "#".rjust(min(len(number[0]), FIGURE_WIDTH))


def mask_debug_line(line: str) -> str:
    """Hide the response time in a line that run_single_user prints for a request."""
    found = re.match(r"^([A-Z]+\t[^\t]+\t)(\d+ *)(\t.*)$", line)
    return f"{found[1]}{'#'.ljust(len(found[2]))}{found[3]}" if found else line


def counts_of(final: list[str]) -> dict[str, tuple[int, int]]:
    """Requests and failures per row of the first table in `final`."""
    counts = {}
    for line in final:
        if TABLE_TITLE.match(line):
            break
        if row := re.match(r"^(.*?) +(\d+) +(\d+)\([\d.]+%\) \|", line):
            counts[row[1]] = (int(row[2]), int(row[3]))
    return counts


def short_traceback(lines: list[str]) -> list[str]:
    """Drop the frames of a traceback that are not in the user's own files, and the markers under
    frames."""
    kept, inside, mine = [], False, False
    for line in lines:
        if line.startswith(TRACEBACK_BEGINS):
            inside, mine = True, False
        elif inside and line.startswith("  File "):
            mine = '"<dir>/' in line
        elif inside and not line.startswith(" "):
            inside = False
        in_frame = inside and line.startswith(" ")
        if not in_frame or (mine and line.strip(" ^~")):
            kept.append(line)
    return kept


def mask_json_block(stdout: str) -> str:
    """Hide what measures time in the statistics that `--json` prints, keeping the rest of
    stdout."""
    found = re.search(r"^\[\n    \{\n.*^\]$|^\[\]$", stdout, re.DOTALL | re.MULTILINE)
    if not found:
        return stdout
    return stdout[: found.start()] + mask_json(found[0]) + stdout[found.end() :]


def mask_json(text: str) -> str:
    """Statistics in JSON with times replaced by their types; tells when the layout is not four
    blanks deep."""
    data = json.loads(text)
    layout = (
        "" if json.dumps(data, indent=4) == text.strip() else "\n(layout: not json.dumps(indent=4))"
    )
    return json.dumps([_mask_entry(entry) for entry in data], indent=4) + layout


def _mask_entry(entry: dict) -> dict:
    return {
        key: value if key in JSON_EXACT_KEYS else _type_of(value) for key, value in entry.items()
    }


def _type_of(value: object) -> object:
    if isinstance(value, dict):
        return f"{{int: int}} of {sum(value.values())}"
    return type(value).__name__


def normalise_file(name: str, text: str) -> list[str]:
    """One written file as comparable lines."""
    if name.endswith(".csv"):
        return normalise_csv(name, text)
    if name.endswith(".json"):
        return mask_json(text).splitlines()
    periodic, log, final = split_tables(text.splitlines())
    return short_traceback(log) + [mask_row(line) for line in final]


def normalise_csv(name: str, text: str) -> list[str]:
    """Header as it is, rows with times masked; of a history only which rows exist, as their
    number is a matter of time."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows:
        return ["(empty)"]
    ends = "line ends: " + ("CRLF" if text.count("\r\n") == text.count("\n") else "mixed or LF")
    history = "User Count" in rows[0]
    masked = [_mask_cells(rows[0], row, history) for row in rows[1:]]
    return [ends, _as_line(rows[0]), *(sorted(set(masked)) if history else masked)]


def _mask_cells(header: list[str], row: list[str], history: bool) -> str:
    exact = {"Type", "Name"} if history else CSV_EXACT_COLUMNS
    cells = []
    for column, cell in zip(header, row, strict=False):
        if column == "Traceback":
            cell = " / ".join(short_traceback([TRACEBACK_BEGINS, *cell.splitlines()])[1:])
        elif column not in exact:
            cell = _kind_of(column, cell, history)
        cells.append(cell)
    return _as_line(cells + row[len(header) :])


def _kind_of(column: str, cell: str, history: bool) -> str:
    if column in CSV_TIMED_COLUMNS:
        return "<time>" if cell in ("<time>",) or cell.isdigit() else cell
    if cell == "N/A":
        return "n" if history else "N/A"
    return "n" if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell) else cell


def _as_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
