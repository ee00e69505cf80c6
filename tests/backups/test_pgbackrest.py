"""pgBackRest keeps what every engine promises, and says what is the matter."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.backups.engine_stand import RestStand, own, own_folder, rest_stand

from uz.backups.backup import BackupKind
from uz.backups.engine import Server
from uz.backups.pgbackrest import AWAY, PgBackRest
from uz.errors import BackupError, MachineError
from uz.testing.engine_conformance import EngineConformance, flip, sendable

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def servers() -> Iterator[RestStand]:
    with rest_stand() as one:
        yield one


@pytest.fixture
def stand(servers: RestStand) -> RestStand:
    servers.begin()
    return servers


class TestPgBackRest(EngineConformance):
    """The suite, with the fixtures of this module."""


@pytest.fixture
def small(servers: RestStand) -> Iterator[Path]:
    """A disk of 3 MB, where the servers' user gets."""
    place = own_folder(servers.top / "small")
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk takes the right to mount")
    try:
        yield own(place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fetched(engine: PgBackRest, data: Path, name: str) -> int:
    """How fetching a file of the log ends, as PostgreSQL does it."""
    command = engine.restore_command().replace("%f", name).replace("%p", f"{data}/fetched")
    words = [*engine.rights, "sh", "-c", command]
    return subprocess.run(words, cwd=data, check=False, capture_output=True).returncode


@pytest.mark.slow
def test_log_that_cannot_be_read_stops_a_recovery_and_log_that_is_not_there_ends_it(
    stand: RestStand,
) -> None:
    engine = stand.engine()
    engine.prepare(stand.server)
    taken = engine.back_up(stand.server, BackupKind.FULL)
    into = stand.folder()
    engine.restore(taken.label, into)
    assert fetched(engine, into, taken.last_wal) == 0
    assert fetched(engine, into, "00000001000000FF000000FF") == 1
    assert fetched(engine, into, "00000009.history") == 1
    path = next(one for one in sendable(stand) if engine.segment_of(one) == taken.last_wal)
    flip(stand.repository / path)
    assert fetched(engine, into, taken.last_wal) == AWAY
    assert fetched(stand.engine(wrong=True), into, taken.first_wal) == AWAY


def test_what_a_restored_server_reads_holds_no_passphrase(stand: RestStand) -> None:
    engine = stand.engine()
    engine.prepare(stand.server)
    into = stand.folder()
    engine.restore(engine.back_up(stand.server, BackupKind.FULL).label, into)
    passphrase = engine.configuration.read_text().rpartition("=")[2].strip()
    for path in into.rglob("*"):
        assert not path.is_file() or passphrase.encode() not in path.read_bytes()
    settings = (into / "postgresql.auto.conf").read_text()
    assert "restore_command" in settings
    assert "recovery_target" not in settings
    assert "archive_mode" not in settings


@pytest.mark.slow
@pytest.mark.soak
def test_a_full_disk_is_called_that_and_the_next_backup_heals(
    stand: RestStand, small: Path
) -> None:
    stand.engine().prepare(stand.server)
    taken = stand.engine().back_up(stand.server, BackupKind.FULL)
    into = own_folder(small / "data")
    with pytest.raises(MachineError, match="the disk is full"):
        stand.engine().restore(taken.label, into)
    tight = replace(stand.engine(), repository=own_folder(small / "repository"))
    shutil.rmtree(into)
    (stand.top / "current").write_text(f"{tight.repository}\n")
    tight.prepare(stand.server)
    with pytest.raises(MachineError, match="the disk is full"):
        tight.back_up(stand.server, BackupKind.FULL)
    assert tight.backups() == ()
    assert not list((tight.repository / "backup/main").glob("*F")), "it goes on to fill the disk"
    subprocess.run(["mount", "-o", "remount,size=40m", str(small)], check=True)
    assert tight.back_up(stand.server, BackupKind.FULL).kind is BackupKind.FULL


def test_a_server_that_is_away_is_told(stand: RestStand) -> None:
    engine = stand.engine()
    engine.prepare(stand.server)
    gone = Server(stand.server.data, stand.server.socket, 1)
    with pytest.raises(BackupError, match="cannot be asked"):
        engine.back_up(gone, BackupKind.FULL)


def test_before_a_repository_is_prepared_backing_up_says_so(stand: RestStand) -> None:
    with pytest.raises(BackupError, match="backup.info"):
        stand.engine().back_up(stand.server, BackupKind.FULL)


def test_a_database_is_known_by_its_number(stand: RestStand) -> None:
    engine = stand.engine()
    assert engine.cluster() == ""
    engine.prepare(stand.server)
    assert engine.cluster() == stand.ask("SELECT system_identifier FROM pg_control_system()")
