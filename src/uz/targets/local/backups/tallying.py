"""Counting files when they are backed up, and again when they came back."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import file_digest
from itertools import islice
from pathlib import Path

from uz.backups.finding import Finding
from uz.backups.tally import Sampled, Tally
from uz.targets.local.backups.walking import Signature, signature, walked

NEWEST, SAMPLE = 20, 100
"""How many files are compared byte by byte: the newest ones, and all together."""
READ = 256 * 2**20
"""Bytes that are read of them at most."""


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


def _sampled(still: Mapping[str, Signature]) -> Iterator[tuple[str, Sampled]]:
    """The newest, which staged files are, and some of the others, as far as they can be read."""
    newest = sorted(still, key=lambda path: still[path][1], reverse=True)
    others = newest[NEWEST:]
    random.shuffle(others)
    left = READ
    for path in islice([*newest[:NEWEST], *others], SAMPLE):
        size = still[path][0]
        one = _sample(path) if size <= left else None
        if one and signature(path) == still[path]:
            left -= size
            yield path, one


def _sample(path: str) -> Sampled | None:
    with suppress(OSError), Path(path).open("rb") as file:
        return Sampled(os.fstat(file.fileno()).st_size, file_digest(file, "sha256").hexdigest())
    return None
