"""Moving what was restored to where it belongs: whole or not at all, also onto another disk."""

import errno
import os
import shutil
from pathlib import Path

from uz.errors import MachineError
from uz.programs import SEARCHED
from uz.shell import run
from uz.targets.local.users import User, isolated

LONGEST = 6 * 3600.0
"""Seconds that copying onto another disk may take."""


def move(path: Path, place: Path) -> None:
    """Move a file or a folder to a place where nothing is, as it is. Raises OSError, MachineError.

    Onto another disk it is copied beside the place, and renamed when it is whole.
    """
    if os.path.lexists(place):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    try:
        path.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copied(path, place)


def _copied(path: Path, place: Path) -> None:
    fresh = place.with_name(f".{place.name}.recovering")
    if os.path.lexists(fresh):  # of a run that was killed
        fresh.unlink() if fresh.is_symlink() or fresh.is_file() else shutil.rmtree(fresh)
    _must(["cp", "--archive", "--no-target-directory", "--", path, fresh], place)
    fresh.rename(place)
    path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)


def owned(place: Path, user: User) -> None:
    """Give a folder with all in it to a user; links are not followed. Raises MachineError."""
    if isolated():
        whom = f"{user.uid}:{user.gid}"
        _must(["chown", "--recursive", "-P", "--no-dereference", "--", whom, place], place)


def _must(words: list[str | Path], place: Path) -> None:
    done = run(words, timeout=LONGEST, environment={"PATH": SEARCHED, "LC_ALL": "C"})
    if not done.ok:
        full = "No space left" in done.stderr or "quota exceeded" in done.stderr
        raise MachineError(
            f"{place}: {'the disk is full' if full else done.tail(1)}",
            hint="Free some space and run the command again." if full else "",
        )
