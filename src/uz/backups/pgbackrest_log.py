"""The log of a database in a repository: which files of it are missing, by their names."""

from collections.abc import Iterable

from uz.backups.backup import Backup
from uz.backups.pgbackrest_files import segment
from uz.backups.wal import is_segment, name_of, number_of, timeline_of


def gaps(backups: tuple[Backup, ...], paths: tuple[str, ...]) -> tuple[str, ...]:
    """The log that is missing since the oldest backup, a line for each hole. Where the log ends
    cannot be told from here."""
    there = _numbers(segment(path) for path in paths)
    needed = _numbers(name for one in backups for name in (one.first_wal, one.last_wal))
    first = min((number for numbers in needed.values() for number in numbers), default=0)
    found: list[str] = []
    reached = None
    for timeline in sorted({*there, *needed} if backups else ()):
        known = there.get(timeline, set())
        ends = {one for one in known | needed.get(timeline, set()) if one >= first}
        if not ends:
            continue
        begin = min(ends) if reached is None else min(*ends, reached + 1)
        for one, other in _runs(sorted(set(range(begin, max(ends) + 1)) - known)):
            to = f" to {name_of(timeline, other)}" if other != one else ""
            found.append(f"log missing: {name_of(timeline, one)}{to}")
        reached = max(ends)
    return tuple(found)


def _numbers(names: Iterable[str]) -> dict[int, set[int]]:
    """Places in the log by timeline."""
    found: dict[int, set[int]] = {}
    for name in filter(is_segment, names):
        found.setdefault(timeline_of(name), set()).add(number_of(name))
    return found


def _runs(numbers: list[int]) -> Iterable[tuple[int, int]]:
    """First and last of each run of numbers that follow one another."""
    known = set(numbers)
    begins = [one for one in numbers if one - 1 not in known]
    ends = [one for one in numbers if one + 1 not in known]
    return zip(begins, ends, strict=True)
