"""The log of the database comes into the repository: whatever happens to servers, disk and data."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.live.offsite_stage import with_offsite
from tests.live.postgres import data, own, with_database
from tests.live.stage import Stage, a_stage, holds_within
from tests.live.test_failover import found_again, lose
from tests.live.writers import leader

from uz.backups.backup import Backup, BackupKind
from uz.backups.pgbackrest import PgBackRest
from uz.errors import BusyError
from uz.programs import survey
from uz.spec import load
from uz.targets.local.backups.engine_of import engine_of, server_of
from uz.targets.local.backups.repository import current_repository
from uz.targets.local.layout import Layout

pytestmark = [pytest.mark.live, pytest.mark.slow]


def backed_up(stage: Stage, replicas: int = 0) -> None:
    """A database whose log is archived on this machine."""
    with_database(stage, replicas=replicas)
    with_offsite(stage)
    stage.set("backups.offsite", None)
    stage.set("backups.reserve", "64MiB")
    stage.set("backups.schedule", "0 0 1 1 *")
    done = stage.up()
    assert done.code == 0, done


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """One server."""
    with a_stage() as one:
        backed_up(one)
        yield one


def layout(stage: Stage) -> Layout:
    return Layout(stage.home, "tiny", "production")


def repository(stage: Stage) -> Path:
    """The engine's folder of the current one."""
    name = (stage.root() / "data/repository/current").read_text().strip()
    return stage.root() / "data/repository" / name / "database"


def engine(stage: Stage) -> PgBackRest:
    spec = load(stage.project, "production")
    return engine_of(layout(stage), spec, survey(spec), current_repository(layout(stage)))


def taken(stage: Stage, kind: BackupKind) -> Backup:
    """A backup, as soon as the scheduler takes none of its own."""
    found: list[Backup] = []

    def free() -> bool:
        with suppress(BusyError):
            server = server_of(layout(stage), load(stage.project, "production"))
            found.append(engine(stage).back_up(server, kind))
        return bool(found)

    assert holds_within(60, free)
    return found[0]


def switched(stage: Stage, node: int = 1) -> str:
    """Have the server go on to the next file of the log; return the name of the one before."""
    own(stage, "SELECT pg_logical_emit_message(false, 'x', 'x')", node=node)
    return own(stage, "SELECT pg_walfile_name(pg_switch_wal())", node=node)


def archives(stage: Stage, node: int = 1) -> bool:
    """Whether the file of the log that is written now comes into the repository."""
    name = switched(stage, node)
    return holds_within(30, lambda: any(repository(stage).rglob(f"{name}-*")))


def test_the_log_arrives_encrypted_and_the_passphrase_is_nowhere_else(stack: Stage) -> None:
    own(stack, "CREATE TABLE IF NOT EXISTS told (t text); INSERT INTO told"
               " SELECT 'canary-told-' || n FROM generate_series(1, 5000) n")  # fmt: skip
    assert archives(stack)
    every = [one for one in repository(stack).rglob("*") if one.is_file()]
    assert not any(b"canary-told-" in one.read_bytes() for one in every)
    secret = (stack.root() / "credentials/database/pgbackrest.conf").read_text()
    passphrase = secret.rpartition("=")[2].strip()
    assert len(passphrase) >= 40
    for path in (stack.root() / "config").rglob("*"):
        assert not path.is_file() or passphrase not in path.read_text(), path
    told = subprocess.run(["ps", "axww", "-o", "args"], check=True, capture_output=True, text=True)
    assert passphrase not in told.stdout


def test_nothing_happens_the_second_time(stack: Stage) -> None:
    done = stack.up()
    assert "archive-setup    unchanged" in done.stdout


def test_without_room_the_app_goes_on_and_what_was_dropped_is_written_down(stack: Stage) -> None:
    before = own(stack, "SELECT pg_postmaster_start_time()")
    stack.set("backups.reserve", f"{4 * shutil.disk_usage('/').total // 2**30}GiB")
    assert stack.up().code == 0
    name = switched(stack)
    mark = data(stack) / "archive-gap"
    assert holds_within(60, lambda: mark.exists() and f"{name} " in mark.read_text())
    word = next(line for line in mark.read_text().splitlines() if f"{name} " in line).split()[1]
    assert abs(int(word) - time.time()) < 30
    assert not any(repository(stack).rglob(f"{name}-*"))
    assert holds_within(60, lambda: f"{name} is NOT archived: " in stack.log("database-1.log"))
    stack.set("backups.reserve", "64MiB")
    assert stack.up().code == 0
    assert archives(stack)
    mark.unlink(missing_ok=True)  # a backup may have closed it
    assert own(stack, "SELECT pg_postmaster_start_time()") == before


def test_with_a_broken_repository_the_server_stops_in_time_and_nothing_is_lost(
    stack: Stage,
) -> None:
    folder = repository(stack)
    folder.rename(folder.with_name("away"))
    name = switched(stack)
    done = stack.uz("down")
    assert (done.code, done.seconds < 30) == (0, True), done
    folder.with_name("away").rename(folder)
    assert stack.up().code == 0
    assert holds_within(90, lambda: any(repository(stack).rglob(f"{name}-*")))


def test_a_new_database_begins_a_new_repository(stack: Stage) -> None:
    before = repository(stack)
    files = sum(1 for _ in before.rglob("*"))
    assert stack.uz("down").code == 0
    shutil.rmtree(data(stack, "database-1"))
    done = stack.up()
    assert done.code == 0, done
    assert repository(stack) != before
    assert archives(stack)
    assert sum(1 for _ in before.rglob("*")) >= files
    found = taken(stack, BackupKind.INCREMENTAL)
    first = engine(stack).backups()[0]
    assert (first.kind, first.cluster) == (BackupKind.FULL, found.cluster)
    assert found.cluster == own(stack, "SELECT system_identifier FROM pg_control_system()")


def test_whoever_leads_archives_and_is_backed_up() -> None:
    with a_stage() as stage:
        backed_up(stage, replicas=1)
        taken(stage, BackupKind.FULL)
        assert stage.uz("switchover").code == 0
        assert leader(stage) == 2
        count = "SELECT archived_count FROM pg_stat_archiver"
        before = own(stage, count, node=1)
        assert archives(stage, 2)
        assert own(stage, count, node=1) == before
        second = taken(stage, BackupKind.INCREMENTAL)
        assert second.kind is BackupKind.INCREMENTAL
        lose(stage, 2)
        stage.uz("failover", "--yes")
        assert leader(stage) == 1
        found_again(stage, 2)
        assert stage.up().code == 0
        assert archives(stage, 1)
        third = taken(stage, BackupKind.DIFFERENTIAL)
        assert third.kind is BackupKind.DIFFERENTIAL
        assert third.first_wal[:8] > second.first_wal[:8]
        assert engine(stage).verify() == ()
