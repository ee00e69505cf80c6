"""Reading the logs of services."""

import os
from collections.abc import Iterator
from pathlib import Path

from uz.targets.local.layout import Layout

TAIL_BYTES = 256 * 1024
"""The last lines are looked for in this much of the end of a file."""


def log_files(layout: Layout, service: str) -> tuple[Path, ...]:
    """The current log files of a service: its own output, and the access log of the edge."""
    own = (layout.logs / f"{service}.log", layout.logs / service / "access.log")
    return tuple(path for path in own if path.is_file())


def last_lines(layout: Layout, service: str, count: int, since: int = 0) -> tuple[str, ...]:
    """The last lines of what a service printed, oldest first; `since` as `printed` told it."""
    path = layout.logs / f"{service}.log"
    return tail(path, count, since) if path.is_file() else ()


def printed(layout: Layout, service: str) -> int:
    """How much a service has printed until now, in bytes."""
    path = layout.logs / f"{service}.log"
    return path.stat().st_size if path.is_file() else 0


def tail(path: Path, count: int, since: int = 0) -> tuple[str, ...]:
    """The last lines of a file, read from its end; a file below `since` bytes was rotated."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES, since if since <= size else 0))
        lines = file.read().decode(errors="replace").splitlines()
    return tuple(lines[-count:]) if count else ()


class Followed:
    """A log file that is read on as it grows, also across its rotation."""

    def __init__(self, path: Path) -> None:
        """Begin at the end of what is there."""
        self.path = path
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)

    def fresh(self) -> Iterator[str]:
        """The lines that were added since the last call."""
        while line := self._file.readline():
            yield line.decode(errors="replace").rstrip("\n")
        if self._rotated():
            self._file.close()
            self._file = self.path.open("rb")
            yield from self.fresh()

    def close(self) -> None:
        """Read no further."""
        self._file.close()

    def _rotated(self) -> bool:
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._file.fileno())
        return now.st_ino != mine.st_ino or now.st_size < self._file.tell()
