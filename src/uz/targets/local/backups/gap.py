"""The gap: log that was dropped because the disk was full, until the next backup."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from uz.targets.local.layout import Layout


@dataclass(frozen=True)
class Gap:
    """`first` is the WAL file that was dropped first; `until` when the last one was."""

    since: datetime
    until: datetime
    first: str
    dropped: int


def gap_path(layout: Layout) -> Path:
    """Where the archive command writes a line for each WAL file it drops: its name, and the time in
    seconds since 1970. The servers' user may write there."""
    return layout.data / "database" / "archive-gap"


def read_gap(layout: Layout) -> Gap | None:
    """The gap; None where nothing was dropped since the last backup."""
    try:
        path = gap_path(layout)
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return None
    found = [words for line in lines if (words := line.split())]
    if not found:
        return Gap(written, written, "", 0)
    times = [_moment(words[-1], written) for words in (found[0], found[-1])]
    return Gap(times[0], times[1], found[0][0], len(found))


def close_gap(layout: Layout) -> None:
    """Forget the gap: a backup was begun after it, from which a new chain of log goes on."""
    with contextlib.suppress(FileNotFoundError):
        gap_path(layout).unlink()


def _moment(word: str, otherwise: datetime) -> datetime:
    """A time as the archive command writes it; a line that was cut off has none."""
    try:
        if word.isdigit():
            return datetime.fromtimestamp(int(word), UTC)
        found = datetime.fromisoformat(word)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
