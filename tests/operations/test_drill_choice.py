from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.backups.repositories import Made, Paths, an_hour, minutes

from uz.backups.inventory import Found, Inventory
from uz.backups.no_database import NoDatabase
from uz.backups.point import Point, Table
from uz.backups.sealing import seal
from uz.backups.store import Store
from uz.backups.target import Aim
from uz.errors import BackupError, StoreUnreachableError
from uz.operations import drill_choice as module
from uz.operations.drill_choice import complete, drill_choice, went_on
from uz.operations.points import NoPointError
from uz.secret import Secret
from uz.spec import Backups
from uz.targets.local.backups import sources
from uz.targets.local.backups.restoring import Workshop
from uz.testing import MACHINE
from uz.testing.folder_store import FolderStore

PASSPHRASE = Secret(b"correct horse")
WANTED = Backups(rpo=timedelta(seconds=60))
SHOP = Workshop(MACHINE, lambda _folder, _scratch: NoDatabase(), Paths())


class Away:
    """What is off-site; `later` replaces it after the first look."""

    def __init__(self, store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.found: list[Inventory] = []
        self.later: list[list[Inventory]] = []
        self.looks = 0
        for one in (module, sources):
            monkeypatch.setattr(one, "inventories", self.inventories)
        monkeypatch.setattr(module, "NAMES", Paths())

    def inventories(self, _store: Store) -> tuple[Inventory, ...]:
        self.looks += 1
        if self.looks > 1 and self.later:
            self.found = self.later.pop(0)
        return tuple(self.found)

    def with_points(self, there: Inventory, *at: int) -> Inventory:
        """With points recorded in these minutes beside."""
        files = dict(there.files)
        for minute in at:
            one = Point(f"uz-{minute}", minutes(minute), f"0/{minute:02X}000110", "7",
                        there.repository, {"public.orders": Table(1, "1")}, "")  # fmt: skip
            self.store.put(one.key, seal(PASSPHRASE, one.text().encode()))
            files[one.key.partition("/")[2]] = Found(1, one.at)
        return replace(there, files=files)

    def choice(self) -> module.DrillChoice:
        return drill_choice(self.store, SHOP, WANTED, PASSPHRASE)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Away:
    return Away(FolderStore(tmp_path), monkeypatch)


def test_the_newest_backup_is_compared_at_the_newest_point_and_taken_on_to_the_latest(
    away: Away,
) -> None:
    away.found = [away.with_points(an_hour().inventory(), 20, 45, 50)]
    found = away.choice()
    assert (found.plan.backup.label, found.point.name) == ("diff", "uz-50")
    assert found.plan.target.aim is Aim.LATEST
    assert found.newest.held
    assert found.newest.detail == "backup diff is whole"
    assert abs((datetime.now(UTC) - found.listed_at).total_seconds()) < 30


def test_without_a_point_behind_the_newest_backup_an_older_one_is_compared(away: Away) -> None:
    away.found = [away.with_points(an_hour().inventory(), 20)]
    found = away.choice()
    assert (found.plan.backup.label, found.point.name) == ("full", "uz-20")
    assert found.plan.target.aim is Aim.POINT
    assert found.plan.last_wal.endswith(f"{60:08X}"), "all of the log, to go on to the latest"


def test_a_newer_backup_that_cannot_be_used_is_told(away: Away) -> None:
    away.found = [away.with_points(an_hour().without("backup/diff/bundle"), 50)]
    found = away.choice()
    assert found.plan.backup.label == "full"
    assert not found.newest.held
    assert "diff" in found.newest.detail


def test_the_first_point_is_waited_for(away: Away) -> None:
    away.found = [an_hour().inventory()]
    away.later = [away.found, [away.with_points(an_hour().inventory(), 50)]]
    assert away.choice().point.name == "uz-50"


def test_where_none_comes_that_is_said_in_time(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOON", timedelta(seconds=-59.9))
    away.found = [an_hour().inventory()]
    with pytest.raises(NoPointError):
        away.choice()


def test_where_nothing_is_complete_nothing_is_waited_for(away: Away) -> None:
    away.found = [replace(an_hour().inventory(), catalogs=(), damaged=("x: no catalog",))]
    with pytest.raises(BackupError, match="no complete backup off-site"):
        away.choice()
    assert away.looks == 1


def test_a_store_that_is_down_decides_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachableError):
        drill_choice(FolderStore(tmp_path, down=True), SHOP, WANTED, PASSPHRASE)


def test_the_newest_repository_with_a_catalog_counts() -> None:
    whole = an_hour().inventory()
    half = Inventory("half", damaged=("x: no catalog",))
    assert complete([half, whole]) is whole
    with pytest.raises(BackupError, match="no complete backup"):
        complete([])


@pytest.mark.parametrize(("last", "there"), [(2, False), (3, True)])
def test_log_that_is_as_late_as_a_beat_of_the_canary_lets_a_moment_be_tried(
    last: int, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NAMES", Paths())
    made = Made()
    made.log(0, last)
    made.take("full", 1)  # it ended half a minute after minute 1
    assert went_on(made.inventory(), WANTED) is there
