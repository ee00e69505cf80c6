"""Which backups stay: the newest of so many days, weeks and months, and all of a time window."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.backups.backup import Backup
from uz.backups.wal import is_segment, number_of
from uz.spec.backups import Keep

Bucket = Callable[[datetime], object]


@dataclass(frozen=True)
class WalRange:
    """Numbers of WAL files that stay, both ends included; no end where all later ones do."""

    first: int
    last: int | None = None

    def holds(self, segment: str) -> bool:
        """Whether a WAL file is in it."""
        place = number_of(segment)
        return self.first <= place and (self.last is None or place <= self.last)


@dataclass(frozen=True)
class Kept:
    """The labels of the backups that stay, and which of them the time window is restored from."""

    labels: frozenset[str] = frozenset()
    window: frozenset[str] = frozenset()


def kept(backups: Iterable[Backup], keep: Keep, pitr: timedelta, now: datetime) -> Kept:
    """Which of these backups stay.

    Days, weeks and months are counted back over those that have a backup, from the newest, and the
    window never ends after the newest backup: a clock that is ahead removes nothing by itself.
    """
    known = sorted(backups, key=lambda one: (one.ended, one.label))
    if not known:
        return Kept()
    window = frozenset(one.label for one in _window(known, min(now, known[-1].ended) - pitr))
    labels = _with_needs({*window, *_buckets(known, keep)}, {one.label: one for one in known})
    return Kept(frozenset(labels), window)


@dataclass(frozen=True)
class Log:
    """The log that stays of one cluster."""

    ranges: tuple[WalRange, ...] = ()

    def holds(self, segment: str) -> bool:
        """Whether a file of the log stays. Histories of timelines always do: they are tiny."""
        return not is_segment(segment) or any(one.holds(segment) for one in self.ranges)


def log_for(backups: Iterable[Backup], stays: Kept) -> Log:
    """The log that belongs to what stays of one cluster's backups.

    Of the window all from its first backup on; of an older backup what makes it whole. The newest
    backup's goes on for ever, and where there is none yet, all of the log stays.
    """
    known = sorted(backups, key=lambda one: (one.ended, one.label))
    if not known:
        return Log((WalRange(0),))
    staying = [one for one in known if one.label in stays.labels]
    window = [one for one in staying if one.label in stays.window] or known[-1:]
    onward = min(number_of(one.first_wal) for one in window)
    older = {WalRange(number_of(one.first_wal), number_of(one.last_wal)) for one in staying}
    before = sorted((one for one in older if one.first < onward), key=lambda one: one.first)
    return Log((*before, WalRange(onward)))


def _window(known: list[Backup], begins: datetime) -> list[Backup]:
    """The backup that the beginning of the window is restored from, and all after it."""
    before = [place for place, one in enumerate(known) if one.ended <= begins]
    return known[before[-1] if before else 0 :]


def _day(moment: datetime) -> object:
    return moment.date()


def _week(moment: datetime) -> object:
    return moment.isocalendar()[:2]


def _month(moment: datetime) -> object:
    return moment.year, moment.month


def _buckets(known: list[Backup], keep: Keep) -> set[str]:
    pairs = ((_day, keep.daily), (_week, keep.weekly), (_month, keep.monthly))
    return {label for bucket, count in pairs for label in _newest_of(known, bucket, count)}


def _newest_of(known: list[Backup], bucket: Bucket, count: int) -> list[str]:
    newest: dict[object, str] = {}
    for one in reversed(known):
        newest.setdefault(bucket(one.ended.astimezone(UTC)), one.label)
    return list(newest.values())[:count]


def _with_needs(wanted: set[str], known: dict[str, Backup]) -> set[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        label = waiting.pop()
        if label not in found and label in known:
            found.add(label)
            waiting += known[label].needs
    return found
