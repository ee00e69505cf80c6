"""Which objects are read back this time: every time others, and all of them in turn."""

import hashlib
from collections.abc import Mapping

SHARE = 19
"""One object in so many is read each time. A prime: whatever the number of days from one time to
the next, but for multiples of it, all of them have their turn."""
MOST = 256 * 2**20
"""Bytes that are read each time at most; one object always is."""


def turn(
    sizes: Mapping[str, int], number: int, *, share: int = SHARE, most: int = MOST
) -> list[str]:
    """The paths that are due in the turn of this number, which goes up by one each time; where none
    is, as of few, one all the same."""
    every = sorted(sizes)
    due = [path for path in every if (_place(path) + number) % share == 0]
    due = due or every[number % len(every) :][:1] if every else []
    chosen: list[str] = []
    total = 0
    for path in due[number % len(due) :] + due[: number % len(due)] if due else []:
        total += sizes[path]
        if chosen and total > most:
            break
        chosen.append(path)
    return chosen


def _place(path: str) -> int:
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4])
