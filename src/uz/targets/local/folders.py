"""Folders and files as they must be: right owner, right mode, no symlinks, never half-written."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage

from uz.errors import MachineError

LITTLE = 2**18
"""Bytes of free space; with less nothing can be expected to start, or to say why it does not."""
NO_SPACE = ("No space left on device", "Check free disk space")
"""What the kernel says of a full disk, and PostgreSQL where half a page still had room."""


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the errors of a full, read-only or forbidden disk into words."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise MachineError(
                f"{where}: the disk is full", hint="Free some space and run the command again."
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise MachineError(
                f"{where}: not writable for this user ({error.strerror})",
                hint="Run as the user who ran `uz up` before, or choose a folder with UZ_HOME.",
            ) from error
        raise MachineError(
            f"{where}: {error.strerror}",
            hint="Look at this path, or choose another folder with UZ_HOME.",
        ) from error


def full_disk(place: Path, story: str) -> str:
    """What to do where something failed because this disk is full, by what it said or left; else
    nothing."""
    if disk_usage(place).free < LITTLE or any(words in story for words in NO_SPACE):
        return f"The disk of {place} is full: free some space and run the command again."
    return ""


def refuse_symlink(path: Path) -> None:
    """Raise MachineError where the path is a symbolic link, which could lead anywhere."""
    if path.is_symlink():
        raise MachineError(
            f"{path}: is a symbolic link, and state is kept in real folders only",
            hint="Move the folder back, or choose its place with UZ_HOME.",
        )


def folder(path: Path, mode: int, uid: int = -1, gid: int = -1) -> Path:
    """Make a folder with this mode and owner; an existing one is put right.

    Raises MachineError where it is a link, belongs to another user or cannot be made.
    """
    refuse_symlink(path)
    with disk_errors(path):
        path.mkdir(mode=mode, exist_ok=True)
        found = path.lstat()
        wanted = os.geteuid() if uid < 0 else uid
        if found.st_uid not in {wanted, os.geteuid()}:
            raise MachineError(
                f"{path}: belongs to user {found.st_uid}, not to {wanted}",
                hint="Run as that user, or choose another folder with UZ_HOME.",
            )
        if found.st_uid != wanted or (gid >= 0 and found.st_gid != gid):
            os.chown(path, wanted, gid, follow_symlinks=False)
        if stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)
    return path


def write(
    path: Path, content: str | bytes, mode: int = 0o600, uid: int = -1, gid: int = -1
) -> bool:
    """Write a file whole or not at all; say whether it changed. Raises MachineError."""
    data = content.encode() if isinstance(content, str) else content
    refuse_symlink(path)
    fresh = path.with_name(f".{path.name}.new")
    with disk_errors(path):
        same = path.is_file() and path.read_bytes() == data
        if same and _as_wanted(path, mode, uid, gid):
            return False
        fresh.unlink(missing_ok=True)
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), mode)
                if uid >= 0 or gid >= 0:
                    os.fchown(file.fileno(), uid, gid)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    return not same


def _as_wanted(path: Path, mode: int, uid: int, gid: int) -> bool:
    found = path.stat()
    return (
        stat.S_IMODE(found.st_mode) == mode
        and uid in {-1, found.st_uid}
        and gid in {-1, found.st_gid}
    )


def link(path: Path, target: Path | str) -> bool:
    """Point a link of Uz's own at a target, in one step; say whether it changed."""
    with disk_errors(path):
        if path.is_symlink() and os.readlink(path) == str(target):  # noqa: PTH115
            return False
        if path.exists() and not path.is_symlink():
            raise MachineError(f"{path}: is in the way", hint="Move it away and run again.")
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(path)
    return True
