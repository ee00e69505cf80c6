"""Does without a helper that fails, instead of waiting for it at each request."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PAUSE_SECONDS = 1.0
SECONDS_BETWEEN_LINES = 10.0


class Breaker:
    """Asks something that is of use but not needed.

    After a failure nobody asks for a moment. Then one caller tries, and the others do
    without until that one was answered.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._failing = False
        self._again_at = self._next_line_at = clock()

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The answer, or None when there is none now."""
        if not self._may_ask():
            return None
        try:
            answer = await question()
        # Whatever it is: what is not needed must not fail a request.
        except Exception as error:
            self._failed(error)
            return None
        self._failing = False
        return answer

    def _may_ask(self) -> bool:
        if self._failing and self._clock() < self._again_at:
            return False
        self._again_at = self._clock() + PAUSE_SECONDS
        return True

    def _failed(self, error: Exception) -> None:
        now = self._clock()
        self._failing, self._again_at = True, now + PAUSE_SECONDS
        if now >= self._next_line_at:
            self._next_line_at = now + SECONDS_BETWEEN_LINES
            kind = type(error).__name__
            logger.warning("%s fails, going on without it: %s: %s", self._name, kind, error)
