"""Leaving something in a folder of somebody else's, and taking it away again.

All is done relative to the opened folder, and written through what was just made: whoever owns the
folder can exchange names meanwhile, and must not lead root to another file.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from uz.errors import MachineError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def left(
    folder: Path, name: str, leftover: str, content: bytes | Mapping[str, bytes]
) -> Iterator[None]:
    """A file, or a folder with files, while the block runs; it belongs to the folder's owner.

    What matches the pattern `leftover` goes first. Raises FileExistsError where the name is taken.
    """
    above = os.open(folder, FOLDER)
    try:
        for one in _names(above):
            if leftover and fnmatchcase(one, leftover):
                remove(one, above)
        own = _made(name, above, whole=isinstance(content, bytes))
        try:
            _fill(own, content, os.fstat(above))
            yield
        finally:
            os.close(own)
            remove(name, above)
    finally:
        os.close(above)


def remove(name: str, above: int) -> None:
    """Remove a file, or a folder with all that is in it; a link, and not what it leads to."""
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        shutil.rmtree(name, dir_fd=above)
    else:
        os.unlink(name, dir_fd=above)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [one.name for one in entries]


def _made(name: str, above: int, *, whole: bool) -> int:
    """Make a file or a folder, and open just that. Raises MachineError where it was exchanged."""
    if whole:
        return os.open(name, FRESH, 0o600, dir_fd=above)
    os.mkdir(name, 0o700, dir_fd=above)
    own = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=above)
    if os.fstat(own).st_uid != os.geteuid() or _names(own):
        os.close(own)
        raise MachineError(f"{name}: another folder was put in the place of a new one")
    return own


def _fill(own: int, content: bytes | Mapping[str, bytes], owner: os.stat_result) -> None:
    if isinstance(content, bytes):
        _write(own, content)
    else:
        for name, data in content.items():
            descriptor = os.open(name, FRESH, 0o600, dir_fd=own)
            try:
                _fill(descriptor, data, owner)
            finally:
                os.close(descriptor)
    _give(own, owner)


def _give(descriptor: int, owner: os.stat_result) -> None:
    """Give it to whom the folder belongs: what a killed run leaves is then theirs to remove."""
    if os.geteuid() == 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(data)
