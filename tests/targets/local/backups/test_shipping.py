import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from tests.targets.local.backups.shop import Shop, shop

from uz.backups.store import Stored
from uz.backups.wal import name_of
from uz.errors import BackupError, StoreError, StoreRefusedError, StoreUnreachableError
from uz.spec.backups import Backups
from uz.targets.local.backups import inventory, sending
from uz.targets.local.backups import shipping as module
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.backups.gap import gap_path
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.backups.scratches import own_scratch
from uz.targets.local.backups.shipping import full_ones_here
from uz.targets.local.layout import Layout


@pytest.fixture
def one(prepared: Layout, short: Path) -> Shop:
    return shop(prepared, short / "store")


def test_all_of_it_arrives_and_the_catalog_last(one: Shop) -> None:
    one.engine.log(2, 5)
    catalog = one.backup("full", 1)
    shipper = one.shipper()
    shipper.beaten = at = datetime.now(UTC)
    shipper.round()
    keys = [key.partition("/")[2] for key in one.store.put_keys]
    assert keys[-1] == catalog.key.partition("/")[2]
    assert sorted(keys[:5]) == [f"database/log/{name_of(1, n)}-x" for n in range(1, 6)]
    assert keys[5:7] == ["database/backup/full/bundle", "database/backup/full/backup.manifest"]
    assert "database/index" not in one.away()
    state = shipper.state
    assert (state.queue_files, state.queue_bytes, state.error) == (0, 0, "")
    assert state.covered_at == at
    assert (state.published, state.published_at) == (catalog.key, catalog.taken_at)
    assert state.succeeded_at is not None
    assert shipper.seen().offsite_bytes == sum(
        path.stat().st_size for path in one.store.folder.rglob("*") if path.is_file()
    )


def when_put(one: Shop, monkeypatch: pytest.MonkeyPatch, act: Callable[[str], object]) -> None:
    """Have something happen right after each object that is put."""
    put = one.store.put

    def also(key: str, content: Path | bytes) -> None:
        put(key, content)
        act(key)

    monkeypatch.setattr(one.store, "put", also)


def test_a_database_that_never_rests_is_covered_and_old_backups_go_all_the_same(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = count(3)
    when_put(one, monkeypatch, lambda _key: one.engine.log(next(number)))
    one.backup("a", 1)
    one.backup("b", 2)
    shipper = one.shipper(local=1)
    shipper.beaten = at = datetime.now(UTC)
    shipper.round()
    assert shipper.state.queue_files > 0
    assert shipper.state.covered_at == at
    assert shipper.state.succeeded_at is not None
    assert [one.label for one in one.engine.backups()] == ["b"]


def test_a_backup_that_ends_while_others_are_sent_is_sent_before_they_go(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.backup("a", 1)

    def late(key: str) -> None:
        if key.endswith("manifest") and "/b/" not in key:
            one.backup("b", 2)

    when_put(one, monkeypatch, late)
    shipper = one.shipper(local=1)
    shipper.round()
    assert [one.label for one in one.engine.backups()] == ["a", "b"]
    shipper.round()
    assert [one.label for one in one.engine.backups()] == ["b"]


def test_a_run_of_files_alone_that_ends_meanwhile_is_sent_before_others_go(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.backup("a", 1)

    def late(key: str) -> None:
        if "/catalogs/" in key and len(one.store.put_keys) < 5:
            write_catalog(one.repository, one.engine, "paper", "")

    when_put(one, monkeypatch, late)
    shipper = one.shipper(local=1)
    shipper.round()
    assert one.pruned == []
    shipper.round()
    assert one.pruned == [3]


def test_an_outage_keeps_all_of_it_here_and_order_is_kept_when_it_is_over(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "THREADS", 1)
    shipper = one.shipper()
    one.backup("full", 1)
    shipper.round()
    before = shipper.state.covered_at
    one.store.down = True
    for number in range(2, 30):
        one.engine.log(number)
        shipper.beaten = datetime.now(UTC)
        if number % 9 == 0:
            with pytest.raises(StoreUnreachableError):
                shipper.round()
    one.backup("later", 30, "full")
    with pytest.raises(StoreUnreachableError):
        shipper.round()
    state = shipper.state
    assert state.error.endswith("no answer")
    assert state.covered_at == before
    assert state.queue_files == 29 + 2 + 1  # log, two files of a backup, a catalog
    assert state.waiting_since is not None
    one.store.down, sent = False, len(one.store.put_keys)
    shipper.round()
    arrived = [key for key in one.store.put_keys[sent:] if "/log/" in key]
    assert [key[-26:-2] for key in arrived] == [name_of(1, n) for n in range(2, 31)]
    assert shipper.state.queue_files == 0
    assert shipper.state.error == ""
    assert shipper.state.covered_at == shipper.beaten


def test_a_new_shipper_after_a_kill_sends_only_what_is_missing(one: Shop) -> None:
    one.backup("full", 1)
    one.engine.log(2, 6)
    one.shipper().round()
    lost = sorted((one.store.folder / one.repository.id / "database/log").iterdir())[2]
    lost.unlink()
    one.store.put_keys.clear()
    one.shipper().round()
    assert [key.rsplit("/", 1)[-1] for key in one.store.put_keys] == [lost.name]


def test_a_catalog_waits_until_all_that_it_names_is_there(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.backup("full", 1)
    put = one.store.put

    def forgetful(key: str, content: Path | bytes) -> None:
        if key.endswith("bundle"):
            raise StoreError(f"{key}: no")
        put(key, content)

    monkeypatch.setattr(one.store, "put", forgetful)
    shipper = one.shipper()
    with pytest.raises(StoreError, match="bundle: no"):
        shipper.round()
    assert not [key for key in one.away() if key.startswith("catalogs/")]
    assert "database/backup/full/backup.manifest" in one.away()
    monkeypatch.setattr(one.store, "put", put)
    shipper.round()
    assert [key for key in one.away() if key.startswith("catalogs/")]


def test_a_refused_key_is_told_and_nothing_is_lost(one: Shop) -> None:
    one.backup("full", 1)
    one.store.refusing = True
    shipper = one.shipper()
    with pytest.raises(StoreRefusedError):
        shipper.round()
    assert "may not be written" in shipper.state.error
    one.store.refusing = False
    shipper.round()
    assert shipper.state.error == ""


def test_old_backups_go_here_only_when_all_is_off_site(one: Shop) -> None:
    shipper = one.shipper(local=1)
    one.backup("a", 1)
    one.backup("b", 2)
    one.store.down = True
    with pytest.raises(StoreUnreachableError):
        shipper.round()
    assert len(one.engine.backups()) == 2
    one.store.down = False
    shipper.round()
    assert [one.label for one in one.engine.backups()] == ["b"]
    assert "database/backup/a/bundle" in one.away()
    assert one.pruned == [3]
    shipper.round()
    assert one.pruned == [3], "nothing was published since"


def test_nothing_goes_here_while_a_backup_is_taken(one: Shop) -> None:
    shipper = one.shipper(local=1)
    one.backup("a", 1)
    one.backup("b", 2)
    with backups_held(one.layout, "backup now"):
        shipper.round()
    assert len(one.engine.backups()) == 2
    shipper.round()
    assert len(one.engine.backups()) == 1


def test_a_catalog_that_can_never_be_whole_gives_way_to_a_newer_one(one: Shop) -> None:
    shipper = one.shipper()
    old = one.backup("a", 1)
    shutil.rmtree(one.repository.database / "backup/a")
    (one.repository.database / "index").unlink()
    new = one.backup("b", 2)
    shipper.round()
    assert new.key.partition("/")[2] in one.away()
    assert old.key.partition("/")[2] not in one.away()
    assert not (one.repository.folder / old.key.partition("/")[2]).exists()


def test_a_repository_that_was_left_for_a_new_one_is_sent_to_its_end(one: Shop) -> None:
    one.engine.log(1, 2)
    old = one.backup("full", 3)
    fresh = Shop(one.layout, one.store, prepare_repository(one.layout, anew=True))
    new = fresh.backup("full", 1)
    shipper = one.shipper()
    shipper.round()
    assert one.store.put_keys.index(old.key) < one.store.put_keys.index(new.key)
    assert shipper.state.repository == fresh.repository.id
    assert shipper.state.published == new.key


def test_a_repository_that_was_left_goes_when_it_and_a_backup_of_the_new_one_are_off_site(
    one: Shop,
) -> None:
    one.backup("full", 1)
    fresh = Shop(one.layout, one.store, prepare_repository(one.layout, anew=True))
    fresh.engine.log(1)
    shipper = one.shipper()
    shipper.round()
    assert one.repository.folder.exists(), "the new one has no backup yet"
    fresh.backup("full", 2)
    one.engine.log(2)
    one.store.down = True
    with pytest.raises(StoreUnreachableError):
        shipper.round()
    assert one.repository.folder.exists()
    one.store.down = False
    with backups_held(one.layout, "restore"):
        shipper.round()
    with own_scratch(one.layout):
        shipper.round()
    assert one.repository.folder.exists(), "somebody restores from it"
    shipper.round()
    assert not one.repository.folder.exists()
    assert fresh.repository.folder.exists()
    assert any(key.startswith(one.repository.id) for key in one.store.list())
    shipper.round()


def test_a_removal_that_was_killed_is_finished(one: Shop) -> None:
    half = one.layout.repositories / ".gone-cafe"
    (half / "catalogs").mkdir(parents=True)
    one.backup("full", 1)
    one.shipper().round()
    assert not half.exists()


def test_without_another_place_no_repository_goes(one: Shop) -> None:
    one.backup("full", 1)
    fresh = Shop(one.layout, one.store, prepare_repository(one.layout, anew=True))
    fresh.backup("full", 2)
    one.shipper(offsite=False).round()
    assert one.repository.folder.exists()


def test_restore_points_go_here_some_days_after_they_are_off_site(one: Shop) -> None:
    one.backup("full", 1)
    for name, days in (("old", 8), ("young", 6)):
        point = one.repository.points / name
        point.write_text(name)
        past = datetime.now(UTC).timestamp() - days * 86400
        os.utime(point, (past, past))
    shipper = one.shipper()
    shipper.round()
    assert [path.name for path in one.repository.points.iterdir()] == ["young"]
    assert "points/old" in one.away()
    shipper.round()
    assert shipper.state.queue_files == 0


def test_what_the_bucket_lacks_is_known_from_each_listing(one: Shop) -> None:
    one.lacking = ("versioning is off",)
    shipper = one.shipper()
    shipper.round()
    assert shipper.state.unprotected == ("versioning is off",)


def test_what_retention_removed_is_not_sent_again(one: Shop) -> None:
    engine = one.engine
    engine.log(1, 9)
    past = datetime.now(UTC) - timedelta(days=40)
    engine.take("old", past, 2)
    engine.take("before", past + timedelta(days=9), 5)
    engine.take("new", datetime.now(UTC), 7)
    shipper = one.shipper(keep={"daily": 1, "weekly": 0, "monthly": 0}, pitr="1d", local=3)
    shipper.round()
    logs = {key[-26:-2] for key in one.away() if "/log/" in key}
    assert logs == {name_of(1, n) for n in range(5, 10)}


def test_the_engine_is_asked_only_when_its_index_changed(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.backup("full", 1)
    engine = one.engine
    shipper = one.shipper()
    shipper.engine = lambda _repository: engine
    engine.asked = 0
    for number in range(2, 6):
        one.engine.log(number)
        shipper.round()
    assert engine.asked == 1


def test_where_the_engine_cannot_say_what_it_has_the_log_is_sent_all_the_same(one: Shop) -> None:
    one.backup("full", 1)
    one.engine.log(2)
    (one.repository.database / "index").write_text("damaged")
    shipper = one.shipper()
    with pytest.raises(BackupError, match="no index"):
        shipper.round()
    assert len([key for key in one.away() if "/log/" in key]) == 2
    assert not [key for key in one.away() if "/backup/" in key]
    assert shipper.state.error == "no index"


def test_the_listing_is_made_anew_each_hour_and_tells_what_was_written_over(
    one: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    found = one.store.list

    def counted(prefix: str = "") -> dict[str, Stored]:
        listed.append(prefix)
        return found(prefix)

    monkeypatch.setattr(one.store, "list", counted)
    catalog = one.backup("full", 1)
    shipper = one.shipper()
    shipper.round()
    shipper.round()
    assert len(listed) == 1
    one.store.overwritten.add(catalog.key)
    monkeypatch.setattr(module, "LISTING", timedelta())
    shipper.round()
    assert shipper.state.overwritten == (catalog.key,)


def test_after_a_restart_the_newest_is_the_one_that_is_there(one: Shop) -> None:
    one.backup("a", 1)
    newer = one.backup("b", 2)
    one.shipper(local=2).round()
    (one.store.folder / one.repository.id / "catalogs/readme").write_text("not one of them")
    shipper = one.shipper(local=2)
    shipper.round()
    assert (shipper.state.published, shipper.state.published_at) == (newer.key, newer.taken_at)
    shutil.rmtree(one.store.folder / one.repository.id)
    for path in one.repository.catalogs.iterdir():
        path.unlink()
    shipper = one.shipper(local=2)
    shipper.round()
    assert (shipper.state.published, shipper.state.published_at) == ("", None)


def test_a_gap_is_told_and_the_log_is_not_called_covered(one: Shop) -> None:
    shipper = one.shipper()
    gap_path(one.layout).parent.mkdir(exist_ok=True)
    gap_path(one.layout).write_text(f"{name_of(1, 5)} 1000\n{name_of(1, 6)} 1060\n")
    one.backup("full", 1)
    shipper.beaten = datetime.now(UTC)
    shipper.round()
    assert shipper.state.covered_at is None
    assert shipper.state.dropped == 2
    assert shipper.state.gap_since == datetime.fromtimestamp(1000, UTC)


def test_a_low_disk_is_told(one: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "free", lambda _folder: 100)
    shipper = one.shipper()
    shipper.round()
    assert shipper.state.disk_low
    assert shipper.state.disk_free == 100


def test_without_another_place_nothing_waits_and_the_window_stays_here(one: Shop) -> None:
    shipper = one.shipper(offsite=False, pitr="2d", full="1d")
    for number in range(1, 6):
        one.backup(f"b{number}", number)
    shipper.round()
    assert shipper.state.queue_files == 0
    assert shipper.state.offsite == ""
    assert one.away() == set()
    assert [one.label for one in one.engine.backups()] == ["b3", "b4", "b5"]


def test_how_many_full_ones_stay_here_depends_on_whether_there_are_others() -> None:
    assert full_ones_here(Backups.model_validate({"offsite": "embedded"})) == 1
    assert full_ones_here(Backups()) == 3


def test_when_stopped_it_leaves_off(one: Shop) -> None:
    one.backup("full", 1)
    shipper = one.shipper()
    shipper.stop.set()
    shipper.round()
    assert one.store.put_keys == []
    assert shipper.state.succeeded_at is None
