"""Folders for restores, below the environment's data: each has a lock, and none is left behind."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from uz.targets.local.backups.restoring import clear
from uz.targets.local.folders import disk_errors, folder
from uz.targets.local.layout import Layout
from uz.targets.local.users import isolated

LOCK = ".lock"


def restores(layout: Layout) -> Path:
    """Where they are: on the disk of the data, as what is restored may become it."""
    return layout.data / "restore"


@contextmanager
def own_scratch(layout: Layout) -> Iterator[Path]:
    """A name for a folder of one's own, which does not exist yet; it is gone when the block ends,
    however it does. Raises MachineError."""
    clear_abandoned(layout)
    top = folder(restores(layout), 0o711 if isolated() else 0o700)
    scratch = top / secrets.token_hex(4)
    lock = top / f"{scratch.name}{LOCK}"
    with disk_errors(lock):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield scratch
    finally:
        try:
            clear(scratch)
            lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
            with suppress(OSError):
                top.rmdir()


def clear_abandoned(layout: Layout) -> tuple[str, ...]:
    """End and remove what killed restores left; return the names. One that runs is left alone."""
    top = restores(layout)
    gone = []
    for lock in sorted(top.glob(f"*{LOCK}")):
        if _abandoned(lock):
            clear(lock.with_name(lock.name.removesuffix(LOCK)))
            with disk_errors(lock):
                lock.unlink(missing_ok=True)
            gone.append(lock.name.removesuffix(LOCK))
    if gone:
        with suppress(OSError):
            top.rmdir()
    return tuple(gone)


def _abandoned(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
