"""The fake of backups: it keeps what a BackupSystem promises, and refuses as a real store does."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from uz.backups.backup import BackupKind
from uz.backups.point import parse_point
from uz.backups.sealing import unseal
from uz.backups.wal import number_of
from uz.errors import BackupError, StoreRefusedError
from uz.operations.points import newest_point
from uz.testing.backups import REPOSITORY, FakeBackups


@pytest.fixture
def fake(tmp_path: Path) -> FakeBackups:
    return FakeBackups(tmp_path)


def test_nothing_is_there_until_a_test_puts_it(fake: FakeBackups) -> None:
    assert fake.catalogs() == ()
    assert fake.runs("backup") == ()
    with pytest.raises(BackupError, match="no complete backup"):
        fake.inventory()
    with pytest.raises(BackupError, match="no engine"):
        fake.engine(fake.folder, fake.folder)


def test_a_backup_is_off_site_with_all_that_its_catalog_names(fake: FakeBackups) -> None:
    catalog = fake.back_up()
    inventory, log = fake.inventory()
    assert {path: inventory.files[path].size for path in catalog.files} == catalog.files
    (backup,) = catalog.backups
    assert backup.kind is BackupKind.FULL
    assert number_of(backup.last_wal) in log.segments
    assert fake.naming.files_of(backup.label, tuple(p.partition("/")[2] for p in catalog.files))


def test_the_next_backup_needs_the_full_one(fake: FakeBackups) -> None:
    first, second = fake.back_up(), fake.back_up()
    assert second.backups[-1].needs == (first.backups[0].label,)
    assert fake.catalogs() == (second, first)
    assert first.files.items() <= second.files.items()


def test_a_restore_point_is_sealed_and_has_the_log_behind_it(fake: FakeBackups) -> None:
    fake.back_up()
    point = fake.record_point()
    assert parse_point(unseal(fake.passphrase, fake.store().read(point.key))) == point
    assert (fake.repository.parent / point.key).is_file()
    inventory, log = fake.inventory()
    assert sorted(log.segments) == [1, 2]
    assert newest_point(fake.store(), inventory, fake.naming, fake.passphrase) == point
    fake.send_log()
    assert sorted(fake.inventory()[1].segments) == [1, 2, 3]


def test_what_is_recorded_falsely_is_changed_before_the_point(fake: FakeBackups) -> None:
    seen: list[int] = []
    point = fake.record_falsely(lambda: seen.append(len(fake.objects())))
    assert seen == [0]
    assert point.key in fake.objects()


@pytest.mark.parametrize(
    ("identity", "put", "remove"),
    [
        ("admin", True, True),
        ("adder", True, False),
        ("reader", False, False),
        ("retention", False, True),
    ],
)
def test_each_identity_may_what_its_policy_says(
    fake: FakeBackups, identity: str, put: bool, remove: bool
) -> None:
    key = f"{REPOSITORY}/files/data/x"
    fake.store("admin").put(key, b"x")
    store = fake.store(identity)
    assert store.read(key) == b"x"
    acts: list[tuple[bool, Callable[[], None]]] = [
        (put, lambda: store.put("y", b"y")),
        (remove, lambda: store.remove(key)),
    ]
    for allowed, act in acts:
        with nullcontext() if allowed else pytest.raises(StoreRefusedError):
            act()


def test_the_scheduler_knows_of_one_job(fake: FakeBackups) -> None:
    assert fake.due("backup") == ("17 3 * * *", None)
    with pytest.raises(KeyError):
        fake.due("another")
    run = fake.ran(asked=True)
    assert fake.runs("backup") == (run,)
    assert fake.runs("another") == ()
    assert run.ended is not None
    assert run.started <= fake.catalogs()[0].taken_at <= run.ended


def test_a_drill_is_what_the_test_wants_and_else_compares_nothing(fake: FakeBackups) -> None:
    assert not fake.drill(whole=True).ok
    assert fake.drills == [True]
