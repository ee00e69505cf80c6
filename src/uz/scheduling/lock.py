"""The lock that lets a job run once at a time, whoever starts it and whoever of them dies."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from uz.errors import MachineError


def hold(path: Path) -> int | None:
    """Take the lock and return its descriptor; None where the job runs.

    Whoever inherits the descriptor holds the lock too: a job that outlives who started it keeps
    others out. Raises MachineError.
    """
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise MachineError(
            f"{path}: {error.strerror}", hint="`uz up` makes this folder."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def held(path: Path) -> bool:
    """Whether somebody holds the lock. Raises MachineError."""
    descriptor = hold(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def holders(path: Path) -> tuple[int, ...]:
    """The processes that have the lock's file open, as far as this user may see that."""
    try:
        wanted = path.stat()
    except OSError:
        return ()
    found = set()
    for one in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            there = one.stat()
            if (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino):
                found.add(int(one.parts[2]))
    return tuple(sorted(found - {os.getpid()}))
