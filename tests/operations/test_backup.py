from datetime import UTC, datetime, timedelta

import pytest
from tests.backups.paper_engine import PaperEngine
from tests.operations.cluster import Steps
from tests.operations.paper_backups import Paper, paper
from tests.places import Projects

from uz.backups.backup import Backup, BackupKind
from uz.backups.catalog import parse_catalog
from uz.errors import BackupError, BusyError, MachineError, UnhealthyError, UzError
from uz.operations import backup as backing
from uz.operations.backup import back_up, due_kind
from uz.operations.backups_of import wanted_backups
from uz.targets.local.backups.files import FilesTaken
from uz.targets.local.backups.gap import gap_path, read_gap
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.records import read_succeeded


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Paper:
    return paper(projects, monkeypatch)


def test_the_first_one_is_full_and_the_next_ones_build_on_it(made: Paper, steps: Steps) -> None:
    first = back_up(made.place, None, steps)
    second = back_up(made.place, None, steps)
    assert first.backup is not None
    assert second.backup is not None
    assert first.backup.kind is BackupKind.FULL
    assert second.backup.kind is BackupKind.DIFFERENTIAL
    assert second.backup.needs == (first.backup.label,)
    third = back_up(made.place, BackupKind.FULL, steps)
    assert third.backup is not None
    assert third.backup.kind is BackupKind.FULL


def test_the_catalog_is_written_last_and_names_all_of_it(made: Paper, steps: Steps) -> None:
    done = back_up(made.place, None, steps)
    (written,) = made.repository.catalogs.iterdir()
    catalog = parse_catalog(written.read_bytes())
    assert catalog.key == done.catalog
    assert catalog.backups == (done.backup,)
    assert (catalog.engine, catalog.snapshot, catalog.tally) == ("pgbackrest", "s1", "sealed")
    known = read_succeeded(made.place.layout)
    assert known is not None
    assert (known.label, known.kind, known.catalog) == ("b000", "full", done.catalog)
    assert known.seconds == done.seconds
    assert not known.offsite


def test_a_full_one_is_due_when_the_last_is_old_or_of_the_future(made: Paper) -> None:
    wanted, now = wanted_backups(made.place), datetime.now(UTC)
    assert due_kind(made.engine, wanted, now) is BackupKind.FULL
    made.engine.take("a", now - timedelta(days=6), 1)
    assert due_kind(made.engine, wanted, now) is BackupKind.DIFFERENTIAL
    assert due_kind(made.engine, wanted, now + timedelta(days=2)) is BackupKind.FULL
    assert due_kind(made.engine, wanted, now - timedelta(days=30)) is BackupKind.FULL


def test_while_another_command_works_on_them_it_is_refused(made: Paper, steps: Steps) -> None:
    with (
        backups_held(made.place.layout, "restore"),
        pytest.raises(BusyError, match="`uz restore"),
    ):
        back_up(made.place, None, steps)
    assert made.engine.backups() == ()


def test_without_room_none_is_taken(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    made = paper(projects, monkeypatch, reserve="1000000GiB")
    with pytest.raises(MachineError, match="none is taken"):
        back_up(made.place, None, steps)
    assert made.engine.backups() == ()


def test_a_full_one_that_will_not_fit_is_not_begun_and_a_smaller_one_is(
    made: Paper, monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    back_up(made.place, None, steps)
    (first,) = made.engine.backups()
    asked = []
    monkeypatch.setattr(backing, "room", lambda _folder, *bytes_: asked.append(bytes_))
    back_up(made.place, BackupKind.FULL, steps)
    back_up(made.place, BackupKind.DIFFERENTIAL, steps)
    reserve = 2**20
    assert asked == [(reserve,), (reserve, first.stored), (reserve,)]


def test_what_is_missing_in_the_files_is_told_and_the_rest_is_there(
    made: Paper, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = FilesTaken("s2", ("redis: no answer",))
    monkeypatch.setattr(backing, "taken_files", lambda *_: partial)
    done = back_up(made.place, None, steps)
    assert done.notes == ("redis: no answer",)
    known = read_succeeded(made.place.layout)
    assert known is not None
    assert known.notes == ("redis: no answer",)


def test_a_restore_point_follows_and_one_that_cannot_be_taken_is_told(
    made: Paper, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert back_up(made.place, None, steps).notes == ()

    def held(_place: object) -> object:
        raise UnhealthyError("orders is locked")

    monkeypatch.setattr(backing, "record_point", held)
    done = back_up(made.place, None, steps)
    assert done.notes == ("restore point: orders is locked",)
    assert read_succeeded(made.place.layout) is not None


def test_one_that_fails_leaves_no_catalog_and_no_success(
    made: Paper, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> FilesTaken:
        raise BackupError("restic: no")

    monkeypatch.setattr(backing, "taken_files", fail)
    with pytest.raises(BackupError):
        back_up(made.place, None, steps)
    assert list(made.repository.catalogs.iterdir()) == []
    assert read_succeeded(made.place.layout) is None
    monkeypatch.setattr(backing, "taken_files", lambda *_: FilesTaken("s1"))
    assert back_up(made.place, None, steps).catalog


@pytest.mark.parametrize(
    ("earlier", "kind", "said"),
    [(0, MachineError, "the disk is full: log that"), (60, BackupError, "not archived")],
)
def test_one_whose_log_was_dropped_meanwhile_says_that_the_disk_is_full(
    made: Paper, steps: Steps, monkeypatch: pytest.MonkeyPatch,
    earlier: int, kind: type[UzError], said: str,
) -> None:  # fmt: skip
    gap = gap_path(made.place.layout)
    gap.parent.mkdir()

    def fail(*_: object) -> Backup:
        gap.write_text(f"{'0' * 24} {int(datetime.now(UTC).timestamp()) - earlier}\n")
        raise BackupError("the log of the database is not archived")

    monkeypatch.setattr(PaperEngine, "back_up", fail)
    with pytest.raises(kind, match=said):
        back_up(made.place, None, steps)
    assert gap.exists()


def test_a_gap_before_it_is_closed_and_counted_and_one_during_it_stays(
    made: Paper, steps: Steps
) -> None:
    layout = made.place.layout
    gap_path(layout).parent.mkdir()
    gap_path(layout).write_text(f"{'0' * 24} 1000\n{'0' * 24} 1001\n")
    back_up(made.place, None, steps)
    assert read_gap(layout) is None
    later = int(datetime.now(UTC).timestamp()) + 1000
    gap_path(layout).write_text(f"{'0' * 24} {later}\n")
    back_up(made.place, None, steps)
    assert read_gap(layout) is not None
    known = read_succeeded(layout)
    assert known is not None
    assert known.dropped == 2


def test_without_a_database_only_files_are_taken(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    made = paper(projects, monkeypatch)
    monkeypatch.undo()
    monkeypatch.setattr(backing, "taken_files", lambda *_: FilesTaken("s1"))
    bare = projects.place(backups={"reserve": "1MiB"})
    bare = type(bare)(bare.project, bare.spec, bare.machine, bare.stack, made.place.layout)
    done = back_up(bare, None, steps)
    assert done.backup is None
    assert done.snapshot == "s1"


def test_without_the_table_it_says_what_to_write(projects: Projects, steps: Steps) -> None:
    with pytest.raises(UzError, match=r"has no \[backups\]"):
        back_up(projects.applied(), None, steps)


def test_while_the_environment_is_down_it_says_so(made: Paper, steps: Steps) -> None:
    made.place.layout.credentials.rmdir()
    with pytest.raises(UzError, match="is down"):
        back_up(made.place, None, steps)
