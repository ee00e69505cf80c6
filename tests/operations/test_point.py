import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.places import Projects

from uz.backups.point import Point, Table, parse_point
from uz.backups.sealing import unseal
from uz.errors import BackupError, MachineError, SpecError
from uz.operations import point as operation
from uz.operations.point import keep, record_point
from uz.secret import Secret
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.session import Session

PASSPHRASE = Secret(b"correct horse")
POINT = Point("uz-1", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "0/1", "7", "abc",
              {"public.customers": Table(1, "2")}, "d")  # fmt: skip


def repository(folder: Path) -> Repository:
    (folder / "abc" / "points").mkdir(parents=True)
    return Repository(folder / "abc")


def test_a_point_is_kept_sealed_by_its_time(tmp_path: Path) -> None:
    path = keep(repository(tmp_path), POINT, PASSPHRASE)
    assert path == tmp_path / "abc/points/20260102T030405.000000Z.age"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"customers" not in path.read_bytes()
    assert parse_point(unseal(PASSPHRASE, path.read_bytes())) == POINT
    with pytest.raises(BackupError):
        unseal(Secret(b"another"), path.read_bytes())


def test_a_point_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError):
        keep(Repository(tmp_path / "abc"), POINT, PASSPHRASE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tables", [(), ("database",), ("backups",)])
def test_without_a_database_that_is_backed_up_there_is_none(
    projects: Projects, tables: tuple[str, ...]
) -> None:
    with pytest.raises(SpecError, match="no database is backed up"):
        record_point(projects.place(**{name: {} for name in tables}))  # type: ignore[arg-type]


def test_before_the_first_uz_up_there_is_none(projects: Projects) -> None:
    with pytest.raises(BackupError, match="nothing is backed up yet"):
        record_point(projects.place(database={}, backups={}))


def test_the_passphrase_is_the_delivered_one_and_no_manager_is_asked(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = projects.place(database={}, backups={})
    projects.apply(place)
    folder = repository(place.layout.repositories).folder
    (folder.parent / "current").write_text("abc\n")
    delivered = place.layout.credentials / "backups"
    delivered.mkdir(parents=True)
    (delivered / "passphrase").write_bytes(PASSPHRASE.reveal())
    session = Session(Path(os.devnull), 1)
    monkeypatch.setattr(operation, "primary_session", lambda _: session)
    monkeypatch.setattr(operation, "take_point", lambda *_: POINT)
    assert record_point(place) == POINT
    (kept,) = (folder / "points").iterdir()
    assert parse_point(unseal(PASSPHRASE, kept.read_bytes())) == POINT
