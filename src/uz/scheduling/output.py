"""What a job prints: the last lines for the journal, and all of it in a file that stays small."""

import codecs
import logging
import os
from collections import deque
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

MOST = 2**20
"""Bytes of a log, after which it goes on in a new one; the one before is kept."""
LINES = 8
LONGEST = 300
"""Characters of a line that the journal keeps."""


class Output:
    """Takes what one run prints. A log that cannot be written is told once, and done without."""

    def __init__(self, path: Path) -> None:
        """Go on with the job's log."""
        self.path = path
        self._file: BinaryIO | None = None
        self._broken = False
        self._last: deque[str] = deque(maxlen=LINES)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""

    def take(self, data: bytes) -> str:
        """Keep some more; returns it as text."""
        self._log(data)
        text = self._decoder.decode(data)
        *whole, rest = (self._line + text).split("\n")
        self._last.extend(line[:LONGEST] for line in map(str.rstrip, whole) if line)
        self._line = rest[:LONGEST]
        return text

    def note(self, text: str) -> None:
        """Write a line of the scheduler's own into the log, and only there."""
        self._log(f"== {text}\n".encode())

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, the one that has no end yet too."""
        rest = self._line.rstrip()
        return tuple([*self._last, *([rest] if rest else [])][-LINES:])

    def close(self) -> None:
        """Nothing more comes."""
        if self._file:
            self._file.close()
            self._file = None

    def _log(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            file = self._file or self._opened()
            if file.tell() + len(data) > MOST and file.tell():
                file = self._next(file)
            file.write(data)
        except OSError as error:
            self._broken = True
            log.error("%s: cannot be written: %s", self.path, error.strerror)

    def _opened(self) -> BinaryIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = os.fdopen(os.open(self.path, flags, 0o600), "ab", buffering=0)
        return self._file

    def _next(self, file: BinaryIO) -> BinaryIO:
        file.close()
        self._file = None
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        return self._opened()
