"""`FastHttpUser`: a user whose client behaves like `geventhttpclient` and is served by the engine.

In: calls as Locust's FastHttpSession takes them. Out: a `FastResponse` (or, with
`catch_response`, a context manager), and one `request` event per call, or a sample that the
engine records by itself where nobody listens. A plain call is encoded and sent by the engine;
every other one is prepared by `geventhttpclient`'s user agent, with the engine as its transport.
"""

from __future__ import annotations

import codecs
import json as unshadowed_json  # some methods have an argument called json
import socket
import zlib
from base64 import b64encode
from contextlib import contextmanager
from http.cookiejar import CookieJar  # noqa: F401  (files import these names from here)
from ssl import SSLError
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse, urlunparse  # noqa: F401

import gevent
from gatecrash._engine import Exchange, count_unreported
from gatecrash.http import fast_quick
from gatecrash.http.fast_agent import (
    ABSOLUTE_URL,
    REDIRECTS,
    VALID,
    EngineUserAgent,
    redirects,
)
from gatecrash.http.fast_client import Call, current_call, insecure_ssl_context_factory
from gatecrash.http.fast_cookies import FastCookies
from gatecrash.http.fast_response import Filled, QuickResponse
from gevent.timeout import Timeout
from geventhttpclient.client import HTTPClientPool
from geventhttpclient.header import Headers
from geventhttpclient.response import (
    HTTPConnectionClosed,
    HTTPParseError,
    HTTPSocketPoolResponse,  # noqa: F401
)
from geventhttpclient.useragent import (
    CompatRequest,
    CompatResponse,  # noqa: F401
    ConnectionError,
    UserAgent,  # noqa: F401
)

from locust.exception import CatchResponseError, LocustError, ResponseError, StopTest
from locust.user import User
from locust.user.users import NO_HOST, RestMixin
from locust.util.deprecation import DeprecatedFastHttpLocustClass as FastHttpLocust  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

absolute_http_url_regexp = ABSOLUTE_URL

FAILURE_EXCEPTIONS = (
    ConnectionError,
    ConnectionRefusedError,
    ConnectionResetError,
    socket.error,
    SSLError,
    Timeout,
    HTTPConnectionClosed,
    HTTPParseError,
    zlib.error,
)
"""What a request may end with and be a failed request; anything else is the caller's."""

_ACCEPT_ENCODING = "gzip, deflate, br"
_PLAIN_HEADERS = {"Accept-Encoding": _ACCEPT_ENCODING}
_JSON_HEADERS = {
    "Accept-Encoding": _ACCEPT_ENCODING,
    "Content-Type": "application/json",
    "Accept": "application/json",
}
_CODINGS = frozenset(("gzip", "deflate", "br"))
_QUICK_KEYWORDS = frozenset(("params",))


def _construct_basic_auth_str(username, password):
    """The Authorization header of HTTP Basic Auth; text goes out as Latin-1."""
    parts = (
        part.encode("latin1") if isinstance(part, str) else part for part in (username, password)
    )
    return "Basic " + b64encode(b":".join(parts)).decode("ascii")


class FastHttpSession:
    """Sends requests and reports them; one per user, with that user's cookies and connections.

    `base_url` goes before every path; it may be changed at any time. Basic-auth credentials in it
    are taken out and sent as such. Other keywords go to the `LocustUserAgent`.
    """

    auth_header = None

    def __init__(
        self,
        base_url: str | None,
        request_event,
        user: User | None,
        insecure=True,
        client_pool: HTTPClientPool | None = None,
        ssl_context_factory: Callable | None = None,
        **kwargs,
    ) -> None:
        self.base_url = base_url
        self.request_event = request_event
        self.cookiejar = FastCookies()
        self.user = user
        self.request_name: str | None = None
        usual_factory = (
            insecure_ssl_context_factory if insecure else gevent.ssl.create_default_context
        )
        self.client = LocustUserAgent(
            cookiejar=self.cookiejar,
            ssl_context_factory=ssl_context_factory or usual_factory,
            insecure=insecure,
            client_pool=client_pool,
            **kwargs,
        )
        self._take_credentials_from_base_url()

    def _take_credentials_from_base_url(self):
        if not self.base_url or "@" not in self.base_url:
            return
        parts = urlparse(self.base_url)
        if parts.username and parts.password:
            self.base_url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            self.auth_header = _construct_basic_auth_str(
                unquote(parts.username), unquote(parts.password)
            )

    def _build_url(self, path: str) -> str:
        """The URL of a path; absolute ones stay as they are."""
        return path if absolute_http_url_regexp.match(path) else f"{self.base_url}{path}"

    @contextmanager
    def rename_request(self, name: str) -> Generator[None]:
        """Gives `name` to all requests in the block that have none of their own."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: str | dict | None = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: dict | None = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: dict = {},  # noqa: B006 (never changed; the signature is Locust's)
        **kwargs,
    ) -> ResponseContextManager:
        """Makes a request and reports it.

        `name` groups it with others in the statistics (default: `url` as given). `data` is bytes,
        text, a dict (sent as a form) or something to read from; `json` is used where there is no
        data. `auth` is (user, password). `catch_response` leaves it to a `with` block whether it
        counts as a success. With `stream` the body is left to be read, and its time not counted.
        Other keywords go to the user agent: `params`, `files`, `max_retries`, `max_redirects`,
        `debug_stream`; those that it does not know become parameters, or fields of a form.
        """
        name = name or self.request_name or url
        sent = self._headers_for(headers, auth)
        if not data and json is not None:
            data = unshadowed_json.dumps(json)
            sent = _with_json_headers(sent)
        made = None
        if not stream and type(name) is str:
            direct = None if catch_response else getattr(self.request_event, "direct", None)
            made = self._quick(method, url, sent, data, kwargs, allow_redirects, name, direct)
        if type(made) is FastResponse:
            response = made
            if response._exchange.recorded:
                return response
            call = Call.of_exchange(response._exchange)
        else:
            call = Call(stream, made)
            response = self._prepared(call, method, url, sent, data, kwargs, allow_redirects)
        meta = {
            "request_type": method,
            "name": name,
            "context": {**self.user.context(), **context} if self.user else context,
            "response": response,
            "exception": None,
            "start_time": call.start_time,
            "url": self._build_url(url),
            "response_length": 0,
        }
        return self._report(response, meta, call, catch_response)

    def _quick(self, method, url, sent, data, kwargs, follows, name, direct):
        """The response by the quick way, if it is the last one and fine.

        Else what came of the attempt, from which the prepared way goes on: an exchange or what
        was thrown; None when nothing was sent.
        """
        agent = self.client
        if method not in fast_quick.METHODS or not agent.is_plain():
            return None
        if kwargs and kwargs.keys() != _QUICK_KEYWORDS:
            return None
        follows = follows and agent.max_redirects > 0
        params = kwargs.get("params")
        outcome = fast_quick.send(
            agent, self.base_url, method, url, sent, data, params, follows, name, direct
        )
        if type(outcome) is not Exchange or not (
            outcome.recorded or not outcome.failure and not (follows and redirects(outcome))
        ):
            return outcome
        asked = agent, self.base_url, method, url, sent, data, params
        response = FastResponse.of_exchange(outcome, asked)
        if outcome.status not in VALID and not self._refuse(response, url):
            return outcome
        if outcome.has_cookies and agent.cookiejar is not None:
            agent.cookiejar.extract_cookies(response, response.request)
        return response

    def _refuse(self, response, url):
        """Gives a response the error of its status.

        False when that is the user agent's business: it stumbles over bodies that are no text.
        """
        try:
            response.content.decode("utf-8")
        except Exception:
            return False
        error = LocustBadStatusCode(self._build_url(url), code=response.status_code)
        error.response = response
        response.error = error
        return True

    def _prepared(self, call, method, url, headers, payload, kwargs, follows):
        """The response by the user agent's way, beginning with what was made already."""
        if not follows:
            kwargs["max_redirects"] = 0
        outer = current_call.set(call)
        try:
            return self._send_request_safe_mode(
                method, self._build_url(url), payload=payload, headers=headers, **kwargs
            )
        finally:
            current_call.reset(outer)

    def _send_request_safe_mode(self, method: str, url: str, **kwargs) -> FastResponse:
        """A response, also for what failed: an `ErrorResponse` if there was no answer at all."""
        try:
            return self.client.urlopen(url, method=method, **kwargs)
        except FAILURE_EXCEPTIONS as error:
            if hasattr(error, "response"):
                error.response.error = error
                return error.response
            request = self.client._make_request(
                url,
                method=method,
                headers=dict(kwargs.get("headers") or {}),
                payload=kwargs.get("payload"),
                params=kwargs.get("params"),
            )
            return ErrorResponse(request, error)

    def _report(self, response, meta, call, catch_response):
        """Completes the event's arguments and fires it, unless a block decides about it."""
        try:
            meta["response_length"] = _response_length(response, call.streams)
        except FAILURE_EXCEPTIONS as error:
            meta["exception"] = error
        meta["response_time"] = call.response_time_ms
        if meta["exception"] is None:
            try:
                response.raise_for_status()
            except FAILURE_EXCEPTIONS as error:
                meta["exception"] = error
        if catch_response:
            return ResponseContextManager(response, self.request_event, meta, catch_response)
        self.request_event.fire(**meta)
        return response

    def _headers_for(self, headers, auth):
        """The headers of a call: the caller's, authorization, and which codings are accepted."""
        if not headers and not auth and not self.auth_header:
            return _PLAIN_HEADERS
        sent = dict(headers) if headers else {}
        if auth:
            sent["Authorization"] = _construct_basic_auth_str(auth[0], auth[1])
        elif self.auth_header:
            sent["Authorization"] = self.auth_header
        if "Accept-Encoding" not in sent and "accept-encoding" not in sent:
            sent["Accept-Encoding"] = _ACCEPT_ENCODING
        return sent

    def get(self, url: str, **kwargs) -> ResponseContextManager:
        """Sends a GET request."""
        return self.request("GET", url, **kwargs)

    def head(self, url: str, **kwargs) -> ResponseContextManager:
        """Sends a HEAD request."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs) -> ResponseContextManager:
        """Sends an OPTIONS request."""
        return self.request("OPTIONS", url, **kwargs)

    def delete(self, url: str, **kwargs) -> ResponseContextManager:
        """Sends a DELETE request."""
        return self.request("DELETE", url, **kwargs)

    def post(
        self,
        url: str,
        data: str | dict | None = None,
        json: Any = None,
        **kwargs,
    ) -> ResponseContextManager:
        """Sends a POST request."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str, data: str | dict | None = None, **kwargs) -> ResponseContextManager:
        """Sends a PUT request."""
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url: str, data: str | dict | None = None, **kwargs) -> ResponseContextManager:
        """Sends a PATCH request."""
        return self.request("PATCH", url, data=data, **kwargs)

    def iter_lines(self, url: str, method: str = "GET", **kwargs) -> Generator[str]:
        """The lines of an answer as they come, without their ends. Raises what failed."""
        response = self.request(method, url, stream=True, **kwargs)
        response.raise_for_status()
        # Not by `iter_content`, whose pieces of a fixed size would hold lines back.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        for piece in response._arriving(1024):
            *lines, rest = (rest + decoder.decode(piece)).split("\n")
            yield from lines
        yield from filter(None, [rest + decoder.decode(b"", final=True)])


def _with_json_headers(sent):
    if sent is _PLAIN_HEADERS:
        return _JSON_HEADERS
    for name in ("Content-Type", "Accept"):
        if name not in sent and name.lower() not in sent:
            sent[name] = "application/json"
    return sent


def _response_length(response, stream):
    """Bytes of the decoded body; with `stream` what the answer declares, else the body is read."""
    if stream:
        headers = response.headers
        return int(headers["content-length"]) if headers and "content-length" in headers else 0
    exchange = response._exchange
    if exchange is not None and "_response" not in response.__dict__:
        length = exchange.content_length
        if not exchange.is_encoded or (length and exchange.header("content-encoding") in _CODINGS):
            return length
    return len(response.content or b"")


class FastHttpUser(User, RestMixin):
    """A user like `HttpUser`, with the client that Locust offers for cheaper requests.

    The attributes below are read when a user is made.
    """

    network_timeout: float = 60.0
    """Seconds of silence after which a request has failed."""
    connection_timeout: float = 60.0
    """Seconds after which a connection that is not made has failed."""
    max_redirects: int = 30
    """Redirects to follow; one more is a failure."""
    max_retries: int = 0
    """How often to repeat a request that timed out, if doing it twice does no harm."""
    insecure: bool = True
    """True: certificates of servers are not verified."""
    default_headers: dict | None = None
    """Headers of every request."""
    concurrency: int = 10
    """Requests that the client makes at the same time, from greenlets of the file's own."""
    proxy_host: str | None = None
    """A proxy; what goes through it is sent by the Python library, not by the engine."""
    proxy_port: int | None = None
    """The proxy's port."""
    client_pool: HTTPClientPool | None = None
    """A pool of connections that users share; by default each user has its own. Its own settings
    then replace `concurrency`, the timeouts, the proxy and those of TLS."""
    ssl_context_factory: Callable | None = None
    """Makes the TLS context. A context of the file's own is used by the Python library."""

    abstract = True

    def __init__(self, environment) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client: FastHttpSession = FastHttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            max_retries=self.max_retries,
            insecure=self.insecure,
            concurrency=self.concurrency,
            user=self,
            client_pool=self.client_pool,
            ssl_context_factory=self.ssl_context_factory,
            headers=self.default_headers,
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )


class FastRequest(CompatRequest):
    """A request as it was sent."""

    payload: str | None = None

    @property
    def body(self) -> str | None:
        """What was sent as body."""
        return self.payload


class FastResponse(QuickResponse):
    """An answer."""

    encoding: str | float | None = None
    """How `text` is decoded; set it before the first look to have another one."""

    def raise_for_status(self):
        """Raises what made the request fail, if anything did."""
        if error := getattr(self, "error", None):
            raise error

    def iter_content(self, chunk_size=1024, decode_content=True):
        """The body in pieces of `chunk_size` bytes, as text where it can be decoded as UTF-8."""
        if not self._response:
            raise LocustError("There is no answer whose content could be read")
        yield from self._pieces(chunk_size, decode_content)

    def success(self):
        """Only for responses of `catch_response`. Raises LocustError."""
        raise LocustError(_NEEDS_CATCH_RESPONSE)

    def failure(self, *_args, **_kwargs):
        """Only for responses of `catch_response`. Raises LocustError."""
        raise LocustError(_NEEDS_CATCH_RESPONSE)


_NEEDS_CATCH_RESPONSE = (
    "success() and failure() need catch_response=True in the call and a with-block around it."
)


class ErrorResponse(FastResponse):
    """The stand-in for an answer that never came: status 0 and no body."""

    headers: Headers | None = None
    content = None
    status_code = 0
    error: Exception | None = None
    text: str | None = None
    request: CompatRequest

    def __init__(self, request: CompatRequest, error: Exception):
        self.request = request
        self.error = error

    def raise_for_status(self):
        """Raises what failed."""
        raise self.error


class LocustBadStatusCode(ConnectionError):
    """An answer whose status is not one of a success. Its repr leaves the URL out, so that
    failures of many URLs are one line in the report."""

    request = Filled(lambda error: error.response.request, "The request.")
    http_log = Filled(
        lambda error: LocustUserAgent._conversation_str(
            error.request.url, error.response, payload=error.request.payload
        ),
        "Request and answer as text.",
    )

    def __repr__(self):
        text = super().__repr__()
        return text.replace(f"{self.url!r}, ", "") if self.kw_text else text


class LocustUserAgent(EngineUserAgent):
    """`geventhttpclient`'s user agent with the engine below: it prepares requests, follows
    redirects and repeats what timed out."""

    response_type = FastResponse
    request_type = FastRequest
    valid_response_codes = VALID
    redirect_response_codes = REDIRECTS

    def __init__(self, client_pool: HTTPClientPool | None = None, **kwargs):
        super().__init__(client_pool, **kwargs)

    def _verify_status(self, status_code, url=None):
        if status_code not in self.valid_response_codes:
            raise LocustBadStatusCode(url, code=status_code)


class ResponseContextManager(FastResponse):
    """A response that a `with` block can mark as a success or a failure."""

    _manual_result: bool | Exception | None = None
    _entered = False

    def __init__(self, response, request_event, request_meta, catch_response: bool):
        self.__dict__.update(response.__dict__)
        if hasattr(response, "_cached_content"):
            self._cached_content = response._cached_content
        self._request_event = request_event
        self.request_meta = request_meta
        self._catch_response = catch_response

    def __enter__(self):
        if not self._catch_response:
            raise LocustError(
                "A with-block around a request needs catch_response=True in the call."
            )
        self._entered = True
        return self

    def __exit__(self, exc, value, traceback):
        if self._manual_result is not None:
            failed = isinstance(self._manual_result, Exception)
            self.request_meta["exception"] = self._manual_result if failed else None
            self._report_request()
            return exc is None
        if exc is None:
            try:
                self.raise_for_status()
            except FAILURE_EXCEPTIONS as error:
                self.request_meta["exception"] = error
        elif isinstance(value, ResponseError):
            self.request_meta["exception"] = value
        else:
            if self.status_code:
                count_unreported()
            return False
        self._report_request()
        return True

    def _report_request(self):
        self._request_event.fire(**self.request_meta)

    def success(self):
        """Counts the request as a success, whatever the answer says. Only in a with-block."""
        self._need_block("success")
        self._manual_result = True

    def failure(self, exc):
        """Counts the request as a failure because of `exc`. Only in a with-block."""
        self._need_block("failure")
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _need_block(self, what):
        if not self._entered:
            raise LocustError(
                f".{what}() was called outside of a with-block. Write it like this:\n\n"
                f"with self.client.request(..., catch_response=True) as response:\n"
                f"    response.{what}(...)"
            )

    def raise_for_status(self):
        """Raises what made the request fail, a result set by hand before all else."""
        if not self._manual_result:
            super().raise_for_status()
        elif isinstance(self._manual_result, Exception):
            raise self._manual_result


class RestResponseContextManager(ResponseContextManager):
    """A response of `rest()`, with the parsed body in `js`."""

    js: dict
    error: Exception
    headers: Headers
