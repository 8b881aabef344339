"""The corpus of calls whose bytes are compared: name → what is done with a fresh client.

In: a client (`self.client` of a user made for this call). Out: a response of `/echo`, which
shows the request byte by byte. `BOTH` is done by either kind of client, `HTTP` by HttpUser's,
`FAST` by FastHttpUser's. Only the standard library is imported here.
"""

import io
import json
import uuid
from collections import OrderedDict

BOTH: dict = {}
HTTP: dict = {}
FAST: dict = {}
ECHO = "/echo"
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")
TEXT = "ä€ 😀 & = + % / ? # ' \" ~"


def both(name, method, url=ECHO, **options):
    BOTH[name] = lambda client: client.request(method, url, **options)


def http(name, method, url=ECHO, **options):
    HTTP[name] = lambda client: client.request(method, url, **options)


def fast(name, method, url=ECHO, **options):
    FAST[name] = lambda client: client.request(method, url, **options)


def methods():
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "get", "Post"):
        both(f"method {method}", method)
    for method in ("get", "post", "put", "patch", "delete", "options"):
        BOTH[f"shorthand {method}"] = lambda client, method=method: getattr(client, method)(ECHO)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        both(f"{method} with json", method, json={"a": 1})
        both(f"{method} with text", method, data="text")
        both(f"{method} with empty text", method, data="")
        both(f"{method} with empty bytes", method, data=b"")
    both("GET with json", "GET", json={"a": 1})
    http("GET with data", "GET", data={"a": 1})
    HTTP["head then get"] = lambda client: client.head(ECHO) and client.get(ECHO)


def urls():
    for name, path in {
        "plain query": "?a=1&b=2",
        "empty value": "?a=&b",
        "blank": "?q=a b",
        "unicode": "?q=ä€",
        "encoded": "?q=%C3%A4%20x",
        "lower-case escapes": "?q=%c3%a4",
        "needless escapes": "?q=%61%7E",
        "lone per cent": "?q=100%",
        "per cent and letters": "?q=%zz",
        "reserved": "?q=:/?#[]@!$&'()*+,;=",
        "unsafe": '?q=<>"{}|\\^`',
        "fragment": "?q=1#part",
        "question marks": "??",
        "plus": "?q=a+b",
        "twice": "?a=1&a=2",
        "semicolon": "?a=1;b=2",
        "emoji": "?q=😀",
        "brackets": "?ids[]=1&ids[]=2",
    }.items():
        both(f"url: {name}", "GET", ECHO + path)
    for name, path in {
        "dot segments": "/x/../echo",
        "single dot": "/./echo",
        "trailing blank": "/echo ",
        "leading blank": " /echo",
    }.items():
        both(f"path: {name}", "GET", path)


def params():
    for name, value in {
        "dict": {"a": 1, "b": "x y"},
        "unicode": {"q": TEXT, "ü": "ö"},
        "list": {"a": [1, 2, 3]},
        "tuple": {"a": (1, 2)},
        "empty list": {"a": [], "b": 1},
        "none": {"a": None, "b": 1},
        "only none": {"a": None},
        "bool and float": {"a": True, "b": 1.5, "c": False},
        "bytes": {"a": b"b c"},
        "uuid": {"a": UUID},
        "empty": {},
        "empty text": {"a": ""},
        "pairs": [("b", 1), ("a", 2), ("b", 3)],
        "text": "raw=1&other=ä b",
        "bytes as a whole": b"raw=1",
        "ordered": OrderedDict([("z", 1), ("y", 2)]),
    }.items():
        both(f"params: {name}", "GET", params=value)
    both("params and query", "GET", ECHO + "?first=1", params={"second": 2})
    both("params and fragment", "GET", ECHO + "?first=1#part", params={"second": 2})
    both("params and body", "POST", params={"a": 1}, json={"b": 2})
    both("no params", "GET", params=None)


def json_bodies():
    for name, value in {
        "dict": {"a": 1, "b": [1, 2.5, None, True], "c": {"d": "e"}},
        "list": [1, "2", None],
        "unicode": {"text": TEXT},
        "empty dict": {},
        "empty list": [],
        "number": 0,
        "text": "only text",
        "false": False,
        "none": None,
        "big number": 12345678901234567890,
        "small number": 1e-7,
        "int keys": {1: "a", None: "b", False: "c"},
        "nested empty": {"a": {}, "b": []},
        "control characters": "\x00\x1f\u2028\ud83d",
    }.items():
        both(f"json: {name}", "POST", json=value)
    both("json: not a number", "POST", json={"a": float("nan"), "b": float("inf")})
    both("json: not serialisable", "POST", json={"a": UUID})
    both(
        "json and own type",
        "POST",
        json={"a": 1},
        headers={"Content-Type": "application/vnd.x+json"},
    )
    both("json dumped by hand", "POST", data=json.dumps({"a": "ä"}))
    both("json and data", "POST", json={"a": 1}, data={"b": 2})


def forms():
    for name, value in {
        "dict": {"a": "1", "b": "x y"},
        "unicode": {"text": TEXT, "schlüssel": "ä"},
        "list": {"a": [1, 2]},
        "pairs": [("b", 1), ("a", 2), ("b", 3)],
        "tuple of pairs": (("a", 1), ("b", 2)),
        "none": {"a": None, "b": 1},
        "bool, float, uuid": {"a": True, "b": 1.5, "c": UUID},
        "bytes values": {"a": b"\xff\x00"},
        "empty": {},
        "nested": {"a": {"b": 1}},
        "text": "plain text ä",
        "form text": "a=1&b=2",
        "bytes": b"\x00\xff binary",
        "bytearray": bytearray(b"abc"),
    }.items():
        both(f"data: {name}", "POST", data=value)
    both("data and own type", "POST", data={"a": 1}, headers={"Content-Type": "text/plain"})
    both(
        "data: multipart type without boundary",
        "POST",
        data="x",
        headers={"content-type": "multipart/form-data"},
    )
    BOTH["data: positional dict"] = lambda client: client.post(ECHO, {"a": 1})
    BOTH["data: positional text"] = lambda client: client.post(ECHO, "text")
    BOTH["data: StringIO"] = lambda client: client.post(ECHO, data=io.StringIO("text"))
    BOTH["data: BytesIO"] = lambda client: client.post(ECHO, data=io.BytesIO(b"bytes"))
    BOTH["data: open file"] = _open_file
    HTTP["data: generator"] = lambda client: client.post(
        ECHO, data=(part for part in (b"one", b"two", b""))
    )
    HTTP["data: iterator of text"] = lambda client: client.post(ECHO, data=iter(["a", "b"]))
    HTTP["data: read in part"] = _half_read


def _open_file(client):
    with open(__file__, "rb") as file:
        return client.post(ECHO, data=file)


def _half_read(client):
    body = io.BytesIO(b"0123456789")
    body.read(4)
    return client.post(ECHO, data=body)


def files():
    for name, value in {
        "bytes": {"f": b"content"},
        "text": {"f": "content ä"},
        "name and bytes": {"f": ("a.txt", b"content")},
        "with type": {"f": ("a.json", b"{}", "application/json")},
        "with headers": {"f": ("a.txt", b"x", "text/plain", {"X-Part": "1"})},
        "no name": {"f": (None, "field")},
        "unicode name": {"f": ("grün.txt", b"x")},
        "quotes in name": {"f": ('a"b\\c.txt', b"x")},
        "two": {"f": b"1", "g": b"2"},
        "list": [("f", ("1.txt", b"1")), ("f", ("2.txt", b"2"))],
        "empty": {"f": b""},
    }.items():
        http(f"files: {name}", "POST", files=value)
    HTTP["files: BytesIO"] = lambda client: client.post(ECHO, files={"f": io.BytesIO(b"stream")})
    HTTP["files: open file"] = lambda client: client.post(ECHO, files={"f": open(__file__, "rb")})
    http("files and data", "POST", files={"f": b"1"}, data={"a": "ä", "list": [1, 2], "none": None})
    http("files and params", "POST", files={"f": b"1"}, params={"a": 1})
    http("files: no files", "POST", files={}, data={"a": 1})


def headers():
    for name, value in {
        "own": {"X-Own": "1", "x-lower": "2"},
        "order": {"Zebra": "1", "Accept": "text/html", "Alpha": "2"},
        "user agent": {"User-Agent": "mine/1.0"},
        "lower-case user agent": {"user-agent": "mine/1.0"},
        "accept encoding": {"Accept-Encoding": "identity"},
        "connection close": {"Connection": "close"},
        "host": {"Host": "other.example"},
        "bytes": {"X-Bytes": b"1"},
        "latin-1": {"X-Latin": "ä"},
        "beyond latin-1": {"X-Euro": "€"},
        "line break": {"X-Break": "a\r\nX-Smuggled: 1"},
        "leading blank": {"X-Blank": " a"},
        "number": {"X-Number": 1},
        "none": {"Accept": None},
        "empty": {"X-Empty": ""},
        "cookie by hand": {"Cookie": "a=1; b=2"},
        "authorization": {"Authorization": "Bearer t"},
        "expect": {"Expect": "100-continue"},
        "content length": {"Content-Length": "0"},
    }.items():
        both(f"headers: {name}", "GET", headers=value)
    both("headers: expect with a body", "POST", data="body", headers={"Expect": "100-continue"})
    both("headers: lower-case type with json", "POST", json={}, headers={"content-type": "x/y"})
    both("headers: chunked by hand", "POST", data="x", headers={"Transfer-Encoding": "chunked"})
    HTTP["session headers"] = _session_headers
    HTTP["session headers replaced"] = _replaced_headers
    HTTP["session header removed"] = _removed_header
    HTTP["session params"] = _session_params


def _session_headers(client):
    client.headers.update({"X-Session": "s", "Accept": "application/json"})
    client.headers["user-agent"] = "session/1"
    return client.get(ECHO, headers={"x-session": "call", "X-Call": "c"})


def _replaced_headers(client):
    client.headers = {"X-Only": "1"}
    return client.get(ECHO)


def _removed_header(client):
    del client.headers["Accept"]
    return client.get(ECHO, headers={"User-Agent": None})


def _session_params(client):
    client.params = {"key": "session", "a": 1}
    return client.get(ECHO + "?own=1", params={"a": 2})


def cookies_and_auth():
    for name, value in {
        "one": {"a": "1"},
        "several": {"b": "2", "a": "1"},
        "odd characters": {"a": 'x y"z', "ü": "1"},
        "empty": {"a": ""},
    }.items():
        http(f"cookies: {name}", "GET", cookies=value)
    http("cookies and header", "GET", cookies={"a": "1"}, headers={"Cookie": "b=2"})
    BOTH["cookies: set by an answer"] = lambda client: _after(client, "/cookies/set?a=1&b=2")
    BOTH["cookies: set twice"] = _cookies_twice
    BOTH["cookies: other path"] = lambda client: _after(client, "/cookies/set?a=1&path=/other")
    BOTH["cookies: own path"] = lambda client: _after(client, "/cookies/set?a=1&path=/echo")
    BOTH["cookies: secure"] = lambda client: _after(client, "/cookies/set?a=1&secure=1")
    BOTH["cookies: expired"] = lambda client: _after(client, "/cookies/set?a=1&max-age=0")
    BOTH["cookies: other domain"] = lambda client: _after(
        client, "/cookies/set?a=1&domain=example.com"
    )
    BOTH["cookies: quoted"] = lambda client: _after(client, "/cookies/set?a=%22x%20y%22")
    BOTH["cookies: over a redirect"] = lambda client: client.get("/cookies/set?a=1&redirect=/echo")
    HTTP["cookies: jar and call"] = _jar_and_call
    both("auth: pair", "GET", auth=("user", "pass"))
    both("auth: unicode", "GET", auth=("üser", "päss"))
    both("auth: colon and empty", "GET", auth=("u:v", ""))
    both("auth over a header", "GET", auth=("u", "p"), headers={"Authorization": "mine"})
    HTTP["auth: of the session"] = _session_auth
    BOTH["auth: in the url"] = lambda client: client.get(_with_login(client))


def _after(client, path):
    client.get(path)
    return client.get(ECHO)


def _cookies_twice(client):
    client.get("/cookies/set?a=1&b=2")
    return _after(client, "/cookies/set?b=3&c=4")


def _jar_and_call(client):
    client.cookies.set("jar", "1")
    return client.get(ECHO, cookies={"call": "2"})


def _session_auth(client):
    client.auth = ("session", "p")
    return client.get(ECHO)


def _with_login(client):
    return client.base_url.replace("://", "://user:p%40ss@") + ECHO


def redirects():
    for status in (301, 302, 303, 307, 308):
        for method in ("GET", "POST", "PUT"):
            url = f"/redirect-to?status={status}&url=/echo"
            body = {} if method == "GET" else {"json": {"a": 1}}
            both(f"redirect: {method} {status}", method, url, **body)
    both("redirect: query and fragment", "GET", "/redirect-to?url=/echo%3Fa%3D1%23part")
    both("redirect: relative", "GET", "/redirect-to?url=echo")
    both("redirect: unicode", "GET", "/redirect-to?url=/echo%3Fq%3D%C3%A4")
    both("redirect: keeps headers", "GET", "/redirect-to?url=/echo", headers={"X-Own": "1"})
    both("redirect: keeps login", "GET", "/redirect-to?url=/echo", auth=("u", "p"))
    both("redirect: drops params", "GET", "/redirect-to", params={"url": "/echo"})
    http("redirect: form", "POST", "/redirect-to?status=307&url=/echo", data={"a": "b"})
    HTTP["redirect: rewinds a file"] = lambda client: client.post(
        "/redirect-to?status=307&url=/echo", data=io.BytesIO(b"again")
    )


def fast_only():
    FAST["default headers stay"] = lambda client: _caller_headers(client)
    fast("unknown argument", "GET", timeout=5)
    fast("auth and json", "POST", auth=("u", "p"), json={})
    fast("files", "POST", files={"f": ("a.txt", b"content")})
    fast("json and accept", "POST", json={}, headers={"Accept": "text/plain"})
    fast("stream", "GET", stream=True)
    fast("params none", "GET", params=None)


def _caller_headers(client):
    headers = {"X-Own": "1"}
    client.post(ECHO, json={}, headers=headers)
    return client.get(ECHO, headers=headers)


for add in (
    methods,
    urls,
    params,
    json_bodies,
    forms,
    files,
    headers,
    cookies_and_auth,
    redirects,
    fast_only,
):
    add()
