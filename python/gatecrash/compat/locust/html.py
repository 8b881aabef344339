"""The HTML report, which Gatecrash does not have yet: asking for it says so."""

from gatecrash.guest.later import not_there_yet

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
    """The report as text."""
    raise not_there_yet("The HTML report")
