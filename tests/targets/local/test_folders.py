import errno
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from uz.errors import MachineError
from uz.targets.local.folders import disk_errors, folder, full_disk, link, refuse_symlink, write

STRANGER = 54321


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_has_the_mode_asked_for_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert mode(folder(tmp_path / "open", 0o755)) == 0o755
    finally:
        os.umask(before)


def test_an_existing_folder_is_put_right_and_keeps_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o777)
    (tmp_path / "own/file").touch()
    assert mode(folder(tmp_path / "own", 0o700)) == 0o700
    assert (tmp_path / "own/file").exists()


def test_a_link_is_refused_even_when_it_leads_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to("real")
    for act in (lambda path: folder(path, 0o700), refuse_symlink, lambda path: write(path, "x")):
        with pytest.raises(MachineError, match="is a symbolic link"):
            act(tmp_path / "link")
    assert mode(tmp_path / "real") == 0o755


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="file: File exists"):
        folder(tmp_path / "file", 0o700)


@pytest.mark.usefixtures("as_root")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", STRANGER, -1)
    with pytest.raises(MachineError, match=f"belongs to user {STRANGER}"):
        folder(tmp_path / "theirs", 0o700)


@pytest.mark.usefixtures("as_root")
def test_folders_and_files_get_the_owner_asked_for(tmp_path: Path) -> None:
    folder(tmp_path / "one", 0o750, STRANGER, STRANGER)
    write(tmp_path / "file", "x", 0o640, STRANGER, STRANGER)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in tmp_path.iterdir()}
    assert owners == {(STRANGER, STRANGER)}


def test_a_file_is_written_with_its_mode_and_says_whether_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write(path, "text", 0o640)
    assert (path.read_text(), mode(path)) == ("text", 0o640)
    assert not write(path, b"text", 0o640)
    assert write(path, "other", 0o640)


def test_only_another_mode_is_put_right_without_being_a_change(tmp_path: Path) -> None:
    write(tmp_path / "file", "text", 0o600)
    assert not write(tmp_path / "file", "text", 0o644)
    assert mode(tmp_path / "file") == 0o644


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path / "file", "text")
    before = (tmp_path / "file").stat()
    write(tmp_path / "file", "text")
    assert (tmp_path / "file").stat().st_ino == before.st_ino


def test_whoever_has_the_file_open_keeps_the_old_text(tmp_path: Path) -> None:
    write(tmp_path / "file", "old")
    with (tmp_path / "file").open() as reader:
        write(tmp_path / "file", "new")
        assert reader.read() == "old"


def test_what_an_interrupted_write_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".file.new").write_text("half")
    write(tmp_path / "file", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failing_write_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "file", "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="the disk is full"):
        write(tmp_path / "file", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, timeout=10).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", place], check=True, timeout=10)


def test_what_failed_because_of_a_full_disk_is_known_by_its_words_or_by_what_is_left(
    tmp_path: Path, tiny_disk: Path
) -> None:
    assert full_disk(tmp_path, "no such column") == ""
    assert "is full" in full_disk(tmp_path, "could not extend file: No space left on device")
    assert str(tiny_disk) in full_disk(tiny_disk, "echo: I/O error")


def test_on_a_full_disk_the_old_file_stays_whole(tiny_disk: Path) -> None:
    write(tiny_disk / "file", "old")
    with pytest.raises(MachineError, match="the disk is full") as raised:
        write(tiny_disk / "file", "x" * 100_000)
    assert "Free some space" in raised.value.hint
    assert (tiny_disk / "file").read_text() == "old"
    assert [path.name for path in tiny_disk.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, "not writable for this user"),
        (errno.EROFS, "not writable for this user"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_errors_of_a_disk_become_words(number: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=said), disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))


def test_other_errors_go_their_way(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), disk_errors(tmp_path):
        raise ZeroDivisionError


def test_a_link_of_uzs_own_is_pointed_elsewhere_in_one_step(tmp_path: Path) -> None:
    assert link(tmp_path / "active", "one")
    assert not link(tmp_path / "active", "one")
    assert link(tmp_path / "active", tmp_path / "two")
    assert (tmp_path / "active").readlink() == tmp_path / "two"
    assert [path.name for path in tmp_path.iterdir()] == ["active"]


def test_a_link_does_not_take_the_place_of_something_real(tmp_path: Path) -> None:
    (tmp_path / "active").mkdir()
    with pytest.raises(MachineError, match="is in the way"):
        link(tmp_path / "active", "one")
