"""`uz backup verify`: what is stored is read, here and off-site, and compared."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from uz.backups.catalog import Catalog
from uz.backups.inventory import inventories
from uz.backups.readback import turn
from uz.backups.shipment import FILES
from uz.backups.store import Store
from uz.errors import StoreError, StoreUnreachableError
from uz.operations.backup import PATIENCE, Progress
from uz.operations.backup_files import restic_of
from uz.operations.backups_of import engine_for, store_for, wanted_backups
from uz.operations.place import Place
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.repository import Repository, current_repository


@dataclass(frozen=True)
class Verified:
    """What was looked at. `problems` is empty where all is well; sizes in bytes."""

    problems: tuple[str, ...] = ()
    named: int = 0
    """Objects that the newest catalog names."""
    read: int = 0
    """Objects that were read back and compared."""
    size: int = 0
    """Bytes of these."""


def verify_backups(place: Place, progress: Progress) -> Verified:
    """Read the repository on this machine with the engine's own check and restic's, and look at all
    that the newest catalog names off-site; a part of that is read back, another one each time.

    Raises BusyError, StoreUnreachableError, BackupError.
    """
    repository = current_repository(place.layout)
    with backups_held(place.layout, "backup verify", PATIENCE):
        progress("database", "reading the repository")
        problems = [f"database: {one}" for one in engine_for(place, repository).verify()]
        if (repository.files / "config").exists():
            progress("files", "reading the repository")
            problems += [f"files: {one}" for one in restic_of(place, repository).check("10%")]
        if wanted_backups(place).offsite is None:
            return Verified(tuple(problems))
        progress("off-site", "comparing")
        away = compared(store_for(place), repository, datetime.now(UTC))
    return Verified((*problems, *away.problems), away.named, away.read, away.size)


def compared(store: Store, repository: Repository, now: datetime) -> Verified:
    """Compare what is off-site with the newest catalog there, and some of it with what is here.

    Raises StoreUnreachableError.
    """
    found = [one for one in inventories(store) if one.catalogs]
    if not found:
        return Verified(("off-site: there is no catalog: no backup is complete there",))
    inventory = found[0]
    catalog = inventory.catalog
    problems = [f"off-site: {inventory.repository}/{line}" for line in inventory.damaged]
    problems += _wrong(catalog, {path: one.size for path, one in inventory.files.items()})
    there = {path: size for path, size in catalog.files.items() if path in inventory.files}
    chosen = turn(there, now.toordinal())
    size = 0
    for path in chosen:
        problem = _differs(store, catalog.repository, repository, path)
        size += there[path]
        if problem:
            problems.append(f"off-site: {catalog.repository}/{path}: {problem}")
    return Verified(tuple(problems), len(catalog.files), len(chosen), size)


def _wrong(catalog: Catalog, sizes: Mapping[str, int]) -> list[str]:
    where = f"off-site: {catalog.repository}"
    return [
        f"{where}/{path}: {'missing' if path not in sizes else f'{sizes[path]} bytes, not {size}'}"
        for path, size in catalog.files.items()
        if sizes.get(path) != size
    ]


def _differs(store: Store, owner: str, repository: Repository, path: str) -> str:
    """Read one object back; say what is wrong with it. What is not here any more is only read, but
    for restic's files, whose names are digests of what they hold."""
    with tempfile.TemporaryDirectory(prefix="uz-verify-") as folder:
        copy = Path(folder) / "object"
        try:
            store.fetch(f"{owner}/{path}", copy)
        except StoreUnreachableError:
            raise
        except StoreError as error:
            return str(error)
        digest, own = _digest(copy), repository.folder / path
        if path.startswith(FILES) and not path.endswith("/config"):
            return "" if digest == path.rsplit("/", 1)[-1] else "is not what its name says"
        if owner != repository.id or not own.exists():
            return ""
        return "" if digest == _digest(own) else "is not what is on this machine"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
