"""The lock of the one command that makes, removes or restores backups of an environment."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from uz.errors import BusyError
from uz.targets.local.folders import disk_errors, refuse_symlink
from uz.targets.local.layout import Layout
from uz.waiting import met


def lock_path(layout: Layout) -> Path:
    """Where the lock is: beside that of the environment, which another command may hold."""
    return layout.backups_lock


@contextmanager
def backups_held(layout: Layout, command: str, within: float = 0.0) -> Iterator[None]:
    """Hold the backups for one command; they are let go even when the command is killed.

    Raises BusyError where another command still holds them after `within` seconds.
    """
    path = lock_path(layout)
    with disk_errors(path):
        refuse_symlink(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not met(lambda: _taken(descriptor), within):
            raise _busy(layout, path)
        with suppress(OSError):  # only who holds it is not told then
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"uz {command} (process {os.getpid()})".encode(), 0)
        yield
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(layout: Layout, path: Path) -> BusyError:
    holder = path.read_text(errors="replace").strip() or "another command"
    return BusyError(
        f"{layout.app}/{layout.environment}: `{holder}` works on the backups",
        hint="Wait for it to end, or stop it; then run the command again.",
    )
