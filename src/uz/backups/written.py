"""Files that are there whole or not at all, and what a disk says in words."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from uz.errors import MachineError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def disk_words(path: Path) -> Iterator[None]:
    """Turn the errors of a disk into a MachineError that names the path."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        full = error.errno in FULL
        raise MachineError(
            f"{error.filename or path}: {'the disk is full' if full else error.strerror}",
            hint="Free some space and try again." if full else "Look at this path.",
        ) from error


@contextmanager
def written(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file beside, which takes this path when the block ends well, and is gone otherwise.

    What a kill left is taken over by the next attempt. Raises MachineError.
    """
    fresh = path.with_name(f".{path.name}.part")
    try:
        with disk_words(path):
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
