"""The largest body a request may have."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Refuses a body that is too large with 413, announced or not.

    FastAPI's own limit answers plain text; this one is answered as JSON like any error.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received, and stop at the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        seen = int(announced) if announced.isdecimal() else 0
        if seen <= self._limit:
            seen = 0

        async def receive_some() -> Message:
            nonlocal seen
            message: Message = {} if seen > self._limit else await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(413, f"The body may have {self._limit} bytes at most.")
            return message

        await self._app(scope, receive_some, send)
