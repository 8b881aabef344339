"""Streams of events and WebSockets from Locust files, against a target that knows when it sent what."""

import json
import re
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import gevent
import pytest

import gatecrash
from gatecrash import _engine
from locust import FastHttpUser, HttpUser, task
from locust.exception import RescheduleTask

PATIENCE_S = 60


@pytest.fixture
def make_user(make_environment, target):
    """A user of a class, and the requests that it reports as dicts."""

    def make(base, host=target, **attributes):
        user_class = type("Visitor", (base,), {"abstract": False, "host": host, **attributes})
        environment = make_environment(user_class, host=host)
        user = user_class(environment)
        told = []
        environment.events.request.add_listener(lambda **event: told.append(event))
        environment.create_local_runner()
        return user, told

    return make


def measures(user, method, name) -> dict[str, int]:
    """How many values of each measure the statistics have."""
    lines = user.environment.stats._engine.measure_table(200, False)
    found, of = {}, ""
    for line in lines[1:]:
        label, measure, count = re.match(
            r"  (.{0,40}?) {2,}([a-z_]+)(?:, \S+)? +(\d+) ", line
        ).groups()
        of = label.strip() or of
        if of == f"{method} {name}":
            found[measure] = int(count)
    return found


# Streams of events


def test_events_come_as_they_are_sent(make_user):
    user, told = make_user(gatecrash.SseUser)
    events = user.client.sse("GET", "/sse?tokens=5&pace=20ms&first=50ms", name="sse")
    seen = list(events)
    assert [event.data for event in seen][:5] == [f"token{n}" for n in range(5)] or len(seen) >= 5
    times = [event.at_ms for event in seen[:5]]
    assert times == sorted(times) and times[0] >= 50 and times[4] - times[0] >= 60
    [request] = told
    assert request["request_type"] == "GET" and request["name"] == "sse"
    assert request["exception"] is None and request["response"].status_code == 200
    assert request["response_time"] >= times[4]
    assert request["response_length"] > 0
    assert user.environment.stats.get("sse", "GET").num_requests == 1


def test_events_are_stamped_while_the_user_computes(make_user):
    """The first look comes when all has been read; the stamps say when it was."""
    user, _ = make_user(gatecrash.SseUser)
    events = user.client.sse("GET", "/sse?tokens=5&pace=20ms")
    import time

    begun = time.monotonic()
    while time.monotonic() < begun + 0.3:
        pass
    times = [event.at_ms for event in events][:5]
    assert times[4] < 300 and times[4] - times[0] >= 60


@pytest.mark.parametrize(
    ("form", "path"),
    [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages")],
)
def test_tokens_of_language_models(make_user, form, path):
    user, told = make_user(gatecrash.SseUser)
    body = {
        "model": "any",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "How are you?"}],
        "tokens": 10,
        "pace": "5ms",
    }
    with user.client.sse("POST", path, json=body, form=form, name="chat") as answer:
        content = answer.read()
    assert content and answer.tokens == 10
    assert told[0]["exception"] is None
    assert {"ttft", "ttfo", "tpot", "chunk_gap", "events", "tokens", "tokens_per_s"} <= set(
        answer.measures
    )
    assert len(answer.measures["chunk_gap"]) == 9
    counted = measures(user, "POST", "chat")
    assert counted["ttft"] == counted["tpot"] == counted["tokens"] == 1
    assert counted["chunk_gap"] == 9


def test_a_stream_without_its_end_mark_failed(make_user):
    user, told = make_user(gatecrash.SseUser)
    body = {"model": "any", "stream": True, "messages": [], "tokens": 10, "cut": 4}
    list(user.client.sse("POST", "/v1/chat/completions", json=body, form="openai", name="cut"))
    [request] = told
    assert request["exception"] is not None and measures(user, "POST", "cut") == {}
    assert user.environment.stats.get("cut", "POST").num_failures == 1


def test_a_status_or_no_answer_is_a_failure(make_user):
    user, told = make_user(gatecrash.SseUser)
    assert list(user.client.sse("GET", "/status/503", name="status")) == []
    assert "503" in str(told[0]["exception"])
    nowhere, told = make_user(gatecrash.SseUser, host="http://127.0.0.1:1")
    events = nowhere.client.sse("GET", "/", name="nowhere")
    assert list(events) == [] and events.response.status_code == 0
    assert "Connection refused" in str(told[0]["exception"])


def test_what_a_block_decides(make_user):
    user, told = make_user(gatecrash.SseUser)
    with user.client.sse("GET", "/sse?tokens=2") as events:
        list(events)
        events.failure("not what was asked for")
    # Reported at the end of its events, before the block has decided: so decide before.
    with user.client.sse("GET", "/sse?tokens=2", name="judged") as events:
        for _ in events:
            events.failure("not what was asked for")
    with user.client.sse("GET", "/status/500", name="fine") as events:
        events.success()
    assert [str(each["exception"]) for each in told[1:]] == ["not what was asked for", "None"]
    assert len(told) == 3


def test_a_stream_that_is_left_early_counts_by_what_came(make_user, target):
    user, told = make_user(gatecrash.SseUser)
    for event in user.client.sse("GET", "/sse?tokens=1000&pace=10ms", name="left"):
        if event.at_ms > 50:
            break
    [request] = told
    assert request["exception"] is None and 50 < request["response_time"] < 5000


def test_an_end_for_the_whole(make_user):
    user, told = make_user(gatecrash.SseUser)
    list(user.client.sse("GET", "/sse?tokens=1000&pace=10ms", total_timeout=0.2))
    assert told[0]["exception"] is not None and 200 <= told[0]["response_time"] < 5000


# `stream=True`


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_lines_come_as_they_are_sent(make_user, base):
    """The target sends a line each 50 ms; each is there long before the last one is sent."""
    user, told = make_user(base)
    got = []

    def read():
        if base is HttpUser:
            response = user.client.get("/stream/5?delay_ms=50", stream=True)
            for line in response.iter_lines():
                got.append(line)
        else:
            for line in user.client.iter_lines("/stream/5?delay_ms=50"):
                got.append(line)

    reader = gevent.spawn(read)
    seen_at_once = set()
    while not reader.dead:
        seen_at_once.add(len(got))
        gevent.sleep(0.005)
    reader.get()
    assert len(got) == 5 and {1, 2, 3, 4} <= seen_at_once
    assert all(json.loads(line) for line in got)
    assert len(told) == 1 and told[0]["response_time"] < 200


# WebSockets


def test_a_message_there_and_back(make_user):
    user, told = make_user(gatecrash.WebSocketUser)
    socket = user.client.connect("/ws/echo", name="open")
    socket.send("one")
    assert socket.recv() == "one"
    assert socket.ask(b"\x00two", name="bytes") == b"\x00two"
    assert socket.ask({"three": 3}, "three", name="json") == '{"three": 3}'
    socket.close()
    names = [each["name"] for each in told]
    assert names == ["open", "send", "recv", "bytes", "json"]
    assert all(each["exception"] is None and each["request_type"] == "WS" for each in told)
    assert measures(user, "WS", "open").keys() == {"ws_connect", "messages_per_s"}
    assert measures(user, "WS", "recv") == measures(user, "WS", "json") == {"round_trip": 1}


def test_what_is_expected(make_user):
    user, told = make_user(gatecrash.WebSocketUser)
    with user.client.connect("/ws/echo") as socket:
        for message in ("a", "b", "c"):
            socket.send(message)
        assert socket.expect("b") == "b"
        assert socket.expect(lambda message: message > "b") == "c"
    assert [each["name"] for each in told][-2:] == ["expect", "expect"]


def test_what_does_not_come(make_user):
    user, told = make_user(gatecrash.WebSocketUser)
    socket = user.client.connect("/ws/echo")
    with pytest.raises(RescheduleTask):
        socket.recv(timeout=0.1)
    assert "no such message within the timeout" in str(told[-1]["exception"])
    assert 100 <= told[-1]["response_time"] < 1000
    # It goes on.
    assert socket.ask("still") == "still"
    socket.close()
    with pytest.raises(RescheduleTask):
        socket.send("late")
    assert "not open" in str(told[-1]["exception"])


def test_a_message_that_was_there_before_is_no_wait(make_user):
    user, told = make_user(gatecrash.WebSocketUser)
    with user.client.connect("/ws/echo") as socket:
        socket.send("early")
        gevent.sleep(0.2)
        assert socket.recv(timeout=0) == "early"
    assert told[-1]["response_time"] < 50


def test_a_server_that_wants_none(make_user):
    user, told = make_user(gatecrash.WebSocketUser)
    with pytest.raises(RescheduleTask):
        user.client.connect("/", name="page")
    assert told[0]["name"] == "page" and told[0]["exception"] is not None
    with pytest.raises(ValueError, match="no address of a WebSocket"):
        user.client.connect("ftp://127.0.0.1/")


def test_a_user_that_is_killed_leaves_its_socket(make_user, target):
    user, _ = make_user(gatecrash.WebSocketUser)

    def wait_for_ever():
        user.client.connect("/ws/echo").recv(timeout=None)

    waiting = gevent.spawn(wait_for_ever)
    gevent.sleep(0.2)
    waiting.kill()
    assert waiting.dead


FILE = """
from gatecrash import SseUser, WebSocketUser
from locust import task

class Listener(SseUser):
    @task
    def listen(self):
        for event in self.client.sse("GET", "/sse?tokens=3", name="listen"):
            pass

class Talker(WebSocketUser):
    def on_start(self):
        self.socket = self.client.connect("/ws/echo", name="open")

    def on_stop(self):
        self.socket.close()

    @task
    def talk(self):
        self.socket.ask("hello", name="talk")
"""


@pytest.mark.parametrize("load", ["-u 4 -r 4 -i 20 --headless", "--rate 40/s -t 1"])
def test_in_a_run(tmp_path, target, load):
    (tmp_path / "locustfile.py").write_text(textwrap.dedent(FILE))
    command = [sys.executable, "-m", "gatecrash", "-H", target, "--only-summary", *load.split()]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ran.returncode in (0, 98), ran.stderr
    table = ran.stderr.partition("Response time percentiles")[0]
    counts = {name: int(n) for name, n in re.findall(r"^\S+ +(\w+) +(\d+) ", table, re.M)}
    assert counts["listen"] + counts["talk"] == (20 if "-i" in load else 40)
    assert re.search(r"^  GET listen +ttft, ms +\d+", ran.stderr, re.M)
    assert re.search(r"^  WS talk +round_trip, ms +\d+", ran.stderr, re.M)


def received(target) -> int:
    with urllib.request.urlopen(f"{target}/truth") as answer:
        return json.load(answer)["received"]


def test_importing_the_package_patches_nothing():
    script = (
        "import gatecrash, sys; assert 'locust' not in sys.modules and 'gevent' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S)


def test_they_are_users_like_others(make_user):
    class Chat(gatecrash.SseUser):
        host = "http://127.0.0.1:1"

        @task
        def ask(self):
            pass

    assert issubclass(Chat, HttpUser) and Chat.abstract is False and len(Chat.tasks) == 1


def test_the_file_of_the_guide(tmp_path, target):
    guide = Path(__file__).parents[2] / "docs/guides/locust-streams.md"
    (file,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    (tmp_path / "locustfile.py").write_text(
        file.replace("between(1, 3)", "between(0, 0.1)").replace(
            "127.0.0.1:8000", target.partition("://")[2]
        )
    )
    command = [sys.executable, "-m", "gatecrash", "--headless", "-u", "2", "-r", "2", "-i", "10"]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "ttft" in ran.stderr and "round_trip" in ran.stderr


def test_a_killed_user_is_in_no_table(make_user):
    user, told = make_user(gatecrash.SseUser)
    before = _engine.abandoned()["unreported"]
    for path in ("/sse?tokens=1000&pace=10ms", "/sse?tokens=3&first=9s&head=9s", "/delay/9000"):
        listening = gevent.spawn(lambda path=path: list(user.client.sse("GET", path)))
        gevent.sleep(0.1)
        listening.kill()
    assert told == []
    assert _engine.abandoned()["unreported"] - before == 3
