"""Statistics: live views on the engine's numbers, with Locust's names, rules and constants."""

import csv
import io
import os
import pty
import subprocess
import sys

import pytest

from gatecrash import _engine
from locust import stats
from locust.exception import CatchResponseError
from locust.stats import RequestStats, StatsCSV, StatsCSVFileWriter, StatsEntry, StatsError
from locust.stats import StatsRecorder


@pytest.fixture
def run():
    """Statistics of two names, with one failure."""
    run = RequestStats()
    record = StatsRecorder(run)
    record("GET", "/list", 105, 10)
    record("GET", "/list", 12.5, 20, exception=CatchResponseError("it's late"), context={})
    record("POST", "/item", None, 0, exception=None)
    return run


class FakeEnvironment:
    """As much of an Environment as files of statistics need."""

    runner = None

    def __init__(self, run):
        self.stats = run


def test_what_is_recorded_is_read_at_once(run):
    record = StatsRecorder(run)
    for number in range(1, 1001):
        record("GET", "/again", 1, 1)
        assert run.get("/again", "GET").num_requests == number
    assert run.num_requests == 1003


def test_an_entry_has_locusts_numbers(run):
    entry = run.entries[("/list", "GET")]
    assert (entry.num_requests, entry.num_none_requests, entry.num_failures) == (2, 0, 1)
    assert (entry.min_response_time, entry.max_response_time) == (12.5, 105)
    assert (entry.total_response_time, entry.avg_response_time) == (117.5, 58.75)
    assert (entry.median_response_time, entry.get_response_time_percentile(0.99)) == (100, 100)
    assert entry.response_times == {12: 1, 100: 1}
    assert (entry.fail_ratio, entry.avg_content_length) == (0.5, 15)
    assert sum(entry.num_reqs_per_sec.values()) == 2
    assert entry.num_fail_per_sec[0] == 0
    assert entry.current_rps == 0
    assert entry.total_rps > 0
    assert entry.to_dict()["response_time_percentile_0.95"] == 100


def test_whole_numbers_stay_whole(run):
    assert repr(run.entries[("/list", "GET")].max_response_time) == "105"
    assert repr(run.entries[("/item", "POST")].total_response_time) == "0"
    run.log_request("GET", "/float", 7.0, 0)
    assert repr(run.get("/float", "GET").max_response_time) == "7.0"


def test_entries_are_a_mapping_by_name_and_method(run):
    assert list(run.entries) == [("/list", "GET"), ("/item", "POST")]
    assert [entry.name for entry in run.entries.values()] == ["/list", "/item"]
    assert run.entries.get(("/none", "GET")) is None
    assert ("/none", "GET") not in run.entries
    assert len(run.entries) == 2
    # Asking by [...] makes an entry, as it does in Locust.
    assert run.entries[("/none", "GET")].num_requests == 0
    assert run.entries[("/none", "GET")].get_response_time_percentile(0.95) == 0
    assert len(run.entries) == 3
    assert [entry.name for entry in stats.sort_stats(run.entries)] == ["/item", "/list", "/none"]


def test_failures_have_locusts_keys_and_texts(run):
    (key, error), *others = run.errors.items()
    assert not others
    # As Locust 2.47.0 makes it for GET, /list and this exception.
    assert key == "002318d7ae001573acbec62784ba1459e05ffadbfc44d39f4b605544f02d8e3c"
    # The exception itself, as files read it; its text is made where it is printed.
    assert repr(error.error) == 'CatchResponseError("it\'s late")'
    assert error.to_name() == "GET /list: it's late"
    assert error.occurrences == 1
    assert error.first_seen == error.last_seen
    run.log_error("GET", "/list", CatchResponseError("it's late"))
    assert run.errors[key].occurrences == 2
    assert run.total.num_failures == 2


def test_memory_addresses_do_not_tell_failures_apart(run):
    run.errors = {}
    for _ in range(3):
        run.log_error("GET", "/", ValueError(object()))
    (error,) = run.errors.values()
    assert error.occurrences == 3
    assert type(error).parse_error(error.error) == "ValueError(<object object at 0x....>)"


def test_failures_can_be_forgotten_but_not_assigned(run):
    with pytest.raises(ValueError, match="log_error"):
        run.errors = {"key": StatsError("GET", "/", "x")}
    run.errors = {}
    assert run.errors == {}
    assert run.total.num_failures == 1


@pytest.mark.parametrize("arguments", [("soon", 1), (1.0, None), ([], 1)])
def test_what_is_no_number_is_refused(run, arguments):
    with pytest.raises(TypeError):
        StatsRecorder(run)("GET", "/", *arguments)
    assert run.num_requests == 3


def test_any_name_will_do(run):
    StatsRecorder(run)("GET", None, 1, 1)
    StatsRecorder(run)("GET", 7, 1, 1)
    assert run.get("None", "GET").num_requests == run.get("7", "GET").num_requests == 1


def test_reset_keeps_the_names_and_clear_does_not(run):
    before = run.start_time
    run.reset_all()
    assert run.total.num_requests == 0
    assert len(run.entries) == 2
    assert run.errors == {}
    assert run.start_time > before
    run.clear_all()
    assert len(run.entries) == 0


def test_a_function_of_the_file_rounds_times(run, monkeypatch):
    monkeypatch.setattr(stats, "bucket_response_time", lambda ms: int(ms // 50 * 50))
    assert run.entries[("/list", "GET")].response_times == {0: 1, 100: 1}
    monkeypatch.setattr(stats, "bucket_response_time", lambda ms: round(ms * 2) / 2)
    assert run.entries[("/list", "GET")].response_times == {12.5: 1, 105: 1}
    monkeypatch.undo()
    assert run.entries[("/list", "GET")].response_times == {12: 1, 100: 1}


def test_our_rounding_function_is_locusts():
    times = [0.5, 1.5, 99.4, 104, 105, 115, 1050, 1150, 9950, 10_500, 11_500, 147.3]
    rounded = [0, 2, 99, 100, 100, 120, 1000, 1200, 10_000, 10_000, 12_000, 150]
    assert [stats.bucket_response_time(ms) for ms in times] == rounded


def test_assigned_constants_shape_the_tables(run, monkeypatch):
    monkeypatch.setattr(stats, "PERCENTILES_TO_REPORT", [0.5, 0.999])
    monkeypatch.setattr(stats, "STATS_NAME_WIDTH", 20)
    header = stats.get_percentile_stats_summary(run)[1]
    assert header.split() == ["Type", "Name", "50%", "99.9%", "#", "reqs"]
    assert header.index("50%") == 8 + 1 + 20 + 1 + 8 - 3
    assert len(stats.get_stats_summary(run)[1].split("|")[1]) == 16
    assert run.entries[("/list", "GET")].percentile().split() == ["GET", "/list", "100", "100", "2"]
    monkeypatch.setattr(stats, "PERCENTILES_TO_STATISTICS", [0.25])
    assert "response_time_percentile_0.25" in run.total.to_dict()


def test_current_percentiles_need_their_cache(run):
    assert run.total.get_current_response_time_percentile(0.5) == 100
    assert run.get("/none", "GET").get_current_response_time_percentile(0.5) is None
    bare = StatsEntry(run, "/bare", "GET")
    with pytest.raises(ValueError, match="use_response_times_cache"):
        bare.get_current_response_time_percentile(0.5)


def test_an_entry_of_its_own_leaves_the_statistics_alone(run):
    own = StatsEntry(run, "/own", "GET")
    own.log(30, 5)
    own.log_error("fault")
    assert (own.num_requests, own.num_failures, own.max_response_time) == (1, 1, 30)
    assert ("/own", "GET") not in run.entries
    assert run.num_requests == 3
    run.get("/list", "GET").extend(own)
    assert run.get("/list", "GET").num_requests == 3
    own.reset()
    assert own.num_requests == 0


def test_an_entry_survives_being_sent(run):
    data = run.get("/list", "GET").serialize()
    assert list(data)[:4] == ["name", "method", "last_request_timestamp", "start_time"]
    copy = StatsEntry.unserialize({**data, "unknown": 1}, run)
    assert copy.serialize() == data
    assert copy.median_response_time == 100


def test_serialising_all_starts_again_from_zero(run):
    reports = run.serialize_stats()
    assert [report["num_requests"] for report in reports] == [2, 1]
    assert run.serialize_stats() == []
    assert run.get("/list", "GET").num_requests == 0
    assert run.total.num_requests == 3


def test_the_json_has_all_used_entries(run, capsys, tmp_path):
    run.get("/none", "GET")
    stats.print_stats_json(run)
    printed = capsys.readouterr().out
    stats.save_stats_json(run, str(tmp_path / "all"))
    assert (tmp_path / "all.json").read_text() + "\n" == printed
    assert printed.count('"num_requests"') == 2


def rows_of(write):
    out = io.StringIO(newline="")
    write(csv.writer(out))
    return out.getvalue()


def test_rows_for_any_writer_are_those_of_the_files(run, tmp_path):
    environment = FakeEnvironment(run)
    shares = [0.5, 0.95]
    files = StatsCSVFileWriter(environment, shares, str(tmp_path / "new" / "run"))
    assert files.stats_history_file_name() == str(tmp_path / "new" / "run_stats_history.csv")
    run.log_request("GET", "/last", 1.25, 0)
    files.close_files()
    rows = StatsCSV(environment, shares)
    for kind, write in (
        ("stats", rows.requests_csv),
        ("failures", rows.failures_csv),
        ("exceptions", rows.exceptions_csv),
    ):
        written = (tmp_path / "new" / f"run_{kind}.csv").read_bytes().decode()
        assert written == rows_of(write)
    assert "/last" in rows_of(rows.requests_csv)


def test_files_that_cannot_be_written_are_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=str(tmp_path / "file")):
        StatsCSVFileWriter(FakeEnvironment(run), [0.5], str(tmp_path / "file" / "run"))


def reporter(run, prefix=None, **arguments):
    return _engine.Reporter(run._engine, csv_prefix=prefix, percentiles=[0.5], **arguments)


def test_the_reporter_writes_the_end(run, tmp_path, capfd):
    telling = reporter(run, str(tmp_path / "run"))
    telling.start()
    run.log_request("GET", "/last", 1.25, 0)
    run.log_exception(1, "boom", "line 1", "local")
    telling.update(
        users=3,
        percentiles=[0.5],
        rounding=None,
        name_width=20,
        type_width=8,
        table_interval_s=2,
        csv_interval_s=1,
    )
    telling.close()
    assert "GET,/last,1,0," in (tmp_path / "run_stats.csv").read_text()
    assert (tmp_path / "run_exceptions.csv").read_text().splitlines()[1] == "1,boom,line 1,local"
    users = [
        row["User Count"] for row in csv.DictReader((tmp_path / "run_stats_history.csv").open())
    ]
    assert users == ["0", "3"]
    told = capfd.readouterr().err
    assert told.splitlines()[0].split()[:2] == ["Type", "Name"]
    assert told.endswith("\n\n")
    assert "\r" not in told


def test_a_quiet_reporter_prints_nothing(run, capfd):
    telling = reporter(run, tables=False)
    telling.start()
    telling.close()
    assert capfd.readouterr().err == ""


def test_a_terminal_gets_a_progress_line():
    code = """
import gatecrash, time
from gatecrash import _engine
stats = _engine.Stats()
reporter = _engine.Reporter(stats, percentiles=[0.5], tables=False, run_time_s=60)
reporter.start()
reporter.erase_line()
reporter.close()
"""
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=slave, check=True, timeout=30)
    os.close(slave)
    shown = os.read(master, 4096).decode()
    os.close(master)
    assert shown == "0s of 1:00 · 0 users · 0.0 req/s · 0 requests · no failures\r\x1b[K"


@pytest.mark.parametrize(
    ("name", "shares", "told"),
    [
        ("PERCENTILES_TO_CHART", [0.5] * 7, "at most 6"),
        ("PERCENTILES_TO_CHART", [50], "between 0 and 1"),
        ("PERCENTILES_TO_STATISTICS", ["x"], "between 0 and 1"),
    ],
)
def test_percentiles_that_cannot_be_shown_end_the_process(monkeypatch, capsys, name, shares, told):
    monkeypatch.setattr(stats, name, shares)
    with pytest.raises(SystemExit) as end:
        stats.validate_stats_configuration()
    assert end.value.code == 1
    assert told in capsys.readouterr().err


def test_constants_as_they_are_can_be_shown():
    stats.validate_stats_configuration()
