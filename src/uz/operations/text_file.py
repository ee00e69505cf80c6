"""The user's own text files: read with care, and replaced whole, with the owner and mode they had.

All is done relative to the opened folder, so that nobody can lead root elsewhere in between.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from uz.errors import MachineError, SpecError

LARGEST = 2**20
"""Bytes; such files have a few kilobytes."""


def read_text(path: Path) -> str:
    """The text of a file, line ends and all. Raises SpecError where it is none to be used."""
    with _folder(path) as folder:
        return _read(path, folder)[0]


def replace_text(path: Path, before: str, after: str) -> bool:
    """Put one text in the place of another; say whether there was anything to do.

    Raises SpecError where the file is not what it was, MachineError where it cannot be written.
    """
    with _folder(path) as folder:
        text, found = _read(path, folder)
        if text == after:
            return False
        if text != before:
            raise SpecError(
                f"{path}: changed while Uz worked on it, so it is left as it is",
                hint="Run the command again: it goes on with what is there now.",
            )
        _replace(path, folder, found, after.encode())
    return True


def _replace(path: Path, folder: int, found: os.stat_result, data: bytes) -> None:
    fresh = f".{path.name}.uz-new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(OSError):  # of a run that was killed
        os.unlink(fresh, dir_fd=folder)
    try:
        descriptor = os.open(fresh, flags, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, found.st_uid, found.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode))
            file.flush()
            os.fsync(descriptor)
        os.rename(fresh, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        with suppress(OSError):
            os.unlink(fresh, dir_fd=folder)
        raise MachineError(
            f"{path}: cannot be replaced: {error.strerror}; it has what it had",
            hint="Run as the user whom it belongs to, with room on its disk.",
        ) from error


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(path: Path, folder: int) -> tuple[str, os.stat_result]:
    # a pipe would never answer, so nothing is waited for
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        seen = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(seen):
            raise SpecError(
                f"{path}: is a symbolic link, which would be replaced by a file",
                hint=f"Name the file itself: {path.resolve()}",
            )
        if not stat.S_ISREG(seen):
            raise SpecError(f"{path}: is no file")
        descriptor = os.open(path.name, flags, dir_fd=folder)
    except OSError as error:
        hint = "Run as the user whom it belongs to." if isinstance(error, PermissionError) else ""
        raise SpecError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(LARGEST + 1)
        return _text(path, data), os.fstat(descriptor)


def _text(path: Path, data: bytes) -> str:
    if len(data) > LARGEST:
        raise SpecError(f"{path}: larger than 1 MiB, which no file of settings is")
    if b"\0" in data:
        raise SpecError(f"{path}: a binary file: it holds zero bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:  # it holds the whole text, so it goes no further
        reason, line = error.reason, data[: error.start].count(b"\n") + 1
    raise SpecError(
        f"{path}:{line}: not UTF-8: {reason}", hint="Save the file in the encoding UTF-8."
    )


def refuse_second_name(path: Path) -> None:
    """Raise MachineError where the file has another name, under which its old text would stay."""
    if path.stat().st_nlink > 1:
        raise MachineError(
            f"{path}: has another name (a hard link), under which its values would stay",
            hint=f"`find / -samefile {path}` finds it; remove the other name first.",
        )
