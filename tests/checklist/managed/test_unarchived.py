import subprocess
from pathlib import Path

import pytest
from tests.checklist.database_stand import DatabaseStand

from uz.checklist.managed import unarchived as module
from uz.checklist.managed.unarchived import ARCHIVE, ASIDE, PUT_ASIDE, not_archived_after
from uz.errors import UzError
from uz.spec import Kind
from uz.testing.backups import FakeBackups

CLUSTER = "data/database/database-1"


def cluster(top: Path) -> Path:
    """The data of a server that has log to archive, and what archives it."""
    data = top / CLUSTER
    (data / "pg_wal/archive_status").mkdir(parents=True)
    for name in ("one", "two", "later"):
        (data / "pg_wal" / name).write_text(f"log {name}")
    for name in ("one", "two"):
        (data / "pg_wal/archive_status" / f"{name}.ready").touch()
    script = top / "config/archive-setup/pgbackrest-archive"
    script.parent.mkdir(parents=True)
    script.write_text('cat "$1" > "../../../$2.archived"\n')
    (top / ASIDE).mkdir(parents=True)
    return data


def test_what_is_not_archived_is_put_aside_and_archived_afterwards(tmp_path: Path) -> None:
    data = cluster(tmp_path)
    command = PUT_ASIDE.replace("%%", "%")  # as PostgreSQL does
    assert subprocess.run(["sh", "-c", command], cwd=data, check=False).returncode == 1
    assert sorted(one.name for one in (tmp_path / ASIDE).iterdir()) == ["one", "two"]
    subprocess.run(["sh", "-c", ARCHIVE, "archive", "database-1"], cwd=tmp_path, check=True)
    assert (tmp_path / "two.archived").read_text() == "log two"
    assert not (tmp_path / "later.archived").exists()
    assert not (tmp_path / ASIDE).exists()


def test_log_that_cannot_be_archived_stays_aside(tmp_path: Path) -> None:
    cluster(tmp_path)
    (tmp_path / ASIDE / "one").write_text("log one")
    (tmp_path / "config/archive-setup/pgbackrest-archive").write_text("exit 1\n")
    done = subprocess.run(["sh", "-c", ARCHIVE, "archive", "database-1"], cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert (tmp_path / ASIDE / "one").exists()


def test_each_replica_is_altered_and_the_log_is_sent_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand, ran = DatabaseStand(replicas=2), list[str]()
    stand.backup_system = fake = FakeBackups(tmp_path)
    answers = {"SHOW archive_command": PUT_ASIDE}

    def answer(node: str, statement: str, timeout: float) -> str:
        if statement in answers:
            return answers[statement]
        return DatabaseStand._answer(stand, node, statement, timeout)

    monkeypatch.setattr(stand, "_answer", answer)
    monkeypatch.setattr(module, "_checked", lambda _env, *argv: ran.append(argv[0]))

    def fails() -> None:
        with not_archived_after(stand):
            altered = [node for node, sql in stand.asked if "ALTER SYSTEM SET archive" in sql]
            assert altered == ["database-1", "database-3"]
            assert fake.sent == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [node for node, sql in stand.asked if "ALTER SYSTEM RESET archive" in sql] == [
        "database-3", "database-1",
    ]  # fmt: skip
    assert (ran, fake.sent) == (["mkdir", "sh"], 1)


def test_it_is_for_rehearsals_with_a_replica_only() -> None:
    stand = DatabaseStand(replicas=0)
    with pytest.raises(UzError, match="no replica"), not_archived_after(stand):
        pytest.fail("it was entered")
    stand = DatabaseStand()
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    with pytest.raises(UzError, match="no rehearsal"), not_archived_after(stand):
        pytest.fail("it was entered")
