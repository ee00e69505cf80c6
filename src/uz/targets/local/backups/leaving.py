"""What leaves this machine because it is off-site: repositories that were left for a new one, and
restore points of some days ago."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import Catalog, parse_catalog
from uz.errors import BackupError
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.sending import There
from uz.targets.local.folders import disk_errors
from uz.targets.local.layout import Layout

POINTS_KEPT = timedelta(days=7)
"""How long restore points stay here that are off-site: a restore reads them there as well."""
GONE = ".gone-"
"""What the folder of a repository is called while it is removed: nobody takes it for one then."""

Known = Callable[[Repository], tuple[Backup, ...]]
"""The backups that the engine knows in a repository."""


def superseded(found: tuple[Repository, ...], there: There, known: Known) -> tuple[Repository, ...]:
    """The repositories, but for the current one, which is the last, that nothing here needs: the
    current one has a full backup off-site, and so is each backup of theirs.

    All their files are off-site already, by whoever calls this. Raises BackupError.
    """
    *others, current = found
    if not others or not _restorable(current, there, known):
        return ()
    return tuple(one for one in others if _labels(known(one)) <= _catalogued(one, there))


def _restorable(repository: Repository, there: There, known: Known) -> bool:
    """Whether a full backup is off-site with its catalog; without a database, any."""
    sent = tuple(_sent(repository, there))
    full = any(backup.kind is BackupKind.FULL for one in sent for backup in one.backups)
    return full or (bool(sent) and not known(repository))


def _labels(backups: tuple[Backup, ...]) -> set[str]:
    return {one.label for one in backups}


def _catalogued(repository: Repository, there: There) -> set[str]:
    return {label for one in _sent(repository, there) for label in _labels(one.backups)}


def _sent(repository: Repository, there: There) -> Iterator[Catalog]:
    """The catalogs on this machine that are off-site as well."""
    for path in repository.catalogs.glob("*.json"):
        if f"{repository.id}/catalogs/{path.name}" in there.sizes:
            with suppress(BackupError, OSError):
                yield parse_catalog(path.read_bytes())


def remove_repository(repository: Repository) -> None:
    """Remove it whole; what a kill leaves of it `clear_gone` removes. Raises MachineError."""
    leaving = repository.folder.with_name(f"{GONE}{repository.id}")
    with disk_errors(repository.folder):
        repository.folder.rename(leaving)
        shutil.rmtree(leaving)


def gone(layout: Layout) -> Iterator[Path]:
    """What is left of repositories that were being removed when that was killed."""
    return layout.repositories.glob(f"{GONE}*")


def clear_gone(layout: Layout) -> None:
    """Remove that to its end. Raises MachineError."""
    with disk_errors(layout.repositories):
        for path in gone(layout):
            shutil.rmtree(path)


def remove_points(
    repository: Repository, there: There | None, older_than: datetime
) -> tuple[str, ...]:
    """Remove restore points that were recorded before a moment; return their names. Those that are
    not off-site stay, where there is such a place. Raises MachineError."""
    names = []
    with disk_errors(repository.points):
        for path in sorted(repository.points.iterdir()):
            away = there is None or f"{repository.id}/points/{path.name}" in there.sizes
            if away and path.stat().st_mtime < older_than.timestamp():
                path.unlink()
                names.append(path.name)
    return tuple(names)
