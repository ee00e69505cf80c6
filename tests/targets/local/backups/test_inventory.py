import os

import pytest

from uz.errors import BackupError, MachineError
from uz.targets.local.backups.inventory import free, local_files, repositories, room
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.layout import Layout


def test_all_files_but_the_catalogs_are_found_and_no_link_is_followed(prepared: Layout) -> None:
    one = prepare_repository(prepared)
    (one.database / "backup/main").mkdir(parents=True)
    (one.database / "backup/main/a").write_text("12")
    (one.database / "latest").symlink_to("/etc")
    (one.database / "passwd").symlink_to("/etc/passwd")
    (one.files / "config").write_text("345")
    (one.points / "p.age").write_text("6")
    (one.catalogs / "c.json").write_text("{}")
    assert local_files(one) == {"database/backup/main/a": 2, "files/config": 3, "points/p.age": 1}


def test_the_current_repository_is_the_last_one(prepared: Layout) -> None:
    with pytest.raises(BackupError):
        repositories(prepared)
    made = [prepare_repository(prepared, anew=True) for _ in range(4)]
    (prepared.repositories / "drills").mkdir()
    found = repositories(prepared)
    assert found[-1] == made[-1]
    assert {one.id for one in found} == {one.id for one in made}


def test_less_room_than_backups_leave_is_told_with_figures(prepared: Layout) -> None:
    left = free(prepared.root)
    room(prepared.root, left // 2)
    with pytest.raises(MachineError, match="MiB of the disk are free, backups leave") as told:
        room(prepared.root, left * 2)
    assert "backups.reserve" in told.value.hint
    with pytest.raises(MachineError, match="and the next one takes"):
        room(prepared.root, left // 2, left)


def test_a_folder_that_is_gone_is_told(prepared: Layout) -> None:
    with pytest.raises(MachineError, match="No such file"):
        free(prepared.root / "gone")


def test_a_folder_that_may_not_be_read_is_told(
    prepared: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = prepare_repository(prepared)

    def refused(path: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(MachineError, match="not writable|Permission denied"):
        local_files(one)
