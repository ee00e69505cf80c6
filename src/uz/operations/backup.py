"""`uz backup now`: the database, then the files, then the catalog, and off-site."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uz.backups.backup import Backup, BackupKind
from uz.backups.engine import Engine
from uz.errors import BackupError, MachineError, UzError
from uz.operations.backup_files import taken_files
from uz.operations.backups_of import engine_for, wanted_backups
from uz.operations.place import Place
from uz.operations.point import record_point
from uz.spec.backups import Backups
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.backups.engine_of import server_of
from uz.targets.local.backups.gap import close_gap, read_gap
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.inventory import room
from uz.targets.local.backups.records import Succeeded, read_succeeded, write_succeeded
from uz.targets.local.backups.repository import Repository, current_repository

Progress = Callable[[str, str], None]
PATIENCE = 1800.0
"""Seconds that what runs by itself waits for another command to be done with the backups."""


@dataclass(frozen=True)
class Done:
    """A backup that is complete. `catalog` is its key off-site; `notes` say what is not in it."""

    backup: Backup | None
    snapshot: str
    catalog: str
    seconds: float
    notes: tuple[str, ...] = ()


def back_up(
    place: Place,
    kind: BackupKind | None,
    progress: Progress,
    command: str = "backup now",
    patience: float = 0.0,
) -> Done:
    """Take a backup of everything into the repository; shipping sends it off-site.

    Without a kind: a full one where the last is older than `backups.full`, else what changed since
    it. Raises BusyError where another command still works on the backups after `patience` seconds,
    MachineError where the disk has no room, BackupError with the engine's words.
    """
    wanted = wanted_backups(place)
    if not place.layout.credentials.exists():
        raise UzError(
            f"{place.layout.app}/{place.layout.environment} is down: nothing can be backed up",
            hint="`uz up` brings it up.",
        )
    repository = current_repository(place.layout)
    with backups_held(place.layout, command, patience):
        begun, started = time.monotonic(), datetime.now(UTC)
        room(repository.folder, wanted.reserve)
        backup = _database(place, wanted, repository, kind, progress)
        progress("files", "the app's files, Redis, the secrets manager")
        files = taken_files(place, repository)
        engine = engine_for(place, repository)
        catalog = write_catalog(repository, engine, wanted.engine, files.snapshot, files.tally)
        notes = (*files.missing, *_point(place, backup, progress))
        done = Done(backup, files.snapshot, catalog.key, time.monotonic() - begun, notes)
        _remember(place, done, started)
    progress("catalog", "written: the backup is complete on this machine")
    return done


def _database(
    place: Place,
    wanted: Backups,
    repository: Repository,
    kind: BackupKind | None,
    progress: Progress,
) -> Backup | None:
    if place.spec.database is None:
        return None
    engine = engine_for(place, repository)
    server = server_of(place.layout, place.spec)
    engine.prepare(server)
    chosen = kind or due_kind(engine, wanted, datetime.now(UTC))
    if chosen is BackupKind.FULL:
        room(repository.folder, wanted.reserve, _full_size(engine))
    progress("database", f"a {chosen.value} backup")
    started = datetime.now(UTC)
    try:
        found = engine.back_up(server, chosen)
    except BackupError as error:
        gap = read_gap(place.layout)
        if gap is None or gap.until < started - timedelta(seconds=1):
            raise
        raise MachineError(
            f"{repository.folder}: the disk is full: log that the backup needs was dropped",
            hint="Free some space: a backup is taken by itself then.",
        ) from error
    size = f"{found.stored / 2**20:,.1f} of {found.size / 2**20:,.1f} MiB"
    progress("database", f"{found.label}: {size}")
    return found


def _point(place: Place, backup: Backup | None, progress: Progress) -> tuple[str, ...]:
    """Record what the database holds now: each backup is followed by a moment to compare it at."""
    if backup is None:
        return ()
    try:
        point = record_point(place)
    except UzError as error:
        return (f"restore point: {error}",)
    progress("point", f"{point.name}: {sum(one.rows for one in point.tables.values())} rows")
    return ()


def _full_size(engine: Engine) -> int:
    """Bytes that the last full backup takes in the repository: the next takes as many, and one that
    fills the disk costs log."""
    return next((one.stored for one in engine.backups()[::-1] if one.kind is BackupKind.FULL), 0)


def due_kind(engine: Engine, wanted: Backups, now: datetime) -> BackupKind:
    """A full one where there is none, or it is old, or from a time that has not come yet."""
    full = [one.ended for one in engine.backups() if one.kind is BackupKind.FULL]
    if not full or not full[-1] <= now <= full[-1] + wanted.full:
        return BackupKind.FULL
    return BackupKind.DIFFERENTIAL


def _remember(place: Place, done: Done, started: datetime) -> None:
    """Write the success down, and close the gap in the log that the backup began after."""
    gap, before = read_gap(place.layout), read_succeeded(place.layout)
    dropped = before.dropped if before else 0
    if gap and gap.until < started:
        dropped += gap.dropped
    write_succeeded(
        place.layout,
        Succeeded(
            at=datetime.now(UTC),
            label=done.backup.label if done.backup else "",
            kind=done.backup.kind.value if done.backup else "",
            seconds=done.seconds,
            catalog=done.catalog,
            dropped=dropped,
            notes=done.notes,
        ),
    )
    if gap and gap.until < started and done.backup:
        close_gap(place.layout)
