"""The report of a run as one HTML file: our own page, which `--html` writes too."""

from __future__ import annotations

PERCENTILES_FOR_HTML_REPORT = [0.50, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0]


def process_html_filename(options) -> None:
    """Replaces `{u}`, `{r}` and `{t}` in `options.html_file` by users, spawn rate and run time."""
    for term, value in (
        ("{u}", options.num_users),
        ("{r}", options.spawn_rate),
        ("{t}", options.run_time),
    ):
        if value is not None:
            whole = float(value).is_integer()
            text = str(int(value)) if whole else str(value)
            options.html_file = options.html_file.replace(term, text)


def get_html_report(environment, show_download_link=True, theme=""):
    """The page with the numbers of the environment as they are now.

    It needs neither argument: there is nothing to download, and it is as light or dark as its
    reader's screen.
    """
    from gatecrash.guest.account import opened  # which imports this file

    account = opened(environment)
    account.end(environment.stats._engine, None)
    return account.html()
