"""One log line for each request, and the release's name on each answer."""

import logging
import re
import time
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.errors import error_body

logger = logging.getLogger(__name__)

LONGEST_FIELD = 200
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass
class Answer:
    """What is known of an answer while it is being sent."""

    status: int = 500
    begun: bool = False


class RequestLog:
    """Logs each request in one line; answers 500 for what nobody expected.

    Only the path, never the query, and no other header is logged: they may hold
    credentials.
    """

    def __init__(self, app: ASGIApp, release: str) -> None:
        self._app = app
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then write its line, whatever became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answer = Answer()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.begun = message["status"], True
                MutableHeaders(scope=message)["X-Release"] = self._release
            await send(message)

        failure: Exception | None = None
        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            failure = error
            if answer.begun:
                raise  # Too late for another answer: the server must cut the connection.
            await _unexpected()(scope, receive, send_named)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            _write(scope, answer.status, milliseconds, failure)


def trace_id(traceparent: str | None) -> str | None:
    """The trace's id in a W3C `traceparent` header, or None when there is none."""
    found = TRACEPARENT.match(traceparent or "")
    return found.group(1) if found else None


def _unexpected() -> JSONResponse:
    body = error_body("internal", "Something went wrong here.", "Try again in a moment.")
    return JSONResponse(body, status_code=500)


def _write(scope: Scope, status: int, milliseconds: float, failure: Exception | None) -> None:
    headers = Headers(scope=scope)
    client = scope.get("client")
    fields = {
        "method": scope["method"],
        "path": scope["path"][:LONGEST_FIELD],
        "status": status,
        "duration_ms": round(milliseconds, 2),
        "client": client[0] if client else None,
        "request_id": (headers.get("x-request-id") or "")[:LONGEST_FIELD] or None,
        "trace_id": trace_id(headers.get("traceparent")),
    }
    level = logging.ERROR if status >= 500 else logging.INFO
    logger.log(level, "request", extra={"fields": fields}, exc_info=failure)
