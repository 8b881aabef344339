"""Write `docs/reference/locust-compatibility.md` from the results of the conformance tests.

In: the last result of each case (`.results/`), the lists of what may differ. Out: the page. Run it
after the conformance tests; a test holds the committed page against what this gives.
"""

from __future__ import annotations

import results
from cases import CASES
from compare import Known
from harness import ROOT
from results import Result
from surface import MODULES
from test_api_surface import Exempt, load_exceptions
from test_wire import CALLS, EXCEPTIONS

PAGE = ROOT / "docs/reference/locust-compatibility.md"

HEAD = """\
<!-- Written by tests/conformance/make_page.py from the results of the tests. Do not edit. -->

# Compatibility with Locust

Gatecrash runs locustfiles unchanged. What that means is tested: {count} files and command lines run
under Locust 2.47.0 and under Gatecrash against the same target, and everything that a person, a
script or a CI job can see is compared: exit code, lines on stdout and in the log, tables, CSV and
JSON files, and what the target received. Only times, addresses and dates are left out of it; counts
of timed runs may differ by 5 %.

{agreed} of {count} agree in every line, apart from what differs in every run:

{everywhere}

The others differ where a number points to [the reasons](#known-differences). A difference without a
reason fails the tests, and so does a reason that explains nothing any more.
"""


def page(found: dict[str, Result]) -> str:
    """The page for the results of all cases."""
    reasons = list(dict.fromkeys(entry.reason for entry in _known(found) if entry.case != "*"))
    parts = [_head(found), *_groups(found, reasons), _differences(found, reasons)]
    return "\n".join([*parts, _engine(), _bytes(), _surface(load_exceptions())])


def _known(found: dict[str, Result]) -> list[Known]:
    """Each entry that explains something, in the order of the cases."""
    return list(dict.fromkeys(entry for result in found.values() for entry in result.known))


def _own_reasons(result: Result) -> list[str]:
    """Why this case differs, apart from what differs in every run."""
    return list(dict.fromkeys(entry.reason for entry in result.known if entry.case != "*"))


def _head(found: dict[str, Result]) -> str:
    agreed = sum(not result.new and not _own_reasons(result) for result in found.values())
    reasons = dict.fromkeys(entry.reason for entry in _known(found) if entry.case == "*")
    everywhere = "\n".join(f"- {reason}" for reason in reasons)
    return HEAD.format(count=len(found), agreed=agreed, everywhere=everywhere)


def _groups(found: dict[str, Result], reasons: list[str]) -> list[str]:
    parts = []
    for group in dict.fromkeys(case.group for case in CASES):
        rows = [
            f"| {_cell(case.says)} | {_verdict(found[case.name], reasons)} |"
            for case in CASES
            if case.group == group
        ]
        parts.append("\n".join([f"## {group}\n", "| what | agrees |", "|---|---|", *rows, ""]))
    return parts


def _verdict(result: Result, reasons: list[str]) -> str:
    if result.new:
        return f"**no**: {len(result.new)} lines differ"
    numbers = [str(reasons.index(reason) + 1) for reason in _own_reasons(result)]
    return f"but for {', '.join(numbers)}" if numbers else "yes"


def _differences(found: dict[str, Result], reasons: list[str]) -> str:
    lines = ["## Known differences\n"]
    for number, reason in enumerate(reasons, 1):
        where = [case.says for case in CASES if reason in _own_reasons(found[case.name])]
        lines.append(f"{number}. {reason} ({'; '.join(where)})")
    return "\n".join([*lines, ""])


def _engine() -> str:
    slow = "; ".join(case.says for case in CASES if case.slow_way)
    return f"""\
## Who sends the requests

In all of these runs the engine sends every request, `HttpUser`'s and `FastHttpUser`'s alike, except
in: {slow}. There a library of Python's sends what only it can, and the log tells at the end of the
run how many requests that were and why. They count in the statistics like all others.
"""


def _bytes() -> str:
    lines = [
        "## What is sent\n",
        f"{len(CALLS)} calls (parameters, unicode, JSON, forms, files, cookies, redirects, auth, order",
        "and case of headers, encodings) are compared byte by byte, as the target saw them.",
        "The random part of a multipart boundary is left out of it.",
    ]
    if not EXCEPTIONS:
        return "\n".join([*lines, "All are equal.", ""])
    reasons = [f"- {reason}" for _pattern, _placeholder, reason in EXCEPTIONS]
    return "\n".join([*lines, "All are equal but for:\n", *reasons, ""])


def _surface(exempt: list[Exempt]) -> str:
    modules = ", ".join(f"`{module}`" for module in MODULES)
    rows = [f"| `{_cell(entry.name)}` | {_cell(entry.reason)} |" for entry in exempt]
    return "\n".join(
        [
            "## Names and signatures\n",
            "Every public name of these modules is there, with the same parameters, kinds and",
            f"defaults, except for what the table says: {modules}.\n",
            "| name | why it differs |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(results.load()))
