"""Locks of commands: held until they end, and let go even when they are killed."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from uz.errors import BusyError
from uz.targets.local.folders import disk_errors, refuse_symlink
from uz.waiting import met


@contextmanager
def held(
    path: Path,
    busy: Callable[[str], str],
    within: float = 0.0,
    patience: Callable[[str], float] = lambda _holder: 0.0,
) -> Iterator[int]:
    """Hold a lock, and give its descriptor, to write into it who has it.

    Raises BusyError, with what `busy` makes of who has it, where that is still so after `within`
    seconds, and after as many more as `patience` has for who has it then.
    """
    with disk_errors(path):
        refuse_symlink(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken_within(path, descriptor, within, patience):
            raise BusyError(
                busy(_holder(path)),
                hint="Wait for it to end, or stop it; then run the command again.",
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _taken_within(
    path: Path, descriptor: int, within: float, patience: Callable[[str], float]
) -> bool:
    if met(lambda: _taken(descriptor), within):
        return True
    return met(lambda: _taken(descriptor), patience(_holder(path)))


def _holder(path: Path) -> str:
    return path.read_text(errors="replace").strip() or "another command"


def name_holder(descriptor: int, command: str) -> None:
    """Write into a lock who has it. Raises OSError."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"uz {command} (process {os.getpid()})".encode(), 0)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
