from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.backup import Backup, BackupKind
from uz.errors import BusyError
from uz.operations import backup as backing
from uz.operations import backup_offsite
from uz.operations.backup import PATIENCE, Done

NOW = datetime(2026, 11, 26, tzinfo=UTC)
BACKUP = Backup("b1", BackupKind.FULL, NOW, NOW, (), "0" * 24, "0" * 24, 5, 3, "7", 15)
DONE = Done(BACKUP, "s1", "cafe/catalogs/1.json", 12.34)


@pytest.fixture
def asked(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was asked for: kind, command, patience."""
    projects.applied(backups={"offsite": "embedded"})
    found: list[tuple[object, ...]] = []

    def back_up(_place: object, kind: object, _step: object, *more: object) -> Done:
        found.append((kind, *more))
        return DONE

    monkeypatch.setattr(backing, "back_up", back_up)
    monkeypatch.setattr(backup_offsite, "await_offsite", lambda *_: "")
    return found


def test_it_says_what_was_taken_how_long_it_took_and_that_it_is_off_site(
    uz: Uz, asked: list[tuple[object, ...]]
) -> None:
    said = uz("backup", "now")
    assert (said.code, said.err) == (0, "")
    assert said.out == "backed up in 12.3 s: b1, full\nit is off-site\n"
    assert asked == [(None,)]


def test_the_kind_and_the_schedule_are_passed_on(uz: Uz, asked: list[tuple[object, ...]]) -> None:
    uz("backup", "now", "--type", "incremental")
    uz("backup", "now", "--scheduled")
    assert asked == [(BackupKind.INCREMENTAL,), (None, "backup now --scheduled", PATIENCE)]


def test_what_is_not_in_it_or_not_off_site_is_said_and_it_ends_with_1(
    uz: Uz, asked: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_offsite, "await_offsite", lambda *_: "not off-site yet: no answer")
    said = uz("backup", "now")
    assert said.code == 1
    assert "not off-site yet: no answer" in said.out
    assert uz("backup", "now", "--no-wait").code == 0
    partial = Done(None, "s1", "cafe/catalogs/1.json", 1.0, ("redis: no answer",))
    monkeypatch.setattr(backing, "back_up", lambda *_: partial)
    said = uz("backup", "now", "--no-wait")
    assert said.code == 1
    assert "files only\nnot in it: redis: no answer\n" in said.out


def test_on_this_machine_only_is_said_and_is_no_failure(
    uz: Uz, projects: Projects, asked: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.project(backups={})
    monkeypatch.setattr(backup_offsite, "await_offsite", lambda *_: "on this machine only")
    said = uz("backup", "now")
    assert said.code == 0
    assert "on this machine only" in said.out


def test_one_at_a_time(uz: Uz, asked: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> Done:
        raise BusyError("`uz restore` works on the backups", hint="Wait.")

    monkeypatch.setattr(backing, "back_up", busy)
    said = uz("backup", "now")
    assert (said.code, said.err) == (2, "uz: `uz restore` works on the backups\nnext: Wait.\n")


def test_what_the_scheduler_says_is_in_no_help(uz: Uz, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--scheduled" not in uz("backup", "now", "--help").out


def test_a_kind_that_there_is_not_is_refused(uz: Uz, asked: list[object]) -> None:
    assert uz("backup", "now", "--type", "all").code == 2
