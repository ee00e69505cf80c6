"""Counting files when they are backed up, and again when they came back."""

import os
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from stat import S_ISREG

from uz.backups.finding import Finding
from uz.backups.tally import Sampled, Tally

NEWEST, SAMPLE = 20, 100
"""How many files are compared byte by byte: the newest ones, and all together."""
READ = 256 * 2**20
"""Bytes that are read of them at most."""

Signature = tuple[int, int, int]
"""Size in bytes, and when content and inode changed, in nanoseconds: as restic tells it too."""


def walked(tops: Iterable[Path]) -> dict[str, Signature]:
    """The regular files at these places and below; links are not followed."""
    return {path: one for top in tops for path in _below(top) if (one := _signature(path))}


def tallied(
    before: Mapping[str, Signature], after: Mapping[str, Signature], missing: tuple[str, ...] = ()
) -> Tally:
    """Count what was there before a backup and is the same after it."""
    still = {path: one for path, one in before.items() if after.get(path) == one}
    changing = len({*before, *after}) - len(still)
    size = sum(one[0] for one in still.values())
    return Tally(len(still), size, changing, dict(_sampled(still)), missing)


def compared(tally: Tally, into: Path) -> Finding:
    """Whether the files below a folder, by their whole paths, are those that were counted."""
    found = walked([into])
    size = sum(one[0] for one in found.values())
    why = _wrong(tally, into, len(found), size)
    said = why or (
        f"{len(found)} with {size / 2**20:,.1f} MiB, as counted;"
        f" {len(tally.sample)} of them compared byte by byte"
    )
    return Finding("files", not why, said, {"files": len(found), "bytes": size})


def _wrong(tally: Tally, into: Path, files: int, size: int) -> str:
    """What is not as it was counted; empty where all is."""
    if tally.missing:
        more = f", and {len(tally.missing) - 1} more" if len(tally.missing) > 1 else ""
        return f"the backup was taken without something: {tally.missing[0]}{more}"
    wrong = sum(_sample(f"{into}{path}") != one for path, one in tally.sample.items())
    if wrong:
        return f"{wrong} of {len(tally.sample)} compared byte by byte are gone, or another"
    if not tally.files <= files <= tally.files + tally.changing:
        return f"{files} came back, and there were {tally.files}"
    if size < tally.size or (size > tally.size and not tally.changing):
        return f"{size:,} bytes came back, and there were {tally.size:,}"
    return ""


def _below(top: Path) -> Iterator[str]:
    if top.is_file():
        yield str(top)
    elif not top.is_symlink():
        for folder, _, names in os.walk(top):
            yield from (f"{folder}/{name}" for name in names)


def _signature(path: str) -> Signature | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns) if S_ISREG(found.st_mode) else None


def _sampled(still: Mapping[str, Signature]) -> Iterator[tuple[str, Sampled]]:
    """The newest, which staged files are, and some of the others, as far as they can be read."""
    newest = sorted(still, key=lambda path: still[path][1], reverse=True)
    others = newest[NEWEST:]
    random.shuffle(others)
    left = READ
    for path in islice([*newest[:NEWEST], *others], SAMPLE):
        size = still[path][0]
        one = _sample(path) if size <= left else None
        if one and _signature(path) == still[path]:
            left -= size
            yield path, one


def _sample(path: str) -> Sampled | None:
    with suppress(OSError), Path(path).open("rb") as file:
        return Sampled(os.fstat(file.fileno()).st_size, file_digest(file, "sha256").hexdigest())
    return None
