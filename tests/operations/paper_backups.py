"""Places whose engine is of paper and whose store is a folder, for tests of operations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.backups.paper_engine import SERVER, PaperEngine
from tests.places import Projects

from uz.backups.point import Point, Table
from uz.operations import backup as backing
from uz.operations import backups_of as of
from uz.operations import expire_backups, list_backups, verify_backups
from uz.operations.place import Place
from uz.targets.local.backups.files import FilesTaken
from uz.targets.local.backups.repository import Repository, prepare_repository
from uz.testing.folder_store import FolderStore

TABLES = {"public.orders": Table(3, "1")}
POINT = Point("p", datetime(2026, 11, 26, tzinfo=UTC), "0/1", "7", "cafe", TABLES, "")


@dataclass
class Paper:
    """A place, its repository, and what is off-site."""

    place: Place
    repository: Repository
    store: FolderStore
    identities: list[str] = field(default_factory=list)

    @property
    def engine(self) -> PaperEngine:
        """The engine of its repository."""
        return PaperEngine(self.repository.database)


def paper(projects: Projects, monkeypatch: pytest.MonkeyPatch, **backups: object) -> Paper:
    """Make one; `backups` is its table."""
    wanted = {"offsite": "embedded", "reserve": "1MiB"} | backups
    table = {name: value for name, value in wanted.items() if value is not None}
    place = projects.applied(backups=table, database={"migrate": "true"})
    place.layout.data.mkdir()
    place.layout.credentials.mkdir()
    store = FolderStore(projects.folder / "far")
    store.folder.mkdir()
    made = Paper(place, prepare_repository(place.layout), store)

    def engine_for(_place: Place, repository: Repository) -> PaperEngine:
        return PaperEngine(repository.database)

    def store_for(asked: Place, identity: str = "adder") -> FolderStore:
        of.wanted_backups(asked)
        made.identities.append(identity)
        return made.store

    for module in (backing, list_backups, verify_backups, expire_backups):
        monkeypatch.setattr(module, "engine_for", engine_for)
        monkeypatch.setattr(module, "store_for", store_for, raising=False)
    monkeypatch.setattr(backing, "server_of", lambda *_: SERVER)
    monkeypatch.setattr(backing, "record_point", lambda _place: POINT)
    monkeypatch.setattr(backing, "taken_files", lambda *_: FilesTaken("s1", tally="sealed"))
    return made


def sent(made: Paper, *, without: str = "") -> None:
    """Copy all of the repository off-site, as shipping would."""
    for path in sorted(made.repository.folder.rglob("*")):
        name = str(path.relative_to(made.repository.folder))
        if path.is_file() and name != "database/index" and not (without and without in name):
            _copy(path, made.store.folder / made.repository.id / name)


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if not to.exists():
        to.write_bytes(path.read_bytes())
