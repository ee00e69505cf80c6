"""A backup of another database, taken by the real engine of a real server, and no trace of it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from tests.bare_postgres import programs
from tests.checklist.backups_stand import BackupsStand, backed_up

from uz.backups.engine import Engine
from uz.backups.point import Table
from uz.checklist.restoring.stranger import NAME, REPOSITORY, other_database
from uz.errors import UzError
from uz.machine import Program
from uz.operations.points import newest_point
from uz.shell import Completed
from uz.spec import Kind
from uz.stack import Owner
from uz.targets.local.backups.engine_of import private_engine
from uz.targets.local.users import as_user, isolated, user_of
from uz.testing import MACHINE
from uz.testing.backups import FakeBackups

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not shutil.which("pgbackrest"), reason="needs pgbackrest"),
]


@dataclass
class WithEngine(FakeBackups):
    """Backups in a folder, and real pgBackRest for other folders."""

    def engine(self, repository: Path, scratch: Path) -> Engine:
        program = Program("pgbackrest", shutil.which("pgbackrest") or "", (2, 45))
        machine = replace(MACHINE, programs={"pgbackrest": program})
        return private_engine(repository, machine, self.passphrase, scratch)


class Running(BackupsStand):
    """Runs programs as the servers' user, below `top`; its own database is pretended."""

    top = Path()
    failing = ""
    """A program that cannot be run."""

    @property
    def folder(self) -> Path:
        return self.top

    def run(self, *argv: str, timeout: float = 60, owner: Owner = Owner.SERVERS) -> Completed:
        if argv[0] == "env":
            if "BINDIR" in argv[-1]:
                return Completed(argv, 0, str(programs()), "")
            return super().run(*argv, timeout=timeout, owner=owner)
        if self.failing and argv[0].endswith(self.failing):
            return Completed(argv, 1, "", f"{argv[0]}: no")
        rights = as_user(user_of(owner)) if isolated() else []
        done = subprocess.run(
            [*rights, *argv], cwd=self.top, check=False, capture_output=True, text=True,
            timeout=timeout,
        )  # fmt: skip
        return Completed(argv, done.returncode, done.stdout, done.stderr)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A stand with good backups, and a folder of its own in which servers may run."""
    top = Path(tempfile.mkdtemp(prefix="uz-s-"))
    stand = Running(tmp_path)
    stand.top = top
    place = top / "run" / "database"
    place.mkdir(parents=True)
    user = user_of(Owner.SERVERS)
    for one in (top, top / "run", place):
        one.chmod(0o711)
        if isolated():
            os.chown(one, user.uid, user.gid)
    stand.fake = WithEngine(stand.fake.folder)
    stand.backup_system = stand.fake
    stand.fake.ran()
    stand.fake.record_point()
    try:
        yield stand
    finally:
        for process in left(top):
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(top)


def left(top: Path) -> list[psutil.Process]:
    """What runs below a folder."""
    return [one for one in psutil.process_iter() if str(top) in " ".join(words(one))]


def words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def test_it_is_the_newest_and_whole_and_of_another_cluster_and_nothing_stays(
    running: Running,
) -> None:
    fake, before = running.fake, running.fake.objects()
    own = fake.catalogs()[0]
    with other_database(running):
        newest = fake.catalogs()[0]
        assert newest.repository == REPOSITORY
        inventory, log = fake.inventory()
        assert {path: inventory.files[path].size for path in newest.files} == newest.files
        assert newest.index.keys() >= {"database/backup/main/backup.info"}
        (backup,) = newest.backups
        assert backup.cluster not in {"", own.backups[0].cluster}
        assert log.segments
        point = newest_point(fake.store(), inventory, fake.naming, fake.passphrase)
        assert (point.repository, point.name) == (REPOSITORY, NAME)
        assert point.tables == {"public.orders": Table(3, "1")}
        assert all(
            one.startswith(b"Salted__")
            for key, one in fake.objects().items()
            if key.startswith(f"{REPOSITORY}/database/")
        )
    assert fake.objects() == before
    assert left(running.top) == []
    assert list((running.top / "run/database").iterdir()) == []


@pytest.mark.parametrize("program", ["initdb", "pg_ctl", "mkdir"])
def test_where_it_cannot_be_made_that_is_said_and_nothing_stays(
    running: Running, program: str
) -> None:
    before = running.fake.objects()
    running.failing = program
    with pytest.raises(UzError, match=f"{program}: no"), other_database(running):
        pass
    assert running.fake.objects() == before
    assert left(running.top) == []


def test_what_an_interrupted_one_left_is_replaced(running: Running) -> None:
    strange = running.top / "run/database/stranger"
    strange.mkdir()
    (strange / "data").write_text("of another time")
    if isolated():
        shutil.chown(strange, user_of(Owner.SERVERS).uid, user_of(Owner.SERVERS).gid)
    with other_database(running):
        assert running.fake.catalogs()[0].repository == REPOSITORY
    assert not strange.exists()


def test_outside_of_a_rehearsal_nothing_is_made(tmp_path: Path) -> None:
    stand = backed_up(tmp_path)
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    before = stand.fake.objects()
    with pytest.raises(UzError, match="no rehearsal"), other_database(stand):
        pass
    assert stand.fake.objects() == before
