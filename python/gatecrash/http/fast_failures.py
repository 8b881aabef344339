"""The exceptions that ``geventhttpclient`` would have raised, from what the engine says failed.

In: a failure as ``_engine.Exchange.failure`` tells it. Out: an exception. Where the library's
parser has words of its own for a fault, the parser is asked for them.
"""

import errno

from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPResponse

from gatecrash.http import failures

_TIMEOUTS = frozenset(("connect-timeout", "read-timeout", "total-timeout"))
_CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def exception_for(failure, had_first_byte):
    """The exception for a failure: (kind, text, number, number).

    ``had_first_byte``: the server had begun to answer, which decides whether a broken connection
    counts as closed (and the request may be sent again).
    """
    kind, text, number, _second = failure
    if kind in _TIMEOUTS:
        return TimeoutError("timed out")
    if kind == "closed" or (not had_first_byte and _is_broken_pipe(kind, number)):
        return HTTPConnectionClosed("connection closed.")
    make = _MADE.get(kind)
    return make(text) if make else failures.cause_of(failure)


def _is_broken_pipe(kind, number):
    broken = (errno.ECONNRESET, errno.EPIPE) if kind == "send" else (errno.ECONNRESET,)
    return kind in ("send", "receive") and number in broken


def _incomplete(_text):
    return HTTPParseError("Incomplete response.")


def _bad_chunk(line):
    return (
        _words_of_parser(_CHUNKED_HEAD + line.encode("latin-1", "replace"))
        if line
        else (_incomplete(line))
    )


def _bad_head(line):
    if line == "the head ended early":
        return HTTPParseError("connection closed before end of the headers")
    return _words_of_parser(line.encode("latin-1", "replace") + b"\r\n")


def _words_of_parser(answer):
    try:
        HTTPResponse().feed(answer)
    except HTTPParseError as fault:
        return fault.with_traceback(None)
    return HTTPParseError(f"not an HTTP answer: {answer[:100]!r}")


_MADE = {
    "short-body": _incomplete,
    "bad-chunk": _bad_chunk,
    "bad-head": _bad_head,
    "head-too-large": HTTPParseError,
    "body-too-large": HTTPParseError,
    "tls-settings": lambda text: OSError(f"Could not use the TLS certificates: {text}"),
}
