"""What `down` does to processes is tested with real ones, in tests/live."""

from pathlib import Path

import pytest

from uz.errors import MachineError, UzError
from uz.targets.local.down import delete, remove
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, write_state


@pytest.mark.parametrize("kind", ["staging", "rehearsal"])
def test_an_environment_is_removed_with_all_its_data(prepared: Layout, kind: str) -> None:
    write_state(prepared, State(kind=kind))
    (prepared.releases / "0001/deep").mkdir(parents=True)
    (prepared.releases / "0001/deep").chmod(0o500)
    delete(prepared)
    assert not prepared.root.exists()
    assert prepared.app_folder.exists()


def test_production_is_not_deleted(prepared: Layout) -> None:
    write_state(prepared, State(kind="production"))
    with pytest.raises(UzError, match="marked production: its data is not deleted"):
        delete(prepared)
    assert prepared.data.exists()


def test_a_link_is_not_followed(prepared: Layout, tmp_path: Path) -> None:
    prepared.root.rename(tmp_path / "elsewhere")
    prepared.root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="is a symbolic link"):
        remove(prepared)
    assert (tmp_path / "elsewhere/data").exists()


def test_to_remove_nothing_is_fine(layout: Layout) -> None:
    remove(layout)
    assert not layout.root.exists()


def test_what_a_recovery_left_beside_and_the_lock_of_backups_go_with_it(prepared: Layout) -> None:
    (prepared.recovering.data / "half").mkdir(parents=True)
    prepared.backups_lock.write_text("uz backup now (process 7)")
    remove(prepared)
    assert not prepared.recovering.root.exists()
    assert not prepared.backups_lock.exists()
