from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.backups.repositories import Paths, an_hour, minutes

from uz.backups.inventory import Found, Inventory
from uz.backups.point import Point, Table
from uz.backups.sealing import seal
from uz.backups.wal import number_of
from uz.errors import BackupError
from uz.operations.points import NoPointError, newest_point, place_in_log
from uz.secret import Secret
from uz.testing.folder_store import FolderStore

PASSPHRASE = Secret(b"correct horse")


def point(minute: int) -> Point:
    """One whose record is in the log file of that minute."""
    return Point(
        f"uz-{minute}", minutes(minute), f"0/{minute:02X}000110", "7", "cafe",
        {"public.orders": Table(1, "1")}, "",
    )  # fmt: skip


def recorded(store: FolderStore, *points: Point, passphrase: Secret = PASSPHRASE) -> Inventory:
    """An hour of backups and log, with these points beside."""
    found = an_hour().inventory()
    files = dict(found.files)
    for one in points:
        store.put(one.key, seal(passphrase, one.text().encode()))
        files[one.key.removeprefix("cafe/")] = Found(1, one.at)
    return replace(found, files=files)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def test_the_newest_point_is_found(store: FolderStore) -> None:
    there = recorded(store, point(40), point(55), point(50))
    assert newest_point(store, there, Paths(), PASSPHRASE) == point(55)


def test_one_whose_log_is_still_on_its_way_is_passed_over(store: FolderStore) -> None:
    there = recorded(store, point(50), point(61))
    assert newest_point(store, there, Paths(), PASSPHRASE) == point(50)


def test_one_that_no_backup_leads_to_is_none(store: FolderStore) -> None:
    there = recorded(store, point(1))  # the first backup ended half a minute later
    with pytest.raises(NoPointError, match="none of the 1 restore points") as error:
        newest_point(store, there, Paths(), PASSPHRASE)
    assert "uz backup point" in error.value.hint


def test_only_one_that_is_later_than_the_backup_that_was_chosen_counts(store: FolderStore) -> None:
    there = recorded(store, point(40), point(50))
    assert newest_point(store, there, Paths(), PASSPHRASE, after=minutes(45)) == point(50)
    with pytest.raises(NoPointError):
        newest_point(store, there, Paths(), PASSPHRASE, after=minutes(51))


def test_without_any_that_is_said(store: FolderStore) -> None:
    with pytest.raises(NoPointError, match="none of the 0 restore points"):
        newest_point(store, recorded(store), Paths(), PASSPHRASE)


def test_one_that_another_passphrase_sealed_is_no_reason_to_take_an_older_one(
    store: FolderStore,
) -> None:
    recorded(store, point(55), passphrase=Secret(b"another"))
    there = recorded(store, point(50))
    there = replace(
        there, files={**there.files, point(55).key.removeprefix("cafe/"): Found(1, minutes(55))}
    )
    with pytest.raises(BackupError, match="cannot be opened") as error:
        newest_point(store, there, Paths(), PASSPHRASE)
    assert not isinstance(error.value, NoPointError)


@given(high=some.integers(0, 2**32 - 1), low=some.integers(1, 2**32 - 1))
def test_a_place_is_in_the_log_file_that_postgresql_names_for_it(high: int, low: int) -> None:
    """As pg_walfile_name() does: a record that ends where a file does is in that file."""
    name = f"00000001{high:08X}{(low - 1) >> 24:08X}"
    assert place_in_log(f"{high:X}/{low:X}") == number_of(name)


def test_a_record_that_ends_with_its_file_is_in_that_file() -> None:
    assert place_in_log("0/3000000") == 2
    assert place_in_log("0/3000001") == 3
    assert place_in_log("1/0") == 255


@pytest.mark.parametrize("text", ["", "0", "0/", "0/1/2", "x/1", "0-1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(BackupError, match="no place in PostgreSQL's log"):
        place_in_log(text)
