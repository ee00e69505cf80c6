"""What a restore needs, before anything is fetched: which backup, which log, what is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from uz.backups.backup import Backup
from uz.backups.catalog import Catalog
from uz.backups.choosing import chosen, files_for, newer, responsible
from uz.backups.inventory import Inventory, Naming, inside
from uz.backups.log_needed import last_needed, stored
from uz.backups.target import Aim, Target, told
from uz.backups.wal import number_of
from uz.errors import BackupError


@dataclass(frozen=True)
class Rates:
    """Bytes a second: fetched, unpacked, and replayed of the log; measured on two cores with an
    off-site store on the same machine. They are for an estimate only."""

    fetch: float = 60e6
    restore: float = 80e6
    replay: float = 50e6
    start: float = 5.0
    """Seconds that starting servers takes."""


@dataclass(frozen=True)
class Plan:
    """How a target is reached. `files` with their sizes by path in the repository; bytes, seconds.

    `reaches`: the last moment that will be there. `loses`: what was written from then to now is
    not. `passed_over`: why a newer backup is not used, a line each.
    """

    repository: str
    target: Target
    catalog: Catalog
    backup: Backup
    files: Mapping[str, int]
    first_wal: str
    last_wal: str
    reaches: datetime
    loses: timedelta
    seconds: float
    passed_over: tuple[str, ...] = ()
    everything: bool = False
    """Whether all of the log is fetched, and not only what the target is expected in."""
    logs: int = 0
    """How many log files are replayed."""

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(self.files.values())


def plan(
    found: Sequence[Inventory],
    target: Target,
    now: datetime,
    naming: Naming,
    *,
    rates: Rates | None = None,
    everything: bool = False,
) -> Plan:
    """Decide how to reach a target from these repositories, the newest first.

    `everything`: with all of the log behind the target that is there without a gap. Raises
    BackupError where the target cannot be reached, and says until when it could be.
    """
    if target.at and target.at > now:
        raise BackupError(
            f"{told(target.at)} is in the future: it is {told(now)}",
            hint="Times are in UTC unless --to has a zone such as +01:00.",
        )
    inventory = responsible(found, target)
    log = inventory.log(naming)
    backup, catalog, passed_over = chosen(inventory, log, target, naming)
    if target.aim is Aim.LATEST:
        passed_over = (*newer(found, inventory), *passed_over)
    first = number_of(backup.first_wal)
    last = last_needed(inventory, log, backup, target, everything=everything)
    files = files_for(catalog, backup, naming)
    segments = [path for number in range(first, last + 1) for path in log.segments[number]]
    files |= {path: inventory.files[path].size for path in (*segments, *log.histories)}
    reaches = target.at or backup.ended
    if target.aim is Aim.LATEST:
        reaches = max(reaches, stored(inventory, log, last))
    return Plan(
        inventory.repository,
        target,
        catalog,
        backup,
        files,
        backup.first_wal,
        naming.segment_of(inside(max(log.segments[last]))),
        reaches,
        max(now - reaches, timedelta()),
        _seconds(rates or Rates(), sum(files.values()), backup.size, len(segments)),
        passed_over,
        everything,
        len(segments),
    )


def _seconds(rates: Rates, fetched: int, restored: int, segments: int) -> float:
    replayed = segments * 2**24
    return rates.start + fetched / rates.fetch + restored / rates.restore + replayed / rates.replay
