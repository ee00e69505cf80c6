"""Which files there are, and what tells that one changed."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG

Signature = tuple[int, int, int]
"""Size in bytes, and when content and inode changed, in nanoseconds: as restic tells it too."""


def walked(tops: Iterable[Path]) -> dict[str, Signature]:
    """The regular files at these places and below; links are not followed."""
    return {path: one for top in tops for path in _below(top) if (one := signature(path))}


def _below(top: Path) -> Iterator[str]:
    if top.is_file():
        yield str(top)
    elif not top.is_symlink():
        for folder, _, names in os.walk(top):
            yield from (f"{folder}/{name}" for name in names)


def signature(path: str) -> Signature | None:
    """That of a regular file; None of all else."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns) if S_ISREG(found.st_mode) else None
