"""What others see of a run while it goes on: served at /metrics, sent by OTLP.

Each run is a process against a target of its own; what it tells is read by libraries that are not
ours.
"""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families

PATIENCE_S = 60

FILE = """
from gatecrash import metrics
from locust import HttpUser, constant, task

depth = metrics.gauge("queue.depth", unit="jobs")

class Visitor(HttpUser):
    wait_time = constant(0.01)

    @task
    def visit(self):
        depth.set(7)
        self.client.get("/")
        self.client.get("/status/503", name='say "hi" \\\\ twice')
"""

PLAN = """
name: Shop
host: {target}
users: {{ reader: {{ tasks: [{{ get: / }}] }} }}
scenarios: {{ main: {{ users: 1, iterations: 5 }} }}
"""


@pytest.fixture
def begin(spawn, tmp_path, target):
    """Starts a headless run of `FILE`."""

    def start(*arguments: str, **variables: str) -> subprocess.Popen:
        (tmp_path / "locustfile.py").write_text(FILE)
        command = (sys.executable, "-m", "gatecrash", "-H", target, "--headless", "--only-summary")
        return spawn(*command, *arguments, env=os.environ | variables)

    return start


def _address(process: subprocess.Popen) -> str:
    """Where a run serves its metrics, as it says."""
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"[Mm]etrics at (http://\S+)", line):
            return found[1]
    raise AssertionError(said)


def _families(url: str) -> dict:
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        text = answer.read().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def _patiently(ask):
    """What `ask` gives, as soon as it is anything."""
    for _ in range(PATIENCE_S * 10):
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def _value(families: dict, sample: str, **labels: str) -> float | None:
    for family in families.values():
        for one in family.samples:
            if one.name == sample and labels.items() <= one.labels.items():
                return one.value
    return None


def _watched(process: subprocess.Popen, least_users: int = 0) -> dict:
    """The metrics of a run as soon as it has some requests."""
    url = _address(process)

    def told():
        families = _families(url)
        count = _value(families, "gatecrash_requests_total", name='say "hi" \\ twice')
        users = _value(families, "locust_users") or 0
        return families if (count or 0) > 3 and users >= least_users else None

    return _patiently(told)


@pytest.mark.parametrize("load", [("-u", "2"), ("--rate", "50/s", "--run-time", "1h")])
def test_a_run_is_served_while_it_goes(begin, load):
    process = begin(*load, "--metrics-port", "0", "--objective", "p95 < 1m")
    families = _watched(process, least_users=0 if "--rate" in load else 2)
    odd = {"method": "GET", "name": 'say "hi" \\ twice'}
    count = _value(families, "gatecrash_requests_total", **odd)
    assert _value(families, "gatecrash_failures_total", **odd) == count
    assert _value(families, "gatecrash_errors_total", **odd, kind="status 503") == count
    assert _value(families, "gatecrash_response_time_seconds_count", **odd) == count
    assert _value(families, "gatecrash_metric_queue_depth_jobs") == 7
    assert _value(families, "gatecrash_objective_holds", objective="p95 < 1m") == 1
    assert _value(families, "gatecrash_scenario_state", state="running") == 1
    assert _value(families, "gatecrash_generator_cpu_ratio", lane="0") >= 0
    assert _value(families, "locust_requests_num_requests", **odd) == count
    assert _value(families, "locust_running") == 2
    users = _value(families, "locust_users")
    assert users == _value(families, "gatecrash_users")
    if "--rate" in load:
        assert _value(families, "gatecrash_arrivals_started_total") > 0
    else:
        assert users == 2
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)


def test_a_port_that_is_taken_is_told_before_the_run(begin):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = begin("--metrics-port", str(port), "--iterations", "1")
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 97
    assert f"cannot serve metrics on 127.0.0.1:{port}: Address already in use" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--metrics-port", "70000"), "must be from 0 to 65535"),
        (("--metrics-port", "x"), "'x' is not a whole number"),
        (("--metrics-host", "0.0.0.0"), "only meaningful in combination with --metrics-port"),
    ],
)
def test_what_makes_no_sense_is_refused(begin, arguments, said):
    process = begin(*arguments, "--iterations", "1")
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert said in err


class Collector:
    """What a collector was sent."""

    def __init__(self, url: str, folder: Path):
        self.url, self._folder = url, folder

    @property
    def heads(self) -> list[dict]:
        """Path and headers of each request."""
        return [json.loads(file.read_text()) for file in sorted(self._folder.glob("*.json"))]

    @property
    def last(self) -> ExportMetricsServiceRequest:
        """The last request, read by another's code."""
        body = sorted(self._folder.glob("*.body"))[-1].read_bytes()
        head = self.heads[-1]
        if head.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if head["content-type"] == "application/json":
            return json_format.Parse(body, ExportMetricsServiceRequest())
        assert head["content-type"] == "application/x-protobuf"
        return ExportMetricsServiceRequest.FromString(body)

    @property
    def metrics(self) -> dict:
        """The metrics of the last request by their names."""
        (resource,) = self.last.resource_metrics
        (scope,) = resource.scope_metrics
        assert scope.scope.name == "gatecrash"
        return {metric.name: metric for metric in scope.metrics}

    @property
    def resource(self) -> dict:
        """Whom the last request is of."""
        return _attributes(self.last.resource_metrics[0].resource.attributes)


def _attributes(pairs) -> dict:
    return {pair.key: pair.value.string_value for pair in pairs}


@pytest.fixture
def collector(spawn, tmp_path):
    """Starts a collector."""

    def start(status: int = 200) -> Collector:
        folder = tmp_path / f"sent-{status}"
        folder.mkdir()
        script = Path(__file__).with_name("otlp_receiver.py")
        process = spawn(sys.executable, str(script), str(folder), str(status))
        return Collector(process.stdout.readline().strip(), folder)

    return start


def _point(metric, **labels):
    data = getattr(metric, metric.WhichOneof("data"))
    found = [
        point
        for point in data.data_points
        if labels.items() <= _attributes(point.attributes).items()
    ]
    assert len(found) == 1, (metric.name, labels, found)
    return found[0]


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
def test_numbers_are_sent_to_a_collector(begin, collector, protocol):
    to = collector()
    process = begin(
        "-u", "1", "--iterations", "8", "--otel", "--exit-code-on-error", "0",
        OTEL_EXPORTER_OTLP_ENDPOINT=to.url + "/base/",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_EXPORTER_OTLP_HEADERS="api-key=s3cret%2Cword,x-other=1",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip" if protocol == "http/protobuf" else "none",
        OTEL_METRIC_EXPORT_INTERVAL="100",
        OTEL_SERVICE_NAME="night run",
        OTEL_RESOURCE_ATTRIBUTES="team=search,service.name=other",
    )  # fmt: skip
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "Metrics are sent to" in err
    assert "s3cret" not in out + err
    head = to.heads[-1]
    assert head["path"] == "/base/v1/metrics"
    assert head["api-key"] == "s3cret,word"
    assert to.resource["service.name"] == "night run"
    assert to.resource["team"] == "search"
    assert to.resource["gatecrash.run"] == "locustfile"
    requests = to.metrics["gatecrash.requests"]
    assert requests.sum.is_monotonic
    assert requests.sum.aggregation_temporality == 2
    point = _point(requests, name="/", method="GET", scenario="locustfile")
    assert point.as_double == 8
    assert 0 < point.start_time_unix_nano < point.time_unix_nano
    times = to.metrics["gatecrash.response_time"]
    assert times.unit == "s"
    assert times.histogram.aggregation_temporality == 2
    times = _point(times, name="/")
    assert times.count == sum(times.bucket_counts) == 8
    assert len(times.bucket_counts) == len(times.explicit_bounds) + 1
    assert 0 < times.sum < 60
    depth = to.metrics["gatecrash.metric.queue.depth"]
    assert (depth.unit, _point(depth).as_double) == ("{jobs}", 7)
    assert _point(to.metrics["gatecrash.scenario_state"], state="ended").as_double == 1


def test_a_plan_is_sent_as_well(spawn, collector, tmp_path, target):
    to = collector()
    (tmp_path / "plan.yaml").write_text(PLAN.format(target=target))
    process = spawn(
        *(sys.executable, "-m", "gatecrash", "run", "plan.yaml", "--otel", "--no-results"),
        env=os.environ | {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": to.url + "/mine"},
    )
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, out + err
    assert [head["path"] for head in to.heads] == ["/mine"]
    assert to.resource["service.name"] == "gatecrash"
    assert to.resource["gatecrash.run"] == "Shop"
    assert _point(to.metrics["gatecrash.requests"]).as_double == 5


def test_a_collector_that_takes_nothing_costs_the_run_nothing(begin, collector):
    to = collector(status=503)
    process = begin(
        "-u", "1", "-t", "2s", "--otel", "--exit-code-on-error", "0",
        OTEL_EXPORTER_OTLP_ENDPOINT=to.url,
        OTEL_METRIC_EXPORT_INTERVAL="100",
    )  # fmt: skip
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    # The next interval tries again, and the reason is told once.
    assert len(to.heads) > 1
    assert err.count("it answered with status 503") == 1


def test_where_nobody_listens_the_reason_is_told(spawn, tmp_path, target):
    (tmp_path / "plan.yaml").write_text(PLAN.format(target=target))
    process = spawn(
        *(sys.executable, "-m", "gatecrash", "run", "plan.yaml", "--otel", "--no-results"),
        env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
    )
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    told = "warning: metrics were not taken by http://127.0.0.1:1/v1/metrics: cannot connect"
    assert err.count(told) == 1, err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "gRPC is not spoken here"),
        ({"OTEL_METRICS_EXPORTER": "console"}, "only otlp and none"),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "s3cret"}, "whole number of milliseconds"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "s3cret"}, "name=value"),
    ],
)
def test_what_cannot_be_followed_is_told_before_the_run(begin, variables, said):
    process = begin("--iterations", "1", "--otel", **variables)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert f"--otel: {next(iter(variables))}: " in err and said in err
    assert "s3cret" not in err


def test_who_wants_nothing_sent_gets_that(begin, collector):
    to = collector()
    process = begin(
        "--iterations", "1", "--otel", "--exit-code-on-error", "0",
        OTEL_EXPORTER_OTLP_ENDPOINT=to.url,
        OTEL_SDK_DISABLED="true",
    )  # fmt: skip
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert to.heads == []


TRACED = """
import re
from locust import HttpUser, constant, events, task

seen = set()

class Visitor(HttpUser):
    wait_time = constant(0)

    def header(self, **arguments):
        answer = self.client.get("/echo", **arguments)
        (value,) = [v for n, v in answer.json()["headers"] if n.lower() == "traceparent"]
        return value

    @task
    def visit(self):
        value = self.header()
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", value), value
        assert value not in seen
        seen.add(value)
        own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        assert self.header(headers={"Traceparent": own}, name="own") == own
        with self.client.get("/echo", name="judged", catch_response=True) as answer:
            answer.failure("no")
"""


@pytest.mark.parametrize("load", [("-u", "1", "--iterations", "12"), ("--rate", "20/s", "-t", "1")])
def test_slow_requests_are_told_by_their_traces(spawn, tmp_path, target, load):
    (tmp_path / "locustfile.py").write_text(TRACED)
    process = spawn(
        *(sys.executable, "-m", "gatecrash", "-H", target, "--headless", "--only-summary"),
        *(*load, "--trace", "--results", "out", "--exit-code-on-error", "0"),
    )
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, 98), err
    record = json.loads((tmp_path / "out/run.json").read_text())
    (scenario,) = record["scenarios"]
    assert scenario["exceptions"] == [], err
    slowest = {one["name"]: one["slowest"] for one in scenario["endpoints"]}
    assert all(len(one) == 10 for one in slowest.values())
    assert {one["trace_id"] for one in slowest["own"]} == {"0af7651916cd43dd8448eb211c80319c"}
    assert all(one["failed"] for one in slowest["judged"])
    assert all(one["status"] == 200 for one in slowest["/echo"])
    assert len({one["trace_id"][:16] for one in slowest["/echo"]}) == 1
    assert "slowest requests" in err
