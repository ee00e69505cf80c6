"""What a request that got no answer means: nobody there, or somebody who cannot be trusted."""

import socket
import ssl
from collections.abc import Iterator

import requests

from uz.errors import RefusedError, SecretError, UnreachableError

CONNECTING, READING = 3.0, 10.0
"""Seconds for a connection, and for each part of an answer."""
BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The line was cut within TLS: of the network, and no word of the other side."""


def unanswered(name: str, error: requests.RequestException) -> SecretError:
    """The error that a failed request is to be told by. Its text repeats nothing of the request."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return RefusedError(
                f"{name}: its certificate cannot be trusted: {cause.verify_message}",
                hint="Somebody may stand in between. Where its CA is none that everybody knows,"
                " name its PEM file as authority in [secrets].",
            )
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, CUT):
            return SecretError(
                f"{name}: TLS fails: {cause.reason or 'no reason given'}",
                hint="Uz speaks TLS 1.2 and later: is this the port of the secrets manager?",
            )
    if isinstance(error, BROKEN):
        return UnreachableError(
            f"{name} gives no answer: {_why(error, causes)}",
            hint="Look whether it runs, and whether a firewall is in between.",
        )
    return SecretError(
        f"{name}: the request cannot be sent ({type(error).__name__})",
        hint="Look at the address in [secrets].",
    )


def _why(error: requests.RequestException, causes: tuple[BaseException, ...]) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names does not let it through"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {CONNECTING:g} s"
    if any(isinstance(one, requests.Timeout | TimeoutError) for one in causes):
        return f"nothing came within {READING:g} s"
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "its name leads to no address"
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return cause.strerror
    return "the connection was cut off"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it came from; urllib3 keeps some in `reason` and some in `args`."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
