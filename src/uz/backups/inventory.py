"""What is known of one repository, wherever it lies: its catalogs, and the files that are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from uz.backups.backup import Backup
from uz.backups.catalog import Catalog, parse_catalog
from uz.backups.store import Store, Stored
from uz.backups.wal import is_segment, number_of
from uz.errors import BackupError

DATABASE = "database/"
"""The part of a repository that the database's engine keeps."""


class Naming(Protocol):
    """What an Engine says of paths without looking at any file."""

    def files_of(self, label: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these paths that belong to one backup alone."""
        ...

    def segment_of(self, path: str) -> str:
        """The name of the log file that a path holds; empty where it is none."""
        ...


@dataclass(frozen=True)
class Found:
    """A file that is there: bytes, and when it came there."""

    size: int
    at: datetime


@dataclass(frozen=True)
class Inventory:
    """One repository. `files` by their path in it, such as `database/backup/…`."""

    repository: str
    catalogs: tuple[Catalog, ...] = ()
    files: Mapping[str, Found] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    """Why a catalog is not among them, a line each."""
    unused: str = ""
    """Why there is nothing to restore from it, where log of a database is in it all the same."""

    def backups(self) -> tuple[tuple[Backup, Catalog], ...]:
        """Every backup that a catalog names, with the newest one that does; newest backup first."""
        known: dict[str, tuple[Backup, Catalog]] = {}
        for catalog in sorted(self.catalogs, key=lambda one: one.taken_at):
            known |= {backup.label: (backup, catalog) for backup in catalog.backups}
        return tuple(sorted(known.values(), key=lambda one: one[0].ended, reverse=True))

    @property
    def catalog(self) -> Catalog:
        """The newest catalog. Raises ValueError where there is none."""
        return max(self.catalogs, key=lambda one: one.taken_at)

    @property
    def newest(self) -> datetime | None:
        """When the newest catalog was written; None where there is none."""
        return max((one.taken_at for one in self.catalogs), default=None)

    def log(self, naming: Naming) -> "Log":
        """The log that is there, and histories of timelines."""
        segments: dict[int, list[str]] = {}
        histories = []
        for path in self.files:
            name = naming.segment_of(inside(path)) if path.startswith(DATABASE) else ""
            if is_segment(name):
                segments.setdefault(number_of(name), []).append(path)
            elif name:
                histories.append(path)
        return Log(segments, tuple(sorted(histories)))


@dataclass(frozen=True)
class Log:
    """Paths of log files by their place in the log, one for each timeline that has it."""

    segments: Mapping[int, list[str]]
    histories: tuple[str, ...] = ()


def inside(path: str) -> str:
    """A path as the engine names it."""
    return path.removeprefix(DATABASE)


def inventories(store: Store) -> tuple[Inventory, ...]:
    """All repositories in an off-site store, that with the newest catalog first.

    A catalog that cannot be read is told in `damaged`. Raises StoreError.
    """
    objects: dict[str, dict[str, Stored]] = {}
    for key, one in store.list().items():
        repository, slash, path = key.partition("/")
        if slash:
            objects.setdefault(repository, {})[path] = one
    found = [_inventory(store, repository, there) for repository, there in objects.items()]
    return newest_first(found)


def newest_first(found: Iterable[Inventory]) -> tuple[Inventory, ...]:
    """Those with a catalog, the newest first; then those that nothing can be restored from."""
    useful = [one for one in found if one.catalogs or one.damaged or one.unused]
    with_catalog = [one for one in useful if one.newest]
    rest = [one for one in useful if not one.newest]
    return (*sorted(with_catalog, key=lambda one: str(one.newest), reverse=True), *rest)


def _inventory(store: Store, repository: str, there: Mapping[str, Stored]) -> Inventory:
    files = {path: Found(one.size, one.at) for path, one in there.items()}
    catalogs, damaged = [], []
    for path in sorted(files):
        if path.startswith("catalogs/") and path.endswith(".json"):
            try:
                catalogs.append(_catalog(store.read(f"{repository}/{path}"), repository))
            except BackupError as error:
                damaged.append(f"{path}: {error}")
    return Inventory(repository, tuple(catalogs), files, tuple(damaged))


def _catalog(content: bytes, repository: str) -> Catalog:
    catalog = parse_catalog(content)
    if catalog.repository != repository:
        raise BackupError(f"it is of repository {catalog.repository[:40]!r}")
    return catalog
