"""`SseUser`: answers that come in events, such as the tokens of a language model.

In: calls as `requests` takes them. Out: an `EventSource` to iterate over, one `request` event at its
end, and the measures of the stream: time to first token, gaps, tokens. The engine reads the events
as they come and stamps them, however long the user takes to look at them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from gatecrash import _engine
from gatecrash.http import answer, failures
from gatecrash.http.adapter import body_bytes, chunked, head_bytes, origin_of, timeouts
from locust.clients import HttpSession, ResponseContextManager
from locust.exception import CatchResponseError
from locust.user.users import HttpUser
from requests.cookies import extract_cookies_to_jar

logger = logging.getLogger(__name__)

ASKED_FOR = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
"""Headers of every such request, unless the call has its own."""


class StreamError(Exception):
    """What speaks against a stream: it ended without its end mark, it had no content."""


@dataclass(frozen=True)
class Event:
    """One event; `at_ms` is when it came, milliseconds from the call."""

    kind: str
    data: str
    id: str
    at_ms: float

    def json(self) -> Any:
        """Its data, which is JSON."""
        return json.loads(self.data)


class SseUser(HttpUser):
    """A user like `HttpUser`, whose client also listens to streams of events."""

    abstract = True
    client: SseSession

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.client = SseSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
        )
        self.client.trust_env = False


class SseSession(HttpSession):
    """A client that can also listen to a stream."""

    def sse(
        self,
        method: str,
        url: str,
        *,
        form: str = "sse",
        name: str | None = None,
        context: dict | None = None,
        timeout: Any = None,
        total_timeout: float | None = None,
        **kwargs,
    ) -> EventSource:
        """Asks for a stream of events and gives it as soon as its head is there.

        `form` says what the events mean and how the stream ends: "sse" (any data is content, the
        end of the body is the end), "openai" or "anthropic". `timeout` is that of `requests`, for
        each piece; `total_timeout` is for the whole, in seconds. Other keywords go to
        `requests.Request`. Redirects are not followed.
        """
        request = requests.Request(method.upper(), self._build_url(url), **kwargs)
        request.headers = {**ASKED_FOR, **(request.headers or {})}
        prepared = self.prepare_request(request)
        connect_s, read_s = timeouts(timeout)
        place = origin_of(prepared.url, self.verify, self.cert)
        body = body_bytes(prepared)
        head = head_bytes(prepared, place.authority, body)
        if isinstance(body, list):
            body = b"".join(chunked(body) if b"Transfer-Encoding: chunked" in head else body)
        exchange, events = self._client.listen(
            place, head, body, connect_s, read_s, total_timeout, form
        )
        return EventSource(
            self._response(prepared, exchange, (connect_s, read_s)),
            exchange,
            events,
            self.request_event,
            {
                "request_type": prepared.method,
                "name": name or self.request_name or prepared.path_url,
                "context": self._context(context),
                "start_time": exchange.started_epoch_s,
                "url": prepared.url,
            },
            self.user.environment.stats if self.user is not None else None,
        )

    def _response(self, prepared, exchange, waits):
        if exchange.failure is not None:
            parts = urlsplit(prepared.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            pool = failures.PoolName(parts.scheme, parts.hostname, port)
            fault = failures.exception_for(
                exchange.failure, pool, prepared.path_url, waits, request=prepared
            )
            return ResponseContextManager(fault)
        response = answer.from_exchange(self._answer_kind, exchange)
        response.request, response.url = prepared, prepared.url
        extract_cookies_to_jar(self.cookies, prepared, response.raw)
        return response


class EventSource:
    """The events of one answer, in the order in which they came.

    It reports itself as one request when its events are over, when a `with` block around it ends,
    or when it is closed. What is left early counts by what came until then.
    """

    def __init__(self, response, exchange, events, request_event, meta: dict, stats):
        self.response = response
        """The head of the answer; status 0 where there is none."""
        self._exchange = exchange
        self._events: _engine.EventStream | None = events
        self._request_event = request_event
        self._meta = meta
        self._stats = stats
        self._verdict: Exception | bool | None = None
        self._is_reported = False
        self._seen_ms: float | None = None

    def __iter__(self) -> Iterator[Event]:
        try:
            while self._events is not None and (found := self._events.next()) is not None:
                event = Event(*found)
                self._seen_ms = event.at_ms
                yield event
        except GeneratorExit:
            # The loop was left.
            self.close()
            raise
        except BaseException:
            self._abandon()
            raise
        self.close()

    def __enter__(self) -> EventSource:
        return self

    def __exit__(self, kind, error, traceback) -> bool:
        if kind is None or isinstance(error, StreamError):
            if error is not None and self._verdict is None:
                self._verdict = error
            self.close()
            return True
        self._abandon()
        return False

    def _abandon(self) -> None:
        """Nobody will hear of it: its user was ended, or its block left by an exception."""
        if self._is_reported:
            return
        self._is_reported = True
        if self._events is not None:
            self._events.close()
        if self.response.status_code:
            _engine.count_unreported()

    def read(self) -> str:
        """All of the visible content, put together, once the stream is over."""
        for _ in self:
            pass
        return self.content

    @property
    def content(self) -> str:
        """The visible content put together; empty before the end."""
        return self._events.content if self._events is not None else ""

    @property
    def tokens(self) -> int | None:
        """The output tokens, as the server counts them; None where it does not say."""
        return self._events.tokens if self._events is not None else None

    @property
    def measures(self) -> dict[str, list[float]]:
        """What was measured, by the names of the reports; empty before the end."""
        measured: dict[str, list[float]] = {}
        for name, value in self._events.measures if self._events is not None else ():
            measured.setdefault(name, []).append(value)
        return measured

    def failure(self, why: str | Exception) -> None:
        """Counts it as a failure because of `why`. Before its events are over, or in a block."""
        self._verdict = why if isinstance(why, Exception) else CatchResponseError(why)

    def success(self) -> None:
        """Counts it as a success, whatever the answer says."""
        self._verdict = True

    def close(self) -> None:
        """Reports it, once; what is left of the stream is given up."""
        if self._is_reported:
            return
        self._is_reported = True
        fault = self._fault()
        if self._events is not None:
            self._events.close()
        meta = self._meta
        measures = self._measures() if fault is None else []
        if measures and self._events.tell():
            measures = []
        self._request_event.fire(
            **meta,
            response_time=self._response_time_ms(),
            response_length=self._events.bytes if self._events is not None else 0,
            exception=fault,
            response=self.response,
        )
        if measures and self._stats is not None:
            self._stats._engine.measure(meta["request_type"], meta["name"], measures)

    def _fault(self) -> Exception | None:
        if self._verdict is not None:
            return None if self._verdict is True else self._verdict
        if self.response.status_code >= 400 or self._events is None:
            try:
                self.response.raise_for_status()
            except requests.RequestException as fault:
                return fault
        said = self._events.fault if self._events is not None else None
        return StreamError(said) if said else None

    def _response_time_ms(self) -> float:
        if self._events is None:
            return self._exchange.total_ms
        total_ms = self._events.total_ms
        if total_ms is not None:
            return total_ms
        # Left before its end: until the last event that was looked at.
        lag_ms = self._exchange.total_until_head_ms - self._exchange.until_head_ms
        return lag_ms + max(self._seen_ms or 0.0, self._exchange.until_head_ms)

    def _measures(self) -> list[tuple[str, float]]:
        return self._events.measures if self._events is not None else []

    def __del__(self):
        # Somebody asked and never looked.
        if not self._is_reported:
            self.close()
