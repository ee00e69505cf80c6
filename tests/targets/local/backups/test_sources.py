from pathlib import Path

from tests.backups.repositories import Paths, an_hour, minutes

from uz.backups.backup import Backup
from uz.backups.engine import Engine
from uz.backups.plan import plan
from uz.backups.target import LATEST
from uz.errors import BackupError
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.sources import OffSite, OnMachine
from uz.testing.folder_store import FolderStore


class Listing(Paths):
    """An engine that knows the backups of a made-up repository."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def backups(self) -> tuple[Backup, ...]:
        if self.repository.id == "broken":
            raise BackupError("wrong passphrase")
        return tuple(an_hour().backups)


def engine(repository: Repository) -> Engine:
    return Listing(repository)  # type: ignore[return-value]


def lay(folder: Path, name: str) -> None:
    for path, one in an_hour().files.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * one.size)


def test_a_repository_on_this_machine_is_planned_from_as_it_lies(tmp_path: Path) -> None:
    lay(tmp_path, "cafe")
    (tmp_path / "current").write_text("cafe\n")
    source = OnMachine(tmp_path, engine)
    (found,) = source.found()
    chosen = plan([found], LATEST, minutes(10**6), Paths())
    assert chosen.backup.label == "diff"
    assert source.repository(chosen, tmp_path / "unused", within=1) == tmp_path / "cafe/database"
    assert not (tmp_path / "unused").exists()
    assert source.here


def test_what_the_engine_cannot_read_is_told(tmp_path: Path) -> None:
    lay(tmp_path, "broken")
    (found,) = OnMachine(tmp_path, engine).found()
    assert "wrong passphrase" in found.damaged[0]
    assert not found.backups()


def test_empty_strange_and_missing_folders_are_nothing(tmp_path: Path) -> None:
    assert OnMachine(tmp_path / "none", engine).found() == ()
    (tmp_path / "empty").mkdir()
    (tmp_path / "not-one").mkdir()
    assert OnMachine(tmp_path, engine).found() == ()


def test_links_in_a_repository_are_left_out(tmp_path: Path) -> None:
    lay(tmp_path, "cafe")
    (tmp_path / "cafe/database/backup/latest").symlink_to("diff")
    (found,) = OnMachine(tmp_path, engine).found()
    assert "database/backup/latest" not in found.files


def test_off_site_is_what_the_catalogs_say(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    made = an_hour()
    for path in made.files:
        store.put(f"cafe/{path}", b"x")
    store.put(made.catalogs[-1].key, made.catalogs[-1].text().encode())
    source = OffSite(store)
    assert [one.repository for one in source.found()] == ["cafe"]
    assert not source.here
