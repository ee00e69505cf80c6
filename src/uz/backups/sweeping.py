"""What may be removed off-site, by the catalogs there: all that no kept backup needs any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import STAMP, Catalog
from uz.backups.inventory import DATABASE, Inventory, Naming, inside
from uz.backups.retention import Kept, Log, kept, log_for
from uz.errors import BackupError
from uz.spec.backups import Keep

YOUNG = timedelta(days=1)
"""What is younger than the newest catalog by this much may be on its way into the next one."""
AHEAD = timedelta(hours=1)
"""How far a backup may be in the future: more, and one of the clocks is wrong."""


@dataclass(frozen=True)
class Sweep:
    """Keys to remove, and bytes, by what they are of. `labels` are the backups that go."""

    keys: tuple[str, ...] = ()
    size: int = 0
    labels: tuple[str, ...] = ()
    stay: tuple[str, ...] = ()


def sweep(
    found: Sequence[Inventory], keep: Keep, pitr: timedelta, now: datetime, naming: Naming
) -> Sweep:
    """Decide what goes. What nothing is known of, and what is young, stays.

    Raises BackupError where a catalog cannot be read, or a clock is wrong: nothing goes then.
    """
    damaged = [f"{one.repository}/{line}" for one in found for line in one.damaged]
    if damaged:
        raise BackupError(
            f"{damaged[0]}: nothing is removed while it is not known what a catalog needs",
            hint="Look at it; where the backup is lost, remove this catalog and run it again.",
        )
    everything = [one for inventory in found for one in _runs(inventory)]
    late = max((one.ended for one in everything), default=now)
    if late > now + AHEAD:
        raise BackupError(
            f"the newest backup is of {late:%F %T} UTC, and it is {now:%F %T}: a clock is wrong",
            hint="Set the clock of this machine, or wait until that time has passed.",
        )
    stays = kept(everything, keep, pitr, now)
    begins = min((one.ended for one in everything if one.label in stays.window), default=now)
    gone = [key for one in found for key in _gone(one, stays, begins, naming)]
    sizes = {
        f"{one.repository}/{path}": each.size for one in found for path, each in one.files.items()
    }
    return Sweep(
        tuple(_in_order(gone)),
        sum(sizes[key] for key in gone),
        tuple(sorted(one.label for one in everything if one.label not in stays.labels)),
        tuple(sorted(stays.labels)),
    )


def _runs(inventory: Inventory) -> list[Backup]:
    """Its backups under names that are unique; where there is no database, its catalogs as such."""
    known = [backup for backup, _ in inventory.backups()]
    if known:
        return [_named(inventory.repository, one) for one in known]
    return [_run(one) for one in inventory.catalogs]


def _named(repository: str, one: Backup) -> Backup:
    needs = tuple(f"{repository}/{label}" for label in one.needs)
    return replace(one, label=f"{repository}/{one.label}", needs=needs)


def _run(one: Catalog) -> Backup:
    """A run without a database, as a backup that needs nothing."""
    at = one.taken_at
    return Backup(one.key, BackupKind.FULL, at, at, (), "0" * 24, "0" * 24, 0, 0, "", 0)


def _gone(inventory: Inventory, stays: Kept, begins: datetime, naming: Naming) -> Iterable[str]:
    own = _runs(inventory)
    catalogs = _staying(inventory, stays)
    newest = inventory.newest
    if newest is None:
        return ()
    log = log_for(own, stays) if any(one.label in stays.labels for one in own) else Log()
    named = _named_files(inventory, catalogs, stays, naming)
    keys = {one.key.partition("/")[2] for one in catalogs}
    lost = {
        path
        for path, one in inventory.files.items()
        if one.at < newest - YOUNG and not _needed(path, named, keys, log, begins, naming)
    }
    return (f"{inventory.repository}/{path}" for path in lost)


def _named_files(
    inventory: Inventory, catalogs: Iterable[Catalog], stays: Kept, naming: Naming
) -> set[str]:
    """What these catalogs name, but for the log, and for backups that go: a catalog names all that
    was on the machine at its time."""
    named = {path for one in catalogs for path in one.files}
    inner = tuple(inside(path) for path in named if path.startswith(DATABASE))
    gone = {path for path in inner if naming.segment_of(path)}
    for backup, _ in inventory.backups():
        if f"{inventory.repository}/{backup.label}" not in stays.labels:
            gone |= set(naming.files_of(backup.label, inner))
    return named - {f"{DATABASE}{path}" for path in gone}


def _staying(inventory: Inventory, stays: Kept) -> tuple[Catalog, ...]:
    """Of each backup that stays the first catalog, with the files of that time, and the last; and
    the newest of all where anything stays."""
    found: dict[str, Catalog] = {}
    ordered = sorted(inventory.catalogs, key=lambda one: one.taken_at)
    for label in stays.labels:
        naming = [one for one in ordered if label in _labels(one)]
        found |= {one.key: one for one in (*naming[:1], *naming[-1:])}
    if found:
        found[ordered[-1].key] = ordered[-1]
    return tuple(found.values())


def _labels(catalog: Catalog) -> set[str]:
    if not catalog.backups:
        return {catalog.key}
    return {f"{catalog.repository}/{one.label}" for one in catalog.backups}


def _needed(
    path: str, named: set[str], keys: set[str], log: Log, begins: datetime, naming: Naming
) -> bool:
    part = path.split("/")[0]
    if path in named or path in keys:
        return True
    if part == "points":
        return _point_at(path) >= begins
    segment = naming.segment_of(inside(path)) if path.startswith(DATABASE) else ""
    if segment:
        return bool(log.ranges) and log.holds(segment)
    return part not in {"database", "files", "catalogs"}


def _point_at(path: str) -> datetime:
    """From when a restore point is, by its name; one that has another is kept."""
    try:
        name = path.rsplit("/", 1)[-1].removesuffix(".age")
        return datetime.strptime(name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _in_order(keys: Iterable[str]) -> list[str]:
    """Catalogs first: what is cut off leaves none that names what is gone."""
    return sorted(keys, key=lambda key: ("/catalogs/" not in f"/{key}", key))
