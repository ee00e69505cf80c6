"""Each sabotage makes backups that were taken and are worth nothing, and is undone."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest
from tests.checklist.backups_stand import BackupsStand

from uz.backups import PASSPHRASE
from uz.backups.point import Point
from uz.backups.tally import unsealed
from uz.checklist.restoring import sabotage
from uz.checklist.restoring.sabotage import MADE
from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.spec import Kind

Sabotage = Callable[[Environment], AbstractContextManager[None]]
OTHER = "f" * 16
TABLE = f"public.{MADE}"


def named(act: Sabotage) -> str:
    """For the names of tests."""
    return getattr(act, "__name__", str(act))


EVERY = pytest.mark.parametrize(
    "act",
    [
        sabotage.wrong_passphrase,
        sabotage.table_lacking,
        sabotage.rows_lacking,
        sabotage.week_old,
        sabotage.empty_backup,
        sabotage.file_lacking,
    ],
    ids=named,
)


def without_log(stand: BackupsStand) -> tuple[object, ...]:
    """The state of a stand, but for log that was sent meanwhile, as it is all the time."""
    objects, *rest = stand.state()
    assert isinstance(objects, dict)
    return {key: one for key, one in objects.items() if "/archive/" not in key}, *rest


@EVERY
def test_it_changes_something_and_undoes_it_when_the_drill_crashes(
    stand: BackupsStand, act: Sabotage
) -> None:
    before, here = without_log(stand), sorted(stand.fake.repository.rglob("*.age"))
    with suppress(ZeroDivisionError), act(stand):
        assert without_log(stand) != before
        raise ZeroDivisionError
    assert without_log(stand) == before
    assert sorted(stand.fake.repository.rglob("*.age")) == here


@pytest.mark.parametrize(
    "act",
    [
        sabotage.wrong_passphrase,
        sabotage.week_old,
        sabotage.empty_backup,
        sabotage.file_lacking,
    ],
    ids=named,
)
def test_outside_of_a_rehearsal_nothing_is_touched(stand: BackupsStand, act: Sabotage) -> None:
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    before = stand.state()
    with pytest.raises(UzError, match="no rehearsal"), act(stand):
        pass
    assert stand.state() == before


def test_the_passphrase_is_another_one_of_the_same_length(stand: BackupsStand) -> None:
    before = stand.secret(PASSPHRASE).reveal()
    with sabotage.wrong_passphrase(stand):
        after = stand.secret(PASSPHRASE).reveal()
        assert after != before
        assert len(after) == len(before)


def test_a_file_is_counted_that_the_newest_backup_lacks(stand: BackupsStand) -> None:
    passphrase = stand.secret(PASSPHRASE)
    before = stand.fake.catalogs()[0]
    with sabotage.file_lacking(stand):
        after = stand.fake.catalogs()[0]
        counted = unsealed(passphrase, after.tally)
        assert (after.files, after.backups) == (before.files, before.backups)
        assert counted.files == unsealed(passphrase, before.tally).files + 1
        assert f"/{MADE}" in counted.sample


@pytest.mark.parametrize(
    ("act", "change"),
    [
        (sabotage.table_lacking, f"DROP TABLE {TABLE}"),
        (sabotage.rows_lacking, f"DELETE FROM {TABLE} WHERE n > 7"),
    ],
    ids=["table", "rows"],
)
def test_what_is_changed_is_recorded_before_and_the_point_named_after(
    stand: BackupsStand, act: Sabotage, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = list[str]()
    real = stand.fake.record_falsely

    def falsely(action: Callable[[], None]) -> Point:
        order.extend([*stand.told, "recorded"])
        point = real(action)
        order.extend([stand.told[-1], "named"])
        return point

    monkeypatch.setattr(stand.fake, "record_falsely", falsely)
    with act(stand):
        assert [one.partition(";")[0] for one in order] == [
            "SET ROLE owner", "recorded", change, "named",
        ]  # fmt: skip
        assert f"CREATE TABLE {TABLE}" in order[0]
    assert stand.told[-1] == f"DROP TABLE IF EXISTS {TABLE}"
    assert {database for _, database, _ in stand.asked} == {"app"}


def test_the_false_point_is_gone_here_and_off_site(stand: BackupsStand) -> None:
    before = {key for key in stand.fake.objects() if "/points/" in key}
    with sabotage.table_lacking(stand):
        (false,) = {key for key in stand.fake.objects() if "/points/" in key} - before
        assert (stand.fake.repository.parent / false).is_file()
    assert {key for key in stand.fake.objects() if "/points/" in key} == before
    assert not (stand.fake.repository.parent / false).exists()


def test_where_the_point_cannot_be_recorded_the_table_is_dropped_all_the_same(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_sent(_change: Callable[[], None]) -> Point:
        raise UnhealthyError("not off-site")

    monkeypatch.setattr(stand.fake, "record_falsely", not_sent)
    with pytest.raises(UnhealthyError), sabotage.rows_lacking(stand):
        pass
    assert stand.tables() == (set(), 0)


def test_canaries_are_a_week_older_and_nothing_newer_is_sent(stand: BackupsStand) -> None:
    with sabotage.week_old(stand):
        assert stand.tables() == (set(), -7)
        assert not stand.running["shipping"]
        assert stand.fake.sent == 3  # twice in the making of the stand
    assert stand.tables() == (set(), 0)
    assert stand.running["shipping"]
    assert stand.fake.sent == 4
    assert {database for _, database, _ in stand.asked} == {"uz"}


def test_the_empty_backup_is_the_newest_and_whole_by_its_own_catalog(stand: BackupsStand) -> None:
    stand.fake.back_up()
    before = stand.fake.catalogs()[0]
    label = before.backups[-1].label
    with sabotage.empty_backup(stand):
        newest = stand.fake.catalogs()[0]
        assert newest.repository == OTHER
        assert newest.backups == before.backups
        inventory, log = stand.fake.inventory()
        assert {path: inventory.files[path].size for path in newest.files} == newest.files
        assert {size == 0 for path, size in newest.files.items() if f"/{label}/" in path} == {True}
        assert sum(newest.files.values()) > 0
        assert len(log.segments) == max(log.segments)
        assert any(path.startswith("points/") for path in inventory.files)
    assert stand.fake.catalogs()[0] == before


def test_the_backups_themselves_are_not_touched_by_what_is_published_beside(
    stand: BackupsStand,
) -> None:
    before = stand.fake.objects()
    with sabotage.empty_backup(stand):
        assert {key: one for key, one in stand.fake.objects().items() if key in before} == before


def test_a_publication_that_breaks_off_leaves_nothing(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    catalog = stand.fake.catalogs()[0]
    seen = list[str]()

    def breaks(path: str, content: bytes) -> bytes:
        seen.append(path)
        return content if len(seen) < 3 else bytes(1 // 0)

    with pytest.raises(ZeroDivisionError), sabotage.pretended(stand, catalog, breaks):
        pass
    assert len(seen) == 3
    assert stand.fake.objects() == before
