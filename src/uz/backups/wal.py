"""Names of PostgreSQL's log files: their place in the log, and what is missing between them."""

import re
from collections.abc import Collection

from uz.errors import BackupError

NAME = re.compile(r"[0-9A-F]{24}")
PER_LOG = 256
"""Files of 16 MiB that share the middle eight digits of their name (`initdb`'s default)."""


def is_segment(name: str) -> bool:
    """Whether it is the name of a log file, and not that of a timeline's history."""
    return NAME.fullmatch(name) is not None


def number_of(name: str) -> int:
    """The place of a file in the log, whatever its timeline: numbers go on on the next one.

    Raises BackupError where it is no name of a log file.
    """
    if not is_segment(name):
        raise BackupError(f"{name!r} is no log file of PostgreSQL")
    return int(name[8:16], 16) * PER_LOG + int(name[16:], 16)


def timeline_of(name: str) -> int:
    """The timeline that a file was written on. Raises BackupError."""
    number_of(name)
    return int(name[:8], 16)


def name_of(timeline: int, number: int) -> str:
    """What the file at a place of the log is called."""
    return f"{timeline:08X}{number // PER_LOG:08X}{number % PER_LOG:08X}"


def first_missing(numbers: Collection[int], first: int, last: int) -> int | None:
    """The first place from `first` to `last`, both included, that is not among these."""
    return next((one for one in range(first, last + 1) if one not in numbers), None)
