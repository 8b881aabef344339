"""`FastHttpUser` against the target: what it sends, what it reports, what it gives back.

What is expected here was seen of Locust 2.47.0 with geventhttpclient 2.6.1 on the same target.
"""

import base64
import io
import re
import subprocess
import sys
from http.cookiejar import Cookie

import gevent
import geventhttpclient
import pytest
from geventhttpclient.client import HTTPClientPool
from geventhttpclient.url import URL

import locust.contrib.fasthttp as fasthttp
from gatecrash.http import foreign
from gatecrash.http.fast_client import EngineClient
from locust.contrib.fasthttp import (
    ErrorResponse,
    FastHttpSession,
    FastHttpUser,
    FastResponse,
    ResponseContextManager,
)
from locust.event import EventHook
from locust.exception import LocustError, ResponseError

AGENT = f"User-Agent: python/gevent-http-client-{geventhttpclient.__version__}"
CODINGS = "Accept-Encoding: gzip, deflate, br"
JSON = "Content-Type: application/json|Accept: application/json"
FORM = "content-type: application/x-www-form-urlencoded; charset=utf-8"
TEXT = "content-type: text/plain; charset=utf-8"
BYTES = "content-type: application/octet-stream"


@pytest.fixture(scope="module")
def target():
    yield from serve()


@pytest.fixture(scope="module")
def secure_target():
    yield from serve("--tls")


def serve(*arguments):
    """The base URL of a target of our own."""
    command = [sys.executable, "-m", "gatecrash", "target", "clinic", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"https?://[\w.]+:\d+", process.stdout.readline())[0]
        finally:
            process.kill()


@pytest.fixture
def make_user(make_environment, target):
    """Makes a user of FastHttpUser with these attributes; its events are in `user.seen`."""

    def make(host=target, listens=True, **attributes):
        kind = type("Fast", (FastHttpUser,), {"host": host, **attributes})
        user = kind(make_environment(kind))
        user.seen = []
        if listens:
            user.environment.events.request.add_listener(lambda **event: user.seen.append(event))
        return user

    return make


@pytest.fixture
def client(make_user):
    return make_user().client


def raw(response):
    """The request as the target saw it, lines joined by `|`, without the target's address."""
    text = base64.b64decode(response.json()["raw"]).decode("latin-1").replace("\r\n", "|")
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)


def received(target, path):
    """How many requests the target received on `path`."""
    truth = FastHttpSession(target, EventHook(), None).get("/truth").json()
    return sum(entry["received"] for entry in truth["endpoints"] if entry["path"] == path)


SENT = [
    ("GET", {}, f"{CODINGS}|Host: HOST||"),
    ("HEAD /bytes", {}, None),
    ("POST", {}, f"{CODINGS}|Host: HOST|Content-Length: 0||"),
    ("DELETE", {}, f"{CODINGS}|Host: HOST||"),
    ("GET", {"headers": {"X-b": "1", "y": 2}}, f"X-b: 1|y: 2|{CODINGS}|Host: HOST||"),
    ("GET", {"headers": {"X": ["1", "2"]}}, f"X: 1|X: 2|{CODINGS}|Host: HOST||"),
    ("GET", {"headers": {"accept-encoding": "br"}}, "accept-encoding: br|Host: HOST||"),
    ("GET", {"headers": {"Host": "else"}}, f"Host: else|{CODINGS}||"),
    ("GET", {"auth": ("u", "p")}, f"Authorization: Basic dTpw|{CODINGS}|Host: HOST||"),
    (
        "POST",
        {"json": {"ü": 1}},
        f'{CODINGS}|{JSON}|Host: HOST|Content-Length: 13||{{"\\u00fc": 1}}',
    ),
    (
        "POST",
        {"json": [], "headers": {"accept": "a/b"}},
        f"accept: a/b|{CODINGS}|Content-Type: application/json|Host: HOST|Content-Length: 2||[]",
    ),
    ("PUT", {"data": "ü"}, f"{CODINGS}|{TEXT}|content-length: 2|Host: HOST||Ã¼"),
    ("PATCH", {"data": b"ab"}, f"{CODINGS}|{BYTES}|Host: HOST|Content-Length: 2||ab"),
    (
        "POST",
        {"data": "ab", "headers": {"Content-Type": "a/b"}},
        f"Content-Type: a/b|{CODINGS}|Host: HOST|Content-Length: 2||ab",
    ),
    (
        "POST",
        {"data": b"ab", "headers": {"Content-Type": ""}},
        f"{BYTES}|{CODINGS}|Host: HOST|Content-Length: 2||ab",
    ),
    (
        "POST",
        {"data": {"a": "1 2", "b": None}},
        f"{CODINGS}|{FORM}|content-length: 12|Host: HOST||a=1+2&b=None",
    ),
    (
        "POST",
        {"data": {"a": "1"}, "timeout": 3},
        f"{CODINGS}|{FORM}|content-length: 13|Host: HOST||a=1&timeout=3",
    ),
    (
        "POST",
        {"data": io.BytesIO(b"abc")},
        f"{CODINGS}|{BYTES}|Host: HOST|Transfer-Encoding: chunked||3|abc|0||",
    ),
    (
        "POST",
        {"data": (part for part in ("ab", b"c"))},
        f"{CODINGS}|{BYTES}|Host: HOST|Transfer-Encoding: chunked||2|ab|1|c|0||",
    ),
    (
        "POST",
        {"data": iter([b"ab"]), "headers": {"Content-Length": "2"}},
        f"{CODINGS}|{BYTES}|Host: HOST|Transfer-Encoding: chunked||2|ab|0||",
    ),
    (
        "POST",
        {"files": {"f": ("n.txt", b"abc", "text/plain", {}, "edge")}, "data": {"k": "v"}},
        f"{CODINGS}|content-type: multipart/form-data; boundary=edge|content-length: 166|Host: HOST||"
        '--edge|Content-Disposition: form-data; name="k"||v|'
        '--edge|Content-Disposition: form-data; name="f"; filename="n.txt"|'
        "Content-Type: text/plain||abc|--edge--|",
    ),
    (
        "POST",
        {"data": "abc", "headers": {"Expect": "100-continue"}},
        f"Expect: 100-continue|{CODINGS}|{TEXT}|content-length: 3|Host: HOST||abc",
    ),
]


@pytest.mark.parametrize(("method", "call", "expected"), [row for row in SENT if row[2]])
def test_bytes_of_a_call(client, method, call, expected):
    assert raw(client.request(method, "/echo", **call)) == (
        f"{method} /echo HTTP/1.1|{AGENT}|{expected}"
    )


@pytest.mark.parametrize(
    ("path", "params", "line"),
    [
        ("/echo?", None, "/echo"),
        ("/echo?a=b c&ü", None, "/echo?a=b%20c&%C3%BC"),
        ("/echo;?x", None, "/echo?x"),
        ("/echo%41%2f#part", None, "/echoA%2f"),
        ("/a/../echo", None, "/a/../echo"),
        ("/echo", {"a": ["1", "2"], "b": None, "c": "/"}, "/echo?a=1&a=2&c=%2F"),
        ("/echo?z=1", {"a": 1}, "/echo?z=1&a=1"),
        ("/echo?z=1", {}, "/echo?z=1&"),
        ("/echo", [("a", "b")], "/echo?a=b"),
        ("/echo", "a b", "/echo?a%20b"),
    ],
)
def test_target_of_a_call(client, path, params, line):
    response = client.get(path, params=params)
    if "echo" in response.url and response.ok:
        assert raw(response).startswith(f"GET {line} HTTP/1.1|")
    # Also where the target knows no such path.
    assert response._sent_request.startswith(f"GET {line} HTTP/1.1\r\n")


def test_plain_calls_spare_the_library(make_user, monkeypatch):
    user = make_user()

    def urlopen(*_arguments, **_keywords):
        pytest.fail("the user agent was asked")

    monkeypatch.setattr(fasthttp.LocustUserAgent, "urlopen", urlopen)
    client = user.client
    client.get("/echo?a=1", name="n", headers={"X": "1"}, auth=("u", "p"), context={})
    client.post("/echo", json={"a": 1}, params={"b": 2})
    client.put("/echo", data={"a": 1})
    client.get("/cookies/set?a=1&path=/")
    with client.get("/status/404", catch_response=True) as response:
        response.success()
    with user.rest("GET", "/json"):
        pass
    assert [event["exception"] for event in user.seen] == [None] * 6


def test_unknown_keywords_become_parameters(client):
    assert raw(client.get("/echo", verify=False)).startswith("GET /echo?verify=False HTTP/1.1|")
    assert raw(client.put("/echo", data="x", timeout=2)).startswith("PUT /echo?timeout=2 HTTP/1.1|")


@pytest.mark.parametrize(
    ("path", "call", "fault"),
    [
        ("//echo", {}, ValueError),
        ("/echo", {"headers": {"X": "a\r\nb"}}, ValueError),
        ("/echo", {"headers": {"X Y": "a"}}, ValueError),
        ("/echo", {"data": "x", "files": {"f": b"x"}}, ValueError),
        ("/echo", {"json": object()}, TypeError),
        (None, {}, TypeError),
    ],
)
def test_faults_of_the_caller_are_raised(make_user, path, call, fault):
    user = make_user()
    with pytest.raises(fault):
        user.client.post(path, **call)
    assert user.seen == []


def test_default_headers_and_their_change(make_user):
    client = make_user(default_headers={"X-D": "1", "accept": "a/b"}).client
    assert raw(client.get("/echo")).split("|")[1:4] == [AGENT, "X-D: 1", "accept: a/b"]
    assert raw(client.get("/echo", headers={"Accept": "c/d"})).split("|")[3] == "Accept: c/d"
    client.client.default_headers["X-Later"] = "2"
    assert "|X-Later: 2|" in raw(client.get("/echo"))
    client.client.default_headers.add("X-Later", "3")
    assert "|X-Later: 2|X-Later: 3|" in raw(client.get("/echo"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(client, status):
    asked = f"/redirect-to?url=/echo&status={status}"
    response = client.post(asked, data="body", auth=("u", "p"))
    shown = raw(response)
    if status < 307:
        assert shown == (
            f"GET /echo HTTP/1.1|{AGENT}|Authorization: Basic dTpw|{CODINGS}|Host: HOST||"
        )
    else:
        assert shown.startswith("POST /echo HTTP/1.1|") and shown.endswith("||body")
    assert [hop.status_code for hop in response.history] == [status]
    assert response.url.endswith("/echo")
    unfollowed = client.get(asked, allow_redirects=False)
    assert (unfollowed.status_code, unfollowed.ok, unfollowed.history) == (status, True, [])
    # The same for a call that is not plain.
    assert client.get(asked, headers={"X": 1}, allow_redirects=False).status_code == status
    assert client.head(asked).request.method == "HEAD"


def test_redirect_elsewhere_drops_authorization(client, target):
    elsewhere = target.replace("127.0.0.1", "localhost")
    response = client.get(f"/redirect-to?url={elsewhere}/echo", headers={"Authorization": "x"})
    assert "Authorization" not in raw(response)


def test_redirect_limits(make_user):
    user = make_user(max_redirects=2)
    assert user.client.get("/redirect/2").status_code == 200
    too_many = user.client.get("/redirect/3")
    assert repr(too_many.error).endswith("/redirect/3', 'Redirection limit reached (2)')")
    assert user.client.get("/redirect/3", max_redirects=0).status_code == 302
    assert user.seen[1]["exception"] is too_many.error


def test_cookies(make_user):
    client = make_user().client
    client.get("/cookies/set?a=1&b=2&path=/")
    assert sorted((each.name, each.value) for each in client.cookiejar) == [("a", "1"), ("b", "2")]
    assert f"{CODINGS}|Cookie: a=1; b=2|Host: HOST||" in raw(client.get("/echo"))
    own = raw(client.get("/echo", headers={"Cookie": "z=9"}))
    assert f"|Cookie: z=9|{CODINGS}|Host" in own and "a=1" not in own
    client.get("/cookies/set?c=3&path=/&redirect=/echo")
    assert "|Cookie: a=1; b=2; c=3|" in raw(client.get("/echo"))
    client.cookiejar.clear()
    assert "Cookie" not in raw(client.get("/echo"))
    assert list(make_user().client.cookiejar) == []


def test_cookies_set_by_hand_and_jars_taken_away(client):
    by_hand = Cookie(
        0,
        "m",
        "v",
        None,
        False,
        "127.0.0.1",
        True,
        False,
        "/",
        True,
        False,
        None,
        False,
        None,
        None,
        {},
    )
    client.get("/echo")
    client.cookiejar.set_cookie(by_hand)
    assert "|Cookie: m=v|" in raw(client.get("/echo"))
    client.client.cookiejar = None
    assert "Cookie" not in raw(client.get("/echo"))


def test_base_url(make_user, target):
    user = make_user(host=target.replace("127", "us:p%40s@127") + "/status")
    client = user.client
    assert (client.base_url, client.auth_header) == (f"{target}/status", "Basic dXM6cEBz")
    assert client.get("/201").status_code == 201
    client.base_url = target
    assert "|Authorization: Basic dXM6cEBz|" in raw(client.get("/echo"))
    assert raw(client.get(f"{target}/echo?x")).startswith("GET /echo?x HTTP/1.1|")
    assert [(event["name"], event["url"]) for event in user.seen] == [
        ("/201", f"{target}/status/201"),
        ("/echo", f"{target}/echo"),
        (f"{target}/echo?x", f"{target}/echo?x"),
    ]


def test_names_and_event_arguments(make_user):
    user = make_user(context=lambda self: {"user": 1})
    client = user.client
    client.get("/text?x=1", params={"a": 1}, context={"own": 2})
    client.request("get", "/text", name="mine")
    with client.rename_request("group"):
        client.get("/text")
        client.get("/text", name="mine")
    assert [event["name"] for event in user.seen] == ["/text?x=1", "mine", "group", "mine"]
    assert [event["request_type"] for event in user.seen][:2] == ["GET", "get"]
    first = user.seen[0]
    assert (
        list(first)
        == (
            "request_type name context response exception start_time url response_length response_time"
        ).split()
    )
    assert first["context"] == {"user": 1, "own": 2}
    assert first["response_length"] == len(first["response"].content) > 0
    assert first["response_time"] > 0 and first["exception"] is None


def test_status_codes(make_user):
    user = make_user()
    for status in (200, 208, 226, 304, 209, 227, 300, 400, 404, 500):
        response = user.client.get(f"/status/{status}")
        assert type(response) is FastResponse and response.status_code == status
    assert [repr(event["exception"]) for event in user.seen] == [
        *(["None"] * 4),
        *(f"LocustBadStatusCode(code={status})" for status in (209, 227, 300, 400, 404, 500)),
    ]
    error = user.seen[-1]["exception"]
    assert (error.code, error.url, error.response.status_code) == (500, user.seen[-1]["url"], 500)
    assert str(error) == f"URL {error.url}: code=500"
    assert error.http_log.startswith(f"REQUEST: {error.url}\nGET /status/500 HTTP/1.1\r\n{AGENT}")
    with pytest.raises(type(error)):
        user.seen[-1]["response"].raise_for_status()


def test_own_valid_codes(client):
    client.client.valid_response_codes = frozenset([404])
    assert not hasattr(client.get("/status/404"), "error")
    assert client.get("/status/200").error.code == 200


FAULTS = [
    ("/fault/short-body", FastResponse, "HTTPParseError('Incomplete response.')"),
    ("/fault/reset", ErrorResponse, "HTTPConnectionClosed('connection closed.')"),
    (
        "/fault/reset?after=10",
        ErrorResponse,
        "ConnectionResetError(104, 'Connection reset by peer')",
    ),
    (
        "/fault/reset?after=300",
        FastResponse,
        "ConnectionResetError(104, 'Connection reset by peer')",
    ),
    (
        "/fault/bad-chunk",
        ErrorResponse,
        "HTTPParseError('Invalid character in chunk size', 12)",
    ),
    ("/fault/close-before-answer", ErrorResponse, "HTTPConnectionClosed('connection closed.')"),
    (
        "http://127.0.0.1:1/x",
        ErrorResponse,
        "ConnectionRefusedError(111, 'Connection refused')",
    ),
    (
        "http://unknown.invalid/",
        ErrorResponse,
        "gaierror(-2, 'Name or service not known')",
    ),
]


@pytest.mark.parametrize(("path", "kind", "error"), FAULTS)
def test_faults_of_the_server(make_user, path, kind, error):
    user = make_user()
    response = user.client.get(path)
    assert type(response) is kind
    assert repr(user.seen[0]["exception"]) == error
    assert user.seen[0]["response_length"] == 0
    if kind is ErrorResponse:
        assert (response.status_code, response.content, response.text) == (0, None, None)
        assert (response.headers, response.ok) == (None, True)
        assert response.request.method == "GET" and response.url.endswith(path)
    else:
        assert response.status_code == 200 and set(response.text) == {"x"}


def test_closed_connections_are_tried_again_unless_that_could_harm(make_user, target):
    client = make_user(concurrency=2).client
    before = received(target, "/fault/close-before-answer")
    client.get("/fault/close-before-answer")
    assert received(target, "/fault/close-before-answer") - before == 4
    client.post("/fault/close-before-answer", data=b"x")
    assert received(target, "/fault/close-before-answer") - before == 5


def test_network_timeout(make_user, target):
    user = make_user(network_timeout=0.1, max_retries=1)
    before = received(target, "/fault/no-answer")
    user.client.get("/fault/no-answer")
    user.client.post("/fault/no-answer", data=b"x")
    silent = f"RetriesExceeded('{target}/fault/no-answer', 1, original=timed out)"
    assert [repr(event["exception"]) for event in user.seen] == [silent, silent]
    assert received(target, "/fault/no-answer") - before == 3
    assert 190 < user.seen[0]["response_time"] and 90 < user.seen[1]["response_time"]
    assert user.client.get("/fault/slow-body?bytes=8&ms=20").text == "x" * 8
    broken = user.client.get("/fault/slow-body?bytes=2&ms=300")
    assert (broken.status_code, repr(user.seen[-1]["exception"])) == (
        200,
        "TimeoutError('timed out')",
    )


def test_timeouts_of_gevent_are_failures(make_user, target):
    user = make_user()
    with gevent.Timeout(0.05):
        response = user.client.get("/fault/no-answer")
    error = f"RetriesExceeded('{target}/fault/no-answer', 0, original=0.05 seconds)"
    assert repr(response.error) == repr(user.seen[0]["exception"]) == error
    assert user.seen[0]["response_time"] > 40


def test_a_killed_greenlet_reports_nothing(make_user):
    user = make_user()
    greenlet = gevent.spawn(user.client.get, "/fault/no-answer")
    gevent.sleep(0.05)
    greenlet.kill()
    assert user.seen == [] and user.client.get("/text").ok


def outcome(user, path, block, **call):
    """The exception that is reported after `block(response)` ran in a with-block."""
    with user.client.get(path, catch_response=True, **call) as response:
        block(response)
    assert type(response) is ResponseContextManager
    assert type(user.seen[-1]["response"]) in (FastResponse, ErrorResponse)
    return repr(user.seen[-1]["exception"])


def raising(error):
    def block(_response):
        raise error

    return block


def test_catch_response(make_user):
    user = make_user()
    assert outcome(user, "/text", lambda response: None) == "None"
    assert outcome(user, "/status/404", lambda response: None) == "LocustBadStatusCode(code=404)"
    assert outcome(user, "/status/404", lambda response: response.success()) == "None"
    assert outcome(user, "/text", lambda response: response.failure("bad")) == (
        "CatchResponseError('bad')"
    )
    assert outcome(user, "/text", raising(ResponseError("x"))) == "ResponseError('x')"
    assert outcome(user, "http://127.0.0.1:1/", lambda response: response.success()) == "None"
    assert len(user.seen) == 6
    with pytest.raises(KeyError):
        outcome(user, "/text", raising(KeyError("k")))
    assert len(user.seen) == 6


def test_request_meta_can_be_changed(make_user):
    user = make_user()
    with user.client.get("/text", catch_response=True) as response:
        response.request_meta.update(name="other", response_time=5, response_length=7)
    event = user.seen[0]
    assert (event["name"], event["response_time"], event["response_length"]) == ("other", 5, 7)


def test_misuse_of_blocks(make_user):
    user = make_user()
    with pytest.raises(LocustError):
        user.client.get("/text").failure("x")
    with pytest.raises(LocustError):
        user.client.get("/text", catch_response=True).success()
    assert len(user.seen) == 1
    with user.client.get("/text") as response:
        assert response.ok


def test_rest(make_user):
    user = make_user()
    with user.rest("POST", "/echo", json={"a": 1}) as response:
        assert raw(response).endswith('||{"a": 1}')
        assert base64.b64decode(response.js["raw"]).decode() in response._sent_request + '{"a": 1}'
    with user.rest("GET", "/json") as response:
        # Not an `assert` of the test's own: pytest changes what those say.
        raise AssertionError("no name,")
    with user.rest("GET", "/html"):
        pass
    with user.rest("GET", "http://127.0.0.1:1/") as response:
        assert response.js is None
    told = [str(event["exception"]) for event in user.seen]
    assert told[0] == "None"
    assert told[1].startswith('no name, response was {"')
    assert told[2].startswith("Could not parse response as JSON. <!doctype html>")
    assert told[3] == "[Errno 111] Connection refused"


def test_streams(make_user):
    user = make_user()
    assert list(user.client.iter_lines("/stream/3")) == [f'{{"line":{n}}}' for n in range(3)]
    response = user.client.get("/bytes/3000", stream=True)
    assert [len(piece) for piece in response.iter_content()] == [1024, 1024, 952]
    response = user.client.get("/bytes/3000", stream=True)
    assert (len(response.read(10)), len(response.content), response.read()) == (10, 2990, b"")
    response = user.client.get("/stream/3", stream=True)
    assert response._response.readline(b"\n") == b'{"line":0}\n' and len(response.content) == 22
    assert [event["response_length"] for event in user.seen] == [0, 3000, 3000, 0]
    with pytest.raises(fasthttp.LocustBadStatusCode):
        list(user.client.iter_lines("/status/404"))
    assert list(user.client.get("/text").iter_content()) == []


def test_a_stream_counts_the_time_until_its_head(make_user):
    user = make_user()
    response = user.client.get("/fault/slow-body?bytes=3&ms=50", stream=True)
    until_head_ms = response.elapsed.total_seconds() * 1000
    assert user.seen[0]["response_time"] == pytest.approx(until_head_ms, abs=0.001)
    assert response.text == "xxx"
    user.client.get("/fault/slow-body?bytes=3&ms=50")
    assert user.seen[1]["response_time"] > 140


def test_streams_hold_their_place_until_they_end(make_user):
    # Without a listener that would hold on to responses.
    client = make_user(concurrency=1, listens=False).client
    unread = client.get("/bytes/5000000", stream=True)
    other = gevent.spawn(client.get, "/text")
    gevent.sleep(0.05)
    assert not other.ready()
    unread.release()
    assert other.get().ok
    # One that nobody holds any more gives its place back as well.
    client.get("/bytes/5000000", stream=True)
    assert client.get("/text").ok


def test_encodings(make_user):
    user = make_user()
    for coding in ("gzip", "deflate", "br"):
        response = user.client.get(f"/{coding}")
        assert response.json()["encoding"] == coding
        assert user.seen[-1]["response_length"] == len(response.content)
    user.client.head("/gzip")
    assert repr(user.seen[-1]["exception"]).startswith("error('Error -5 while decompressing data")
    with pytest.raises(ValueError, match="zstd"):
        user.client.get("/zstd")
    response = user.client.get("/text")
    assert response.text.startswith("Plain") and response.encoding == "utf-8"
    response.encoding = "latin-1"
    assert "Ã¤" in response.text


def test_what_responses_offer(client):
    response = client.get("/json")
    assert (len(response), response.status, response.data) == (
        len(response.content),
        "200",
        response.content,
    )
    assert response.headers["content-TYPE"] == "application/json" and response.info()
    assert response.headers.getlist("nothing") == [] and response.isclosed()
    assert (response.history, response.elapsed.total_seconds() > 0) == ([], True)
    request = response.request
    assert (request.method, request.body, request.url) == ("GET", None, response.url)
    assert list(request.headers.items())[1] == ("Accept-Encoding", "gzip, deflate, br")
    posted = client.post("/echo", json={"a": 1}).request
    assert (posted.body, posted.headers["accept"]) == ('{"a": 1}', "application/json")


def test_concurrency(make_user):
    user = make_user(concurrency=3)
    greenlets = [gevent.spawn(user.client.get, "/delay/40") for _ in range(6)]
    gevent.joinall(greenlets)
    waits = sorted(event["response_time"] for event in user.seen)
    # Whoever waits for a place waits for an answer.
    assert 38 < waits[0] and 76 < waits[3]


def test_pools_are_shared_and_closed(make_user, target):
    pool = HTTPClientPool(concurrency=2, network_timeout=0.1, headers={"X-P": "1"})
    one, two = (
        make_user(client_pool=pool, network_timeout=60, default_headers=each).client
        for each in ({"X-Own": "1"}, None)
    )
    assert f"{AGENT}|X-P: 1|X-Own: 1|{CODINGS}" in raw(one.get("/echo"))
    assert f"{AGENT}|X-P: 1|{CODINGS}" in raw(two.get("/echo"))
    assert one.client.clientpool is pool and len(pool.clients) == 1
    (engine_client,) = pool.clients.values()
    assert type(engine_client) is EngineClient
    assert "timed out" in repr(two.get("/fault/no-answer").error)
    one.client.clientpool.close()
    assert pool.clients == {} and one.get("/echo").ok
    assert pool.get_client(URL(target)) is not engine_client


def test_what_the_engine_cannot_do_is_counted(make_user, target, secure_target):
    foreign.requests_by_reason.clear()
    host, port = target[len("http://") :].split(":")
    proxied = make_user(host="http://somewhere.invalid", proxy_host=host, proxy_port=int(port))
    shown = raw(proxied.client.get("/echo"))
    assert shown.startswith("GET http://somewhere.invalid:80/echo HTTP/1.1|")
    assert foreign.requests_by_reason == {"proxy_host": 1}

    def own_context():
        return gevent.ssl._create_unverified_context()

    own = make_user(host=secure_target, ssl_context_factory=lambda self: own_context())
    assert own.client.get("/text").status_code == 200
    assert own.seen[0]["response_time"] > 0
    assert foreign.requests_by_reason["ssl_context_factory"] == 1


def test_certificates(make_user, secure_target):
    foreign.requests_by_reason.clear()
    assert make_user(host=secure_target).client.get("/text").status_code == 200
    strict = make_user(host=secure_target, insecure=False)
    assert isinstance(strict.client.get("/text").error, fasthttp.SSLError)
    assert not foreign.requests_by_reason


def test_plain_successes_are_recorded_without_listeners(make_user, make_environment):
    user = make_user(listens=False)
    environment = user.environment
    environment.create_local_runner()
    assert environment.events.request.direct is not None
    client = user.client
    client.get("/text", name="plain")
    client.post("/echo", json={}, name="plain")
    client.get("/gzip", name="packed")
    client.get("/status/404", name="bad")
    client.get("/redirect/2", name="moved")
    client.get("/cookies/set?a=1&path=/", name="cookie")
    client.head("/gzip", name="head")
    client.get("/bytes/7", name="caught", catch_response=True).__enter__().__exit__(
        None, None, None
    )
    stats = environment.stats
    rows = {key: (entry.num_requests, entry.num_failures) for key, entry in stats.entries.items()}
    assert rows == {
        ("plain", "GET"): (1, 0),
        ("plain", "POST"): (1, 0),
        ("packed", "GET"): (1, 0),
        ("bad", "GET"): (1, 1),
        ("moved", "GET"): (1, 0),
        ("cookie", "GET"): (1, 0),
        ("head", "HEAD"): (1, 1),
        ("caught", "GET"): (1, 0),
    }
    assert stats.get("packed", "GET").total_content_length == len(client.get("/gzip").content)
    assert "|Cookie: a=1|" in raw(client.get("/echo"))
