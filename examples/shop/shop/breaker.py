"""Does without a helper that fails, instead of waiting for it at each request."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PAUSE_SECONDS = 1.0
SECONDS_BETWEEN_LINES = 10.0


class Breaker:
    """Asks something that is of use but not needed; may be called from any thread.

    After a failure nobody asks for a moment. Then one caller tries, and the others do
    without until that one was answered.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._lock = Lock()
        self._failing = False
        self._again_at = self._next_line_at = clock()

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer, or None when there is none now."""
        if not self._may_ask():
            return None
        try:
            answer = question()
        # Whatever it is: what is not needed must not fail a request.
        except Exception as error:
            self._failed(error)
            return None
        self._failing = False
        return answer

    def _may_ask(self) -> bool:
        with self._lock:
            if self._failing and self._clock() < self._again_at:
                return False
            self._again_at = self._clock() + PAUSE_SECONDS
            return True

    def _failed(self, error: Exception) -> None:
        with self._lock:
            now = self._clock()
            self._failing, self._again_at = True, now + PAUSE_SECONDS
            silent = now < self._next_line_at
            if not silent:
                self._next_line_at = now + SECONDS_BETWEEN_LINES
        if not silent:
            kind = type(error).__name__
            logger.warning("%s fails, going on without it: %s: %s", self._name, kind, error)
