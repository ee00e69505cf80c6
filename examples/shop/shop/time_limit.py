"""The longest time a request may take."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.deadline import within
from shop.errors import error_body


class TimeLimit:
    """Answers 504 in time, and cancels what takes longer: its transaction is undone.

    Unless it was being committed just then, so the answer does not promise that nothing
    was changed.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and wait no longer than that."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = late = False

        async def send_in_time(message: Message) -> None:
            nonlocal begun
            if not late:
                begun = True
                await send(message)

        try:
            await within(self._seconds, self._answer(scope, receive, send_in_time))
        except TimeoutError:
            if begun:
                raise  # Too late for another answer: the server must cut the connection.
            late = True
            hint = "Try again; an order is safe to send again with its Idempotency-Key."
            body = error_body("too_slow", "This took too long and was given up.", hint)
            await JSONResponse(body, 504, {"Retry-After": "1"})(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
