"""A repository of paper on this machine, and a store in a folder, for tests of shipping."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.backups.paper_engine import PaperEngine

from uz.backups.catalog import Catalog
from uz.spec.backups import Backups
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.backups.repository import Repository, prepare_repository
from uz.targets.local.backups.shipping import Shipper
from uz.targets.local.layout import Layout
from uz.testing.folder_store import FolderStore

NOW = datetime.now(UTC)


@dataclass
class Shop:
    """One repository, and where it is sent."""

    layout: Layout
    store: FolderStore
    repository: Repository
    pruned: list[int] = field(default_factory=list)
    lacking: tuple[str, ...] = ()

    @property
    def engine(self) -> PaperEngine:
        """Its engine."""
        return PaperEngine(self.repository.database)

    def backup(self, label: str, number: int, *needs: str) -> Catalog:
        """A backup with its log, and the catalog."""
        self.engine.log(number)
        self.engine.take(label, NOW + timedelta(seconds=number), number, *needs)
        return write_catalog(self.repository, self.engine, "paper", "")

    def shipper(self, *, offsite: bool = True, **keys: object) -> Shipper:
        """What sends it."""
        wanted = {"offsite": "embedded" if offsite else None} | keys
        return Shipper(
            self.layout,
            Backups.model_validate(wanted),
            lambda repository: PaperEngine(repository.database),
            (lambda: self.store) if offsite else None,
            lambda _repository, keep: self.pruned.append(keep),
            threading.Event(),
            protection=lambda _store: self.lacking,
        )

    def away(self) -> set[str]:
        """What is off-site, without the repository's name."""
        found = self.store.folder.rglob("*")
        return {
            str(one.relative_to(self.store.folder)).partition("/")[2]
            for one in found
            if one.is_file()
        }


def shop(layout: Layout, folder: Path) -> Shop:
    """An empty one."""
    folder.mkdir()
    return Shop(layout, FolderStore(folder), prepare_repository(layout))
