"""Where a restore takes the backups from: the off-site store, or the repository on this machine."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from uz.backups.catalog import Catalog
from uz.backups.engine import Engine
from uz.backups.inventory import DATABASE, Found, Inventory, inventories, newest_first
from uz.backups.plan import Plan
from uz.backups.store import Store
from uz.errors import BackupError, MachineError
from uz.targets.local.backups.fetching import fetched
from uz.targets.local.backups.repository import Repository
from uz.targets.local.folders import disk_errors


class Source(Protocol):
    """A place with backups."""

    @property
    def where(self) -> str:
        """The place, as people call it."""
        ...

    @property
    def here(self) -> bool:
        """Whether nothing has to be fetched."""
        ...

    def found(self) -> tuple[Inventory, ...]:
        """The repositories there, the newest first. Raises UzError."""
        ...

    def repository(self, plan: Plan, into: Path, *, within: float) -> Path:
        """A folder with all that a plan needs, as the engine takes it. Raises UzError."""
        ...


@dataclass(frozen=True)
class OffSite:
    """The off-site store, and nothing of this machine."""

    store: Store
    where: str = "off-site"
    here: bool = False

    def found(self) -> tuple[Inventory, ...]:
        """The repositories there, by their catalogs. Raises StoreError."""
        return inventories(self.store)

    def repository(self, plan: Plan, into: Path, *, within: float) -> Path:
        """Fetch what is needed."""
        return fetched(self.store, plan, into, within=within)


@dataclass(frozen=True)
class OnMachine:
    """The repositories of this environment, in one folder."""

    folder: Path
    engine: Callable[[Repository], Engine]
    where: str = "this machine"
    here: bool = True

    def found(self) -> tuple[Inventory, ...]:
        """What lies here; a repository that the engine cannot read is told as damaged."""
        try:
            with disk_errors(self.folder):
                names = sorted(one.name for one in self.folder.iterdir() if one.is_dir())
        except MachineError:
            return ()
        return newest_first(self._inventory(name) for name in names if name.isalnum())

    def _inventory(self, name: str) -> Inventory:
        repository = Repository(self.folder / name)
        files = dict(_below(repository.database, DATABASE))
        if not files:
            return Inventory(name)
        try:
            backups = self.engine(repository).backups()
        except BackupError as error:
            return Inventory(name, (), files, (f"{repository.database}: {error}",))
        newest = max((one.ended for one in backups), default=datetime.fromtimestamp(0, UTC))
        sizes = {path: one.size for path, one in files.items()}
        catalog = Catalog(name, newest, "", backups, sizes)
        unused = "" if backups else f"repository {name}: has no backup yet"
        return Inventory(name, (catalog,) if backups else (), files, unused=unused)

    def repository(self, plan: Plan, into: Path, *, within: float) -> Path:  # noqa: ARG002
        """The folder itself."""
        return Repository(self.folder / plan.repository).database


def _below(folder: Path, prefix: str) -> Iterator[tuple[str, Found]]:
    """Files below a folder; what goes meanwhile is left out."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode):
            yield from _below(Path(entry.path), f"{prefix}{entry.name}/")
        elif stat.S_ISREG(found.st_mode):
            moment = datetime.fromtimestamp(found.st_mtime, UTC)
            yield prefix + entry.name, Found(found.st_size, moment)
