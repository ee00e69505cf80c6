from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backups.repositories import Paths, an_hour, minutes

from uz.backups.inventory import inventories
from uz.backups.plan import Plan, plan
from uz.backups.target import LATEST
from uz.errors import BackupError, MachineError, StoreUnreachableError
from uz.stack import Owner
from uz.targets.local.backups import fetching
from uz.targets.local.backups.fetching import fetched, room_for, safe
from uz.targets.local.users import user_of
from uz.testing.folder_store import FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "offsite")
    made = an_hour()
    for path, one in made.files.items():
        store.put(f"cafe/{path}", path.encode().ljust(one.size, b"."))
    for catalog in made.catalogs:
        store.put(catalog.key, catalog.text().encode())
    return store


@pytest.fixture
def chosen(store: FolderStore) -> Plan:
    return plan(inventories(store), LATEST, minutes(10**6), Paths())


def test_all_that_is_planned_lies_there_as_in_a_repository(
    store: FolderStore, chosen: Plan, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    assert fetched(store, chosen, into) == into / "database"
    there = {str(one.relative_to(into)) for one in into.rglob("*") if one.is_file()}
    assert there == {*chosen.files, "database/info"}
    assert (into / "database/info").read_bytes() == b"i"
    owner = user_of(Owner.SERVERS)
    for one in (into / "database").rglob("*"):
        assert one.stat().st_uid == owner.uid
        assert one.stat().st_mode & 0o077 == 0 or one.is_dir()


def test_what_an_interrupted_run_fetched_is_not_fetched_again(
    store: FolderStore, chosen: Plan, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    fetched(store, chosen, into)
    store.down = True
    fetched(store, chosen, into)
    victim = into / "database/backup/diff/manifest"
    victim.write_bytes(b"half")
    with pytest.raises(StoreUnreachableError):
        fetched(store, chosen, into)
    store.down = False
    fetched(store, chosen, into)
    assert victim.stat().st_size == chosen.files["database/backup/diff/manifest"]


def test_an_object_of_another_size_is_told(
    store: FolderStore, chosen: Plan, tmp_path: Path
) -> None:
    (store.folder / "cafe/database/backup/diff/manifest").write_bytes(b"short")
    with pytest.raises(
        BackupError, match="cafe/database/backup/diff/manifest is damaged"
    ) as raised:
        fetched(store, chosen, tmp_path / "into")
    assert "it has 5 bytes, not 1048576" in str(raised.value)
    assert "--to" in raised.value.hint


def test_it_ends_in_time(store: FolderStore, chosen: Plan, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="takes too long"):
        fetched(store, chosen, tmp_path / "into", within=-1)


def test_a_full_disk_is_told_before(
    store: FolderStore, chosen: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MARGIN", 2**60)
    with pytest.raises(MachineError, match=r"fetching the backup takes 4 MiB, and .* are free"):
        fetched(store, chosen, tmp_path / "into")
    with pytest.raises(MachineError):
        room_for(0, tmp_path / "not" / "there", "x")


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "database/../../x", "database//x", "database/./x", "a\nb", "a\\b", "",
     "x\x00", "y" * 1001, f"database/{'z' * 251}"],
)  # fmt: skip
def test_no_name_from_off_site_leads_out_of_the_folder(
    store: FolderStore, chosen: Plan, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BackupError, match="which no backup of Uz has"):
        fetched(store, replace(chosen, files={name: 1}), tmp_path / "into")
    evil = replace(chosen.catalog, index={f"database/{name}": b""})
    with pytest.raises(BackupError):
        fetched(store, replace(chosen, catalog=evil), tmp_path / "into")
    assert not (tmp_path / "into").exists()


@given(st.text(max_size=60))
def test_what_is_safe_stays_below(name: str) -> None:
    try:
        safe(name)
    except BackupError:
        return
    top = Path("/some/where")
    assert (top / name).resolve().is_relative_to(top)
    assert (top / name) != top


def test_a_link_in_the_folder_is_refused(store: FolderStore, chosen: Plan, tmp_path: Path) -> None:
    into = tmp_path / "into"
    (into / "database").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (into / "database/backup").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="is no file"):
        fetched(store, chosen, into)
    assert not list((tmp_path / "elsewhere").iterdir())
