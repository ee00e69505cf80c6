from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backups.repositories import NOON, Made, Paths

from uz.backups.catalog import Catalog
from uz.backups.inventory import Found, Inventory
from uz.backups.plan import plan
from uz.backups.sweeping import Sweep, sweep
from uz.backups.target import parse_target
from uz.errors import BackupError
from uz.spec.backups import Keep

DAY = timedelta(days=1)
MINUTES = 24 * 60
ONE = Keep(daily=1, weekly=0, monthly=0)


def days(count: int, name: str = "cafe", *, begin: int = 0, full: int = 7) -> Made:
    """A backup a day, and a log file an hour; minutes are log numbers, as in `Made`."""
    made = Made(name)
    for day in range(begin, begin + count):
        first = day * MINUTES
        for number in range(first, first + MINUTES, 60):
            made.log(number, number + 1)
        place = day - begin
        needs = () if place % full == 0 else (f"{name}-{place - place % full:03}",)
        made.take(f"{name}-{place:03}", first + 60, *needs)
        point = f"points/{NOON + day * DAY:%Y%m%dT%H%M%S.%fZ}.age"
        made.files[point] = Found(10, NOON + day * DAY)
        made.files[made.catalogs[-1].key.partition("/")[2]] = Found(5, made.catalogs[-1].taken_at)
    return made


def swept(
    *found: Made, keep: Keep = ONE, pitr: timedelta = 2 * DAY, now: datetime | None = None
) -> Sweep:
    at = now or max(made.backups[-1].ended for made in found)
    return sweep([made.inventory() for made in found], keep, pitr, at, Paths())


def test_what_is_older_than_the_window_goes_with_its_log_points_and_catalog() -> None:
    made = days(30, full=1)
    found = swept(made)
    assert found.stay == tuple(f"cafe/cafe-{day:03}" for day in range(27, 30))
    assert found.labels == tuple(f"cafe/cafe-{day:03}" for day in range(27))
    gone = set(found.keys)
    for day in range(27):
        assert f"cafe/database/backup/cafe-{day:03}/bundle" in gone
        assert made.catalogs[day].key in gone
    assert not [key for key in gone if "cafe-027" in key or "cafe-029" in key]
    points = sorted(key for key in gone if "/points/" in key)
    assert len(points) == 28  # that of day 27 is older than its backup
    assert found.size == sum(made.files[key.partition("/")[2]].size for key in gone)


def test_catalogs_are_removed_before_what_they_name() -> None:
    keys = swept(days(10, full=1)).keys
    kinds = ["/catalogs/" in key for key in keys]
    assert kinds == sorted(kinds, reverse=True)
    assert any(kinds)
    assert not all(kinds)


@given(
    st.integers(1, 40), st.integers(1, 8), st.integers(1, 5), st.integers(0, 3), st.integers(0, 10)
)
def test_all_backups_that_stay_can_still_be_planned_and_it_is_done_at_once(
    count: int, full: int, daily: int, weekly: int, window: int
) -> None:
    made = days(count, full=full)
    keep, pitr = Keep(daily=daily, weekly=weekly, monthly=1), window * DAY
    found = swept(made, keep=keep, pitr=pitr)
    gone = {key.partition("/")[2] for key in found.keys}
    left = Inventory(
        "cafe",
        tuple(one for one in made.catalogs if one.key.partition("/")[2] not in gone),
        {path: one for path, one in made.files.items() if path not in gone},
    )
    now = made.backups[-1].ended + DAY
    for name in found.stay:
        label = name.partition("/")[2]
        assert plan([left], parse_target(label), now, Paths()).backup.label == label
    again = sweep([left], keep, pitr, made.backups[-1].ended, Paths())
    assert again.keys == ()
    assert again.stay == found.stay


def test_of_an_older_repository_only_what_is_to_be_kept_stays() -> None:
    old, new = days(10, "old", full=1), days(10, "new", begin=10, full=1)
    found = swept(old, new, keep=Keep(daily=12, weekly=0, monthly=0), pitr=DAY)
    assert [one for one in found.stay if one.startswith("old/")] == ["old/old-008", "old/old-009"]
    found = swept(old, new, pitr=DAY)
    assert [one for one in found.stay if one.startswith("old/")] == []
    left = {f"old/{path}" for path in old.files} - set(found.keys)
    assert left == {key for key in left if old.files[key[4:]].at >= old.backups[-1].ended - DAY}


def test_what_is_young_stays_though_no_catalog_names_it() -> None:
    made = days(10)
    newest = made.catalogs[-1].taken_at
    made.files["database/backup/coming/bundle"] = Found(1, newest + timedelta(minutes=1))
    made.files["database/backup/stray/bundle"] = Found(1, newest - 3 * DAY)
    made.files["files/data/ab/" + "0" * 64] = Found(1, newest - 3 * DAY)
    made.files["README"] = Found(1, newest - 300 * DAY)
    gone = set(swept(made).keys)
    assert "cafe/database/backup/coming/bundle" not in gone
    assert "cafe/database/backup/stray/bundle" in gone
    assert "cafe/files/data/ab/" + "0" * 64 in gone
    assert "cafe/README" not in gone


def test_files_of_the_time_of_a_backup_that_stays_stay_too() -> None:
    made = days(10, full=1)
    for day, catalog in enumerate(made.catalogs):
        pack = f"files/data/ab/{day:064}"
        made.files[pack] = Found(1, catalog.taken_at)
        assert isinstance(catalog.files, dict)
        catalog.files[pack] = 1
    gone = set(swept(made).keys)
    there = [day for day in range(10) if f"cafe/files/data/ab/{day:064}" not in gone]
    assert there == [7, 8, 9]


def test_without_a_database_the_catalogs_are_what_is_counted() -> None:
    made = Made("files")
    for day in range(10):
        at, pack = NOON + day * DAY, f"files/data/ab/{day:064}"
        made.files[pack] = Found(1, at)
        made.catalogs.append(Catalog("files", at, "", files={pack: 1}, snapshot=str(day)))
        made.files[made.catalogs[-1].key.partition("/")[2]] = Found(5, at)
    found = sweep([made.inventory()], ONE, 2 * DAY, NOON + 9 * DAY, Paths())
    assert len(found.stay) == 3
    packs = sorted(key for key in found.keys if "/data/" in key)
    assert packs == [f"files/files/data/ab/{day:064}" for day in range(7)]


def test_nothing_goes_where_a_catalog_cannot_be_read() -> None:
    one = days(10).inventory()
    broken = Inventory(one.repository, one.catalogs, one.files, ("catalogs/x.json: damaged",))
    with pytest.raises(BackupError, match="nothing is removed"):
        sweep([broken], ONE, DAY, NOON + 10 * DAY, Paths())


def test_nothing_goes_where_the_newest_backup_is_in_the_future() -> None:
    with pytest.raises(BackupError, match="a clock is wrong"):
        swept(days(10), now=NOON)


def test_a_clock_far_ahead_removes_nothing_more() -> None:
    made = days(20)
    assert swept(made, now=NOON + 4000 * DAY) == swept(made)


def test_of_nothing_nothing_goes() -> None:
    assert sweep([], ONE, DAY, NOON, Paths()) == Sweep()
