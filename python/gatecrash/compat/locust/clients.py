"""The HTTP client of ``HttpUser``: a ``requests.Session`` that the engine serves and that
reports every request.

In: calls as ``requests`` takes them, plus ``name``, ``catch_response`` and ``context``. Out: a
``requests.Response`` that is also a context manager, and one ``request`` event per call, or a
sample that the engine records by itself where nobody listens.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from gatecrash import _engine
from gatecrash.http import answer, failures, quick
from gatecrash.http.adapter import timeouts
from gatecrash.http.rest import RestMixin
from gatecrash.http.session import EngineSession
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException
from requests.models import Response
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from locust.exception import CatchResponseError, LocustError, ResponseError

absolute_http_url_regexp = re.compile(r"^https?://", re.I)


class HttpSession(EngineSession):
    """Sends requests and reports them; one per user, with that user's cookies and connections.

    ``base_url`` goes before every path; it may be changed at any time. Basic-auth credentials
    in it are taken out and sent as such.
    """

    def __init__(self, base_url, request_event, user, *args, pool_manager=None, **kwargs):
        super().__init__(*args, **kwargs)
        self._forwards = type(self).request is not HttpSession.request
        self.base_url = base_url
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        if pool_manager is not None:
            adapter = LocustHttpAdapter(pool_manager=pool_manager)
            self.mount("https://", adapter)
            self.mount("http://", adapter)
        self._take_credentials_from_base_url()

    def _take_credentials_from_base_url(self):
        if not isinstance(self.base_url, str) or "@" not in self.base_url:
            return
        parts = urlsplit(self.base_url)
        if parts.username and parts.password:
            netloc = parts.netloc.rpartition("@")[2]
            self.base_url = urlunsplit(parts._replace(netloc=netloc))
            self.auth = HTTPBasicAuth(unquote(parts.username), unquote(parts.password))

    def _build_url(self, path) -> str:
        """The URL of a path; absolute ones stay as they are."""
        return path if absolute_http_url_regexp.match(path) else f"{self.base_url}{path}"

    @contextmanager
    def rename_request(self, name: str):
        """Gives ``name`` to all requests in the block that have none of their own."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self,
        method,
        url,
        name=None,
        catch_response: bool = False,
        context: dict = {},  # noqa: B006 (never changed; the signature is Locust's)
        *,
        data: Any = None,
        json: Any = None,
        **kwargs,
    ) -> ResponseContextManager:
        """Makes a request and reports it.

        ``name`` groups it with others in the statistics (default: path and query).
        ``catch_response`` leaves it to a ``with`` block whether it counts as a success.
        ``context`` is handed to listeners. All else is as in ``requests``.
        """
        if method in quick.METHODS:
            call = {"name": name, "catch_response": catch_response, "context": context, **kwargs}
            response = self._try_quick(method, url, data, json, call)
            if response is not None:
                return response
        started = time.perf_counter()
        start_time = time.time()
        response = self._send_safely(method, self._build_url(url), data=data, json=json, **kwargs)
        stream = kwargs.get("stream", False)
        url, path = _first_url(response) or (self._build_url(url), str(url))
        return self._report(
            response,
            catch_response,
            {
                "request_type": method,
                "response_time": _response_time_ms(response, stream, started),
                "name": name or self.request_name or path,
                "context": self._context(context),
                "response": response,
                "exception": None,
                "start_time": start_time,
                "url": url,
                "response_length": _response_length(response, stream),
            },
        )

    def _judge(self, response, exchange, ask, name, catch_response, context):
        """Judges and reports a whole answer that the engine has not recorded by itself."""
        meta = {
            "request_type": ask.method,
            "response_time": exchange.total_ms,
            "name": name or self.request_name or ask.target,
            "context": self._context(context),
            "response": response,
            "exception": None,
            "start_time": exchange.started_epoch_s,
            "url": ask.url(),
            "response_length": exchange.content_length,
        }
        own = response.__dict__
        own["request_meta"] = meta
        own["_request_event"] = self.request_event
        if catch_response:
            own["_catch_response"] = True
            return response
        if exchange.status >= 400:
            meta["exception"] = response._own_failure()
        response._report_request()
        return response

    def _conclude(self, exchange, ask, name, catch_response, context, follows):
        """The same for what could not be sent, sets cookies or leads elsewhere."""
        if exchange.status == 0:
            response = self._failed(exchange, ask)
            response_time_ms, response_length = exchange.total_ms, 0
        else:
            started = time.perf_counter() - exchange.total_ms / 1000
            response = self._finish_by_requests(exchange, ask, follows)
            response_time_ms = _response_time_ms(response, False, started)
            response_length = _response_length(response, False)
        if exchange.recorded:
            return response
        # Redirects without an end are told by the last of them.
        url, path = (response.error and _first_url(response)) or (ask.url(), ask.target)
        return self._report(
            response,
            catch_response,
            {
                "request_type": ask.method,
                "response_time": response_time_ms,
                "name": name or self.request_name or path,
                "context": self._context(context),
                "response": response,
                "exception": None,
                "start_time": exchange.started_epoch_s,
                "url": url,
                "response_length": response_length,
            },
        )

    def _context(self, context):
        return {**self.user.context(), **(context or {})} if self.user else context or {}

    def _report(self, response, catch_response, meta):
        """Makes a response report itself, at once unless a block decides."""
        response = ResponseContextManager.wrap_response(
            response,
            request_event=self.request_event,
            request_meta=meta,
            catch_response=catch_response,
        )
        meta["response"] = response
        if not catch_response:
            response.__exit__(None, None, None)
        return response

    def _failed(self, exchange, ask):
        parts = urlsplit(ask.url())
        port = parts.port or (443 if parts.scheme == "https" else 80)
        pool = failures.PoolName(parts.scheme, parts.hostname, port)
        prepared = ask.prepare()
        fault = failures.exception_for(
            exchange.failure,
            pool,
            prepared.path_url,
            timeouts(ask.keyword("timeout")),
            request=prepared,
        )
        if not isinstance(fault, RequestException):
            raise fault
        fault._gatecrash_exchange = exchange
        return ResponseContextManager(fault)

    def _finish_by_requests(self, exchange, ask, follows):
        """Cookies and redirects as ``requests`` does them, beginning with the answer at hand."""
        prepared = ask.prepare()
        prepared._gatecrash_made = (exchange,)
        try:
            response = self.send(
                prepared,
                stream=False,
                timeout=ask.keyword("timeout"),
                verify=self.verify,
                cert=self.cert,
                proxies={},
                allow_redirects=follows,
            )
        except (MissingSchema, InvalidSchema, InvalidURL):
            raise
        except RequestException as fault:
            return ResponseContextManager(fault)
        return _with_true_elapsed(response)

    def _send_safely(self, method, url, **kwargs):
        """A response, also for what could not be sent: its status is then 0."""
        try:
            response = super().request(method, url, **kwargs)
        except (MissingSchema, InvalidSchema, InvalidURL):
            raise
        except RequestException as fault:
            return ResponseContextManager(fault)
        return _with_true_elapsed(response)


def _with_true_elapsed(response):
    """`requests` has put its own clock's time into each hop; the engine's is asked again."""
    for hop in (*response.history, response):
        if "_exchange" in hop.__dict__:
            hop.__dict__.pop("elapsed", None)
    return response


def _first_url(response):
    """(URL, path and query) of the first request of a chain, if there was one."""
    first = (response.history and response.history[0]) or response
    request = first.request
    return (str(request.url), request.path_url) if request else None


def _response_time_ms(response, stream, started):
    """The engine's time of all hops; the caller's clock where ``requests`` sent them."""
    fault = getattr(response, "error", None)
    if fault is not None:
        exchange = getattr(fault, "_gatecrash_exchange", None)
        if exchange is not None:
            return exchange.total_ms
    else:
        hops = (*response.history, response)
        exchanges = [hop.__dict__.get("_exchange") for hop in hops]
        if all(exchanges):
            last = exchanges.pop()
            return sum(hop.total_ms for hop in exchanges) + (
                last.total_until_head_ms if stream else last.total_ms
            )
    return (time.perf_counter() - started) * 1000


def _response_length(response, stream):
    if stream:
        return int(response.headers.get("content-length") or 0)
    exchange = response.__dict__.get("_exchange")
    if exchange is not None:
        return exchange.content_length
    return len(response.content or b"")


class ResponseContextManager(answer.Answer):
    """A response that a ``with`` block can mark as a success or a failure."""

    error: RequestException | None = None
    _manual_result: bool | Exception | None = None
    _entered = False
    _catch_response = False

    def __init__(self, error: RequestException):
        """The stand-in for an answer that never came: status 0 and no body."""
        Response.__init__(self)
        self.error = error
        self.status_code = 0
        self._catch_response = True
        self.request = error.request

    @classmethod
    def wrap_response(cls, response, request_event, request_meta, catch_response):
        """Turns any response into one that reports itself to ``request_event``."""
        response.__class__ = ResponseContextManager
        response.__dict__.update(
            _entered=False,
            _manual_result=None,
            _request_event=request_event,
            _catch_response=catch_response,
            request_meta=request_meta,
        )
        return response

    def __enter__(self):
        self._entered = True
        if not self._catch_response:
            raise LocustError(
                "A with-block around a request needs catch_response=True in the call."
            )
        return self

    def __exit__(self, exc, value, traceback):
        if self._manual_result is not None:
            failed = isinstance(self._manual_result, Exception)
            self.request_meta["exception"] = self._manual_result if failed else None
            self._report_request()
            return exc is None
        if exc is None:
            self.request_meta["exception"] = self._own_failure()
            self._report_request()
            return True
        if isinstance(value, ResponseError):
            self.request_meta["exception"] = value
            self._report_request()
            return True
        if self.status_code:
            _engine.count_unreported()
        return False

    def _own_failure(self):
        """What speaks against this answer by itself, or None.

        The message names the request by its name, not by its URL, so that failures of many URLs
        with one name are one line in the report.
        """
        exchange = self.__dict__.get("_exchange")
        if exchange is not None and exchange.status < 400 and self.error is None:
            return None
        url = self.url
        self.url = self.request_meta["name"]
        try:
            self.raise_for_status()
        except RequestException as fault:
            return _innermost(fault)
        finally:
            self.url = url
        return None

    def raise_for_status(self) -> None:
        """Raises what speaks against this answer, a result set by hand before all else."""
        if not self._manual_result:
            if self.error:
                raise self.error
            Response.raise_for_status(self)
        elif isinstance(self._manual_result, Exception):
            raise self._manual_result

    def _report_request(self, exc=None):
        meta = self.request_meta
        self._request_event.fire(**meta)
        # Each holds the other: taken apart, both are gone at once instead of at some
        # collection of garbage.
        meta.pop("response", None)

    def success(self):
        """Counts the request as a success, whatever the answer says. Only in a with-block."""
        self._need_block("success")
        self._manual_result = True

    def failure(self, exc):
        """Counts the request as a failure because of ``exc``. Only in a with-block."""
        self._need_block("failure")
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _need_block(self, what):
        if not self._entered:
            raise LocustError(
                f".{what}() was called outside of a with-block. Write it like this:\n\n"
                f"with self.client.request(..., catch_response=True) as response:\n"
                f"    response.{what}(...)"
            )


def _innermost(fault):
    """The cause below the wrappers of ``requests`` and ``urllib3``."""
    wrappers = (requests.ConnectionError, ProtocolError, MaxRetryError, NewConnectionError)
    while isinstance(fault, wrappers) and fault.__context__:
        fault = fault.__context__
    return fault


class RestResponseContextManager(ResponseContextManager):
    """A response of ``rest()``, with the parsed body in ``js``."""

    js: dict


class LocustHttpAdapter(HTTPAdapter):
    """``requests``' own adapter over a pool that several users may share."""

    def __init__(self, pool_manager, *args, **kwargs):
        self.poolmanager = pool_manager
        super().__init__(*args, **kwargs)

    def init_poolmanager(self, *args, **kwargs):
        """Makes a pool unless one was given."""
        if self.poolmanager is None:
            super().init_poolmanager(*args, **kwargs)


EngineSession._answer_kind = ResponseContextManager
_engine.set_answer_kind(ResponseContextManager)


def _needs_catch_response(self, *_args, **_kwargs):
    raise LocustError(
        "success() and failure() need catch_response=True in the call and a with-block around it."
    )


Response.success = _needs_catch_response
Response.failure = _needs_catch_response

__all__ = [
    "HttpSession",
    "LocustHttpAdapter",
    "ResponseContextManager",
    "RestMixin",
    "RestResponseContextManager",
]
