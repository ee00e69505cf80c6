from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.places import Projects

from uz.operations.backup_notes import backup_notes
from uz.operations.place import Place
from uz.targets.local.backups import inventory
from uz.targets.local.backups.gap import gap_path
from uz.targets.local.backups.records import Shipping, Succeeded, write_shipping, write_succeeded
from uz.targets.local.backups.repository import prepare_repository

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WELL = Shipping(
    at=NOW, offsite="s3://shop", succeeded_at=NOW, covered_at=NOW - timedelta(seconds=31),
    published_at=NOW - timedelta(hours=3),
)  # fmt: skip


@pytest.fixture
def place(projects: Projects) -> Place:
    one = projects.applied(backups={})
    one.layout.data.mkdir()
    prepare_repository(one.layout)
    return one


def test_without_backups_nothing_is_said(projects: Projects) -> None:
    assert backup_notes(projects.place()) == ()


def test_before_the_first_word_nothing_is_known(place: Place) -> None:
    assert backup_notes(place) == (
        "backups: nothing is known yet: does shipping run? `uz logs shipping`",
    )


def test_the_newest_and_how_far_the_log_is_behind_are_told(place: Place) -> None:
    write_shipping(place.layout, WELL)
    assert backup_notes(place, NOW) == (
        "backups: all is off-site, at s3://shop",
        "backups: the newest off-site is of 2026-11-26 09:00:00 UTC, the database's log is 31 s"
        " behind",
    )


def test_an_error_the_queue_and_what_was_left_out_are_told(place: Place) -> None:
    write_shipping(place.layout, replace(WELL, error="no answer", queue_files=7))
    write_succeeded(place.layout, Succeeded(at=NOW, notes=("redis: no",)))
    first, second, third = backup_notes(place, NOW)
    assert first == "backups: nothing is sent: no answer"
    assert second.endswith(", 7 files wait")
    assert third == "not in the last backup: redis: no"


def test_one_that_does_not_run_is_noticed(place: Place) -> None:
    write_shipping(place.layout, WELL)
    (first, *_) = backup_notes(place, NOW + timedelta(minutes=5))
    assert first == "backups: shipping has said nothing since 2026-11-26 12:00:00 UTC; does it run?"


def test_a_disk_without_room_is_told_though_shipping_can_write_nothing_down(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shipping(place.layout, WELL)
    monkeypatch.setattr(inventory, "free", lambda _folder: 2**30 - 1)
    gap_path(place.layout).parent.mkdir()
    gap_path(place.layout).write_text(f"00000001000000000000000A {NOW.timestamp():.0f}\n")
    told = (
        "the log of the database was dropped from 2026-11-26 12:00:00 UTC on, the disk was full:"
        " until the next backup, nothing later can be restored",
        "less of the disk is free than backups.reserve: no backup is taken",
    )
    (first, *_) = backup_notes(place, NOW)
    assert first == "; ".join(("backups: all is off-site, at s3://shop", *told))
    later = backup_notes(place, NOW + timedelta(minutes=5))
    assert later[1:3] == tuple(f"backups: {one}" for one in told)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Shipping(at=NOW), "none is off-site"),
        (Shipping(at=NOW, offsite="s3://shop"), "none is off-site yet"),
        (replace(WELL, covered_at=None), "the newest off-site is of 2026-11-26 09:00:00 UTC"),
    ],
)
def test_what_is_not_known_is_not_told(place: Place, state: Shipping, text: str) -> None:
    write_shipping(place.layout, state)
    assert backup_notes(place, NOW)[-1] == f"backups: {text}"
