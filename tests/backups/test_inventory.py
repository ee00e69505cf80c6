from pathlib import Path

from tests.backups.repositories import Paths, an_hour, minutes

from uz.backups.inventory import Inventory, inside, inventories, newest_first
from uz.testing.folder_store import FolderStore


def stored(tmp_path: Path, *names: str) -> FolderStore:
    store = FolderStore(tmp_path)
    for name in names:
        made = an_hour()
        made.name = name
        made.catalogs.clear()
        made.backups.clear()
        made.take("full", 1 + len(store.put_keys))
        for path in made.files:
            store.put(f"{name}/{path}", b"x")
        for catalog in made.catalogs:
            store.put(catalog.key, catalog.text().encode())
    return store


def test_each_repository_in_a_store_is_found_the_newest_first(tmp_path: Path) -> None:
    store = stored(tmp_path, "a1", "b2")
    found = inventories(store)
    assert [one.repository for one in found] == ["b2", "a1"]
    assert all(one.backups() and not one.damaged for one in found)
    assert "database/backup/full/manifest" in found[0].files


def test_a_damaged_catalog_is_told_and_earlier_ones_count(tmp_path: Path) -> None:
    store = stored(tmp_path, "a1")
    store.put("a1/catalogs/20990101T000000.000000Z.json", b'{"format": 1')
    (one,) = inventories(store)
    assert [backup.label for backup, _ in one.backups()] == ["full"]
    assert "20990101" in one.damaged[0]


def test_a_catalog_of_another_repository_does_not_count(tmp_path: Path) -> None:
    store = stored(tmp_path, "a1")
    key = next(one for one in store.put_keys if "/catalogs/" in one)
    store.put(f"c3/catalogs/{key.split('/')[-1]}", store.read(key))
    found = {one.repository: one for one in inventories(store)}
    assert not found["c3"].catalogs
    assert "is of repository 'a1'" in found["c3"].damaged[0]


def test_what_has_no_catalog_is_no_repository(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a1/database/backup/full/manifest", b"cut off")
    store.put("stray", b"")
    assert inventories(store) == ()


def test_a_backup_comes_from_the_newest_catalog_that_names_it() -> None:
    made = an_hour()
    found = {backup.label: catalog for backup, catalog in made.inventory().backups()}
    assert found["full"] is found["diff"] is made.catalogs[-1]
    made.catalogs.append(
        type(made.catalogs[0])("cafe", minutes(50), "made-up", (made.backups[1],), {}, {})
    )
    found = {backup.label: catalog for backup, catalog in made.inventory().backups()}
    assert found["full"].taken_at < found["diff"].taken_at


def test_log_files_of_all_timelines_share_a_place() -> None:
    made = an_hour()
    made.log(60, 61, timeline=2)
    made.files["database/log/00000002.history-x"] = made.files[next(iter(made.files))]
    log = made.inventory().log(Paths())
    assert len(log.segments[60]) == 2
    assert len(log.segments[61]) == 1
    assert log.histories == ("database/log/00000002.history-x",)


def test_repositories_without_a_good_catalog_are_the_last() -> None:
    useless, damaged, good = Inventory("a"), Inventory("b", damaged=("x",)), an_hour().inventory()
    assert newest_first([useless, damaged, good]) == (good, damaged)
    assert inside("database/backup/x") == "backup/x"
