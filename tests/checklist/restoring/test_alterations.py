"""Each alteration changes one thing off-site, looks like a backup still, and is undone."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.checklist.backups_stand import BackupsStand

from uz.checklist.restoring import alterations
from uz.checklist.restoring.alterations import altered, flipped
from uz.environment import Environment
from uz.errors import StoreError, UzError
from uz.spec import Kind
from uz.testing.backups import REPOSITORY

Sabotage = Callable[[Environment], AbstractContextManager[None]]
EVERY = pytest.mark.parametrize(
    "act",
    [
        alterations.base_flipped,
        alterations.log_flipped,
        alterations.log_missing,
        alterations.manifest_truncated,
        alterations.files_flipped,
        alterations.only_here,
    ],
)


def differing(stand: BackupsStand, before: dict[str, bytes]) -> set[str]:
    """Keys that are gone, new, or hold something else."""
    after = stand.fake.objects()
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


@EVERY
def test_it_changes_something_off_site_alone_and_undoes_it_when_the_drill_crashes(
    stand: BackupsStand, act: Sabotage
) -> None:
    before, whole = stand.fake.objects(), stand.state()
    with suppress(ZeroDivisionError), act(stand):
        assert len(differing(stand, before)) == 1
        assert stand.state()[1:] == whole[1:]
        raise ZeroDivisionError
    assert stand.state() == whole


@EVERY
def test_outside_of_a_rehearsal_nothing_is_touched(stand: BackupsStand, act: Sabotage) -> None:
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    before = stand.fake.objects()
    with pytest.raises(UzError, match="no rehearsal"), act(stand):
        pass
    assert stand.fake.objects() == before


@given(some.binary(min_size=1, max_size=200))
def test_a_flip_changes_one_bit_and_twice_none(content: bytes) -> None:
    changed = flipped(content)
    assert len(changed) == len(content)
    assert sum((one ^ other).bit_count() for one, other in zip(content, changed, strict=True)) == 1
    assert flipped(changed) == content


def test_the_largest_file_of_the_newest_backup_is_flipped(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    with alterations.base_flipped(stand):
        (key,) = differing(stand, before)
        assert key.endswith("/bundle/1")
        assert len(stand.fake.objects()[key]) == len(before[key])


def test_a_log_file_that_is_flipped_or_gone_has_others_before_and_behind_it(
    stand: BackupsStand,
) -> None:
    before = stand.fake.objects()
    inventory, log = stand.fake.inventory()
    last = max(log.segments)
    for act in (alterations.log_flipped, alterations.log_missing):
        with act(stand):
            (key,) = differing(stand, before)
        assert key == f"{REPOSITORY}/{log.segments[last - 1][0]}"
        assert key.partition("/")[2] not in inventory.backups()[0][1].files


def test_half_of_the_newest_backups_manifest_is_left(stand: BackupsStand) -> None:
    newest = stand.fake.back_up().backups[-1].label
    before = stand.fake.objects()
    with alterations.manifest_truncated(stand):
        (key,) = differing(stand, before)
        assert key.endswith(f"/{newest}/backup.manifest")
        assert stand.fake.objects()[key] == before[key][: len(before[key]) // 2]


def test_of_all_catalogs_none_is_off_site(stand: BackupsStand) -> None:
    stand.fake.back_up()
    before = stand.fake.objects()
    with alterations.only_here(stand):
        assert differing(stand, before) == {key for key in before if "/catalogs/" in key}
        assert stand.fake.catalogs() == ()


def test_without_any_catalog_there_is_none_to_take_away(tmp_path: Path) -> None:
    with (
        pytest.raises(UzError, match="no catalog off-site"),
        alterations.only_here(BackupsStand(tmp_path)),
    ):
        pass


def test_log_behind_the_newest_backup_is_waited_for(stand: BackupsStand) -> None:
    stand.fake.back_up()
    with pytest.raises(UzError, match="no log came off-site"), alterations.log_missing(stand):
        pass


def test_what_is_not_there_cannot_be_altered(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    with pytest.raises(StoreError), altered(stand, f"{REPOSITORY}/gone", flipped):
        pass
    assert stand.fake.objects() == before


def test_a_change_that_crashes_leaves_what_was_there(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    key = max(before)
    with pytest.raises(ZeroDivisionError), altered(stand, key, lambda _content: 1 // 0):  # type: ignore[arg-type, return-value]
        pass
    assert stand.fake.objects() == before


def test_what_was_written_in_its_place_meanwhile_goes_as_well(stand: BackupsStand) -> None:
    """Shipping may send what it misses."""
    before = stand.fake.objects()
    with alterations.log_missing(stand):
        (key,) = differing(stand, before)
        stand.fake.store().put(key, b"sent again")
    assert stand.fake.objects() == before
    catalog = stand.fake.catalogs()[0]
    assert replace(catalog, taken_at=datetime.now(UTC)) != catalog


def test_a_log_file_that_just_arrived_is_left_alone_as_it_might_be_sent_again(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alterations, "SETTLED", timedelta(hours=1))
    with pytest.raises(UzError, match="no log came off-site"), alterations.log_missing(stand):
        pass
