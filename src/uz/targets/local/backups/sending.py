"""Sending a repository off-site: its files first, and a catalog when all it names is there."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from uz.backups.backup import Backup
from uz.backups.catalog import STAMP, Catalog, parse_catalog
from uz.backups.engine import Engine
from uz.backups.retention import Log
from uz.backups.shipment import Shipment, absent, shipment
from uz.backups.store import Store
from uz.errors import (
    BackupError,
    MachineError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
)
from uz.targets.local.backups.abreast import abreast
from uz.targets.local.backups.inventory import local_files
from uz.targets.local.backups.repository import Repository

THREADS = 4
"""Files that are on their way at once."""
CATALOGS_KEPT = 5
"""Catalogs that stay on this machine when they are off-site."""


@dataclass
class There:
    """What is off-site, as it was listed and as it was added since: sizes by key."""

    sizes: dict[str, int] = field(default_factory=dict)
    overwritten: tuple[str, ...] = ()

    def take(self, store: Store) -> None:
        """Ask the store for all of it anew. Raises StoreError."""
        found = store.list()
        self.overwritten = tuple(sorted(key for key, one in found.items() if one.overwritten))
        self.sizes = {key: one.size for key, one in found.items()}

    def of(self, repository: Repository) -> dict[str, int]:
        """The sizes by path in one repository."""
        prefix = f"{repository.id}/"
        known = list(self.sizes.items())
        return {key.removeprefix(prefix): size for key, size in known if key.startswith(prefix)}

    def catalogs(self) -> list[tuple[datetime, str]]:
        """From when the catalogs are, and their keys; what has another name is none."""
        found = []
        for key in list(self.sizes):
            _, _, name = key.rpartition("/catalogs/")
            with suppress(ValueError):
                at = datetime.strptime(name, f"{STAMP}.json").replace(tzinfo=UTC)
                found.append((at, key))
        return found

    @property
    def size(self) -> int:
        """Bytes off-site."""
        return sum(list(self.sizes.values()))


@dataclass(frozen=True)
class Sending:
    """One repository on its way to a store."""

    repository: Repository
    there: There
    stop: threading.Event

    def outstanding(
        self, engine: Engine, backups: tuple[Backup, ...], log: Log | None
    ) -> tuple[Shipment, dict[str, int]]:
        """What has to be sent, and the sizes of all local files."""
        local = local_files(self.repository)
        return shipment(local, self.there.of(self.repository), backups, engine, log), local

    def send(self, store: Store, what: Shipment, sizes: Mapping[str, int]) -> tuple[str, ...]:
        """Send it, wave after wave; return what the store refuses file by file, in words.

        Raises StoreUnreachableError and StoreRefusedError, by which all the rest waits too.
        """
        trouble: list[str] = []

        def one(path: str) -> None:
            try:
                self._put(store, path, sizes[path])
            except (StoreUnreachableError, StoreRefusedError):
                raise
            except StoreError as error:
                trouble.append(str(error))

        for wave in what.waves:
            abreast(wave, one, threads=THREADS, stop=self.stop)
        return tuple(trouble)

    def _put(self, store: Store, path: str, size: int) -> None:
        file, key = self.repository.folder / path, f"{self.repository.id}/{path}"
        try:
            store.put(key, file)
        except (FileNotFoundError, MachineError):
            if file.exists():
                raise
            return  # it went out of date meanwhile, and was removed here
        self.there.sizes[key] = size

    def publish(self, store: Store) -> Catalog | None:
        """Send the catalogs whose files are all there, oldest first; return the newest one sent.

        One that a newer one replaces, and that will never be whole, is removed.
        """
        newest, there = None, self.there.of(self.repository)
        waiting = self.waiting()
        for path in waiting:
            catalog = _read(path)
            if catalog and not absent(catalog, there) and not self.stop.is_set():
                store.put(catalog.key, path.read_bytes())
                self.there.sizes[catalog.key] = path.stat().st_size
                newest = catalog
            elif path != waiting[-1] and _lost(catalog, self.repository, there):
                path.unlink(missing_ok=True)
        self._forget()
        return newest

    def waiting(self) -> tuple[Path, ...]:
        """The catalogs on this machine that are not off-site, oldest first."""
        there = self.there.of(self.repository)
        found = sorted(self.repository.catalogs.glob("*.json"))
        return tuple(one for one in found if f"catalogs/{one.name}" not in there)

    def _forget(self) -> None:
        """Keep only the newest of the catalogs that are off-site."""
        waiting = set(self.waiting())
        sent = [
            one for one in sorted(self.repository.catalogs.glob("*.json")) if one not in waiting
        ]
        for path in sent[:-CATALOGS_KEPT]:
            path.unlink(missing_ok=True)


def _lost(catalog: Catalog | None, repository: Repository, there: Mapping[str, int]) -> bool:
    """Whether something that a catalog names is neither here nor there."""
    if catalog is None:
        return True
    return any(not (repository.folder / path).exists() for path in absent(catalog, there))


def _read(path: Path) -> Catalog | None:
    try:
        return parse_catalog(path.read_bytes())
    except (BackupError, FileNotFoundError):
        return None
